"""Score against the number of examples: each mode with context, at every k that was asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ictrain.analysis.frame import cluster_of, is_control_mode, key_of, value_of
from ictrain.analysis.settings import AnalysisSettings
from ictrain.rows import Row
from ictrain.statistics import Cluster, Estimate, Value, score_estimates, seed_means


@dataclass(frozen=True, slots=True)
class SweepCell:
    """One number of examples in one mode; rendered: how many the window had room for, mean."""

    test_set: str
    mode: str
    strategy: str
    k: int
    rendered: float
    estimate: Estimate
    seeds: dict[int, float]


def sweep_table(
    rows: Iterable[Row], swept: Iterable[Row], metric: str, settings: AnalysisSettings
) -> list[SweepCell]:
    """By test set, mode, strategy and k; empty where nothing was swept.

    Args:
        rows: of the evaluation itself, at its own k.
        swept: of the further numbers of examples.
        metric: the score.
        settings: of the bootstrap.
    """
    swept = list(swept)
    if not swept:
        return []
    asked = {(r.strategy, r.test_set, r.mode) for r in swept}
    every = [*swept, *(r for r in rows if (r.strategy, r.test_set, r.mode) in asked)]
    groups: dict[tuple[str, str, str, int], list[Row]] = {}
    for row in every:
        if row.outcome == "ok" and metric in row.scores and not is_control_mode(row.mode):
            groups.setdefault((row.test_set, row.mode, row.strategy, row.k_drawn), []).append(row)
    samples: dict[tuple[str, str, str, int], list[tuple[Cluster, Value]]] = {
        key: [(cluster_of(key_of(row)), value_of(row, metric)) for row in mine]
        for key, mine in groups.items()
    }
    found = score_estimates(samples, settings.bootstrap)
    return [
        SweepCell(
            *key,
            sum(row.k_rendered for row in groups[key]) / len(groups[key]),
            found[key],
            seed_means(samples[key], 1),
        )
        for key in sorted(samples)
    ]
