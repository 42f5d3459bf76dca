"""Small experiments that decide where a statement of the paper needs a correction."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ictrain.theory.estimators import coarse, correlation, noisy
from ictrain.theory.model import estimator_signal, forward, scalar_gradients, seen
from ictrain.theory.sampling import Sequences, draw_mixture
from ictrain.theory.settings import Problem
from ictrain.theory.table import Measured, measure
from ictrain.theory.target import Target
from ictrain.theory.training import Pool, train
from ictrain.theory.world import World


@dataclass(frozen=True)
class Assumption:
    """Assumption (A), as the paper bounds it and as it is measured.

    Attributes:
        near_bound, far_bound: 2 L^2 delta and 2 L^2 (1 - r).
        near, mean, epsilon, far_mean, far: squared errors of one near label, of the mean of k near
            labels, of the estimator, of the mean of k far labels, of one far label.
        variance: of y.
    """

    near_bound: float
    far_bound: float
    near: float
    mean: float
    epsilon: float
    far_mean: float
    far: float
    variance: float


def assumption(world: World) -> Assumption:
    """Both halves of (A) in this seed."""
    square = 2 * world.target.lipschitz**2
    near, far = world.tests["similar"], world.tests["random"]
    return Assumption(
        square * world.problem.delta,
        square * (1 - world.problem.r),
        float(((near.labels - near.y[:, None]) ** 2).mean()),
        float(((near.mean_label - near.y) ** 2).mean()),
        world.epsilon,
        float(((far.mean_label - far.y) ** 2).mean()),
        float(((far.labels - far.y[:, None]) ** 2).mean()),
        float(far.y.var()),
    )


@dataclass(frozen=True)
class Control:
    """Training beside f and independent noise: the limit of random contexts no longer shows.

    Attributes:
        correlation: of the noisy estimator's error with its output.
        fixed_correlation: the same of the settings' estimator.
        epsilon: its squared error.
        loss, self_mass: of the model trained on random contexts, on such contexts.
        best_weight: the weight on the estimator that would be optimal (eq. 11), by context: of the
            settings' estimator and of the noisy one.
    """

    correlation: float
    fixed_correlation: float
    epsilon: float
    loss: float
    self_mass: float
    best_weight: dict[str, tuple[float, float]]


def control(world: World) -> Control:
    """The negative control of theory bar 7."""
    pool = world.pool("control", {"random": 1.0})
    pool = replace(pool, estimate=noisy(world.target, pool.given.y, world.seed, "pool"))
    trained = train(world.settings.fixed, [pool], world.seed, world.probe)
    test = world.tests["random"]
    estimate = noisy(world.target, world.probe[1], world.seed, "test")
    output = forward(trained.scalars[0], seen(test), estimate)
    y = world.probe[1]
    return Control(
        correlation(estimate, y),
        correlation(world.estimate(test), y),
        float((estimate - y).square().mean()),
        float(output.loss.mean()),
        float(output.self_mass.mean()),
        {name: _best_weights(world, rows) for name, rows in world.tests.items()},
    )


def _best_weights(world: World, rows: Sequences) -> tuple[float, float]:
    """Of the settings' and of the noisy estimator against what the context says: the near example
    where there is one, the mean label otherwise."""
    one = rows.near.sum(1) == 1
    told = np.where(one, (rows.labels * rows.near).sum(1), rows.mean_label)
    context = torch.from_numpy(told - rows.y)
    y = torch.from_numpy(rows.y)
    found = [world.estimate(rows), noisy(world.target, y, world.seed, "test")]
    first, second = (best_weight(context, estimate - y) for estimate in found)
    return first, second


def best_weight(context: Tensor, own: Tensor) -> float:
    """Equation 11: the weight on the estimator that makes the mixture's squared error least.

    Args:
        context, own: errors [n] of what the context says, and of the estimator.
    """
    pairs = ((context, context), (own, own), (context, own))
    e1, e2, both = (float((a * b).mean()) for a, b in pairs)
    return (e1 - both) / (e1 + e2 - 2 * both)


@dataclass(frozen=True)
class EarlySignal:
    """What the estimator is told at the first step with random contexts.

    Attributes:
        own_slope, polluting_slope: of minus the two terms of eq. 9 on y.
        noise: rms of the second around its line.
    """

    own_slope: float
    polluting_slope: float
    noise: float


def early_signal(world: World) -> EarlySignal:
    """Equation 9 at alpha = beta = gamma = 0 and f_hat = 0."""
    given = seen(world.tests["random"])
    zero = torch.zeros(3, dtype=torch.float64)
    terms = estimator_signal(forward(zero, given, torch.zeros_like(given.y)), given)
    centred = given.y - given.y.mean()
    slopes = [float(-(term * centred).mean() / centred.square().mean()) for term in terms]
    rest = -terms[1] + terms[1].mean() - slopes[1] * centred
    return EarlySignal(slopes[0], slopes[1], float(rest.square().mean().sqrt()))


@dataclass(frozen=True)
class Gate:
    """Case 4 by hand: gamma = 200, the switch -beta/gamma wherever random and similar both hold.

    Attributes:
        worst, middle: one-near loss over epsilon at the worst switch, and at the middle one.
        eoc: EOC's mass at the worst.
    """

    worst: float
    middle: float
    eoc: float


def gate(world: World, gamma: float = 200.0) -> Gate:
    """Scans the switch; admissible where random is within 1.1 of epsilon, similar of its mean."""
    facts = assumption(world)
    thresholds = np.linspace(0.01, 0.99, 99)
    found = []
    for threshold in thresholds:
        scalars = torch.tensor([0.0, -gamma * threshold, gamma], dtype=torch.float64)
        losses = {name: _by_hand(world, scalars, rows) for name, rows in world.tests.items()}
        if losses["random"][0] <= 1.1 * facts.epsilon and losses["similar"][0] <= 1.1 * facts.mean:
            found.append(losses["one_near"])
    if not found:
        return Gate(float("nan"), float("nan"), float("nan"))
    worst = max(found)
    return Gate(worst[0] / facts.epsilon, found[len(found) // 2][0] / facts.epsilon, worst[1])


def _by_hand(world: World, scalars: Tensor, rows: Sequences) -> tuple[float, float]:
    """Loss and EOC mass."""
    output = forward(scalars, seen(rows), world.estimate(rows))
    return float(output.loss.mean()), float(output.masses[:, -2].mean())


@dataclass(frozen=True)
class Counterexample:
    """Case 5's conditions (a) and (b) hold, and EOC takes the one-near contexts all the same.

    Attributes:
        self_mass: with random contexts. eoc, loss: with one-near ones.
    """

    self_mass: float
    eoc: float
    loss: float


def third_condition(world: World, t: float = 20.0) -> Counterexample:
    """k = 2, r = .1 and (alpha, beta, gamma) = t (20, -10, 80)."""
    given = world.problem.model_dump()
    problem = Problem.parse({**given, "k": 2, "r": 0.1, "delta": min(given["delta"], 0.1)})
    target = Target.drawn(problem, world.seed)
    found = []
    for name in ("random", "one_near"):
        rows = draw_mixture(target, {name: 1.0}, world.settings.test, world.seed, "third")
        scalars = t * torch.tensor([20.0, -10.0, 80.0], dtype=torch.float64)
        found.append(forward(scalars, seen(rows), coarse(target, rows)))
    far, near = found
    return Counterexample(
        float(far.self_mass.mean()), float(near.masses[:, -2].mean()), float(near.loss.mean())
    )


@dataclass(frozen=True)
class LongTraining:
    """One-near contexts, fixed estimator, trained until the finite limit of case 3 shows.

    Attributes:
        start, end: after the fixed plan's steps and after the long training, batches of 512, with
            random contexts.
        log_odds: alpha (1 - delta) + beta at the end.
        predicted: logit(1 - w*), w* the best weight of the estimator in one-near contexts.
    """

    start: Measured
    end: Measured
    log_odds: float
    predicted: float


_LONG_BATCH = 512
"""Adam's steps do not shrink, so a small batch's noise would hide where the limit lies."""


def long_training(world: World) -> LongTraining:
    """Follows one-near training for settings.long_steps."""
    pools: list[Pool] = [world.pool("one_near", {"one_near": 1.0})]
    found = []
    for steps in (world.settings.fixed.steps, world.settings.long_steps):
        plan = world.settings.fixed.model_copy(update={"steps": steps, "batch": _LONG_BATCH})
        found.append(train(plan, pools, world.seed, world.probe))
    alpha, beta, _ = (float(v) for v in found[1].scalars[0])
    weight = _best_weights(world, world.tests["one_near"])[0]
    first, last = (measure(world, one, 0, world.tests["random"]) for one in found)
    odds = float(np.log((1 - weight) / weight)) if 0 < weight < 1 else float("nan")
    return LongTraining(first, last, alpha * (1 - world.problem.delta) + beta, odds)


def plateau(world: World) -> tuple[float, float]:
    """Case 2b at beta = 160, alpha = 3, gamma = 1: largest gradient, and its bound 8 L^2 delta."""
    rows = world.tests["similar"]
    given = seen(rows)
    output = forward(
        torch.tensor([3.0, 160.0, 1.0], dtype=torch.float64), given, world.estimate(rows)
    )
    largest = float(scalar_gradients(output, given).mean(0).abs().max())
    return largest, 8 * world.target.lipschitz**2 * world.problem.delta
