"""Training batches whose contexts are drawn when asked for: a pure function of the step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ictrain.contexts import (
    Context,
    Source,
    StrategySettings,
    asks_for_duplicates,
    draw_contexts,
)
from ictrain.errors import ConfigError, DataError
from ictrain.examples import Example
from ictrain.prompts import Rendered, Renderer, TooLong
from ictrain.randomness import rng
from ictrain.similarity import Hits, neighbour_table

_BLOCK = 256
"""Targets whose contexts are drawn in one call; it decides speed alone, never a draw."""


@dataclass(frozen=True)
class Prepared:
    """Targets that can be trained on, with their neighbours.

    Attributes:
        targets: in the pool's order.
        hits: their neighbours; None for a strategy that looks at none.
        rejected: ids of targets that are longer than the window; they are never cut.
        filtered: how many the similar strategy's filter took out.
    """

    targets: tuple[Example, ...]
    hits: Hits | None
    rejected: tuple[str, ...] = ()
    filtered: int = 0


def prepare(
    strategy: StrategySettings,
    source: Source,
    targets: Sequence[Example],
    hits: Hits | None,
    renderer: Renderer,
    *,
    max_rejected: float = 0.01,
) -> Prepared:
    """Takes out what cannot be trained on, and counts it.

    Raises:
        DataError: more than max_rejected of the targets are too long, or the filter leaves none.
    """
    fits = np.array([_fits(renderer, target) for target in targets], dtype=bool)
    rejected = tuple(t.id for t, ok in zip(targets, fits, strict=True) if not ok)
    if len(rejected) > max_rejected * len(targets):
        raise DataError(
            f"{len(rejected)} of {len(targets)} targets are longer than the window, "
            f"first {rejected[0]!r}",
            expected=f"at most {max_rejected:.0%}",
            mend=f"raise prompt.max_tokens from {renderer.settings.max_tokens}, or drop these rows",
        )
    similar = _similar_enough(strategy, source, targets, hits)
    keep = np.flatnonzero(fits & similar)
    if not len(keep):
        raise DataError(
            f"no target has a mean similarity above {strategy.min_mean_similarity}",
            where=f"strategy {strategy.name}",
            mend="lower min_mean_similarity",
        )
    own = None if hits is None else Hits(hits.positions[keep], hits.scores[keep])
    kept = tuple(targets[i] for i in keep.tolist())
    return Prepared(kept, own, rejected, int((fits & ~similar).sum()))


def _fits(renderer: Renderer, target: Example) -> bool:
    try:
        renderer.render(Context(target.id, "zero"), target, "train")
    except TooLong:
        return False
    return True


def _similar_enough(
    strategy: StrategySettings, source: Source, targets: Sequence[Example], hits: Hits | None
) -> NDArray[np.bool_]:
    """bool [targets]: mean similarity of the top k (the largest k) above the filter's value."""
    if strategy.min_mean_similarity is None or hits is None:
        return np.ones(len(targets), dtype=bool)
    k = max(strategy.k_values())
    positions, usable = hits.positions[:, :k], hits.scores[:, :k] > 0
    name = strategy.filter_method or next(iter(source.similarities))
    if name not in source.similarities:
        raise ConfigError(
            f"filter_method {name!r}",
            where=f"strategy {strategy.name}",
            mend=f"the run's similarities are {', '.join(source.similarities)}",
        )
    rows, columns = np.nonzero(usable)
    queries = [targets[i].input for i in rows.tolist()]
    others = [source.snapshot.examples[p].input for p in positions[rows, columns].tolist()]
    scores = np.zeros(positions.shape)
    scores[rows, columns] = source.similarities[name].pairs(queries, others)
    counts = usable.sum(axis=1)
    means = scores.sum(axis=1) / np.maximum(counts, 1)
    similar: NDArray[np.bool_] = (counts > 0) & (means > strategy.min_mean_similarity)
    return similar


