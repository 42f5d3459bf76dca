"""What the settings refuse: each on one line that says what was expected."""

import math

import pytest

from ictrain.errors import ConfigError
from ictrain.theory.settings import (
    CELLS,
    GRADED,
    THREE_WAY,
    Problem,
    TheorySettings,
    check_mixture,
    regimes,
)


def said(call, *arguments):
    with pytest.raises(ConfigError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"k": 0}, "p: k: found 0; expected greater than or equal to 1"),
        ({"k": 10**7}, "p: k: found 10000000; expected less than or equal to 1000000"),
        ({"d": 10**6}, "p: d: found 1000000; expected less than or equal to 100000"),
        ({"k": 2.5}, "p: k: found 2.5; expected a whole number"),
        ({"d": 1}, "p: d: found 1; expected greater than or equal to 2"),
        ({"delta": 0}, "p: delta: found 0; expected greater than or equal to 0.000000001"),
        ({"delta": 1}, "p: delta: found 1; expected less than 1"),
        ({"delta": -0.1}, "p: delta: found -0.1; expected greater than or equal to 0.000000001"),
        ({"delta": math.nan}, "p: delta: found nan; expected"),
        ({"r": -0.1}, "p: r: found -0.1; expected greater than or equal to 0"),
        ({"r": 1}, "p: r: found 1; expected less than 1"),
        ({"p": 0}, "p: p: found 0; expected greater than 0"),
        ({"p": 1}, "p: p: found 1; expected less than 1"),
        ({"graded_low": 1}, "p: graded_low: found 1; expected less than 1"),
        ({"ridge": 0}, "p: ridge: found 0; expected greater than or equal to 0.001"),
        ({"omega": 0}, "p: omega: found 0; expected greater than or equal to 0.001"),
        ({"linear": 1001}, "p: linear: found 1001; expected less than or equal to 1000"),
        ({"ridge": 1e300}, "p: ridge: found 1e+300; expected less than or equal to 1000"),
        ({"omega": 1e9}, "p: omega: found 1000000000.0; expected less than or equal to 1000"),
        ({"linear": "x"}, "p: linear: found 'x'; expected a number"),
        ({"dleta": 0.1}, "p: dleta: unknown key; did you mean 'delta'?"),
    ],
    ids=str,
)
def test_a_bad_problem_is_told_with_its_key(values, expected):
    assert said(Problem.parse, values, "p").startswith(expected)


@pytest.mark.parametrize(("r", "delta"), [(0.5, 0.5), (0.5, 0.6), (0.01, 0.999)])
def test_near_and_far_must_not_overlap(r, delta):
    message = said(Problem.parse, {"r": r, "delta": delta}, "c.yaml")
    assert f"r is {r:g} and 1 - delta is {1 - delta:g}; expected r < 1 - delta" in message
    assert Problem.parse({"r": r, "delta": (1 - r) * 0.999}).r == r


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"fixed": {"scalars": {"name": "adamw"}}},
            "c.yaml: fixed.scalars.name: found 'adamw'; expected 'adam' or 'sgd'",
        ),
        (
            {"joint": {"estimator": {"learning_rate": 0}}},
            "c.yaml: joint.estimator.learning_rate: found 0; expected greater than 0",
        ),
        ({"fixed": {"steps": 0}}, "c.yaml: fixed.steps: found 0; expected greater than or equal"),
        ({"fixed": {"batch": 0}}, "c.yaml: fixed.batch: found 0; expected greater than or equal"),
        ({"joint": {"hidden": 0}}, "c.yaml: joint.hidden: found 0; expected greater than or equal"),
        ({"fixed": {"batch": 10**8}}, "c.yaml: fixed.batch: found 100000000; expected less than"),
        ({"joint": {"hidden": 10**8}}, "c.yaml: joint.hidden: found 100000000; expected less than"),
        ({"fixed": {"start": [0, 1e9, 0]}}, "c.yaml: fixed.start.1: found 1000000000.0; expected"),
        ({"fixed": {"start": [0, 0]}}, "c.yaml: fixed.start.2: nothing; expected a value"),
        (
            {"sgd": {"scalars": {"name": "sgd", "learning_rate": 1e9}}},
            "c.yaml: sgd.scalars.learning_rate: found 1000000000.0; expected less than or equal",
        ),
        ({"fixed": {"steps": 10**8}}, "c.yaml: fixed.steps: found 100000000; expected less than"),
        ({"long_steps": 10**8}, "c.yaml: long_steps: found 100000000; expected less than"),
        ({"pool": 10**8}, "c.yaml: pool: found 100000000; expected less than or equal"),
        ({"test": 10**8}, "c.yaml: test: found 100000000; expected less than or equal"),
        ({"pool": 0}, "c.yaml: pool: found 0; expected greater than or equal to 1"),
        ({"test": 0}, "c.yaml: test: found 0; expected greater than or equal to 2"),
        ({"grid": 1}, "c.yaml: grid: found 1; expected greater than or equal to 2"),
        ({"grid": 101}, "c.yaml: grid: found 101; expected less than or equal to 100"),
        ({"grid_seeds": 1001}, "c.yaml: grid_seeds: found 1001; expected less than or equal"),
        ({"grid_seeds": 0}, "c.yaml: grid_seeds: found 0; expected greater than or equal to 1"),
        ({"pol": 5}, "c.yaml: pol: unknown key; did you mean 'pool'?"),
        ({"problem": {"omga": 5}}, "c.yaml: problem.omga: unknown key; did you mean 'omega'?"),
        ({"sgd": {"stesp": 5}}, "c.yaml: sgd.stesp: unknown key; did you mean 'steps'?"),
    ],
    ids=str,
)
def test_bad_settings_are_told_with_file_and_key(values, expected):
    assert said(TheorySettings.parse, values, "c.yaml").startswith(expected)


