"""What a base can do: greedy answers to fresh prompts, by what its context holds of the target.

Every prompt has a fresh dictionary of its own but where its default one is asked for. Items are the
same for every base with the same default dictionary: they depend on nothing but the item count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM

from ictrain.base.batches import Ints, assemble, some_of
from ictrain.base.vocabulary import EOS, FIRST_LETTER
from ictrain.errors import ModelError
from ictrain.randomness import rng
from ictrain.tasks.alignment import Dictionary, letter_table

_SIZE = 2  # symbols of a target
_OTHERS = 6  # symbols of a prompt that are not the target's
_CONTEXT = 4  # k
_LONG = 16  # k of long_word


@dataclass(frozen=True)
class Prompts:
    """Prompts of one shape with their answers.

    Attributes:
        ids: int64 [rows, tokens], up to the target's colon.
        answers: int64 [rows, m, l], letters as 0..25.
        covered: bool [rows, m], whether the context shows the word.
        known: bool [rows, m], whether the word is the default one.
    """

    ids: Ints
    answers: Ints
    covered: NDArray[np.bool_]
    known: NDArray[np.bool_]


def measure_base(folder: Path, items: int = 512, length: int = 2) -> dict[str, float]:
    """Measures a saved base.

    Args:
        folder: a model folder with dictionary.json.
        items: prompts of each kind.
        length: l, letters of a word.

    Returns:
        Shares in 0..1. Contexts have k = 4 examples of two symbols, targets two symbols:
        covered_first, covered_word: first letter and whole word of symbols that the context shows
        (their words are default ones or not, half each);
        default_word: symbols that the context does not show, with their default word as answer;
        none_word: default words without any context;
        paraphrase_word, inserted_word, exact_word: new words, one context example of the four is
        the target reordered, with a third symbol put in, or repeated; random_word: none of them is,
        no symbol of the target occurs (what guessing gives);
        long_word, three_word: as covered_word with k = 16, and with three symbols everywhere;
        stop: answers that end exactly behind the last word.

    Raises:
        ModelError: no model at folder.
    """
    try:
        model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelError("no model here", where=str(folder), mend=str(error)[:200]) from None
    model.eval()
    table = letter_table(Dictionary.load(Path(folder) / "dictionary.json"), length)
    return measure(model, table, items)


def measure(model: Any, table: Ints, items: int) -> dict[str, float]:
    """As measure_base, of a model in memory and its letter table int64 [symbols, l]."""
    mixed = _answer(model, [_mixed(table, items)])
    long = _answer(model, [_mixed(table, items // 2, context=_LONG)])
    three = _answer(model, [_mixed(table, items // 2, size=3)])
    none = _answer(model, [_without_context(table, items)])
    scores = {
        "covered_first": mixed.mean("first", mixed.covered),
        "covered_word": mixed.mean("word", mixed.covered),
        "default_word": mixed.mean("word", mixed.known & ~mixed.covered),
        "none_word": none.mean("word", none.known),
        "long_word": long.mean("word", long.covered),
        "three_word": three.mean("word", three.covered),
    }
    found = [mixed, none, long, three]
    for name in ("paraphrase", "inserted", "exact", "random"):
        quarter = max(1, items // _CONTEXT)
        prompts = [_near(table, quarter, name, place) for place in range(_CONTEXT)]
        answers = _answer(model, prompts)
        scores[f"{name}_word"] = answers.mean("word", np.ones_like(answers.word))
        found.append(answers)
    scores["stop"] = float(np.mean(np.concatenate([answers.stopped for answers in found])))
    return {name: round(value, 4) for name, value in scores.items()}


@dataclass(frozen=True)
class _Answers:
    first: NDArray[np.bool_]  # [rows, m]
    word: NDArray[np.bool_]  # [rows, m]
    stopped: NDArray[np.bool_]  # [rows]
    covered: NDArray[np.bool_]  # [rows, m]
    known: NDArray[np.bool_]  # [rows, m]

    def mean(self, what: str, where: Any) -> float:
        return float(getattr(self, what)[where].mean())


def _mixed(table: Ints, items: int, size: int = _SIZE, context: int = _CONTEXT) -> Prompts:
    """Random contexts over a few symbols, half of them with default words."""
    generator = rng(0, "base/measure/mixed", size, context)
    pool = some_of(generator, (items, len(table)), _OTHERS + size)
    known = generator.random(pool.shape) < 0.5
    words = np.where(known[..., None], table[pool], _new_words(generator, table, pool))
    slots = [some_of(generator, pool.shape, size) for _ in range(context + 1)]
    return _prompts(pool, words, known, slots)


def _without_context(table: Ints, items: int) -> Prompts:
    pool = some_of(rng(0, "base/measure/none"), (items, len(table)), _SIZE)
    slots = [np.tile(np.arange(_SIZE), (items, 1))]
    return _prompts(pool, table[pool], np.ones(pool.shape, dtype=bool), slots)


def _near(table: Ints, items: int, name: str, place: int) -> Prompts:
    """New words; the example at `place` is near the target, the others have other symbols."""
    generator = rng(0, f"base/measure/{name}", index=place)
    pool = some_of(generator, (items, len(table)), _OTHERS + _SIZE)
    words = _new_words(generator, table, pool)
    target = np.tile(np.arange(_SIZE), (items, 1))
    slots = [_SIZE + some_of(generator, (items, _OTHERS), _SIZE) for _ in range(_CONTEXT)]
    if name == "inserted":
        third = np.full((items, 1), _SIZE)
        order = ([2, 0, 1], [0, 2, 1], [0, 1, 2])[place % 3]
        slots[place] = np.concatenate([target, third], axis=1)[:, order]
    elif name != "random":
        slots[place] = target[:, ::-1] if name == "paraphrase" else target
    return _prompts(pool, words, np.zeros(pool.shape, dtype=bool), [*slots, target])


def _new_words(generator: np.random.Generator, table: Ints, pool: Ints) -> Ints:
    """Random words that differ from the default ones in their first letter."""
    words = generator.integers(0, 26, (*pool.shape, table.shape[1]))
    words[..., 0] = (table[pool][..., 0] + generator.integers(1, 26, pool.shape)) % 26
    return words


def _prompts(pool: Ints, words: Ints, known: NDArray[np.bool_], slots: Sequence[Ints]) -> Prompts:
    at = np.arange(len(pool))[:, None]
    whole = assemble(pool, words, known, slots)
    said = slots[-1][:, ::-1]
    seen = np.zeros(pool.shape, dtype=bool)
    for slot in slots[:-1]:
        seen[at, slot] = True
    answer = said.shape[1] * words.shape[2] + 1
    return Prompts(whole.ids[:, :-answer], words[at, said], seen[at, said], known[at, said])


@torch.no_grad()
def _answer(model: Any, prompts: Sequence[Prompts]) -> _Answers:
    words, stopped = [], []
    for prompt in prompts:
        size = prompt.answers[0].size
        ids = torch.from_numpy(prompt.ids)
        for _ in range(size + 1):
            following = model(input_ids=ids, use_cache=False, logits_to_keep=1).logits[:, -1]
            ids = torch.cat([ids, following.argmax(-1, keepdim=True)], dim=1)
        said = ids[:, -size - 1 :].numpy()
        letters = said[:, :-1].reshape(prompt.answers.shape) - FIRST_LETTER
        words.append(np.equal(letters, prompt.answers))
        early = np.any(said[:, :-1] == EOS, axis=1)
        stopped.append(np.equal(said[:, -1], EOS) & ~early)
    right = np.concatenate(words)
    covered = np.concatenate([prompt.covered for prompt in prompts])
    known = np.concatenate([prompt.known for prompt in prompts])
    return _Answers(
        right[..., 0],
        np.logical_and.reduce(right, axis=-1),
        np.concatenate(stopped),
        covered,
        known,
    )
