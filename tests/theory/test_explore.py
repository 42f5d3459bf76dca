"""All of an exploration on tiny settings, and the quick form on the default ones."""

import numpy as np
import pytest

from ictrain.theory import landscape as slices
from ictrain.theory import simplex as room
from ictrain.theory.bars import BARS
from ictrain.theory.check import outcomes_of
from ictrain.theory.explore import SIMPLEXES, explore
from ictrain.theory.settings import THREE_WAY, Plan, TheorySettings
from ictrain.theory.simplex import one_seed, together, weights_grid
from ictrain.theory.table import measure, regime_table
from ictrain.theory.training import train
from ictrain.theory.world import TESTS, World
from tests.theory.test_bars import ALL

PLANS = ("sgd", "joint", "joint_adam")
JOINT_ADAM = Plan(steps=30, batch=16, hidden=8, estimator=ALL.fixed.scalars)
UPDATES = {"grid": 2, "grid_seeds": 2, "long_steps": 80, "joint_adam": JOINT_ADAM}
SETTINGS = ALL.model_copy(update=UPDATES)


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in (
            (room, "_POOL", 100),
            (slices, "_ROWS", 5),
            (slices, "_PROFILE", 2),
        ):
            patch.setattr(module, name, value)
        weights, seeds = weights_grid(SETTINGS.grid), range(1, 1 + SETTINGS.grid_seeds)
        losses = [
            np.stack([one_seed(World(SETTINGS, s), plan, weights, share) for s in seeds])
            for plan, share in SIMPLEXES
        ]
        grids = together(SIMPLEXES, weights, losses)
        return explore(SETTINGS, 1), grids


def test_the_quick_form_is_the_full_forms_core(found):
    full, quick = found[0], explore(SETTINGS, 1, quick=True)
    assert quick.rest is None
    for one in (full, quick):
        assert (one.settings, one.seed) == (SETTINGS, 1)
    assert (quick.core.fixed.loss == full.core.fixed.loss).all()
    assert [o for o in outcomes_of(full) if o in outcomes_of(quick)] == outcomes_of(quick)
    assert [o.bar for o in outcomes_of(full)] == list(BARS)
    for name in ("lipschitz", "facts", "exact", "rays", "early", "gate", "third", "plateau"):
        assert repr(getattr(quick.core, name)) == repr(getattr(full.core, name))  # nan is not nan


def test_every_table_is_of_the_plan_it_is_named_after(found):
    world = World(SETTINGS, 1)
    for plan in PLANS:
        table, expected = getattr(found[0].rest, plan), regime_table(world, plan)[0]
        assert table.plan == plan
        assert (table.loss == expected.loss).all()
        assert (table.trace.mse.size > 0) == (plan != "sgd")
    losses = [getattr(found[0].rest, plan).loss for plan in PLANS]
    assert not (losses[0] == losses[1]).any()
    assert not (losses[1] == losses[2]).any()


def test_the_simplexes_are_those_made_one_by_one(found):
    full, grids = found
    assert len(full.rest.simplexes) == len(grids) == 3
    for one, expected in zip(full.rest.simplexes, grids, strict=True):
        assert (one.plan, one.graded_share) == (expected.plan, expected.graded_share)
        assert (one.weights == expected.weights).all()
        assert (one.loss == expected.loss).all()
        assert one.loss.shape == (2, 6, 9)


def test_the_three_way_mixture_is_trained_by_both_optimisers(found):
    world = World(SETTINGS, 1)
    for plan in ("fixed", "sgd"):
        pool = world.pool("three_way", THREE_WAY)
        trained = train(getattr(SETTINGS, plan), [pool], 1, world.probe)
        for test in TESTS:
            expected = measure(world, trained, 0, world.tests[test])
            assert found[0].rest.three_way[plan][test].loss == expected.loss


def test_landscapes_and_the_rest_are_there(found):
    rest = found[0].rest
    assert [view.regime for view in rest.landscapes[:2]] == ["random", "similar"]
    assert rest.landscapes[-1].paths.keys() == {"adam", "sgd"}
    assert rest.hump.loss.shape == (2, 6)
    assert np.isfinite(rest.long.log_odds)


@pytest.mark.slow
def test_one_default_seed_clears_every_bar_that_the_quick_form_can_tell():
    quick = explore(TheorySettings(), 0, quick=True)
    told = outcomes_of(quick)
    assert len(told) == len([bar for bar in BARS if bar.plan in ("exact", "fixed")])
    assert [(o.bar.key, o.value) for o in told if not o.held] == []
    control = quick.core.control
    assert abs(control.fixed_correlation) < 0.04
    assert control.correlation > 0.45
    # Where each estimator is best alone, and where independent noise is better averaged
    expected = {"random": (1.0, 0.77), "similar": (0.0, 0.0), "one_near": (0.015, 0.015)}
    for name, weights in expected.items():
        assert control.best_weight[name] == pytest.approx(weights, abs=0.03)
