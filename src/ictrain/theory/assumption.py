"""Assumption (A): labels of near examples err less than the estimator, those of far ones more."""

from __future__ import annotations

from dataclasses import dataclass

from ictrain.theory.world import World


@dataclass(frozen=True)
class Assumption:
    """Assumption (A), as the paper bounds it and as it is measured: docs/theory.md, eq. 6.

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
