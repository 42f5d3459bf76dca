"""What a mixture really drew: roles, misses and achieved similarity of each cell."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ictrain.contexts.context import Context

_TELLING = 0.6
"""The share of pairs in which a near context must be the closer one; 0.5 is chance."""


@dataclass(frozen=True)
class CellUse:
    """How often a cell was drawn, and how similar its contexts came out.

    Attributes:
        contexts: how many.
        unmatched: slots that wanted a similar example and found none.
        roles: examples by role.
        s: the maximum similarity of each context, by method.
    """

    contexts: int
    unmatched: int
    roles: dict[str, int]
    s: dict[str, list[float]]


def use_of_cells(contexts: Sequence[Context]) -> dict[str, CellUse]:
    """What a mixture really drew, by cell."""
    return {
        cell: _use([c for c in contexts if c.cell == cell])
        for cell in dict.fromkeys(context.cell for context in contexts)
    }


def _use(contexts: Sequence[Context]) -> CellUse:
    methods = sorted({m for c in contexts for e in c.examples for m in e.similarities})
    return CellUse(
        len(contexts),
        sum(c.unmatched for c in contexts),
        dict(Counter(e.role for c in contexts for e in c.examples)),
        {m: [s for c in contexts if (s := c.similarity(m)) is not None] for m in methods},
    )


def near_is_random(near: Sequence[float], random: Sequence[float], method: str) -> str | None:
    """A warning when one_near contexts are hardly closer to their targets than random ones.

    Linear weights over a large pool hit a real neighbour in few draws, and the cell becomes a
    random one without anybody noticing.

    Args:
        near: the maximum similarity of each one_near context.
        random: the same of random contexts of the same targets.
        method: the similarity's name, for the message.
    """
    if min(len(near), len(random)) < 2:
        return None
    better = share_nearer(near, random)
    error = math.sqrt((len(near) + len(random) + 1) / (12 * len(near) * len(random)))
    if better >= _TELLING and better - 1.96 * error > 0.5:
        return None
    return (
        f"the one_near cell cannot be told from random: its best {method} similarity is the higher "
        f"one in {better:.0%} of pairs (50% is chance); raise tau, lower neighbours, or use "
        "another similarity"
    )


def share_nearer(near: Sequence[float], random: Sequence[float]) -> float:
    """The share of pairs in which the first is the higher one, ties half; 0.5 is chance."""
    a, b = np.array(near)[:, None], np.array(random)[None, :]
    return float((a > b).mean() + (a == b).mean() / 2)
