"""Every experiment whose training diverged says so itself, and what to lower."""

import dataclasses

import numpy as np
import pytest

from ictrain.errors import RunError
from ictrain.theory import explore as room
from ictrain.theory import landscape, simplex
from ictrain.theory.by_hand import Gate
from ictrain.theory.curves import hump
from ictrain.theory.divergence import checked, numbers_in
from ictrain.theory.explore import explore
from ictrain.theory.findings import core, table_of, three_way
from ictrain.theory.long_training import long_training
from ictrain.theory.settings import Optimiser, Plan, TheorySettings
from ictrain.theory.simplex import one_seed, weights_grid
from ictrain.theory.world import World

HOT = Optimiser(name="sgd", learning_rate=1e3)
MILD = TheorySettings(pool=60, test=40, fixed=Plan(steps=3, batch=4), long_steps=3, graded_steps=3)
SCALARS = "fixed.scalars.learning_rate"
JOINT = "joint.estimator.learning_rate or joint.scalars.learning_rate"


JOINT_PLAN = Plan(steps=60, batch=4, hidden=4, estimator=HOT)
SETTINGS = MILD.model_copy(update={"joint": JOINT_PLAN, "sgd": MILD.fixed})
WORLD = World(SETTINGS, 0)


@pytest.fixture(scope="module", autouse=True)
def _few_sequences():
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in ((simplex, "_POOL", 30), (landscape, "_ROWS", 5)):
            patch.setattr(module, name, value)
        yield


def slices(world):
    return landscape.landscapes(world, {"adam": table_of(world, "fixed")})


def broken(found):
    """The same results with a loss that is no number, wherever they hold an array, in turn."""
    for place in numbers_in(found):
        if place.size and place.ndim:
            kept = place.flat[0]
            place.flat[0] = np.nan
            yield found
            place.flat[0] = kept


@pytest.mark.parametrize(("measure", "places"), [(core, 9), (hump, 4), (slices, 12)])
def test_one_loss_that_is_no_number_anywhere_is_enough(measure, places):
    found, tried = measure(WORLD), 0
    assert checked("it", ("fixed",), lambda: found) is found
    for one in broken(found):
        tried += 1
        with pytest.raises(RunError) as caught:
            checked("it", ("fixed",), lambda one=one: one)
        assert str(caught.value) == f"it: training diverged; lower {SCALARS}"
    assert tried == places
    assert checked("it", ("fixed",), lambda: found) is found


@pytest.mark.parametrize(
    ("measure", "arguments"),
    [(table_of, ("joint",)), (one_seed, ("joint", weights_grid(2), 0.0))],
    ids=["table", "simplex"],
)
def test_an_estimator_that_diverges_is_told_with_its_rates(measure, arguments):
    with pytest.raises(RunError) as caught:
        checked("this", ("joint",), measure, WORLD, *arguments)
    assert str(caught.value) == f"this: training diverged; lower {JOINT}"


def test_long_training_names_both_plans():
    with pytest.raises(RunError) as caught:
        checked("long training", ("fixed", "joint"), long_training, WORLD)
    assert str(caught.value) == f"long training: training diverged; lower {SCALARS} or {JOINT}"


def test_the_three_way_mixture_is_looked_into():
    found = three_way(WORLD)
    one = found["sgd"]["similar"]
    found["sgd"]["similar"] = dataclasses.replace(one, loss=float("inf"))
    with pytest.raises(RunError, match=r"^x: training diverged; lower .* or sgd\.scalars"):
        checked("x", ("fixed", "sgd"), lambda: found)


def test_what_is_rightly_no_number_is_let_through():
    found = core(WORLD)
    nowhere = Gate(float("nan"), float("nan"), float("nan"))
    assert (
        checked("x", ("fixed",), lambda: dataclasses.replace(found, gate=nowhere)).gate is nowhere
    )


def test_an_exploration_ends_with_the_first_that_diverges(monkeypatch):
    monkeypatch.setattr(room, "SIMPLEXES", (("joint", 0.0),))
    with pytest.raises(
        RunError, match=r"^mixtures, plan joint, seed 5: training diverged; lower j"
    ):
        explore(SETTINGS.model_copy(update={"grid": 2, "grid_seeds": 1}), 5)