def test_an_overlap_is_told_under_the_problems_name():
    message = said(TheorySettings.parse, {"problem": {"r": 0.5, "delta": 0.6}}, "c.yaml")
    assert message.startswith("c.yaml: problem: ")
    assert message.endswith("expected r < 1 - delta, so that near and far examples do not overlap")


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"random": 0.5, "similar": 0.4}, "random 0.5, similar 0.4; expected weights from 0"),
        ({"random": 0.5, "similar": 0.6}, "that sum to 1, not to 1.1"),
        ({"random": 1.5, "similar": -0.5}, "random 1.5, similar -0.5; expected weights from 0 on"),
        ({}, "the weights (none); expected weights from 0 that sum to 1, not to 0"),
        ({"random": math.inf}, "the weights random inf; expected weights from 0"),
        (
            {"random": 0.5, "near": 0.5},
            "the cell 'near'; expected one of random, similar, one_near, graded",
        ),
    ],
    ids=str,
)
def test_weights_that_are_no_mixture_are_refused(weights, expected):
    message = said(check_mixture, weights)
    assert expected in message
    assert "not to 1" not in message or "not to 1.1" in message


@pytest.mark.parametrize("p", [0.25, 0.5])
def test_every_mixture_of_the_package_is_one(p):
    mixtures = {**regimes(Problem(p=p)), "three": THREE_WAY, "graded": GRADED}
    for weights in mixtures.values():
        check_mixture(weights)
        assert set(weights) <= set(CELLS)
    assert list(mixtures)[:5] == ["random", "similar", "one_near", "random_similar", "contrastive"]
    assert mixtures["random_similar"] == {"random": p, "similar": 1 - p}
    assert mixtures["contrastive"] == {"random": p, "one_near": 1 - p}


def test_the_defaults_are_the_setting_in_which_the_bars_were_set():
    found, problem = TheorySettings(), Problem()
    assert (problem.d, problem.k, problem.delta, problem.r, problem.p) == (8, 8, 0.0015, 0.5, 0.5)
    assert (problem.linear, problem.ridge, problem.omega) == (0.8, 0.6, 4.0)
    assert (found.pool, found.test) == (20_000, 8_000)
    assert (found.fixed.steps, found.fixed.batch, found.fixed.estimator) == (2000, 256, None)
    assert (found.joint.steps, found.joint.batch, found.joint.hidden) == (1500, 128, 64)
    rates = {
        name: (optimiser.name, optimiser.learning_rate)
        for name, optimiser in {
            "fixed": found.fixed.scalars,
            "joint": found.joint.scalars,
            "estimator": found.joint.estimator,
            "sgd": found.sgd.scalars,
            "joint_adam": found.joint_adam.estimator,
        }.items()
    }
    assert rates == {
        "fixed": ("adam", 0.05),
        "joint": ("adam", 0.05),
        "estimator": ("sgd", 0.05),
        "sgd": ("sgd", 0.5),
        "joint_adam": ("adam", 0.003),
    }
    assert {plan.start for plan in (found.fixed, found.joint, found.sgd)} == {(0.0, 0.0, 0.0)}


def test_a_plan_given_in_part_keeps_its_own_defaults():
    found, default = TheorySettings.parse({"joint": {"steps": 9}}), TheorySettings()
    assert found.joint == default.joint.model_copy(update={"steps": 9})
    assert TheorySettings.parse({"sgd": {"batch": 8}}).sgd.scalars.name == "sgd"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"joint": {"estimator": None}},
            "joint: joint.estimator is missing; expected an optimiser",
        ),
        ({"fixed": {"estimator": {}}}, "fixed: fixed.estimator is given; expected none"),
        (
            {"problem": {"omega": float("inf")}},
            "problem.omega: found inf; expected a finite number",
        ),
        ({"fixed": {"start": [0, 0, float("nan")]}}, "fixed.start.2: found nan; expected a finite"),
    ],
    ids=str,
)
def test_what_would_fail_while_it_runs_is_refused_before(values, expected):
    assert expected in said(TheorySettings.parse, values, "c.yaml")


def test_a_weight_that_is_no_number_is_refused():
    with pytest.raises(ConfigError, match="expected weights from 0 that sum to 1"):
        check_mixture({"random": float("nan")})
