"""Two-stage intervals: they must cover what training anew changes."""

from __future__ import annotations

import numpy as np
import pytest

from ictrain.analysis.nested import nested
from ictrain.statistics import estimate

SEEDS, ITEMS = 5, 40


def sample(draws, spread):
    """Trainings that differ by luck of standard deviation `spread`, items by 1."""
    return [
        ((base, seed, f"i{item}"), float(luck + draws.normal()))
        for base in ("a", "b", "c")
        for seed in range(SEEDS)
        for luck in [draws.normal() * spread]
        for item in range(ITEMS)
    ]


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_the_truth_lies_inside_as_often_as_it_says(spread):
    draws = np.random.default_rng(1)
    inside = narrow = 0
    for turn in range(120):
        values = sample(draws, spread)
        found = nested(values, resamples=300, seed=turn)
        inside += found.low <= 0 <= found.high
        single = estimate([(place, value) for place, value in values])
        narrow += single.low <= 0 <= single.high
    assert inside / 120 > 0.85  # of .95, with five trainings a base
    if spread:
        assert narrow / 120 < 0.7  # what a single stage would have claimed


def test_the_mean_is_that_of_the_rows_and_of_each_base():
    values = [
        (("a", 0, "x"), 1.0),
        (("a", 1, "x"), 0.0),
        (("b", 0, "x"), 0.0),
        (("b", 1, "y"), 0.0),
    ]
    found = nested([*values, (("a", 0, "x"), 1.0)])
    assert found.mean == pytest.approx(0.4)
    assert found.bases == {"a": pytest.approx(2 / 3), "b": 0.0}
    assert (found.trainings, found.items, found.rows) == (4, 4, 5)


def test_one_training_has_no_interval_and_nothing_has_nothing():
    found = nested([(("a", 0, f"i{i}"), 1.0) for i in range(50)])
    assert (found.mean, found.low, found.high) == (1.0, None, None)
    assert nested([]) is None


def test_the_order_of_rows_changes_nothing():
    values = sample(np.random.default_rng(3), 0.5)
    first, again = nested(values), nested(values[::-1])
    assert (first.low, first.high) == (again.low, again.high)
    assert first.mean == pytest.approx(again.mean)
