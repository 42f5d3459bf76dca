"""The negative control: an estimator with independent noise, and what would be the best mixture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ictrain.theory.estimators import correlation, noisy
from ictrain.theory.model import forward, seen
from ictrain.theory.sampling import Sequences
from ictrain.theory.training import train
from ictrain.theory.world import World


@dataclass(frozen=True)
class Control:
    """Training beside f and independent noise: the limit of random contexts no longer shows.

    Attributes:
        correlation: of the noisy estimator's error with its output.
        fixed_correlation: the same of the settings' estimator.
        epsilon: its squared error.
        loss, self_mass: of the model trained on random contexts, on such contexts.
        best_weight: the weight on the estimator that would be optimal (eq. 12), by context: of the
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
        {name: best_weights(world, rows) for name, rows in world.tests.items()},
    )


def best_weights(world: World, rows: Sequences) -> tuple[float, float]:
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
    """Equation 12: the weight on the estimator that makes the mixture's squared error least.

    Args:
        context, own: errors [n] of what the context says, and of the estimator.
    """
    pairs = ((context, context), (own, own), (context, own))
    e1, e2, both = (float((a * b).mean()) for a, b in pairs)
    return (e1 - both) / (e1 + e2 - 2 * both)
