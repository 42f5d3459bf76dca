"""One seed explored: every measurement as a job of its own, then put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ictrain.theory.curves import hump
from ictrain.theory.divergence import checked
from ictrain.theory.findings import Findings, Rest, core, table_of, three_way
from ictrain.theory.landscape import landscapes
from ictrain.theory.long_training import long_training
from ictrain.theory.settings import TheorySettings
from ictrain.theory.simplex import Simplex, one_seed, together, weights_grid
from ictrain.theory.target import Array
from ictrain.theory.world import World
from ictrain.workers import run_all

Say = Callable[[str], None]
SIMPLEXES = (("joint", 0.0), ("fixed", 0.0), ("fixed", 0.5))
"""Plan, and the graded share of the near corner; the slowest first."""
LESS_MEMORY = "with less memory: --workers 1"
"""What to do when the system has killed a worker."""


def _silent(line: str) -> None:
    del line


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

    Raises:
        RunError: a training diverged, or a worker process was killed.
    """
    world = World(settings, seed)
    first = ("plan fixed", ("fixed",), core, world)
    if quick:
        return Findings(settings, seed, run_all([(checked, *first)], 1)[0], None)
    grids = _grids(settings, seed)
    tables = [(f"plan {p}", (p,), table_of, world, p) for p in ("joint", "joint_adam", "sgd")]
    others = [
        first,
        ("training with graded examples", ("fixed",), hump, world),
        ("long training", ("fixed", "joint"), long_training, world),
        ("the three-way mixture", ("fixed", "sgd"), three_way, world),
    ]
    parts: list[tuple[Any, ...]] = [*grids, *tables, *others]
    done = run_all(
        [(checked, *part) for part in parts],
        workers,
        lambda count, *_: say(f"{count} of {len(parts)} parts measured"),
        names=[part[0] for part in parts],
        mend=LESS_MEMORY,
    )
    joint, joint_adam, sgd, one, humps, long, three = done[len(grids) :]
    ways = {"adam": one.fixed, "sgd": sgd}
    last = ("landscapes", ("fixed", "sgd"), landscapes, world, ways)
    views = run_all([(checked, *last)], 1)[0]
    simplexes = _simplexes(settings, done[: len(grids)])
    rest = Rest(sgd, joint, joint_adam, views, humps, long, three, simplexes)
    return Findings(settings, seed, one, rest)


def _grids(settings: TheorySettings, seed: int) -> list[tuple[Any, ...]]:
    weights = weights_grid(settings.grid)
    worlds = [World(settings, s) for s in range(seed, seed + settings.grid_seeds)]
    return [
        (
            f"mixtures, plan {plan}, seed {world.seed}",
            (plan,),
            one_seed,
            world,
            plan,
            weights,
            share,
        )
        for plan, share in SIMPLEXES
        for world in worlds
    ]


def _simplexes(settings: TheorySettings, losses: list[Array]) -> list[Simplex]:
    """losses: [g, conditions] of each of _grids."""
    n = settings.grid_seeds
    each = [np.stack(losses[i : i + n]) for i in range(0, len(losses), n)]
    return together(SIMPLEXES, weights_grid(settings.grid), each)
