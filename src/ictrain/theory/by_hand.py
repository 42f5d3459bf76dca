"""Places where a statement of the paper needs a correction, found without any training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ictrain.theory.assumption import assumption
from ictrain.theory.estimators import coarse
from ictrain.theory.model import Output, estimator_signal, forward, scalar_gradients, seen
from ictrain.theory.sampling import Sequences, draw_mixture
from ictrain.theory.settings import Problem
from ictrain.theory.target import Target
from ictrain.theory.world import World


@dataclass(frozen=True)
class EarlySignal:
    """What the estimator is told at the first step with random contexts.

    Attributes:
        own_slope, polluting_slope: of minus the two terms of eq. 10 on y.
        noise: rms of the second around its line.
    """

    own_slope: float
    polluting_slope: float
    noise: float


def early_signal(world: World) -> EarlySignal:
    """Equation 10 at alpha = beta = gamma = 0 and f_hat = 0."""
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
        near: the near example's mass in one-near contexts where gamma = alpha, so that the third
            condition holds too.
    """

    self_mass: float
    eoc: float
    loss: float
    near: float


def third_condition(world: World, t: float = 20.0) -> Counterexample:
    """k = 2, r = .1 and (alpha, beta, gamma) = t (20, -10, 80); then with gamma = 20 t."""
    given = world.problem.model_dump()
    problem = Problem.parse({**given, "k": 2, "r": 0.1, "delta": min(given["delta"], 0.1)})
    target = Target.drawn(problem, world.seed)
    far, near = (
        draw_mixture(target, {name: 1.0}, world.settings.test, world.seed, "third")
        for name in ("random", "one_near")
    )

    def output(gamma: float, rows: Sequences) -> Output:
        scalars = t * torch.tensor([20.0, -10.0, gamma], dtype=torch.float64)
        return forward(scalars, seen(rows), coarse(target, rows))

    wrong, right = output(80.0, near), output(20.0, near)
    marked = torch.from_numpy(near.near)
    return Counterexample(
        float(output(80.0, far).self_mass.mean()),
        float(wrong.masses[:, -2].mean()),
        float(wrong.loss.mean()),
        float((right.masses[:, :-2] * marked).sum(-1).mean()),
    )


def plateau(world: World) -> tuple[float, float]:
    """Case 2b at beta = 160, alpha = 3, gamma = 1: largest gradient, and its bound 8 L^2 delta."""
    rows = world.tests["similar"]
    given = seen(rows)
    output = forward(
        torch.tensor([3.0, 160.0, 1.0], dtype=torch.float64), given, world.estimate(rows)
    )
    largest = float(scalar_gradients(output, given).mean(0).abs().max())
    return largest, 8 * world.target.lipschitz**2 * world.problem.delta
