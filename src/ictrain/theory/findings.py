"""Everything that `ictrain theory` measures on one seed, as plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ictrain.theory.assumption import Assumption, assumption
from ictrain.theory.by_hand import (
    Counterexample,
    EarlySignal,
    Gate,
    early_signal,
    gate,
    plateau,
    third_condition,
)
from ictrain.theory.control import Control, control
from ictrain.theory.curves import Curve, Hump, hump, regime_curves
from ictrain.theory.exactness import Exactness, exactness
from ictrain.theory.landscape import Landscape, landscapes
from ictrain.theory.long_training import LongTraining, long_training
from ictrain.theory.processes import run_all
from ictrain.theory.rays import Ray, rays
from ictrain.theory.settings import THREE_WAY, TheorySettings
from ictrain.theory.simplex import Simplex, one_seed, together, weights_grid
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
    facts: Assumption
    exact: Exactness
    rays: list[Ray]
    fixed: Table
    control: Control
    curves: list[Curve]
    early: EarlySignal
    gate: Gate
    third: Counterexample
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
    long: LongTraining
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
        assumption(world),
        exactness(world.seed),
        rays(world),
        fixed,
        control(world),
        regime_curves(world, trained),
        early_signal(world),
        gate(world),
        third_condition(world),
        plateau(world),
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


Say = Callable[[str], None]


def _silent(line: str) -> None:
    del line


SIMPLEXES = (("joint", 0.0), ("fixed", 0.0), ("fixed", 0.5))
"""Plan, and the graded share of the near corner; the slowest first."""


def explore(
    settings: TheorySettings,
    seed: int,
    *,
    quick: bool = False,
    workers: int = 1,
    say: Say = _silent,
) -> Findings:
    """Measures everything; quick leaves out what trains more than the fixed table.

    Args:
        settings, seed: what to measure.
        quick: see above.
        workers: processes.
        say: told how far it is.
    """
    world = World(settings, seed)
    if quick:
        return Findings(settings, seed, run_all([(core, world)], 1)[0], None)
    seeds = range(seed, seed + settings.grid_seeds)
    weights = weights_grid(settings.grid)
    grids = [
        (one_seed, World(settings, s), plan, weights, share)
        for plan, share in SIMPLEXES
        for s in seeds
    ]
    tables = [(table_of, world, plan) for plan in ("joint", "joint_adam", "sgd")]
    others = [(f, world) for f in (core, hump, long_training, three_way)]
    jobs = [*grids, *tables, *others]
    done = run_all(jobs, workers, lambda count: say(f"{count} of {len(jobs)} parts measured"))
    losses, (joint, joint_adam, sgd, first, humps, long, three) = (
        done[: len(grids)],
        done[len(grids) :],
    )
    each = [np.stack(losses[i : i + len(seeds)]) for i in range(0, len(losses), len(seeds))]
    simplexes = together(SIMPLEXES, weights, each)
    views = run_all([(landscapes, world, {"adam": first.fixed, "sgd": sgd})], 1)[0]
    return Findings(
        settings, seed, first, Rest(sgd, joint, joint_adam, views, humps, long, three, simplexes)
    )
