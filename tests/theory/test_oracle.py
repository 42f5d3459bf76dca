"""The vectorised model against a slow one: one sequence at a time, plain floats, loops."""

import math
from dataclasses import dataclass, fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.theory.model import Seen, estimator_signal, forward, logits, scalar_gradients, seen
from ictrain.theory.sampling import draw_mixture
from ictrain.theory.settings import Problem
from ictrain.theory.target import Target


def inner(a, b):
    return math.fsum(float(p) * float(q) for p, q in zip(a, b, strict=True))


@dataclass
class Slow:
    """One sequence under (alpha, beta, gamma), from the vectors themselves."""

    scalars: tuple[float, float, float]
    x: list[float]
    y: float
    examples: list[list[float]]
    labels: list[float]
    estimate: float

    def __post_init__(self):
        alpha, beta, gamma = self.scalars
        self.k = len(self.labels)
        mean_x = [math.fsum(column) / self.k for column in zip(*self.examples, strict=True)]
        mean_y = math.fsum(self.labels) / self.k
        self.near = [inner(self.x, example) for example in self.examples]
        self.near_mean = inner(self.x, mean_x)
        self.logits = [alpha * s + beta for s in self.near]
        self.logits += [gamma * self.near_mean + beta, 0.0]
        self.values = [*self.labels, mean_y, self.estimate]
        highest = max(self.logits)
        powers = [math.exp(s - highest) for s in self.logits]
        self.masses = [p / math.fsum(powers) for p in powers]
        self.prediction = inner(self.masses, self.values)
        self.error = self.prediction - self.y
        self.loss = self.error**2

    def gradients(self):
        """By alpha, beta, gamma; beta's as the sum over the examples and EOC."""
        terms = [a * (v - self.prediction) for a, v in zip(self.masses, self.values, strict=True)]
        examples, eoc = terms[: self.k], terms[self.k]
        by_alpha = math.fsum(t * s for t, s in zip(examples, self.near, strict=True))
        by_beta = math.fsum([*examples, eoc])
        return [2 * self.error * g for g in (by_alpha, by_beta, eoc * self.near_mean)]

    def signal(self):
        """The two terms of the derivative by the estimate, then the whole."""
        own, context = self.masses[-1], math.fsum(self.masses[:-1])
        first = 2 * own**2 * (self.estimate - self.y)
        if context == 0:
            return first, 0.0, 2 * own * self.error
        told = inner(self.masses[:-1], self.values[:-1]) / context
        return first, 2 * own * context * (told - self.y), 2 * own * self.error


def slow(scalars, rows, estimate):
    numbers = tuple(float(s) for s in scalars)
    columns = (a.tolist() for a in (rows.x, rows.y, rows.examples, rows.labels))
    every = zip(*columns, estimate.tolist(), strict=True)
    return [Slow(numbers, *sequence) for sequence in every]


SCALAR = st.floats(-15, 15) | st.sampled_from([0.0, -40.0, 40.0])
MIXTURES = (
    {"random": 1.0},
    {"similar": 1.0},
    {"random": 0.25, "similar": 0.25, "one_near": 0.25, "graded": 0.25},
)


@st.composite
def drawn(draw, scalar=SCALAR, n=5):
    """(alpha, beta, gamma), n sequences of any shape, and an estimate that is just numbers."""
    d, k, seed = draw(st.integers(2, 8)), draw(st.integers(1, 6)), draw(st.integers(0, 10**6))
    scalars = torch.tensor([draw(scalar) for _ in range(3)], dtype=torch.float64)
    target = Target.drawn(Problem(d=d, k=k, delta=draw(st.sampled_from([0.0015, 0.3]))), seed)
    rows = draw_mixture(target, draw(st.sampled_from(MIXTURES)), n, seed, "test")
    return scalars, rows, torch.from_numpy(np.random.default_rng(seed).normal(size=n))


def close(found, expected, tolerance=1e-11):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-10, atol=tolerance)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(drawn())
def test_logits_masses_and_prediction_equal_the_slow_loops(case):
    scalars, rows, estimate = case
    output, oracle = forward(scalars, seen(rows), estimate), slow(*case)
    close(logits(scalars, seen(rows)), [one.logits for one in oracle])
    close(output.masses, [one.masses for one in oracle], 1e-13)
    close(output.values, [one.values for one in oracle])
    close(output.prediction, [one.prediction for one in oracle])
    close(output.error, [one.error for one in oracle])
    close(output.loss, [one.loss for one in oracle])
    close(output.self_mass, [one.masses[-1] for one in oracle], 1e-13)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(drawn())
def test_gradients_and_the_signals_two_terms_equal_the_slow_loops(case):
    scalars, rows, estimate = case
    given_rows, oracle = seen(rows), slow(*case)
    output = forward(scalars, given_rows, estimate)
    close(scalar_gradients(output, given_rows), [one.gradients() for one in oracle])
    own, polluting = estimator_signal(output, given_rows)
    close(own, [one.signal()[0] for one in oracle])
    close(polluting, [one.signal()[1] for one in oracle])
    close(own + polluting, [one.signal()[2] for one in oracle])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(drawn(n=4), min_size=2, max_size=3))
def test_several_models_at_once_equal_each_alone(cases):
    rows, estimate = cases[0][1], cases[0][2]
    models, given_rows = torch.stack([scalars for scalars, _, _ in cases]), seen(rows)
    columns = (getattr(given_rows, field.name) for field in fields(Seen))
    repeated = Seen(*(c.expand(len(cases), *c.shape) for c in columns))
    every = forward(models[:, None], repeated, estimate.expand(len(cases), -1))
    gradients = scalar_gradients(every, repeated)
    for place, scalars in enumerate(models):
        alone = forward(scalars, given_rows, estimate)
        assert torch.equal(every.masses[place], alone.masses)
        close(every.prediction[place], alone.prediction, 1e-14)
        close(gradients[place], scalar_gradients(alone, given_rows), 1e-14)


def test_the_mean_similarity_is_that_of_the_mean_example_which_is_not_made_longer():
    rows = draw_mixture(Target.drawn(Problem(d=4, k=3), 1), {"random": 1.0}, 20, 1, "test")
    mean = rows.examples.mean(1)
    assert np.linalg.norm(mean, axis=1).max() < 0.999
    close(seen(rows).mean_similarity, (rows.x * mean).sum(1), 1e-15)
    close(seen(rows).mean_label, rows.labels.mean(1), 1e-15)


def test_a_hand_made_sequence():
    one = Slow((math.log(2), 0.0, 0.0), [1.0, 0.0], 1.0, [[1.0, 0.0], [0.0, 1.0]], [4.0, 0.0], -3.0)
    assert one.masses == pytest.approx([2 / 5, 1 / 5, 1 / 5, 1 / 5])
    assert one.prediction == pytest.approx((2 * 4 + 0 + 2 - 3) / 5)
