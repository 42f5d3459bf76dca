"""Both transformers are the formula, and the full one gets there by its matrices alone."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.theory.exactness import random_network
from ictrain.theory.model import forward, seen
from ictrain.theory.sampling import draw_mixture
from ictrain.theory.settings import Problem
from ictrain.theory.target import Target
from ictrain.theory.transformer import (
    Network,
    compact_transformer,
    full_transformer,
)
from tests.theory.test_oracle import drawn

BOTH = pytest.mark.parametrize("build", [full_transformer, compact_transformer])


def parts(rows):
    return [torch.from_numpy(a) for a in (rows.x, rows.examples, rows.labels)]


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@BOTH
@settings(max_examples=60, deadline=None, derandomize=True)
@given(drawn(), st.integers(0, 1000), st.booleans())
def test_it_equals_the_formula(build, case, seed, linear):
    scalars, rows, _ = case
    d = rows.x.shape[1]
    network = Network.linear(normal(d, seed=seed)) if linear else random_network(seed, d, 4)
    output = forward(scalars, seen(rows), network(torch.from_numpy(rows.x)))
    prediction, masses = build(scalars, network, *parts(rows))
    torch.testing.assert_close(prediction, output.prediction, rtol=0, atol=1e-12)
    torch.testing.assert_close(masses, output.masses, rtol=0, atol=1e-12)


@BOTH
@settings(max_examples=30, deadline=None, derandomize=True)
@given(drawn(st.sampled_from([-200.0, 0.0, 200.0])))
def test_extreme_scalars_stay_finite(build, case):
    scalars, rows, _ = case
    network = random_network(1, rows.x.shape[1])
    prediction, masses = build(scalars, network, *parts(rows))
    assert torch.isfinite(prediction).all()
    assert torch.isfinite(masses).all()
    torch.testing.assert_close(masses.sum(1), torch.ones_like(prediction), rtol=0, atol=1e-12)
    formula = forward(scalars, seen(rows), network(torch.from_numpy(rows.x)))
    torch.testing.assert_close(masses, formula.masses, rtol=0, atol=1e-11)


@BOTH
@settings(max_examples=20, deadline=None, derandomize=True)
@given(drawn(), st.randoms(use_true_random=False))
def test_examples_in_another_order_have_their_masses_in_that_order(build, case, random):
    scalars, rows, _ = case
    x, examples, labels = parts(rows)
    order = random.sample(range(labels.shape[1]), labels.shape[1])
    network = random_network(2, x.shape[1])
    prediction, masses = build(scalars, network, x, examples, labels)
    moved, other = build(scalars, network, x, examples[:, order], labels[:, order])
    torch.testing.assert_close(moved, prediction, rtol=0, atol=1e-12)
    order += [len(order), len(order) + 1]
    torch.testing.assert_close(other, masses[:, order], rtol=0, atol=1e-12)


def test_large_labels_do_not_open_what_is_shut():
    sequences = draw_mixture(
        Target.drawn(Problem(d=3, k=4, linear=80.0), 1), {"similar": 1.0}, 20, 1, "large"
    )
    parts = [torch.from_numpy(a) for a in (sequences.x, sequences.examples, sequences.labels)]
    scalars, network = torch.tensor([1.0, 0.5, 1.0], dtype=torch.float64), random_network(1, 3)
    expected = forward(scalars, seen(sequences), network(parts[0])).prediction
    found, _ = full_transformer(scalars, network, *parts)
    assert float(expected.abs().max()) > 50
    assert torch.allclose(found, expected, rtol=1e-12, atol=1e-11)
