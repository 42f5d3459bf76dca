"""Which mixture is best at its worst: weights of random, similar and one-near on a simplex grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ictrain.theory.curves import GRADES
from ictrain.theory.model import forward, seen
from ictrain.theory.sampling import Sequences, draw_at
from ictrain.theory.settings import Plan
from ictrain.theory.target import Array
from ictrain.theory.training import Trained, train
from ictrain.theory.world import TESTS, World

CORNERS = ("random", "similar", "one_near")
CONDITIONS = (*TESTS, *(f"{s:g}" for s in GRADES))
"""What a mixture is tested on: the three regimes, then one near example at graded similarities."""
_POOL = 5000
"""Sequences per mixture: 91 pools at once; 500 would do (losses move by 2 % of epsilon)."""
_AT_ONCE = 6
"""Models trained side by side: half the time of all 91, whose batches fit no cache; same losses."""
NEAR_BEST = 1.1
DEFAULT = (0.25, 0.25, 0.5)
"""The main system's mixture, of CORNERS: p = .25."""


@dataclass(frozen=True)
class Simplex:
    """Every mixture of a grid under one plan.

    Attributes:
        plan: 'fixed', 'joint' or 'sgd'.
        graded_share: of the third corner's contexts, whose one example is at a graded similarity.
        weights: [g, 3], of CORNERS.
        loss: [seeds, g, conditions], mean squared error on CONDITIONS.
        best: [conditions], the least mean loss of any mixture of this plan, whatever its graded
            share: what ratios are taken to.
    """

    plan: str
    graded_share: float
    weights: Array
    loss: Array
    best: Array

    @property
    def ratio(self) -> Array:
        """[g, conditions], mean loss over seeds, over the best mixture's in that condition."""
        return np.asarray(self.loss.mean(0) / self.best)

    def worst(self, graded: bool) -> Array:
        """[g], the largest ratio over the three regimes, or over all conditions."""
        shown = self.ratio if graded else self.ratio[:, : len(TESTS)]
        return np.asarray(shown.max(1))

    def near_best(self, graded: bool) -> Array:
        """bool [g]: within NEAR_BEST of the best worst case."""
        worst = self.worst(graded)
        return np.asarray(worst <= NEAR_BEST * worst.min())

    def index(self, random: float, similar: float, one_near: float) -> int:
        """The grid's point closest to a mixture."""
        away = np.abs(self.weights - np.array([random, similar, one_near])).sum(1)
        return int(away.argmin())


def together(
    plans: Sequence[tuple[str, float]], weights: Array, losses: Sequence[Array]
) -> list[Simplex]:
    """Simplexes with ratios to a common best per plan.

    Args:
        plans: plan and graded share of each.
        weights: [g, 3], of all.
        losses: [seeds, g, conditions] of each.
    """
    best: dict[str, Array] = {}
    for (plan, _), loss in zip(plans, losses, strict=True):
        least = loss.mean(0).min(0)
        best[plan] = np.minimum(best.get(plan, least), least)
    return [
        Simplex(plan, share, weights, loss, best[plan])
        for (plan, share), loss in zip(plans, losses, strict=True)
    ]


def weights_grid(steps: int) -> Array:
    """[g, 3], all multiples of 1/steps that sum to 1, corners included."""
    points = [(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]
    return np.array(points, dtype=np.float64) / steps


def one_seed(world: World, plan: str, weights: Array, graded_share: float) -> Array:
    """[g, conditions]: the losses of one seed's models."""
    n = max(1, world.settings.test // 4)
    graded = [draw_at(world.target, s, n, world.seed, "simplex/graded") for s in GRADES]
    rows = [*(world.tests[name] for name in TESTS), *graded]
    found = []
    for start in range(0, len(weights), _AT_ONCE):
        mixtures = [_mixture(w, graded_share) for w in weights[start : start + _AT_ONCE]]
        trained = _trained(world, plan, mixtures)
        found.append(np.stack([_losses(world, trained, one) for one in rows], axis=1))
    return np.concatenate(found)


def _mixture(weights: Array, graded_share: float) -> dict[str, float]:
    random, similar, near = (float(w) for w in weights)
    split = {"one_near": near * (1 - graded_share), "graded": near * graded_share}
    return {"random": random, "similar": similar, **split}


def _trained(world: World, plan: str, mixtures: list[dict[str, float]]) -> Trained:
    chosen: Plan = getattr(world.settings, plan)
    learned = chosen.estimator is not None
    pools = [world.pool("simplex", m, learned=learned, size=_POOL) for m in mixtures]
    return train(chosen, pools, world.seed, world.probe)


@torch.no_grad()
def _losses(world: World, trained: Trained, rows: Sequences) -> Array:
    """[g] of all models on the same sequences."""
    given = seen(rows)
    if trained.learned is None:
        estimates = world.estimate(rows).expand(len(trained.scalars), -1)
    else:
        estimates = trained.learned(torch.from_numpy(rows.x))
    found = [
        float(forward(scalars, given, estimate).loss.mean())
        for scalars, estimate in zip(trained.scalars, estimates, strict=True)
    ]
    return np.array(found)
