"""The array core of every draw: pool positions for many targets at once, without Python loops
over targets. A slot holds a pool position, or EMPTY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictrain.errors import ContextError
from ictrain.examples import SCOPE, Example, PoolSnapshot
from ictrain.randomness import rng, uniforms
from ictrain.similarity.base import Hits

EMPTY = -1

Positions = NDArray[np.int64]
Indices = NDArray[np.uint64]
Scopes = NDArray[np.int64] | None
"""The scope of each target, or None where none is restricted; see PoolSnapshot.scope_of."""


@dataclass(frozen=True)
class Draw:
    """Where the random numbers of one call come from; index [targets] names the targets."""

    seed: int
    purpose: str
    epoch: int
    index: Indices

    def uniforms(self, use: str, n: int) -> NDArray[np.float64]:
        """float64 [targets, n], of its own for each use."""
        return uniforms(self.seed, f"{self.purpose}/{use}", self.epoch, self.index, n)


def check_room(
    snapshot: PoolSnapshot,
    excluded: NDArray[np.int64],
    k: int,
    targets: Sequence[Example],
) -> None:
    """Refuses a pool that cannot fill k slots with unique inputs.

    Args:
        snapshot: the pool.
        excluded: int64 [targets, any], groups that may not stand in a row; -1 excludes nothing.
        k: the most slots that any target has.
        targets: the rows; a scope of their own restricts their contexts.

    Raises:
        ContextError: naming the number of distinct inputs that there are.
    """
    within = snapshot.scope_of(targets)
    if within is not None:
        _check_scopes(snapshot, excluded, k, within, targets)
        return
    distinct = int(snapshot.groups.max(initial=-1)) + 1
    available = distinct - int((excluded >= 0).sum(axis=1).max(initial=0))
    if available < k:
        raise ContextError(
            f"the pool has {available} distinct inputs beside the target's own",
            expected=f"at least k = {k}",
            mend="lower k or add examples",
        )


def _check_scopes(
    snapshot: PoolSnapshot,
    excluded: NDArray[np.int64],
    k: int,
    within: NDArray[np.int64],
    targets: Sequence[Example],
) -> None:
    """The same where each target may get items of its own scope alone."""
    for scope, row, target in zip(within.tolist(), excluded.tolist(), targets, strict=True):
        available = len(snapshot.groups_of_scope.get(scope, frozenset()).difference(row))
        if available < k:
            raise ContextError(
                f"the pool has {available} distinct inputs {_named(scope, target)}beside the "
                "target's own",
                expected=f"at least k = {k}",
                where=f"target {target.id!r}",
                mend="lower k, add examples of that scope, or let any item stand in a context",
            )


def _named(scope: int, target: Example) -> str:
    if scope == -1:
        return ""
    return f"of {target.meta[SCOPE]!r}, to which the target's context is restricted, "


def without(
    hits: Hits,
    snapshot: PoolSnapshot,
    excluded: NDArray[np.int64],
    within: Scopes = None,
) -> Hits:
    """The hits with the score of each barred item set to 0, as if it were no neighbour.

    Args:
        hits: neighbours of each target.
        snapshot: the pool.
        excluded: int64 [targets, any], groups that may not stand in a row.
        within: int64 [targets], the scope of each.
    """
    places = np.maximum(hits.positions, 0)
    groups = snapshot.groups[places]
    barred = (groups[:, :, None] == excluded[:, None, :]).any(axis=2)
    if within is not None:
        barred |= (within[:, None] != -1) & (snapshot.scopes[places] != within[:, None])
    return Hits(hits.positions, np.where(barred, 0.0, hits.scores))


def similar_slots(hits: Hits, snapshot: PoolSnapshot, want: NDArray[np.int64]) -> Positions:
    """The want[i] closest items of each target, one per distinct input.

    Returns:
        int64 [targets, max(want)], filled from the left, EMPTY where nothing similar is left.
    """
    width = int(want.max(initial=0))
    slots = np.full((len(want), width), EMPTY, dtype=np.int64)
    taken = np.full_like(slots, EMPTY)
    inside = np.arange(width)[None, :] < want[:, None]
    nothing = np.full((len(want), 1), EMPTY, dtype=np.int64)
    for column in range(hits.positions.shape[1] if width else 0):
        usable = (hits.scores[:, column] > 0) & (hits.positions[:, column] >= 0)
        candidate = np.maximum(hits.positions[:, column], 0)
        _fill_one(slots, taken, inside & usable[:, None], candidate, snapshot.groups, nothing)
    return slots


def near_slot(hits: Hits, tau: float, draws: NDArray[np.float64]) -> Positions:
    """One item per target, drawn with weight score**tau among its neighbours.

    Args:
        hits: neighbours.
        tau: 1 follows the score, larger prefers the closest.
        draws: float64 [targets], uniform.

    Returns:
        int64 [targets], EMPTY where no neighbour has a positive score.
    """
    usable = (hits.scores > 0) & (hits.positions >= 0)
    top = hits.scores.max(axis=1, initial=0.0, where=usable)
    relative = np.where(usable, hits.scores, 0.0) / np.where(top > 0, top, 1.0)[:, None]
    cumulative = np.cumsum(relative**tau, axis=1)
    total = cumulative[:, -1:] if cumulative.size else np.zeros((len(draws), 1))
    column = (cumulative <= draws[:, None] * total).sum(axis=1)
    column = np.minimum(column, max(hits.positions.shape[1] - 1, 0))
    found = total[:, 0] > 0
    rows = np.arange(len(draws))
    return np.where(found, hits.positions[rows, column] if cumulative.size else EMPTY, EMPTY)


def fill_random(
    slots: Positions,
    k: NDArray[np.int64],
    snapshot: PoolSnapshot,
    excluded: NDArray[np.int64],
    draw: Draw,
    within: Scopes = None,
) -> Positions:
    """Fills the EMPTY ones of each target's first k slots uniformly from the pool.

    Inputs within a row stay distinct, and the excluded groups of a row never appear. Each try
    takes one uniform number; rows that are still not full after that many tries (tiny pools) walk
    through a whole permutation. Rows with a scope are filled from its items alone.
    """
    slots = slots.copy()
    groups = snapshot.groups
    inside = np.arange(slots.shape[1])[None, :] < k[:, None]
    taken = np.where(slots == EMPTY, EMPTY, groups[slots])
    tries = 2 * slots.shape[1] + 8
    candidates = _candidates(draw.uniforms("random", tries), snapshot, within)
    for column in range(tries):
        if not ((slots == EMPTY) & inside).any():
            return slots
        _fill_one(slots, taken, inside, candidates[:, column], groups, excluded)
    for row in np.flatnonzero(((slots == EMPTY) & inside).any(axis=1)).tolist():
        order = rng(
            draw.seed, f"{draw.purpose}/rest", draw.epoch, int(draw.index[row])
        ).permutation(len(snapshot))
        if within is not None and within[row] != -1:
            order = order[snapshot.scopes[order] == within[row]]
        for position in order:
            one = slice(row, row + 1)
            _fill_one(
                slots[one], taken[one], inside[one], np.array([position]), groups, excluded[one]
            )
    return slots


def _candidates(
    draws: NDArray[np.float64], snapshot: PoolSnapshot, within: Scopes
) -> NDArray[np.int64]:
    """Uniform pool positions for uniform numbers [targets, tries], of each row's own scope."""
    free = (draws * len(snapshot)).astype(np.int64)
    if within is None:
        return free
    by_scope, scopes = snapshot.by_scope
    start = np.searchsorted(scopes, within, side="left")
    end = np.searchsorted(scopes, within, side="right")
    places = start[:, None] + (draws * (end - start)[:, None]).astype(np.int64)
    own = by_scope[np.minimum(places, len(snapshot) - 1)]
    return np.where(within[:, None] == -1, free, own)


def _fill_one(
    slots: Positions,
    taken: Positions,
    inside: NDArray[np.bool_],
    candidate: Positions,
    groups: NDArray[np.int64],
    excluded: NDArray[np.int64],
) -> None:
    """Puts each row's candidate into its first EMPTY slot where it may stand."""
    empty = (slots == EMPTY) & inside
    group = groups[candidate]
    barred = (excluded == group[:, None]).any(axis=1) | (taken == group[:, None]).any(axis=1)
    ok = empty.any(axis=1) & ~barred
    rows = np.flatnonzero(ok)
    columns = empty.argmax(axis=1)[rows]
    slots[rows, columns] = candidate[rows]
    taken[rows, columns] = group[rows]


def shuffled(k: NDArray[np.int64], width: int, draws: NDArray[np.float64]) -> Positions:
    """A uniform order of each row's first k slots: int64 [targets, width] of column numbers."""
    keys = np.where(np.arange(width)[None, :] < k[:, None], draws[:, :width], 2.0)
    return np.argsort(keys, axis=1, kind="stable")
