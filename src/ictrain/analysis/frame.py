"""Rows made ready: sorted, the last step of each training alone, those without a score counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ictrain.analysis.settings import AnalysisSettings
from ictrain.errors import RunError, nearest
from ictrain.metrics import METRICS, CorpusMetric
from ictrain.rows import Row
from ictrain.statistics import Cluster, Counts, Value

STRATEGY_ORDER = (
    "base",
    "zero",
    "random",
    "similar",
    "diverse",
    "one_near",
    "random_similar",
    "contrastive",
)
MODE_ORDER = ("none", "random", "similar", "one_similar", "one_paraphrase", "one_unseen")
COPIERS = ("copy_nearest", "copy_random")
"""Strategies that no model makes: the nearest, or a random, example's label."""

Key = tuple[str, int, str, str]
"""(test set, seed, item, mode)."""


def cluster_of(key: Key) -> Cluster:
    """(test set, seed, item): what the bootstrap resamples; the seed is its part 1."""
    return key[:3]


def is_control_strategy(name: str) -> bool:
    """Whether a strategy is a negative control by its name: an adapter that was never trained."""
    return name.startswith("untrained")


def is_control_mode(name: str) -> bool:
    """Whether a mode is a negative control by its name: labels of the context shuffled."""
    return name.endswith("_shuffled")


def order_by(known: Sequence[str]) -> Callable[[str], tuple[int, str]]:
    """A sort key: known names in their order, then the others by name."""
    return lambda name: (known.index(name) if name in known else len(known), name)


@dataclass(frozen=True)
class Frame:
    """The rows that every number is made from.

    Attributes:
        rows: with a score, sorted by test set, strategy, seed, mode, item.
        metric: the score that goals and figures use.
        metrics: all scores, the metric first.
        strategies: trained ones and the base, in the order of the page.
        copiers, controls: the strategies that no model makes; negative controls.
        test_sets, modes: in the order of the page; modes without controls.
        left_out: rows without a score, counted by (strategy, outcome).
        early: rows of steps before the last, left out.
    """

    rows: tuple[Row, ...]
    metric: str
    metrics: tuple[str, ...]
    strategies: tuple[str, ...]
    copiers: tuple[str, ...]
    controls: tuple[str, ...]
    test_sets: tuple[str, ...]
    modes: tuple[str, ...]
    left_out: dict[tuple[str, str], int]
    early: int

    @cached_property
    def by_strategy(self) -> dict[str, dict[Key, Row]]:
        """Per strategy its rows by (test set, seed, item, mode)."""
        table: dict[str, dict[Key, Row]] = {}
        for row in self.rows:
            table.setdefault(row.strategy, {})[key_of(row)] = row
        return table

    def scores(
        self, strategy: str, mode: str, test_set: str | None = None, metric: str = ""
    ) -> dict[Cluster, Value]:
        """One strategy's scores in one mode, by (test set, seed, item)."""
        name = metric or self.metric
        return {
            cluster_of(key): value_of(row, name)
            for key, row in self.by_strategy.get(strategy, {}).items()
            if key[3] == mode and test_set in (None, key[0]) and name in row.scores
        }

    @property
    def seeds(self) -> list[int]:
        """All seeds."""
        return sorted({row.seed for row in self.rows})


def key_of(row: Row) -> Key:
    """(test set, seed, item, mode) of a row."""
    return (row.test_set, row.seed, row.target_id, row.mode)


def value_of(row: Row, metric: str) -> Value:
    """The row's score; for a corpus metric its statistics."""
    known = METRICS.get(metric)
    if isinstance(known, CorpusMetric) and metric in row.stats:
        return Counts(tuple(row.stats[metric]), known.of)
    return row.scores[metric]


def make_frame(rows: Iterable[Row], settings: AnalysisSettings) -> Frame:
    """Sorts the rows and finds what they hold.

    Raises:
        RunError: no rows; two of one (strategy, test set, seed, item, mode); no such metric.
    """
    every = sorted(rows, key=lambda r: (r.test_set, r.strategy, r.seed, r.mode, r.target_id))
    last = _last_steps(every)
    final = [row for row in every if row.step == last[row.strategy, row.seed]]
    metrics = _metrics(final, settings)
    scored = tuple(row for row in final if row.outcome == "ok" and metrics[0] in row.scores)
    _refuse_twins(scored)
    strategies = sorted({row.strategy for row in final}, key=order_by(STRATEGY_ORDER))
    modes = sorted({row.mode for row in final}, key=order_by(MODE_ORDER))
    tests = sorted({r.test_set for r in final}, key=order_by((settings.id_test, settings.ood_test)))
    special = {*COPIERS, *filter(is_control_strategy, strategies)}
    return Frame(
        rows=scored,
        metric=metrics[0],
        metrics=metrics,
        strategies=tuple(name for name in strategies if name not in special),
        copiers=tuple(name for name in COPIERS if name in strategies),
        controls=tuple(filter(is_control_strategy, strategies)),
        test_sets=tuple(tests),
        modes=tuple(mode for mode in modes if not is_control_mode(mode)),
        left_out=_left_out(final, metrics[0]),
        early=len(every) - len(final),
    )


def _last_steps(rows: Iterable[Row]) -> dict[tuple[str, int], int]:
    last: dict[tuple[str, int], int] = {}
    for row in rows:
        key = (row.strategy, row.seed)
        last[key] = max(row.step, last.get(key, row.step))
    return last


def _metrics(rows: Sequence[Row], settings: AnalysisSettings) -> tuple[str, ...]:
    found = list(dict.fromkeys(name for row in rows for name in row.scores))
    if not found:
        raise RunError("no rows with a score", where="report", mend="evaluate first")
    first = settings.metric or found[0]
    if first not in found:
        raise RunError(f"no metric {first!r} in the rows", mend=nearest(first, found))
    return (first, *(name for name in found if name != first))


def _refuse_twins(rows: Sequence[Row]) -> None:
    counts = Counter((row.strategy, key_of(row)) for row in rows)
    twins = [key for key, count in counts.items() if count > 1]
    if twins:
        raise RunError(
            f"{len(twins)} rows occur twice, the first {twins[0]}",
            expected="one row per strategy, test set, seed, item and mode",
            mend="give one run's rows once",
        )


def _left_out(rows: Sequence[Row], metric: str) -> dict[tuple[str, str], int]:
    lost = [r for r in rows if r.outcome != "ok" or metric not in r.scores]
    reasons = [(r.strategy, r.outcome if r.outcome != "ok" else f"no {metric}") for r in lost]
    return dict(sorted(Counter(reasons).items()))
