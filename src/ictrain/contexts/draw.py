"""Training contexts: a pure function of (strategy, snapshot, neighbours, seed, epoch, targets)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ictrain.contexts.build import build_contexts, ordered
from ictrain.contexts.context import Context, Role
from ictrain.contexts.diverse import diverse_slots
from ictrain.contexts.duplicates import near_duplicates
from ictrain.contexts.settings import StrategySettings
from ictrain.contexts.slots import (
    EMPTY,
    Draw,
    check_room,
    fill_random,
    near_slot,
    shuffled,
    similar_slots,
    without,
)
from ictrain.contexts.source import Source
from ictrain.errors import ContextError
from ictrain.examples import Example, PoolSnapshot, Purpose, stable_index
from ictrain.similarity.base import Hits


def draw_contexts(
    strategy: StrategySettings,
    source: Source,
    targets: Sequence[Example],
    hits: Hits | None,
    *,
    seed: int,
    epoch: int,
    purpose: Purpose,
) -> list[Context]:
    """One Context per target.

    Args:
        strategy: the mixture and its k.
        source: pool, similarities and paraphrases.
        targets: whose contexts; the numbers of one target do not depend on the others in the call.
        hits: the targets' neighbours in the snapshot; None for strategies that look at none.
        seed, epoch: with the target's id they decide everything.
        purpose: whether an equal input may stand in a context (only 'serve').

    Raises:
        ContextError: a pool too small for k, or neighbours or paraphrases that are missing.
    """
    _check(strategy, source, hits)
    draw = Draw(seed, f"context/{purpose}", epoch, stable_index(targets))
    plan = _plan(strategy, draw)
    duplicates = near_duplicates(strategy, source, targets, plan.paraphrase, draw)
    excluded = _excluded(source.snapshot, targets, duplicates, purpose)
    plan = replace(plan, paraphrase=np.array([d is not None for d in duplicates]))
    natural = plan.k - plan.paraphrase
    check_room(source.snapshot, excluded, int(natural.max(initial=0)), targets)
    slots, roles, unmatched = _fill(strategy, plan, source, targets, hits, natural, excluded, draw)
    width = slots.shape[1] + 1
    order = shuffled(plan.k, width, draw.uniforms("order", width))
    chosen = ordered(source.snapshot, slots, roles, duplicates, order)
    cells = [plan.cells[cell] for cell in plan.cell.tolist()]
    return build_contexts(source.similarities, targets, cells, chosen, unmatched.tolist())


def asks_for_duplicates(
    strategy: StrategySettings,
    targets: Sequence[Example],
    *,
    seed: int,
    epoch: int,
    purpose: Purpose,
) -> NDArray[np.bool_]:
    """bool [targets]: whose contexts are to hold a synthetic near-duplicate, before any is made."""
    draw = Draw(seed, f"context/{purpose}", epoch, stable_index(targets))
    return _plan(strategy, draw).paraphrase


@dataclass(frozen=True)
class _Plan:
    """What each target gets: cell numbers, sizes, and whether a paraphrase; arrays [targets]."""

    cells: list[str]
    cell: NDArray[np.int64]
    k: NDArray[np.int64]
    paraphrase: NDArray[np.bool_]


def _check(strategy: StrategySettings, source: Source, hits: Hits | None) -> None:
    if strategy.needs_neighbours() and hits is None:
        raise ContextError("no neighbours were given", where=f"strategy {strategy.name}")
    check_paraphrases(strategy, source)


def check_paraphrases(strategy: StrategySettings, source: Source) -> None:
    """Refuses a strategy that wants paraphrases where nothing makes them.

    Raises:
        ContextError: and how to do without.
    """
    if strategy.needs_paraphrases() and source.near_duplicate is None:
        raise ContextError(
            "the task has no paraphraser",
            where=f"strategy {strategy.name}",
            mend="set epsilon: 0, or choose a paraphraser",
        )
    drifts = strategy.needs_paraphrases() and strategy.paraphrase_changed > 0
    if drifts and source.changed_duplicate is None:
        raise ContextError(
            "the task cannot say the right output of a paraphrase that says something else",
            where=f"strategy {strategy.name}",
            mend="set paraphrase_changed: 0",
        )


def _plan(strategy: StrategySettings, draw: Draw) -> _Plan:
    mixture = strategy.mixture()
    cells, edges = list(mixture), np.cumsum(list(mixture.values()))
    cell = np.minimum((draw.uniforms("cell", 1) >= edges[None, :]).sum(axis=1), len(cells) - 1)
    sizes = np.array(strategy.k_values(), dtype=np.int64)
    k = sizes[(draw.uniforms("k", 1)[:, 0] * len(sizes)).astype(np.int64)]
    names = np.array(cells)[cell]
    k = np.where(names == "zero", 0, k)
    lucky = draw.uniforms("epsilon", 1)[:, 0] < strategy.resolved_epsilon()
    mode = strategy.epsilon_mode
    among = {"insert": lucky, "cell": np.zeros_like(lucky), "within_one_near": lucky}[mode]
    among = among & (names == "one_near") if mode == "within_one_near" else among
    return _Plan(cells, cell, k, (among | (names == "paraphrase")) & (k > 0))


def _excluded(
    snapshot: PoolSnapshot,
    targets: Sequence[Example],
    duplicates: Sequence[Example | None],
    purpose: Purpose,
) -> NDArray[np.int64]:
    """int64 [targets, 2]: the target's own group, and that of its paraphrase if the pool has it."""
    own = snapshot.excluded_groups(targets, purpose)
    theirs = [EMPTY if d is None else snapshot.group_of(d.input) for d in duplicates]
    return np.stack([own, np.array(theirs, dtype=np.int64)], axis=1)


