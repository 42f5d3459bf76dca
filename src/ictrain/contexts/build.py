"""From chosen examples to Contexts, with the role and every similarity of each recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ictrain.contexts.context import Context, ContextExample, Role
from ictrain.examples import Example, PoolSnapshot
from ictrain.similarity.base import Index

Similarities = Mapping[str, Index]
Slot = tuple[Example, Role]


def ordered(
    snapshot: PoolSnapshot,
    slots: NDArray[np.int64],
    roles: Sequence[Sequence[Role]],
    duplicates: Sequence[Example | None],
    order: NDArray[np.int64],
) -> list[list[Slot]]:
    """The examples of each target in prompt order.

    Args:
        snapshot: the pool.
        slots: int64 [targets, k], pool positions, -1 behind the last.
        roles: the role of each slot.
        duplicates: a paraphrase that stands behind a target's slots, or None.
        order: int64 [targets, k or k + 1], which slot stands where.
    """
    chosen: list[list[Slot]] = []
    for row, duplicate in enumerate(duplicates):
        own: list[Slot] = [
            (snapshot.examples[position], role)
            for position, role in zip(slots[row].tolist(), roles[row], strict=True)
            if position >= 0
        ]
        own += [] if duplicate is None else [(duplicate, "paraphrase")]
        chosen.append([own[place] for place in order[row].tolist() if place < len(own)])
    return chosen


def build_contexts(
    similarities: Similarities,
    targets: Sequence[Example],
    cells: Sequence[str],
    chosen: Sequence[Sequence[Slot]],
    unmatched: Sequence[int],
) -> list[Context]:
    """One Context per target; unmatched counts slots that wanted something similar in vain."""
    scores = iter(_scores(similarities, targets, chosen))
    return [
        Context(
            target.id,
            cell,
            tuple(ContextExample(example, role, next(scores)) for example, role in own),
            missing,
        )
        for target, cell, own, missing in zip(targets, cells, chosen, unmatched, strict=True)
    ]


def _scores(
    similarities: Similarities, targets: Sequence[Example], chosen: Sequence[Sequence[Slot]]
) -> list[dict[str, float]]:
    """By method, the score of each chosen example, all targets' examples one after another."""
    queries = [t.input for t, own in zip(targets, chosen, strict=True) for _ in own]
    others = [example.input for own in chosen for example, _ in own]
    columns = {name: index.pairs(queries, others) for name, index in similarities.items()}
    return [{name: float(c[i]) for name, c in columns.items()} for i in range(len(others))]
