"""One-near training followed to its limit, which is finite (docs/theory.md, C6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ictrain.theory.control import best_weights
from ictrain.theory.table import Measured, measure
from ictrain.theory.training import Pool, train
from ictrain.theory.world import World


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
    weight = best_weights(world, world.tests["one_near"])[0]
    first, last = (measure(world, one, 0, world.tests["random"]) for one in found)
    odds = float(np.log((1 - weight) / weight)) if 0 < weight < 1 else float("nan")
    return LongTraining(first, last, alpha * (1 - world.problem.delta) + beta, odds)