def _fill(
    strategy: StrategySettings,
    plan: _Plan,
    source: Source,
    targets: Sequence[Example],
    hits: Hits | None,
    natural: NDArray[np.int64],
    excluded: NDArray[np.int64],
    draw: Draw,
) -> tuple[NDArray[np.int64], list[list[Role]], NDArray[np.int64]]:
    """Pool positions [targets, k], the role of each, and how many slots found nothing similar."""
    snapshot = source.snapshot
    width, within = int(natural.max(initial=0)), snapshot.scope_of(targets)
    slots = np.full((len(natural), width), EMPTY, dtype=np.int64)
    names = np.array(plan.cells)[plan.cell]
    close = np.isin(names, ("similar", "diverse"))
    want = np.where(close, natural, np.where(names == "one_near", 1, 0))
    want = np.minimum(want, _near_wanted(strategy, plan, names, natural, draw))
    if hits is not None and want.any():
        allowed = without(hits, snapshot, excluded, within)
        top = similar_slots(allowed, snapshot, np.where(names == "similar", want, 0))
        slots[:, : top.shape[1]] = top
        near = near_slot(allowed, strategy.tau, draw.uniforms("near", 1)[:, 0])
        rows = np.flatnonzero((names == "one_near") & (want > 0))
        slots[rows, 0] = near[rows]
        rows = np.flatnonzero(names == "diverse")
        spread = _diverse(strategy, source, targets, allowed, want, rows)
        slots[rows, : spread.shape[1]] = spread
    matched = slots != EMPTY
    role = np.where(close, "similar", "near")
    roles = np.where(matched, role[:, None], "random")
    return (
        fill_random(slots, natural, snapshot, excluded, draw, within),
        roles.tolist(),
        want - matched.sum(axis=1),
    )


def _diverse(
    strategy: StrategySettings,
    source: Source,
    targets: Sequence[Example],
    allowed: Hits,
    want: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The diverse top k of some targets: int64 [rows, max(want[rows])]."""
    # The last similarity is that of the bands, a number up to 1; the retrieval's may have no end.
    similarity = list(source.similarities.values())[-1]
    own = [targets[row] for row in rows.tolist()]
    hits = Hits(allowed.positions[rows], allowed.scores[rows])
    return diverse_slots(
        own, hits, want[rows], source.snapshot, similarity, strategy.diversity_lambda
    )


def _near_wanted(
    strategy: StrategySettings,
    plan: _Plan,
    names: NDArray[np.str_],
    natural: NDArray[np.int64],
    draw: Draw,
) -> NDArray[np.int64]:
    """How many similar examples a paraphrase leaves room for.

    Inserted, it takes any slot of the context with the same chance, the near one's too; within the
    one_near cell it always takes the near one's.
    """
    replaced = plan.paraphrase & (names == "one_near")
    if strategy.epsilon_mode == "insert":
        replaced &= draw.uniforms("slot", 1)[:, 0] * np.maximum(plan.k, 1) < 1
    return np.where(replaced, 0, natural)
