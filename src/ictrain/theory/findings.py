"""Everything that `ictrain theory` measures on one seed, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

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
from ictrain.theory.curves import Curve, Hump, regime_curves
from ictrain.theory.exactness import Exactness, exactness
from ictrain.theory.landscape import Landscape
from ictrain.theory.long_training import LongTraining
from ictrain.theory.rays import Ray, rays
from ictrain.theory.settings import THREE_WAY, TheorySettings
from ictrain.theory.simplex import Simplex
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
