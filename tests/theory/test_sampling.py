"""What each kind of context must be, over random shapes; and how kinds share their draws."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.errors import ConfigError
from ictrain.theory.sampling import draw_at, draw_mixture
from ictrain.theory.settings import CELLS, Problem
from ictrain.theory.target import Target

ROUNDING = 1e-9
"""The part orthogonal to x loses digits where a draw was nearly along x."""
MIXED = {"random": 0.4, "similar": 0.1, "one_near": 0.3, "graded": 0.2}
NEAR = {
    "random": lambda k: 0,
    "similar": lambda k: k,
    "one_near": lambda k: 1,
    "graded": lambda k: 1,
}


def target_of(seed=0, **values):
    return Target.drawn(Problem(**values), seed)


@st.composite
def targets(draw):
    r = draw(st.floats(0, 0.9))
    delta = draw(st.floats(1e-4, 0.99 * (1 - r)))
    return target_of(
        draw(st.integers(0, 10**6)),
        d=draw(st.integers(2, 8)),
        k=draw(st.integers(1, 6)),
        r=r,
        delta=delta,
        graded_low=draw(st.floats(0, 0.99)),
    )


@settings(max_examples=80, deadline=None, derandomize=True)
@given(targets(), st.integers(0, 10**6))
def test_every_row_is_of_its_kind(target, seed):
    problem, rows = target.problem, draw_mixture(target, MIXED, 30, seed, "test")
    for i in range(30):
        cell = CELLS[rows.cell[i]]
        assert np.linalg.norm(rows.x[i]) == pytest.approx(1, abs=1e-12)
        assert rows.y[i] == pytest.approx(float(target(rows.x[i])), abs=1e-12)
        assert rows.near[i].sum() == NEAR[cell](problem.k)
        low = problem.graded_low if cell == "graded" else 1 - problem.delta
        for j in range(problem.k):
            example = rows.examples[i, j]
            similarity = math.fsum(rows.x[i] * example)
            assert np.linalg.norm(example) == pytest.approx(1, abs=ROUNDING)
            assert rows.labels[i, j] == pytest.approx(float(target(example)), abs=1e-12)
            assert rows.similarities[i, j] == pytest.approx(similarity, abs=1e-13)
            if rows.near[i, j]:
                assert low - ROUNDING <= similarity <= 1 + ROUNDING
            else:
                assert similarity <= problem.r + 1e-15
        assert rows.mean_label[i] == pytest.approx(sum(rows.labels[i]) / problem.k, abs=1e-12)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(targets(), st.integers(0, 10**6))
def test_kinds_and_mixtures_share_inputs_and_far_and_near_examples(target, seed):
    pure = {name: draw_mixture(target, {name: 1.0}, 20, seed, "test") for name in CELLS}
    mixed = draw_mixture(target, MIXED, 20, seed, "test")
    for name, rows in pure.items():
        assert (rows.cell == CELLS.index(name)).all()
        assert (rows.x == mixed.x).all()
        assert (rows.y == mixed.y).all()
        assert (rows.examples[~rows.near] == pure["random"].examples[~rows.near]).all()
        own = mixed.cell == CELLS.index(name)
        assert (mixed.examples[own] == rows.examples[own]).all()
        assert (mixed.near[own] == rows.near[own]).all()
    one, every = pure["one_near"], pure["similar"]
    assert (one.examples[one.near] == every.examples[one.near]).all()
    assert (one.near == pure["graded"].near).all()


def test_another_seed_or_purpose_has_other_draws_and_the_same_has_the_same():
    target = target_of()
    first, again = (draw_mixture(target, MIXED, 5, 3, "test") for _ in range(2))
    assert first.examples.tobytes() == again.examples.tobytes()
    for seed, purpose in ((4, "test"), (3, "pool/random")):
        other = draw_mixture(target, MIXED, 5, seed, purpose)
        assert not np.isin(other.x, first.x).any()
        assert not np.isin(other.examples, first.examples).any()


def within(count, n, chance):
    """At 4.5 standard deviations; the draws are of a fixed seed."""
    return abs(count - n * chance) <= 4.5 * math.sqrt(n * chance * (1 - chance))


@pytest.mark.parametrize("seed", [0, 1])
def test_cells_follow_the_weights_and_near_places_are_uniform(seed):
    n, k = 8000, 5
    rows = draw_mixture(target_of(d=2, k=k), MIXED, n, seed, "test")
    counts = np.bincount(rows.cell, minlength=4)
    for name, weight in MIXED.items():
        assert within(counts[CELLS.index(name)], n, weight)
    lone = rows.near[rows.near.sum(1) == 1]
    assert all(within(lone[:, place].sum(), len(lone), 1 / k) for place in range(k))


@pytest.mark.parametrize("weights", [{"one_near": 1.0}, {"one_near": 0.5, "graded": 0.5}])
def test_a_cell_without_weight_never_comes(weights):
    rows = draw_mixture(target_of(), {**weights, "similar": 0.0}, 2000, 0, "test")
    assert {CELLS[c] for c in rows.cell} == set(weights)


def farthest_from_uniform(values, low, high):
    """Kolmogorov's distance times the root of n; 1.95 is passed by one in a thousand."""
    values = (np.sort(values) - low) / (high - low)
    steps = np.arange(len(values) + 1) / len(values)
    return math.sqrt(len(values)) * max(
        abs(values - steps[1:]).max(), abs(values - steps[:-1]).max()
    )


