"""Mixtures compared at their worst: the grid, its summary against loops, its losses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.theory import simplex as room
from ictrain.theory.curves import GRADES
from ictrain.theory.sampling import draw_at
from ictrain.theory.settings import CELLS
from ictrain.theory.simplex import CONDITIONS, CORNERS, Simplex, one_seed, together, weights_grid
from ictrain.theory.table import measure
from ictrain.theory.training import train
from ictrain.theory.world import TESTS
from tests.theory.test_table import TINY, WORLD


@pytest.mark.parametrize("steps", [1, 2, 5, 12])
def test_the_grid_has_every_multiple_once_and_each_sums_to_1(steps):
    weights = weights_grid(steps)
    assert weights.shape == ((steps + 1) * (steps + 2) // 2, 3)
    whole = np.round(weights * steps)
    np.testing.assert_allclose(weights * steps, whole, rtol=0, atol=1e-12)
    assert len({tuple(row) for row in whole}) == len(weights)
    assert (whole.sum(1) == steps).all()
    assert (whole >= 0).all()
    assert all(np.eye(3)[i].tolist() in weights.tolist() for i in range(3))


LOSSES = st.lists(st.floats(0.01, 10), min_size=2 * 6 * 9, max_size=2 * 6 * 9)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(LOSSES, st.booleans())
def test_ratio_worst_and_near_best_equal_loops(values, graded):
    loss = np.array(values).reshape(2, 6, 9)
    found = together([("fixed", 0.0)], weights_grid(2), [loss])[0]
    mean = [[(loss[0, g, c] + loss[1, g, c]) / 2 for c in range(9)] for g in range(6)]
    best = [min(row[c] for row in mean) for c in range(9)]
    ratio = [[row[c] / best[c] for c in range(9)] for row in mean]
    worst = [max(row if graded else row[:3]) for row in ratio]
    np.testing.assert_allclose(found.ratio, ratio, rtol=1e-12)
    np.testing.assert_allclose(found.worst(graded), worst, rtol=1e-12)
    assert (found.ratio.min(0) == 1).all()
    # Decided by the package's own numbers, so that a rounding at the edge does not matter
    limit = 1.1 * found.worst(graded).min()
    assert found.near_best(graded).tolist() == [w <= limit for w in found.worst(graded)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.floats(0, 1), st.floats(0, 1))
def test_the_nearest_point_of_the_grid_is_found(random, share):
    similar = (1 - random) * share
    mixture = (random, similar, 1 - random - similar)
    grid = Simplex("fixed", 0.0, weights_grid(7), np.ones((1, 36, 9)), np.ones(9))
    away = [sum(abs(a - b) for a, b in zip(row, mixture, strict=True)) for row in grid.weights]
    assert away[grid.index(*mixture)] == pytest.approx(min(away), abs=1e-12)


@pytest.mark.parametrize(("plan", "share"), [("fixed", 0.0), ("fixed", 0.5), ("joint", 0.0)])
def test_every_mixtures_losses_are_those_of_its_own_training(monkeypatch, plan, share):
    monkeypatch.setattr(room, "_POOL", 150)
    weights = weights_grid(2)
    found = one_seed(WORLD, plan, weights, share)
    assert found.shape == (6, len(CONDITIONS))
    assert [*CONDITIONS] == [*TESTS, "0.6", "0.7", "0.8", "0.85", "0.9", "0.95"]
    chosen = getattr(TINY, plan)
    for place in (0, 3, 4):
        parts = dict(zip(CORNERS, weights[place], strict=True))
        near = parts["one_near"]
        mixture = {**parts, "one_near": near * (1 - share), "graded": near * share}
        pool = WORLD.pool("simplex", mixture, learned=plan == "joint", size=150)
        drawn = {CELLS[c] for c in pool.cell.tolist()}
        assert drawn == {name for name, weight in mixture.items() if weight}
        alone = train(chosen, [pool], WORLD.seed, WORLD.probe)
        rows = [WORLD.tests[name] for name in TESTS]
        rows += [draw_at(WORLD.target, s, 15, WORLD.seed, "simplex/graded") for s in GRADES]
        expected = [measure(WORLD, alone, 0, one).loss for one in rows]
        np.testing.assert_allclose(found[place], expected, rtol=0, atol=1e-10)
    assert len({tuple(row) for row in found}) == 6


def test_ratios_of_one_plan_are_to_one_best_and_of_another_to_its_own():
    weights, low, high = weights_grid(1), np.full((2, 3, 9), 1.0), np.full((2, 3, 9), 3.0)
    plans = [("fixed", 0.0), ("joint", 0.0), ("fixed", 0.5)]
    first, other, second = together(plans, weights, [low, high, high])
    assert (first.ratio == 1).all()
    assert (second.ratio == 3).all()
    assert (other.ratio == 1).all()
    assert (second.plan, second.graded_share) == ("fixed", 0.5)
