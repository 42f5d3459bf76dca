"""Every bar on every seed: what `ictrain theory --check` runs."""

from __future__ import annotations

from collections.abc import Sequence

from ictrain.theory.assumption import assumption
from ictrain.theory.bars import Outcome, outcomes
from ictrain.theory.control import control
from ictrain.theory.exactness import exactness
from ictrain.theory.explore import LESS_MEMORY
from ictrain.theory.findings import Findings, table_of
from ictrain.theory.numbers import (
    assumption_numbers,
    control_numbers,
    exact_numbers,
    joint_numbers,
    sgd_numbers,
    table_numbers,
)
from ictrain.theory.rays import rays
from ictrain.theory.settings import TheorySettings
from ictrain.theory.world import World
from ictrain.workers import run_all


def fixed_outcomes(world: World) -> list[Outcome]:
    """V1 to V4, 1 to 5m and 7 beside the fixed estimator, and 4d."""
    facts = assumption(world)
    bound = 8 * world.target.lipschitz**2 * world.problem.delta
    numbers = {
        **exact_numbers(exactness(world.seed), rays(world), bound),
        **assumption_numbers(facts),
        **table_numbers(table_of(world, "fixed"), facts),
        **control_numbers(control(world)),
        **sgd_numbers(table_of(world, "sgd")),
    }
    return outcomes(world.seed, numbers)


def joint_outcomes(world: World) -> list[Outcome]:
    """V4, 1 to 5m and 6 with the learned estimator."""
    facts, table = assumption(world), table_of(world, "joint")
    numbers = {**table_numbers(table, facts), **joint_numbers(table, facts)}
    return outcomes(world.seed, numbers)


def check(
    settings: TheorySettings, fixed: Sequence[int], joint: Sequence[int], workers: int = 1
) -> list[Outcome]:
    """Every bar on every seed.

    Args:
        settings: the bars were set on the default ones.
        fixed, joint: seeds for the fixed and for the learned estimator.
        workers: processes.

    Raises:
        RunError: a worker process was killed.
    """
    parts = [("learned", joint_outcomes, s) for s in joint]
    parts += [("fixed", fixed_outcomes, s) for s in fixed]
    found = run_all(
        [(measure, World(settings, s)) for _, measure, s in parts],
        workers,
        names=[f"seed {s} with the {estimator} estimator" for estimator, _, s in parts],
        mend=LESS_MEMORY,
    )
    return [outcome for each in found for outcome in each]


def outcomes_of(found: Findings) -> list[Outcome]:
    """The bars that one exploration can tell: all of them, or those of the quick form."""
    one, rest = found.core, found.rest
    numbers = {
        **exact_numbers(one.exact, one.rays, 8 * one.lipschitz**2 * found.settings.problem.delta),
        **assumption_numbers(one.facts),
        **table_numbers(one.fixed, one.facts),
        **control_numbers(one.control),
    }
    if rest is not None:
        numbers |= sgd_numbers(rest.sgd) | table_numbers(rest.joint, one.facts)
        numbers |= joint_numbers(rest.joint, one.facts)
    return outcomes(found.seed, numbers)