def test_far_is_the_sphere_cut_at_r_without_an_atom_and_near_is_uniform_in_similarity():
    """In three dimensions the inner product with a uniform point is uniform (Archimedes)."""
    target = target_of(d=3, k=4, r=0.3, delta=0.2, graded_low=0.6)
    far = draw_mixture(target, {"random": 1.0}, 2000, 0, "test").similarities.ravel()
    assert farthest_from_uniform(far, -1, 0.3) < 1.95
    assert len(np.unique(far)) == len(far)
    near = draw_mixture(target, {"similar": 1.0}, 2000, 0, "test").similarities.ravel()
    assert farthest_from_uniform(near, 0.8, 1) < 1.95
    graded = draw_mixture(target, {"graded": 1.0}, 4000, 0, "test")
    assert farthest_from_uniform(graded.similarities[graded.near], 0.6, 1) < 1.95


def test_near_examples_lie_on_every_side_of_x():
    rows = draw_mixture(target_of(d=3, k=2, delta=0.2), {"similar": 1.0}, 4000, 0, "test")
    aside = (rows.examples - rows.similarities[..., None] * rows.x[:, None]).reshape(-1, 3)
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    assert all(farthest_from_uniform(column, -1, 1) < 1.95 for column in aside.T)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(targets(), st.floats(-1, 1), st.booleans())
def test_draw_at_has_exactly_this_similarity_and_the_far_examples_of_its_purpose(
    target, similarity, every
):
    rows = draw_at(target, similarity, 10, 5, "curve", every=every)
    assert (rows.near.sum(1) == (target.problem.k if every else 1)).all()
    np.testing.assert_allclose(rows.similarities[rows.near], similarity, rtol=0, atol=ROUNDING)
    random = draw_mixture(target, {"random": 1.0}, 10, 5, "curve")
    assert (rows.x == random.x).all()
    assert (rows.examples[~rows.near] == random.examples[~rows.near]).all()


@pytest.mark.parametrize("similarity", [1.01, -1.5, math.nan])
def test_a_similarity_that_is_none_is_refused(similarity):
    with pytest.raises(ConfigError, match="expected -1 to 1"):
        draw_at(target_of(), similarity, 10, 0, "curve")


def test_no_sequences_are_refused():
    with pytest.raises(ConfigError, match="0 sequences; expected at least 1"):
        draw_mixture(target_of(), {"random": 1.0}, 0, 0, "test")
