"""The target against the formula written out, its Lipschitz constant, its centre."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.randomness import rng
from ictrain.theory.settings import Problem
from ictrain.theory.target import Target

PROBLEMS = st.builds(
    Problem,
    d=st.integers(2, 10),
    linear=st.floats(0, 3),
    ridge=st.floats(0.1, 3),
    omega=st.floats(0.2, 6),
)
TARGETS = st.builds(Target.drawn, PROBLEMS, st.integers(0, 10**6))
FEW = settings(max_examples=40, deadline=None, derandomize=True)


def points(d, n, seed=0):
    x = np.random.default_rng(seed).normal(size=(n, d))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@FEW
@given(TARGETS)
def test_it_equals_the_formula_written_out(target):
    p = target.problem
    for x in points(p.d, 5):
        along = math.fsum(target.w * x), math.fsum(target.v * x)
        line = p.linear * math.sqrt(p.d) * along[0]
        wave = math.cos(p.omega * math.sqrt(p.d) * along[1]) - target.center
        assert float(target.coarse(x)) == pytest.approx(line, abs=1e-12)
        assert float(target(x)) == pytest.approx(line + p.ridge * math.sqrt(2) * wave, abs=1e-11)


@FEW
@given(st.integers(0, 10**6), st.integers(2, 10))
def test_its_directions_are_the_draws_made_orthonormal_in_order(seed, d):
    target, draws = Target.drawn(Problem(d=d), seed), rng(seed, "theory/target")
    first, second = draws.standard_normal((d, 2)).T
    w = first / np.linalg.norm(first)
    v = second - (second @ w) * w
    np.testing.assert_allclose(target.w, w, rtol=0, atol=1e-9)
    np.testing.assert_allclose(target.v, v / np.linalg.norm(v), rtol=0, atol=1e-9)


@FEW
@given(TARGETS)
def test_no_slope_between_two_points_is_above_the_lipschitz_constant(target):
    d = target.problem.d
    one, other = points(d, 400, 1), points(d, 400, 2)
    beside = one + 1e-3 * other
    for pair in (other, beside / np.linalg.norm(beside, axis=1, keepdims=True)):
        slope = abs(target(one) - target(pair)) / np.linalg.norm(one - pair, axis=1)
        assert slope.max() <= target.lipschitz * (1 + 1e-9)


@FEW
@given(TARGETS)
def test_the_gradient_attains_the_lipschitz_constant_where_the_wave_is_steepest(target):
    p = target.problem
    rate = p.omega * math.sqrt(p.d)
    x = math.pi / 2 / rate * target.v  # the sine is 1 there
    uphill = p.linear * math.sqrt(p.d) * target.w - p.ridge * math.sqrt(2) * rate * target.v
    step = 1e-5 * uphill / np.linalg.norm(uphill)
    slope = float(target(x + step) - target(x - step)) / 2e-5
    assert slope == pytest.approx(target.lipschitz, rel=1e-6)


@pytest.mark.parametrize(("d", "omega"), [(2, 4.0), (5, 1.0), (8, 4.0), (16, 2.0)])
def test_its_centre_is_the_waves_mean_over_the_sphere(d, omega):
    target = Target.drawn(Problem(d=d, omega=omega), 0)
    wave = np.cos(omega * math.sqrt(d) * (points(d, 200_000) @ target.v))
    error = wave.std() / math.sqrt(len(wave))
    assert abs(target.center - wave.mean()) < 4 * error
    assert error < 0.002


def test_its_centre_in_three_dimensions_is_known():
    a = 2.0 * math.sqrt(3)
    assert Target.drawn(Problem(d=3, omega=2.0), 0).center == pytest.approx(
        math.sin(a) / a, abs=1e-8
    )


def test_at_the_default_setting_y_has_variance_near_1_and_its_coarse_part_misses_ridge_squared():
    target, x = Target.drawn(Problem(), 0), points(8, 50_000)
    assert target(x).var() == pytest.approx(1.0, abs=0.03)
    assert ((target(x) - target.coarse(x)) ** 2).mean() == pytest.approx(0.36, abs=0.01)
    assert target.lipschitz == pytest.approx(9.86, abs=0.005)
