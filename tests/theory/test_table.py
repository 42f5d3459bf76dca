"""Tables equal the slow model, row by row."""

import numpy as np
import pytest
import torch

from ictrain.theory.settings import Optimiser, Plan, Problem, TheorySettings, regimes
from ictrain.theory.table import MASSES, measure, regime_table
from ictrain.theory.world import TESTS, World
from tests.theory.test_oracle import slow

SGD = Optimiser(name="sgd", learning_rate=0.1)
TINY = TheorySettings(
    problem=Problem(d=3, k=3, delta=0.05, r=0.4, p=0.4),
    pool=200,
    test=60,
    fixed=Plan(steps=60, batch=16, scalars=Optimiser(learning_rate=0.2)),
    joint=Plan(steps=60, batch=16, hidden=8, estimator=SGD),
    graded_steps=40,
)
WORLD = World(TINY, 1)


@pytest.fixture(scope="module", params=["fixed", "joint"])
def trained(request):
    return regime_table(WORLD, request.param)


@pytest.fixture(scope="module")
def fixed():
    return regime_table(WORLD, "fixed")


def estimates(models, model, rows):
    if models.learned is None:
        return torch.from_numpy(WORLD.target.coarse(rows.x))
    return models.learned(torch.from_numpy(rows.x))[model].detach()


def by_hand(models, model, rows):
    """Mean loss, the four masses, and the mass on the closest."""
    every = slow(models.scalars[model], rows, estimates(models, model, rows))
    masses = np.zeros(4)
    for one, near in zip(every, rows.near, strict=True):
        for place, mass in enumerate(one.masses):
            where = 0 if place < one.k and near[place] else 1
            masses[{one.k: 2, one.k + 1: 3}.get(place, where)] += mass / len(every)
    closest = np.mean([one.masses[int(np.argmax(one.near))] for one in every])
    return np.mean([one.loss for one in every]), masses, closest


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_every_cell_of_a_table_equals_a_loop(trained):
    table, models = trained
    assert table.regimes == tuple(regimes(WORLD.problem))
    assert table.tests == TESTS
    for i, regime in enumerate(table.regimes):
        for j, test in enumerate(table.tests):
            loss, masses, closest = by_hand(models, i, WORLD.tests[test])
            close(table.loss[i, j], loss)
            close(table.masses[i, j], masses)
            close(table.closest[i, j], closest)
            assert table.at(regime, test) == table.loss[i, j]
            close([table.mass(regime, test, name) for name in MASSES], masses)
            close(table.mass(regime, test, "context"), masses[0] + masses[1])
            assert table.mass(regime, test, "closest") == table.closest[i, j]
        rows = WORLD.tests["random"]
        error = estimates(models, i, rows).numpy() - rows.y
        close(table.mse(regime), (error**2).mean())
    close(table.masses.sum(-1), np.ones((5, 3)))
    close(table.scalars, models.scalars)
    assert len({tuple(row) for row in table.scalars}) == 5


def test_a_masss_name_is_its_place(fixed):
    table, _ = fixed
    assert table.mass("random", "random", "near") == 0
    assert table.mass("similar", "similar", "far") == 0
    assert table.mass("random", "random", "self") > table.mass("similar", "similar", "self")


def test_measuring_is_of_the_model_asked_for(fixed):
    table, models = fixed
    found = measure(WORLD, models, 3, WORLD.tests["similar"])
    assert found.loss == table.at("random_similar", "similar")
    assert found.closest == table.mass("random_similar", "similar", "closest")
