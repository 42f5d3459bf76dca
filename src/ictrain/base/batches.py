"""Pre-training batches: pure functions of (seed, stage, step), fixed in shape, without padding.

A row of a batch, m = 2 and l = 2 (a word is the l letters of one symbol; words in reverse order):

    <s> Ka To : r i j j \\n  Zu Ka : j j a b \\n  ...
              ^ ^ ^ ^ ^              labelled: each letter is predicted from the position before it

The size m may differ from slot to slot, but not from row to row, so rows never need padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictrain.base.settings import BaseSettings, Stage
from ictrain.base.vocabulary import BOS, COLON, EOS, FIRST_LETTER, FIRST_SYMBOL
from ictrain.randomness import rng

COVERED, KNOWN, UNKNOWABLE, STOP = 0, 1, 2, 3
"""Why a label can be told: from the context, from the default dictionary, not at all, always."""

WEIGHTS = np.array([1.0, 0.5, 0.1, 0.2])
"""Loss weight by kind; unknowable letters get little, or their noise hides the rest."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Token rows with the places that are learned.

    Attributes:
        ids: int64 [rows, tokens].
        places: int64 [labels]; ids[:, places] are the labels, predicted one position before.
        kinds: int64 [rows, labels], COVERED .. STOP.
        letters: int64 [labels], the index of the letter in its word, -1 for the stop.
    """

    ids: Ints
    places: Ints
    kinds: Ints
    letters: Ints


def batch(settings: BaseSettings, index: int, step: int, table: Ints) -> Batch:
    """The batch of one step of stage number `index`.

    Args:
        table: int64 [symbols, l], the default dictionary's letters as 0..25.
    """
    generator = rng(settings.seed, "base/batch", index, step)
    return draw(generator, settings.stages[index], table)


def draw(generator: np.random.Generator, stage: Stage, table: Ints) -> Batch:
    """One batch from a generator: each prompt has its own symbols and its own dictionary."""
    least, most = stage.variety
    variety = int(generator.integers(least, most + 1))
    examples = int(generator.integers(stage.examples[0], stage.examples[1] + 1))
    rows = stage.batch_examples // examples
    weights = np.asarray(stage.size_weights) / sum(stage.size_weights)
    sizes = generator.choice(np.asarray(stage.sizes), size=examples, p=weights)
    pool = some_of(generator, (rows, len(table)), variety)
    known = generator.random(pool.shape) < stage.known
    other = generator.integers(0, 26, (*pool.shape, table.shape[1]))
    words = np.where(known[..., None], table[pool], other)
    order = generator.random((rows, examples, variety)).argsort(axis=2)
    slots = [order[:, slot, :size] for slot, size in enumerate(sizes.tolist())]
    return assemble(pool, words, known, slots)


def some_of(generator: np.random.Generator, shape: tuple[int, int], count: int) -> Ints:
    """int64 [rows, count]: for each row, distinct numbers below shape[1] in random order."""
    chosen: Ints = generator.random(shape).argsort(axis=1)[:, :count]
    return chosen


def assemble(pool: Ints, words: Ints, known: NDArray[np.bool_], slots: Sequence[Ints]) -> Batch:
    """Writes prompts out as tokens.

    Args:
        pool: int64 [rows, variety], the symbols of each prompt, 0..255.
        words: int64 [rows, variety, l], their letters in this prompt, 0..25.
        known: [rows, variety], whether that is the default word.
        slots: for each example int64 [rows, m], places in `pool`.
    """
    rows, length = len(pool), words.shape[2]
    at = np.arange(rows)[:, None]
    seen = np.zeros(pool.shape, dtype=bool)
    parts: list[Ints] = [np.full((rows, 1), BOS)]
    kinds: list[Ints] = []
    places: list[Ints] = []
    used = 1
    for chosen in slots:
        size = chosen.shape[1]
        said = chosen[:, ::-1]  # words in reverse order
        letters = words[at, said].reshape(rows, size * length)
        parts += [pool[at, chosen] + FIRST_SYMBOL, np.full((rows, 1), COLON)]
        parts += [letters + FIRST_LETTER, np.full((rows, 1), EOS)]
        kind = np.where(seen[at, said], COVERED, np.where(known[at, said], KNOWN, UNKNOWABLE))
        kinds += [kind.repeat(length, axis=1), np.full((rows, 1), STOP)]
        places.append(used + size + 1 + np.arange(size * length + 1))
        used += size + 1 + size * length + 1
        seen[at, chosen] = True
    numbers = [np.append(np.tile(np.arange(length), s.shape[1]), -1) for s in slots]
    return Batch(
        np.concatenate(parts, axis=1),
        np.concatenate(places),
        np.concatenate(kinds, axis=1),
        np.concatenate(numbers),
    )
