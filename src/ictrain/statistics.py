"""Bands of similarity, and intervals by a bootstrap that resamples clusters.

A test item occurs once per context mode, and several modes can fall into one band, so rows are not
independent: what is drawn anew are clusters, (seed, item) as a rule, each with all its rows. A
resample is a vector of counts per cluster; means of all cells follow from two matrix products,

    counts [resamples, clusters] @ sums [clusters, cells] / (counts @ rows [clusters, cells])

a ratio of sums, because a cluster holds a different number of rows in each cell. All cells of one
call share their counts, so their errors move together and differences may be taken.

Source: Efron & Tibshirani, 'An Introduction to the Bootstrap' (1993), percentile interval; Field &
Welsh, 'Bootstrapping clustered data' (2007); 1,000 resamples and 95 % as in the paper, section 7.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from ictrain.randomness import rng

Band = Literal["low", "medium", "high", "none"]
BANDS: tuple[Band, ...] = ("low", "medium", "high")
_EDGES = (1 / 3, 2 / 3)
_ROUNDING = 1e-9
BLOCK = 50
"""Resamples drawn at once: enough for speed, few enough for 100,000 clusters in 40 MB."""

Cluster = tuple[Any, ...]
"""What is resampled as a whole, e.g. (test set, seed, item); clusters of one call are sortable."""
Sample = Sequence[tuple[Cluster, float]]
"""The rows of one cell: each with the cluster that it belongs to."""
Cell = TypeVar("Cell")
Key = TypeVar("Key")


def band(s: float | None) -> Band:
    """The band of a similarity: low below 1/3, medium below 2/3, else high; 'none' for None.

    A negative cosine is low. A third that rounding put a hair below 1/3 is still medium.

    Raises:
        ValueError: s is not a number.
    """
    if s is None:
        return "none"
    if math.isnan(s):
        raise ValueError("a similarity that is not a number has no band")
    return BANDS[sum(s >= edge - _ROUNDING for edge in _EDGES)]


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How intervals are made.

    Attributes:
        resamples: how many.
        level: share of the bootstrap distribution inside the interval.
        min_clusters: with fewer there is no interval, for a percentile interval of a handful of
            clusters covers far less than its level says.
        seed: of the draws.
    """

    resamples: int = 1000
    level: float = 0.95
    min_clusters: int = 20
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval.

    Attributes:
        mean: over rows; None without rows.
        low, high: the interval's ends, both None when there is none.
        rows, items: how many rows and clusters it rests on.
        reason: why there is no interval; '' when there is one.
    """

    mean: float | None
    low: float | None
    high: float | None
    rows: int
    items: int
    reason: str = ""

    @property
    def interval(self) -> tuple[float, float] | None:
        """(low, high), or None."""
        return None if self.low is None or self.high is None else (self.low, self.high)


def resample_counts(clusters: int, how: Bootstrap, block: int) -> NDArray[np.float64]:
    """How often each cluster occurs in the resamples of one block.

    Returns:
        float64 [BLOCK, clusters]; each line sums to clusters, and all of it depends on nothing but
        (how.seed, block, clusters).
    """
    drawn = rng(how.seed, "bootstrap", 0, block).integers(0, clusters, (BLOCK, clusters))
    drawn += np.arange(BLOCK)[:, None] * clusters
    counts = np.bincount(drawn.ravel(), minlength=BLOCK * clusters)
    return counts.reshape(BLOCK, clusters).astype(np.float64)


def resampled_means(
    sums: NDArray[np.float64], rows: NDArray[np.float64], how: Bootstrap
) -> NDArray[np.float64]:
    """The means of all cells in every resample.

    Args:
        sums, rows: float64 [clusters, cells], the sum and the number of a cluster's rows per cell.
        how: resamples and seed.

    Returns:
        float64 [how.resamples, cells]; NaN where a resample holds no row of the cell.
    """
    means = []
    for block in range(math.ceil(how.resamples / BLOCK)):
        counts = resample_counts(len(sums), how, block)
        with np.errstate(invalid="ignore", divide="ignore"):
            means.append((counts @ sums) / (counts @ rows))
    return np.concatenate(means)[: how.resamples]


def estimates(samples: Mapping[Cell, Sample], how: Bootstrap | None = None) -> dict[Cell, Estimate]:
    """Means with intervals of several cells, on the same resamples of the same clusters.

    The order of rows and of cells changes nothing, not even the last bit.

    Args:
        samples: per cell its rows, as (cluster, value).
        how: resamples, level, fewest clusters, seed.
    """
    how = how or Bootstrap()
    cells = list(samples)
    clusters = sorted({cluster for sample in samples.values() for cluster, _ in sample})
    place = {cluster: i for i, cluster in enumerate(clusters)}
    sums, rows = np.zeros((2, len(clusters), len(cells)))
    for column, cell in enumerate(cells):
        for cluster, value in sorted(samples[cell]):
            sums[place[cluster], column] += value
            rows[place[cluster], column] += 1
    enough = (rows > 0).sum(axis=0) >= how.min_clusters
    bounds = _bounds(sums[:, enough], rows[:, enough], how)
    ends = iter(bounds.T.tolist())
    return {
        cell: _estimate(sums[:, i], rows[:, i], next(ends) if enough[i] else None, how)
        for i, cell in enumerate(cells)
    }


def _bounds(
    sums: NDArray[np.float64], rows: NDArray[np.float64], how: Bootstrap
) -> NDArray[np.float64]:
    if not sums.shape[1]:
        return np.empty((2, 0))
    tail = 50 * (1 - how.level)
    means = resampled_means(sums, rows, how)
    # A cell that every resample holds needs no care for NaN, which takes most of the time.
    whole = ~np.isnan(means).any(axis=0)
    found = np.empty((2, means.shape[1]))
    found[:, whole] = np.percentile(means[:, whole], [tail, 100 - tail], axis=0)
    found[:, ~whole] = np.nanpercentile(means[:, ~whole], [tail, 100 - tail], axis=0)
    return found


def _estimate(
    sums: NDArray[np.float64],
    rows: NDArray[np.float64],
    ends: list[float] | None,
    how: Bootstrap,
) -> Estimate:
    count, items = int(rows.sum()), int((rows > 0).sum())
    if not count:
        return Estimate(None, None, None, 0, 0, "no rows")
    mean = float(sums.sum() / rows.sum())
    if ends is None:
        reason = f"{items} items, an interval needs {how.min_clusters}"
        return Estimate(mean, None, None, count, items, reason)
    return Estimate(mean, min(ends[0], mean), max(ends[1], mean), count, items)


def estimate(sample: Sample, how: Bootstrap | None = None) -> Estimate:
    """The mean of one cell with its interval."""
    return estimates({"": sample}, how)[""]


def differences(
    first: Mapping[Key, float], second: Mapping[Key, float], cluster: Callable[[Key], Cluster]
) -> list[tuple[Cluster, float]]:
    """first - second on the keys that both have: a sample whose estimate is a paired difference.

    Args:
        first, second: one value per key, e.g. (seed, item, mode).
        cluster: the cluster of a key.
    """
    return [(cluster(key), first[key] - second[key]) for key in first if key in second]


def seed_means(sample: Iterable[tuple[Cluster, float]], part: int) -> dict[Any, float]:
    """The mean per seed, for the dots of a figure; part is the seed's place in a cluster."""
    groups: dict[Any, list[float]] = {}
    for cluster, value in sorted(sample):
        groups.setdefault(cluster[part], []).append(value)
    return {seed: sum(values) / len(values) for seed, values in sorted(groups.items())}
