"""Closed-form gradients against autograd, through the matrices, and against differences."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from ictrain.theory import exactness as room
from ictrain.theory.exactness import exactness, random_network
from ictrain.theory.model import estimator_signal, forward, scalar_gradients, seen
from ictrain.theory.transformer import compact_transformer, full_transformer
from tests.theory.test_oracle import drawn, slow

FEW = settings(max_examples=40, deadline=None, derandomize=True)


def relative(found, reference):
    scale = max(float(reference.abs().max()), 1.0)
    return float((found - reference).abs().max()) / scale


@FEW
@given(drawn())
def test_every_sequences_gradient_equals_autograd(case):
    scalars, rows, estimate = case
    free = scalars.expand(len(estimate), 3).clone().requires_grad_()
    output = forward(free, seen(rows), estimate)
    (reference,) = torch.autograd.grad(output.loss.sum(), free)
    assert relative(scalar_gradients(output, seen(rows)).detach(), reference) < 1e-12


@FEW
@given(drawn())
def test_the_mean_gradient_equals_autograd_through_the_matrices_of_both_layouts(case):
    scalars, rows, _ = case
    network = random_network(7, rows.x.shape[1], hidden=5)
    given_rows = seen(rows)
    x, examples, labels = (torch.from_numpy(a) for a in (rows.x, rows.examples, rows.labels))
    closed = scalar_gradients(forward(scalars, given_rows, network(x)), given_rows).mean(0)
    for transformer in (full_transformer, compact_transformer):
        free = scalars.clone().requires_grad_()
        prediction, _ = transformer(free, network, x, examples, labels)
        (reference,) = torch.autograd.grad(((prediction - given_rows.y) ** 2).mean(), free)
        assert relative(closed, reference) < 1e-12


@FEW
@given(drawn())
def test_gradients_equal_central_differences_of_the_slow_loss(case):
    scalars, rows, estimate = case
    gradients = scalar_gradients(forward(scalars, seen(rows), estimate), seen(rows))
    for axis in range(3):
        step = torch.zeros(3, dtype=torch.float64)
        step[axis] = 1e-5
        up, down = (
            np.array([one.loss for one in slow(scalars + sign * step, rows, estimate)])
            for sign in (1, -1)
        )
        assert relative(torch.from_numpy(up - down) / 2e-5, gradients[:, axis]) < 1e-7


@FEW
@given(drawn())
def test_the_estimators_signal_is_autograds_and_the_sum_of_its_terms(case):
    scalars, rows, estimate = case
    free = estimate.clone().requires_grad_()
    output = forward(scalars, seen(rows), free)
    (reference,) = torch.autograd.grad(output.loss.sum(), free)
    own, polluting = (term.detach() for term in estimator_signal(output, seen(rows)))
    assert relative(own + polluting, reference) < 1e-12
    assert relative((2 * output.self_mass * output.error).detach(), reference) < 1e-12


@FEW
@given(drawn())
def test_betas_derivative_is_what_the_query_gives_itself(case):
    scalars, rows, estimate = case
    output = forward(scalars, seen(rows), estimate)
    beta = scalar_gradients(output, seen(rows))[:, 1]
    expected = -2 * output.error * output.self_mass * (estimate - output.prediction)
    assert relative(beta, expected) < 1e-12
    summed = (output.masses * (output.values - output.prediction[:, None]))[:, :-1].sum(1)
    assert relative(beta, 2 * output.error * summed) < 1e-12


def test_the_librarys_own_check_finds_the_bounds_kept():
    found = exactness(3)
    assert 0 < max(found.full, found.compact, found.autograd, found.through, found.terms) < 1e-12
    assert 0 < found.finite < 1e-7


@pytest.mark.parametrize(
    ("broken", "noticed"),
    [
        ("scalar_gradients", {"autograd", "through", "finite"}),
        ("estimator_signal", {"terms"}),
        ("full_transformer", {"full", "through"}),
        ("compact_transformer", {"compact"}),
    ],
)
def test_the_librarys_own_check_notices_what_is_wrong(monkeypatch, broken, noticed):
    right = getattr(room, broken)

    def wrong(*arguments):
        found = right(*arguments)
        return found * 1.001 if broken == "scalar_gradients" else (found[0] * 1.001, *found[1:])

    monkeypatch.setattr(room, "SHAPES", ((3, 2),))
    sound = dataclasses.asdict(exactness(3))
    monkeypatch.setattr(room, broken, wrong)
    assert max(sound.values()) < 1e-7
    found = dataclasses.asdict(exactness(3))
    assert {name for name, value in found.items() if value > 1e-6} == noticed
