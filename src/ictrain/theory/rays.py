"""Gradients of the population loss along the rays on which the paper's limits lie (A.5.2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ictrain.theory.model import forward, scalar_gradients, seen
from ictrain.theory.world import World

DISTANCES = (5.0, 10.0, 20.0, 40.0, 80.0)
"""t along a ray."""


@dataclass(frozen=True)
class Ray:
    """One limit, approached.

    Attributes:
        name: the paper's case; 4' and the misplaced one are ours.
        regime: whose population loss is taken.
        words: the direction.
        gradient: the largest absolute component at each of DISTANCES.
        loss: at the farthest.
    """

    name: str
    regime: str
    words: str
    gradient: tuple[float, ...]
    loss: float


def rays(world: World) -> list[Ray]:
    """The limits of cases 1 to 5. The switch of cases 4 and 5 sits midway between far and near."""
    m = (world.problem.r + 1 - world.problem.delta) / 2
    switch = f"beta = -{m:.3g} t"
    directions = [
        ("1", "random", "beta = -t", (0, -1, 0)),
        ("2a", "similar", "gamma = t", (0, 0, 1)),
        ("2b", "similar", "beta = t", (0, 1, 0)),
        ("3", "one_near", "alpha = t", (1, 0, 0)),
        ("4", "random_similar", f"gamma = t, {switch}", (0, -m, 1)),
        ("4'", "random_similar", f"alpha = t, {switch}", (1, -m, 0)),
        ("5", "contrastive", f"alpha = t, {switch}", (1, -m, 0)),
        # Stationary too, and bad: the right ray in the wrong regime.
        ("1 misplaced", "similar", "beta = -t", (0, -1, 0)),
    ]
    return [_walk(world, *direction) for direction in directions]


def _walk(world: World, name: str, regime: str, words: str, way: tuple[float, ...]) -> Ray:
    sequences = world.mixed_tests[regime]
    given, estimate = seen(sequences), world.estimate(sequences)
    gradients, loss = [], 0.0
    for t in DISTANCES:
        output = forward(t * torch.tensor(way, dtype=torch.float64), given, estimate)
        gradients.append(float(scalar_gradients(output, given).mean(0).abs().max()))
        loss = float(output.loss.mean())
    return Ray(name, regime, words, tuple(gradients), loss)
