"""How much of a test set stands in its pool already: exact inputs, and nearly equal ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ictrain.examples import Example, normalise
from ictrain.similarity import Index
from ictrain.tasks.base import TestSet

NEAR = 0.8
"""From this similarity on two inputs count as nearly equal [ours]."""


@dataclass(frozen=True)
class Overlap:
    """One test set against the pool that its contexts come from.

    Attributes:
        items: of the test set.
        exact: items with an equal input in the pool (kept out of their own contexts).
        near: further items with a pool input of similarity 0.8 or more.
        trained: items whose input was a target of training.
        best: quartiles (25, 50, 75 %) of the best similarity in the pool, equal inputs left out.
    """

    items: int
    exact: int
    near: int
    trained: int
    best: tuple[float, float, float]


def overlap(test: TestSet, train: tuple[Example, ...], index: Index) -> Overlap:
    """Counts overlaps by an index over the test set's pool."""
    pool = test.pool
    exclude = pool.excluded_groups(test.examples, "benchmark")
    best = index.search([e.input for e in test.examples], 1, exclude).scores[:, 0]
    trained = {normalise(e.input) for e in train}
    low, middle, high = (float(q) for q in np.quantile(best, [0.25, 0.5, 0.75]))
    return Overlap(
        len(test.examples),
        int((exclude >= 0).sum()),
        int(((exclude < 0) & (best >= NEAR)).sum()),
        sum(normalise(e.input) in trained for e in test.examples),
        (low, middle, high),
    )


def overlaps(
    tests: Mapping[str, TestSet], train: tuple[Example, ...], indexes: Mapping[str, Index]
) -> dict[str, dict[str, Any]]:
    """By test set, as plain values for a record."""
    return {name: asdict(overlap(test, train, indexes[name])) for name, test in tests.items()}
