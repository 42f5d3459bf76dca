"""The small experiments against loops, grid searches and what theory says of them."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.theory.assumption import assumption
from ictrain.theory.by_hand import early_signal, gate, plateau, third_condition
from ictrain.theory.control import best_weight, control
from ictrain.theory.estimators import noisy
from ictrain.theory.long_training import long_training
from ictrain.theory.settings import Problem, TheorySettings
from ictrain.theory.table import measure
from ictrain.theory.training import train
from ictrain.theory.world import World
from tests.theory.test_oracle import slow
from tests.theory.test_table import TINY, WORLD

DEFAULT = World(TheorySettings(), 0)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.floats(0.05, 5), st.floats(-0.9, 0.9))
def test_the_best_weight_is_that_of_a_grid_search(seed, scale, shared):
    draws = torch.from_numpy(np.random.default_rng(seed).normal(size=(2, 50)))
    context, own = draws[0], scale * (draws[1] + shared * draws[0])
    best = best_weight(context, own)

    def loss(weight):
        return float((((1 - weight) * context + weight * own) ** 2).mean())

    tried = np.append(np.linspace(best - 2, best + 2, 401), [0.0, 0.5, 1.0])
    assert loss(best) <= min(loss(weight) for weight in tried) + 1e-12
    assert tried[np.argmin([loss(weight) for weight in tried])] == pytest.approx(best, abs=0.011)


def test_the_assumptions_sides_equal_loops():
    facts, tests = assumption(WORLD), WORLD.tests
    square, sums = WORLD.target.lipschitz**2, {}
    for name in ("similar", "random"):
        rows = tests[name]
        one = [(v - y) ** 2 for labels, y in zip(rows.labels, rows.y, strict=True) for v in labels]
        mean = [(sum(v) / len(v) - y) ** 2 for v, y in zip(rows.labels, rows.y, strict=True)]
        sums[name] = (np.mean(one), np.mean(mean))
    own = [
        (WORLD.target.coarse(x) - y) ** 2
        for x, y in zip(WORLD.probe[0].numpy(), rows.y, strict=True)
    ]
    expected = (
        2 * square * WORLD.problem.delta,
        2 * square * (1 - WORLD.problem.r),
        *sums["similar"],
        np.mean(own),
        *sums["random"][::-1],
        np.var(rows.y),
    )
    names = ("near_bound", "far_bound", "near", "mean", "epsilon", "far_mean", "far", "variance")
    assert [getattr(facts, name) for name in names] == pytest.approx(expected, rel=1e-10)


def test_the_assumption_holds_at_the_default_setting_as_bounded_and_as_measured():
    facts = assumption(DEFAULT)
    assert facts.near_bound == pytest.approx(0.292, abs=0.001)
    assert facts.far_bound == pytest.approx(97.3, abs=0.1)
    assert facts.near_bound < facts.epsilon < facts.far_bound
    assert facts.mean < facts.near < facts.epsilon < facts.far_mean < facts.far
    assert facts.near <= facts.near_bound


def test_the_control_is_trained_beside_noise_and_told_of_truly():
    found, rows, y = control(WORLD), WORLD.tests["random"], WORLD.probe[1]
    estimate = noisy(WORLD.target, y, 1, "test")
    line = WORLD.target.coarse(rows.x)
    noise, even = (estimate - y).numpy(), line - rows.y
    assert found.correlation == pytest.approx(np.corrcoef(noise, estimate.numpy())[0, 1])
    assert found.fixed_correlation == pytest.approx(np.corrcoef(even, line)[0, 1])
    assert found.epsilon == pytest.approx((noise**2).mean())
    pool = WORLD.pool("control", {"random": 1.0})
    other = dataclasses.replace(pool, estimate=noisy(WORLD.target, pool.given.y, 1, "pool"))
    scalars = train(TINY.fixed, [other], 1, WORLD.probe).scalars[0]
    every = slow(scalars, rows, estimate)
    assert found.loss == pytest.approx(np.mean([one.loss for one in every]))
    assert found.self_mass == pytest.approx(np.mean([one.masses[-1] for one in every]))
    for name, weights in found.best_weight.items():
        rows = WORLD.tests[name]
        told = np.where(rows.near, rows.labels, 0).sum(1) if name == "one_near" else rows.mean_label
        errors = [WORLD.target.coarse(rows.x) - rows.y, noise]
        context = torch.from_numpy(told - rows.y)
        expected = [best_weight(context, torch.from_numpy(error)) for error in errors]
        assert weights == pytest.approx(expected)


def test_the_early_signal_is_the_slow_one_at_zero_with_its_slopes():
    rows = WORLD.tests["random"]
    every = slow((0, 0, 0), rows, torch.zeros(len(rows.y)))
    terms = -np.array([one.signal()[:2] for one in every])
    slopes = [np.polyfit(rows.y, term, 1) for term in terms.T]
    found = early_signal(WORLD)
    assert (found.own_slope, found.polluting_slope) == pytest.approx([s[0] for s in slopes])
    rest = terms[:, 1] - np.polyval(slopes[1], rows.y)
    assert found.noise == pytest.approx(np.sqrt((rest**2).mean()))
    default = early_signal(DEFAULT)
    assert default.own_slope == pytest.approx(0.02, abs=0.001)  # 2 / (k + 2)^2
    assert 5 < default.polluting_slope / default.own_slope < 15


def test_case_4s_gate_costs_more_than_the_estimator_only_at_the_worst_switch():
    found = gate(DEFAULT)
    assert 1.1 < found.worst < 1.5
    assert found.middle == pytest.approx(1.0, abs=0.03)
    assert 0.1 < found.eoc < 0.5


def test_a_gate_that_never_solves_both_is_not_a_number():
    found = gate(World(TINY, 1), gamma=0.0)
    assert np.isnan([found.worst, found.middle, found.eoc]).all()


def test_without_the_third_condition_eoc_takes_the_one_near_contexts():
    found = third_condition(DEFAULT)
    assert found.self_mass > 0.99
    assert found.eoc == pytest.approx(0.85, abs=0.03)
    assert found.loss == pytest.approx(0.47, abs=0.05)


def test_case_2b_levels_off_above_0_and_far_below_its_bound():
    largest, bound = plateau(DEFAULT)
    assert bound == pytest.approx(8 * DEFAULT.target.lipschitz**2 * 0.0015)
    assert 1e-8 < largest < 1e-5
    rows = WORLD.tests["similar"]
    every = slow((3, 160, 1), rows, torch.from_numpy(WORLD.target.coarse(rows.x)))
    gradients = np.mean([one.gradients() for one in every], axis=0)
    assert plateau(WORLD)[0] == pytest.approx(abs(gradients).max())


def test_long_training_is_the_usual_one_continued_with_its_limit_in_log_odds():
    world = World(TINY.model_copy(update={"long_steps": 90}), 1)
    found, pools = long_training(world), [world.pool("one_near", {"one_near": 1.0})]
    for steps, measured in ((60, found.start), (90, found.end)):
        plan = TINY.fixed.model_copy(update={"steps": steps, "batch": 512})
        trained = train(plan, pools, 1, world.probe)
        expected = measure(world, trained, 0, world.tests["random"])
        assert (measured.loss, measured.closest) == (expected.loss, expected.closest)
    alpha, beta, _ = trained.scalars[0].tolist()
    assert found.log_odds == pytest.approx(alpha * 0.95 + beta)
    weight = control(world).best_weight["one_near"][0]
    assert 0 < weight < 1
    assert 1 / (1 + np.exp(found.predicted)) == pytest.approx(weight)


def test_the_third_condition_is_looked_at_under_any_problem():
    problem = Problem(delta=0.95, r=0.02)
    found = third_condition(World(TheorySettings(problem=problem, test=50), 0))
    assert 0 <= found.eoc <= 1
