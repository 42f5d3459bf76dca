"""Probes over training steps: means with intervals that resample (seed, item) clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ictrain.statistics import Bootstrap, Estimate, difference_estimates, score_estimates

SIGNED = ("gain", "distraction", "shuffle_loss", "copy_whole", "any_copy")
"""Probes that are differences; the others lie between 0 and 1."""


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One probe of one item after one step."""

    strategy: str
    seed: int
    step: int
    test_set: str
    item: str
    probe: str
    value: float


@dataclass(frozen=True, slots=True)
class Point:
    """One place of a curve; seeds: seed -> its own mean."""

    strategy: str
    test_set: str
    probe: str
    step: int
    estimate: Estimate
    seeds: Mapping[int, float]


def points(rows: Iterable[ProbeRow], how: Bootstrap | None = None) -> list[Point]:
    """Every curve, sorted by strategy, test set, probe and step."""
    cells: dict[tuple[str, str, str, int], list[ProbeRow]] = {}
    for row in rows:
        cells.setdefault((row.strategy, row.test_set, row.probe, row.step), []).append(row)
    samples = {cell: [((r.seed, r.item), r.value) for r in mine] for cell, mine in cells.items()}
    found = score_estimates(samples, how) | difference_estimates(
        {cell: sample for cell, sample in samples.items() if cell[2] in SIGNED}, how
    )
    return [Point(*cell, found[cell], _by_seed(cells[cell])) for cell in sorted(cells)]


Chosen = Mapping[tuple[str, int], int]
"""(strategy, seed) -> the step whose weights were kept, of trainings that chose it."""


def as_kept(rows: Iterable[ProbeRow], kept: Iterable[ProbeRow], chosen: Chosen) -> list[ProbeRow]:
    """The rows as though every training had ended with the weights that it kept.

    A training that kept an earlier step stays as it was there, at all later places of the path, so
    that the last place of a strategy is what all its kept weights are, whichever step each seed
    kept. Trainings that chose no step are as they were.

    Args:
        rows: of the probes by schedule.
        kept: of the kept weights, of trainings that chose a step; one whose kept weights were not
            probed has no rows in what is returned.
        chosen: which step each of them kept.
    """
    rows, ends = list(rows), _by_training(kept)
    found: list[ProbeRow] = []
    for (strategy, seed), mine in _by_training(rows).items():
        if (strategy, seed) not in chosen:
            found += mine
        elif end := ends.get((strategy, seed)):
            own = chosen[strategy, seed]
            last = max(chosen.get(t, 0) for t in chosen if t[0] == strategy)
            places = {r.step for r in rows if r.strategy == strategy and r.step < last} | {last}
            found += [row for row in mine if row.step < own]
            found += [replace(r, step=s) for s in sorted(places) if s >= own for r in end]
    return found


def _by_training(rows: Iterable[ProbeRow]) -> dict[tuple[str, int], list[ProbeRow]]:
    found: dict[tuple[str, int], list[ProbeRow]] = {}
    for row in rows:
        found.setdefault((row.strategy, row.seed), []).append(row)
    return found


def _by_seed(rows: Sequence[ProbeRow]) -> dict[int, float]:
    seeds: dict[int, list[float]] = {}
    for row in rows:
        seeds.setdefault(row.seed, []).append(row.value)
    return {seed: sum(values) / len(values) for seed, values in sorted(seeds.items())}


WIDTH = 0.35
"""Of the smoother, in units of the natural logarithm of step + 1."""
SMOOTHER = "Gaussian kernel mean over log(step + 1), width .35"


def smoothed(steps: Sequence[int], values: Sequence[float]) -> list[float]:
    """The curve through SMOOTHER: every value becomes a mean of all, weighted by nearness."""
    at = np.log1p(np.asarray(steps, dtype=np.float64))
    weights = np.exp(-0.5 * ((at[:, None] - at) / WIDTH) ** 2)
    found = (weights @ np.asarray(values, dtype=np.float64)) / weights.sum(axis=1)
    return [float(v) for v in found]
