"""Near-duplicates planted among the training pairs: paraphrases as plain data (appendix D.4).

With N of them for each pair the most similar examples of a target nearly always tell its answer.
They are targets of training and stand in the pool, and no input of dev or a test is among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ictrain.contexts import NearDuplicate
from ictrain.errors import DataError
from ictrain.examples import Example, blank, normalise
from ictrain.randomness import rng, stable_hash
from ictrain.tasks.parts import Parts

_TRIES = 8
"""Draws for each near-duplicate that is wanted: a rule may give the same one again."""


def planted(parts: Parts, wanted: int, make: NearDuplicate, seed: int) -> Parts:
    """The parts with so many near-duplicates of each training pair, as many of them as can be had.

    Args:
        parts: as they were read.
        wanted: for each pair; one that gets fewer is counted in the facts.
        make: the task's way; its draws are a function of (seed, pair, attempt).
        seed: of the run.

    Raises:
        DataError: not one pair can have as many.
    """
    asked = [*(parts.dev or ()), *(e for items in parts.tests.values() for e in items)]
    taken = {normalise(e.input) for e in (*parts.train, *(parts.pool or ()), *asked)}
    made: list[Example] = []
    fewer = most = 0
    for example in parts.train:
        own = _of_one(example, wanted, make, seed, taken)
        made += own
        most, fewer = max(most, len(own)), fewer + (len(own) < wanted)
    if most < wanted:
        raise DataError(
            f"no pair has more than {most} near-duplicates by task.paraphrase",
            expected=f"{wanted} of each, as task.clusters says",
            mend=f"set task.clusters={most}, or take another way of paraphrasing",
        )
    return replace(
        parts,
        train=(*parts.train, *made),
        pool=None if parts.pool is None else (*parts.pool, *made),
        facts={**parts.facts, "planted": len(made), "pairs_with_fewer_planted": fewer},
    )


def _of_one(
    example: Example, wanted: int, make: NearDuplicate, seed: int, taken: set[str]
) -> Sequence[Example]:
    """Different near-duplicates of one pair; their inputs are taken then."""
    found: list[Example] = []
    for attempt in range(_TRIES * wanted):
        if len(found) == wanted:
            break
        made = make(example, rng(seed, "pairs/planted", attempt, stable_hash(example.id)))
        if made is None or blank(made.input) or normalise(made.input) in taken:
            continue
        taken.add(normalise(made.input))
        found.append(replace(made, id=f"{example.id}.{len(found) + 1}"))
    return found
