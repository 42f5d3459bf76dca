"""How much of a test set stands in its pool already, and how close the rest comes to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import numpy as np

from ictrain.examples import Example, asked
from ictrain.similarity import Index
from ictrain.statistics import BANDS, band
from ictrain.tasks.base import TestSet

NEAR = 0.8
"""From this similarity on two inputs count as nearly equal [ours]."""
BINS = 20
"""Of the histogram over [0, 1]; the last one holds 1 itself."""
_COUNTS = ("items", "exact", "near", "trained", "copies")


@dataclass(frozen=True)
class Overlap:
    """One test set against the pool that its contexts come from.

    Attributes:
        items: of the test set.
        exact: items with an equal input in the pool (kept out of their own contexts).
        near: further items with a pool input of similarity 0.8 or more.
        trained: items whose input was a target of training, of the same database where they have
            one.
        copies: items whose closest pool item has the very output that is wanted.
        best: quartiles (25, 50, 75 %) of the best similarity in the pool, equal inputs left out.
        bands: items by the band of that best similarity; low where nothing is similar at all.
        histogram: items by it, in 20 bins of width 0.05 from 0 to 1; what lies outside (a negative
            cosine, a BM25 score) counts in the bin at that end.
        method: the similarity's name.
    """

    items: int
    exact: int
    near: int
    trained: int
    copies: int
    best: tuple[float, float, float]
    bands: Mapping[str, int]
    histogram: tuple[int, ...]
    method: str


def overlap(test: TestSet, train: tuple[Example, ...], index: Index) -> Overlap:
    """Counts overlaps by an index over the test set's pool."""
    pool = test.pool
    exclude = pool.excluded_groups(test.examples, "benchmark")
    hits = index.search([e.input for e in test.examples], 1, exclude)
    best = hits.scores[:, 0] if hits.scores.shape[1] else np.zeros(len(test.examples))
    closest = hits.positions[:, 0].tolist() if hits.positions.shape[1] else [-1] * len(best)
    trained = {asked(e) for e in train}
    low, middle, high = (float(q) for q in np.quantile(best, [0.25, 0.5, 0.75]))
    bands = [band(float(s)) for s in best]
    return Overlap(
        items=len(test.examples),
        exact=int((exclude >= 0).sum()),
        near=int(((exclude < 0) & (best >= NEAR)).sum()),
        trained=sum(asked(e) in trained for e in test.examples),
        copies=sum(
            place >= 0 and pool.examples[place].output.split() == e.output.split()
            for place, e in zip(closest, test.examples, strict=True)
        ),
        best=(low, middle, high),
        bands={name: bands.count(name) for name in BANDS},
        histogram=tuple(np.histogram(np.clip(best, 0, 1), BINS, (0, 1))[0].tolist()),
        method=index.name,
    )


def overlaps(
    tests: Mapping[str, TestSet], train: tuple[Example, ...], indexes: Mapping[str, Index]
) -> dict[str, dict[str, Any]]:
    """By test set, as plain values for a record."""
    return {name: asdict(overlap(test, train, indexes[name])) for name, test in tests.items()}


def in_bands(overlap: Mapping[str, Any]) -> str:
    """Of plain values: the shares of the bands, and of items whose closest has their output."""
    items = max(1, overlap["items"])
    shares = [f"{name} {count / items:.0%}" for name, count in overlap["bands"].items()]
    return f"{', '.join(shares)}; the closest has the very output for {overlap['copies']:,}"


def over_seeds(ones: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Plain values of a test set under several seeds as one: counts added, quartiles averaged.

    What some of them lack (a run that an older version began) is left out.
    """
    found: dict[str, Any] = {
        key: sum(o[key] for o in ones) for key in _COUNTS if all(key in o for o in ones)
    }
    found["best"] = [fmean(o["best"][i] for o in ones) for i in range(3)]
    if all("histogram" in o for o in ones):
        found["bands"] = {b: sum(o["bands"][b] for o in ones) for b in BANDS}
        found["histogram"] = [
            sum(counts) for counts in zip(*(o["histogram"] for o in ones), strict=True)
        ]
        found["method"] = ones[0]["method"]
    return found
