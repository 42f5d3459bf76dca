"""One-near training followed to its limit, which is finite (docs/theory.md, C6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ictrain.theory.control import best_weights
from ictrain.theory.settings import Plan
from ictrain.theory.table import Measured, measure
from ictrain.theory.training import Trained, train
from ictrain.theory.world import World


@dataclass(frozen=True)
class LongTraining:
    """One-near contexts, trained until the finite limit of case 3 shows.

    Attributes:
        start, end: beside the fixed estimator, after its plan's steps and after the long training,
            both in batches of 512, on random contexts.
        learned_start, learned_end: with a learned estimator, by the joint plan and as long.
        log_odds: alpha (1 - delta) + beta at the end.
        predicted: logit(1 - w*), w* the best weight of the estimator in one-near contexts.
    """

    start: Measured
    end: Measured
    learned_start: Measured
    learned_end: Measured
    log_odds: float
    predicted: float


_LONG_BATCH = 512
"""Adam's steps do not shrink, so a small batch's noise would hide where the limit lies."""


def long_training(world: World) -> LongTraining:
    """Follows one-near training for settings.long_steps."""
    settings = world.settings
    fixed = settings.fixed.model_copy(update={"batch": _LONG_BATCH})
    found = [
        _trained(world, plan, steps)
        for plan in (fixed, settings.joint)
        for steps in (plan.steps, settings.long_steps)
    ]
    alpha, beta, _ = (float(v) for v in found[1].scalars[0])
    weight = best_weights(world, world.tests["one_near"])[0]
    start, end, learned_start, learned_end = (
        measure(world, one, 0, world.tests["random"]) for one in found
    )
    odds = float(np.log((1 - weight) / weight)) if 0 < weight < 1 else float("nan")
    reached = alpha * (1 - world.problem.delta) + beta
    return LongTraining(start, end, learned_start, learned_end, reached, odds)


def _trained(world: World, plan: Plan, steps: int) -> Trained:
    pool = world.pool("one_near", {"one_near": 1.0}, learned=plan.estimator is not None)
    longer = plan.model_copy(update={"steps": steps})
    return train(longer, [pool], world.seed, world.probe)
