"""Intervals that hold both what training anew and what other test items would change.

Rows of one training share its luck, so trainings are drawn anew first, within each base, and then
the items of each drawn training. Bases are strata: the interval speaks of trainings on these bases,
not of further bases. A single stage that draws (training, item) pairs as if they were independent
gives intervals that are too narrow wherever seeds differ.

Source: Davison & Hinkley, 'Bootstrap Methods and their Application' (1997), section 3.8.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictrain.randomness import rng

Place = tuple[str, int, str]
"""(base, seed, item)."""


@dataclass(frozen=True, slots=True)
class Nested:
    """A mean over rows with its interval.

    Attributes:
        mean, low, high: low and high are None with fewer than two trainings on some base.
        bases: base -> its own mean.
        trainings, items, rows: how many it rests on.
    """

    mean: float
    low: float | None
    high: float | None
    bases: Mapping[str, float]
    trainings: int
    items: int
    rows: int


def nested(
    values: Sequence[tuple[Place, float]],
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Nested | None:
    """The mean of values, each base with the same weight as it has rows.

    Args:
        values: a place may stand for several rows.
        resamples, level, seed: of the bootstrap.

    Returns:
        None without values.
    """
    if not values:
        return None
    bases = _trainings(values)
    drawn = np.zeros((2, resamples))
    for number, base in enumerate(sorted(bases)):
        drawn += _resampled(list(bases[base].values()), resamples, seed, number)
    tail = 50 * (1 - level)
    low, high = np.percentile(drawn[0] / drawn[1], [tail, 100 - tail]).tolist()
    enough = all(len(trainings) > 1 for trainings in bases.values())
    total = [value for _, value in values]
    return Nested(
        float(np.mean(total)),
        low if enough else None,
        high if enough else None,
        {base: _mean(list(bases[base].values())) for base in sorted(bases)},
        sum(len(trainings) for trainings in bases.values()),
        len({place for place, _ in values}),
        len(values),
    )


Training = NDArray[np.float64]
"""float64 [2, items]: sums and counts of rows."""


def _trainings(values: Sequence[tuple[Place, float]]) -> dict[str, dict[int, Training]]:
    """base -> seed -> sums and counts by item, items and seeds in order."""
    cells: dict[str, dict[int, dict[str, list[float]]]] = defaultdict(lambda: defaultdict(dict))
    for (base, seed, item), value in sorted(values):
        cells[base][seed].setdefault(item, []).append(value)
    return {
        base: {
            seed: np.array([[sum(v) for v in items.values()], [len(v) for v in items.values()]])
            for seed, items in seeds.items()
        }
        for base, seeds in cells.items()
    }


def _resampled(
    trainings: Sequence[Training], resamples: int, seed: int, base: int
) -> NDArray[np.float64]:
    """float64 [2, resamples]: sums and counts over as many trainings as there are, drawn anew."""
    draws = rng(seed, "nested bootstrap", 0, base)
    found = np.zeros((2, resamples))
    for _ in trainings:
        chosen = draws.integers(0, len(trainings), resamples)
        for which, training in enumerate(trainings):
            at = np.flatnonzero(chosen == which)
            items = draws.integers(0, training.shape[1], (len(at), training.shape[1]))
            found[:, at] += training[:, items].sum(axis=2)
    return found


def _mean(trainings: Sequence[Training]) -> float:
    return float(sum(t[0].sum() for t in trainings) / sum(t[1].sum() for t in trainings))
