"""Curves over similarity and gradients along rays equal the slow model."""

import numpy as np
import pytest
import torch

from ictrain.theory.curves import GRADES, curves, grid, hump, regime_curves
from ictrain.theory.rays import DISTANCES, rays
from ictrain.theory.sampling import draw_at
from ictrain.theory.settings import TheorySettings, regimes
from ictrain.theory.table import regime_table
from ictrain.theory.world import World
from tests.theory.test_oracle import slow
from tests.theory.test_table import WORLD, by_hand, close


@pytest.fixture(scope="module")
def fixed():
    return regime_table(WORLD, "fixed")


def test_curves_equal_a_loop_at_each_similarity(fixed):
    _, models = fixed
    for whole in (False, True):
        chosen = {"contrastive": 4, "similar": 1}
        found = curves(WORLD, models, chosen, np.array([0.2, 0.97]), whole=whole)
        assert [(one.name, one.whole) for one in found] == [(name, whole) for name in chosen]
        for one, model in zip(found, chosen.values(), strict=True):
            for place, similarity in enumerate(one.similarity):
                rows = draw_at(WORLD.target, similarity, 30, 1, "curve", every=whole)
                loss, masses, _ = by_hand(models, model, rows)
                close(one.loss[place], loss)
                close(one.masses[place], masses)


def test_there_is_a_curve_for_each_regime_and_one_of_whole_contexts(fixed):
    found = regime_curves(WORLD, fixed[1])
    names = [*regimes(WORLD.problem), "random_similar"]
    assert [(c.name, c.whole) for c in found] == list(zip(names, [False] * 5 + [True], strict=True))
    at = grid(WORLD)
    assert (np.diff(at) > 0).all()
    assert {0.0, 0.95, 1.0} <= set(at)
    assert abs(at - (1 - WORLD.problem.delta)).min() < 1e-6
    for one in found:
        assert (one.similarity == at).all()
        assert one.loss.shape == at.shape
        assert one.masses.shape == (len(at), 4)
        close(one.masses.sum(1), np.ones(len(at)))
    assert (found[-1].masses[:, 1] == 0).all()  # nothing far in a whole context


def test_the_hump_has_both_trainings_at_the_grades_and_ignores_neither():
    found = hump(WORLD)
    assert [c.name for c in found.curves] == ["contrastive", "graded"]
    assert found.loss.shape == (2, len(GRADES))
    for row, one in zip(found.loss, found.curves, strict=True):
        at = [np.flatnonzero(one.similarity == s).item() for s in GRADES]
        assert (row == one.loss[at]).all()
    assert (found.one_near > 0).all()
    assert found.one_near[0] != found.one_near[1]
    rows = WORLD.tests["random"]
    close(found.epsilon, ((WORLD.target.coarse(rows.x) - rows.y) ** 2).mean())


DIRECTIONS = {
    "1": ("random", lambda m: (0, -1, 0)),
    "2a": ("similar", lambda m: (0, 0, 1)),
    "2b": ("similar", lambda m: (0, 1, 0)),
    "3": ("one_near", lambda m: (1, 0, 0)),
    "4": ("random_similar", lambda m: (0, -m, 1)),
    "4'": ("random_similar", lambda m: (1, -m, 0)),
    "5": ("contrastive", lambda m: (1, -m, 0)),
    "1 misplaced": ("similar", lambda m: (0, -1, 0)),
}


def test_rays_are_the_slow_gradients_along_the_papers_limits():
    found = {ray.name: ray for ray in rays(WORLD)}
    assert list(found) == list(DIRECTIONS)
    for name, (regime, direction) in DIRECTIONS.items():
        rows = WORLD.mixed_tests[regime]
        way = np.array(direction((WORLD.problem.r + 1 - WORLD.problem.delta) / 2))
        fixed = torch.from_numpy(WORLD.target.coarse(rows.x))
        for t, gradient in zip(DISTANCES, found[name].gradient, strict=True):
            every = slow(t * way, rows, fixed)
            mean = np.mean([one.gradients() for one in every], axis=0)
            close(gradient, abs(mean).max())
        assert found[name].regime == regime
        close(found[name].loss, np.mean([one.loss for one in every]))


def test_gradients_fall_along_every_ray_but_2bs_which_levels_off():
    world = World(TheorySettings(test=2000), 0)
    for ray in rays(world):
        if ray.name == "2b":
            assert 1e-8 < ray.gradient[-1] == pytest.approx(ray.gradient[-2], rel=0.01)
            assert ray.gradient[0] > ray.gradient[-1]
        else:
            assert (np.diff(ray.gradient) < 0).all()
        assert ray.gradient[DISTANCES.index(40.0)] < 1e-5
    losses = {ray.name: ray.loss for ray in rays(world)}
    assert losses["1 misplaced"] > 100 * losses["2a"]