def batches_for(
    strategy: StrategySettings,
    source: Source,
    targets: Sequence[Example],
    renderer: Renderer,
    *,
    batch_size: int,
    seed: int,
    cache: Path | None,
) -> DrawnBatches:
    """The batches of these targets; errors as prepare and neighbour_table.

    Args:
        strategy, source, targets, renderer: what is drawn from what for whom, and how it is
            written; the first of source's similarities finds the neighbours.
        batch_size, seed: see DrawnBatches.
        cache: a folder for neighbours; None keeps nothing.
    """
    hits = None
    if strategy.needs_neighbours():
        retrieval = next(iter(source.similarities.values()))
        table = neighbour_table(retrieval, targets, "train", strategy.neighbours, cache)
        hits = Hits(table.positions, table.scores)
    prepared = prepare(strategy, source, targets, hits, renderer)
    return DrawnBatches(strategy, source, prepared, renderer, batch_size, seed)


@dataclass
class DrawnBatches:
    """Batches over epochs without end; instance number n is target n % N of epoch n // N.

    Nothing random lives here: order, contexts and near-duplicates are functions of the seed, the
    epoch and the target's id, so any step can be asked for at any time, in any process.
    """

    strategy: StrategySettings
    source: Source
    prepared: Prepared
    renderer: Renderer
    batch_size: int
    seed: int
    _cache: dict[tuple[int, int], list[tuple[Context, Rendered]]] = field(default_factory=dict)

    def batch(self, step: int) -> list[Rendered]:
        """The whole global batch of a step, counted from 0."""
        return [rendered for _, rendered in self.drawn(step)]

    def drawn(self, step: int) -> list[tuple[Context, Rendered]]:
        """The same with the contexts that were drawn."""
        first = step * self.batch_size
        numbers = range(first, first + self.batch_size)
        return [self.instance(*divmod(n, len(self.prepared.targets))) for n in numbers]

    def instance(self, epoch: int, place: int) -> tuple[Context, Rendered]:
        """What stands at a place of an epoch's order."""
        block, offset = divmod(place, _BLOCK)
        key = (epoch, block)
        if key not in self._cache:
            if len(self._cache) > 1:
                self._cache.pop(next(iter(self._cache)))
            self._cache[key] = self._draw(epoch, block)
        return self._cache[key][offset]

    def _draw(self, epoch: int, block: int) -> list[tuple[Context, Rendered]]:
        order = _order(self.seed, epoch, len(self.prepared.targets))
        return self.of_targets(epoch, order[block * _BLOCK :][:_BLOCK])

    def of_targets(self, epoch: int, numbers: NDArray[np.int64]) -> list[tuple[Context, Rendered]]:
        """What the targets of these numbers (in prepared.targets) have in an epoch, in any order.

        Args:
            epoch: from 0.
            numbers: int64 [any].
        """
        targets = [self.prepared.targets[i] for i in numbers.tolist()]
        hits = self.prepared.hits
        own = None if hits is None else Hits(hits.positions[numbers], hits.scores[numbers])
        contexts = draw_contexts(
            self.strategy, self.source, targets, own, seed=self.seed, epoch=epoch, purpose="train"
        )
        return [
            (context, self.renderer.render(context, target, "train"))
            for context, target in zip(contexts, targets, strict=True)
        ]

    def asked_duplicates(self, steps: int) -> NDArray[np.int64]:
        """int64 [targets]: how often each one's near-duplicate is asked for in so many steps."""
        targets = self.prepared.targets
        times = np.zeros(len(targets), dtype=np.int64)
        whole, rest = divmod(steps * self.batch_size, len(targets))
        for epoch in range(whole + (rest > 0) if self.strategy.needs_paraphrases() else 0):
            asked = asks_for_duplicates(
                self.strategy, targets, seed=self.seed, epoch=epoch, purpose="train"
            )
            if epoch == whole:
                asked[_order(self.seed, epoch, len(targets))[rest:]] = False
            times += asked
        return times

    def epochs(self, steps: int) -> float:
        """How often each target is seen in so many steps."""
        return steps * self.batch_size / len(self.prepared.targets)


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, n: int) -> NDArray[np.int64]:
    return rng(seed, "train/order", epoch).permutation(n)
