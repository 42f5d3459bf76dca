"""Everything that `ictrain theory` measures on one seed, as plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ictrain.theory import asides
from ictrain.theory.bars import (
    Outcome,
    assumption_numbers,
    control_numbers,
    exact_numbers,
    joint_numbers,
    outcomes,
    sgd_numbers,
    table_numbers,
)
from ictrain.theory.curves import Curve, Hump, hump, regime_curves
from ictrain.theory.exactness import Exactness, exactness
from ictrain.theory.landscape import Landscape, landscapes
from ictrain.theory.processes import run_all
from ictrain.theory.rays import Ray, rays
from ictrain.theory.settings import THREE_WAY, TheorySettings
from ictrain.theory.simplex import Simplex, one_seed, weights_grid
from ictrain.theory.table import Measured, Table, measure, regime_table
from ictrain.theory.training import train
from ictrain.theory.world import TESTS, World


@dataclass(frozen=True)
class Core:
    """What the quick form measures: the fixed estimator, and all that needs no training.

    Attributes:
        lipschitz: L of this seed's target.
        fixed: the table.
        rest: see their own classes.
    """

    lipschitz: float
    facts: asides.Assumption
    exact: Exactness
    rays: list[Ray]
    fixed: Table
    control: asides.Control
    curves: list[Curve]
    early: asides.EarlySignal
    gate: asides.Gate
    third: asides.Counterexample
    plateau: tuple[float, float]


@dataclass(frozen=True)
class Rest:
    """What only the full form measures.

    Attributes:
        sgd, joint, joint_adam: tables under the other plans.
        landscapes: through the fixed table's models, with the ways of Adam and SGD.
        hump: untrained similarities, and graded examples.
        long: one-near training to its limit.
        three_way: plan ('fixed', 'sgd') -> test set -> what section 2's mixture does there.
        simplexes: mixtures compared at their worst.
    """

    sgd: Table
    joint: Table
    joint_adam: Table
    landscapes: list[Landscape]
    hump: Hump
    long: asides.LongTraining
    three_way: dict[str, dict[str, Measured]]
    simplexes: list[Simplex]


@dataclass(frozen=True)
class Findings:
    """One seed's results; rest is missing in the quick form."""

    settings: TheorySettings
    seed: int
    core: Core
    rest: Rest | None


def core(world: World) -> Core:
    """Seconds of work: one training of five models, and what needs none."""
    fixed, trained = regime_table(world, "fixed")
    return Core(
        world.target.lipschitz,
        asides.assumption(world),
        exactness(world.seed),
        rays(world),
        fixed,
        asides.control(world),
        regime_curves(world, trained),
        asides.early_signal(world),
        asides.gate(world),
        asides.third_condition(world),
        asides.plateau(world),
    )


def three_way(world: World) -> dict[str, dict[str, Measured]]:
    """Section 2's mixture under Adam and under SGD, fixed estimator."""
    found = {}
    for plan in ("fixed", "sgd"):
        pool = world.pool("three_way", THREE_WAY)
        trained = train(getattr(world.settings, plan), [pool], world.seed, world.probe)
        found[plan] = {t: measure(world, trained, 0, world.tests[t]) for t in TESTS}
    return found


def table_of(world: World, plan: str) -> Table:
    """A plan's table alone."""
    return regime_table(world, plan)[0]


SIMPLEXES = (("joint", 0.0), ("fixed", 0.0), ("fixed", 0.5))
"""Plan, and the graded share of the near corner; the slowest first."""


def explore(
    settings: TheorySettings, seed: int, *, quick: bool = False, workers: int = 1
) -> Findings:
    """Measures everything; quick leaves out what trains more than the fixed table."""
    world = World(settings, seed)
    if quick:
        return Findings(settings, seed, core(world), None)
    seeds = range(seed, seed + settings.grid_seeds)
    weights = weights_grid(settings.grid)
    grids = [
        (one_seed, World(settings, s), plan, weights, share)
        for plan, share in SIMPLEXES
        for s in seeds
    ]
    tables = [(table_of, world, plan) for plan in ("joint", "joint_adam", "sgd")]
    others = [(f, world) for f in (core, hump, asides.long_training, three_way)]
    done = run_all([*grids, *tables, *others], workers)
    losses, (joint, joint_adam, sgd, first, humps, long, three) = (
        done[: len(grids)],
        done[len(grids) :],
    )
    each = len(seeds)
    simplexes = [
        Simplex(plan, share, weights, np.stack(losses[i * each : (i + 1) * each]))
        for i, (plan, share) in enumerate(SIMPLEXES)
    ]
    views = landscapes(world, {"adam": first.fixed, "sgd": sgd})
    return Findings(
        settings, seed, first, Rest(sgd, joint, joint_adam, views, humps, long, three, simplexes)
    )


def fixed_outcomes(world: World) -> list[Outcome]:
    """V1 to V4, 1 to 5m and 7 beside the fixed estimator, and 4d."""
    facts = asides.assumption(world)
    bound = 8 * world.target.lipschitz**2 * world.problem.delta
    numbers = {
        **exact_numbers(exactness(world.seed), rays(world), bound),
        **assumption_numbers(facts),
        **table_numbers(table_of(world, "fixed"), facts),
        **control_numbers(asides.control(world)),
        **sgd_numbers(table_of(world, "sgd")),
    }
    return outcomes(world.seed, numbers)


def joint_outcomes(world: World) -> list[Outcome]:
    """V4, 1 to 5m and 6 with the learned estimator."""
    facts, table = asides.assumption(world), table_of(world, "joint")
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
    """
    jobs = [(joint_outcomes, World(settings, s)) for s in joint]
    jobs += [(fixed_outcomes, World(settings, s)) for s in fixed]
    return [outcome for found in run_all(jobs, workers) for outcome in found]


def quick_outcomes(found: Findings) -> list[Outcome]:
    """The bars that the quick form can tell."""
    world, one = World(found.settings, found.seed), found.core
    numbers = {
        **exact_numbers(one.exact, one.rays, 8 * one.lipschitz**2 * world.problem.delta),
        **assumption_numbers(one.facts),
        **table_numbers(one.fixed, one.facts),
        **control_numbers(one.control),
    }
    return outcomes(found.seed, numbers)
