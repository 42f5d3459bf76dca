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
    parts = parts_of(settings, seed, quick=quick)
    if quick:
        return Findings(settings, seed, run_all([(checked, *parts[0])], 1)[0], None)
    done = run_all(
        [(checked, *part) for part in parts],
        workers,
        lambda count, *_: say(f"{count} of {len(parts)} parts measured"),
        names=[name for name, *_ in parts],
        mend=LESS_MEMORY,
    )
    *losses, joint, joint_adam, sgd, first, humps, long, three = done
    ways = {"adam": first.fixed, "sgd": sgd}
    last = ("landscapes", ("fixed", "sgd"), landscapes, World(settings, seed), ways)
    views = run_all([(checked, *last)], 1)[0]
    simplexes = _simplexes(settings, losses)
    rest = Rest(sgd, joint, joint_adam, views, humps, long, three, simplexes)
    return Findings(settings, seed, first, rest)


Part = tuple[Any, ...]
"""A measurement's name, the plans that it trains by, a function and its arguments."""


def parts_of(settings: TheorySettings, seed: int, *, quick: bool) -> list[Part]:
    """All that can be measured at the same time, the slowest first."""
    world = World(settings, seed)
    first = ("plan fixed", ("fixed",), core, world)
    if quick:
        return [first]
    return [
        *_grids(settings, seed),
        *((f"plan {p}", (p,), table_of, world, p) for p in ("joint", "joint_adam", "sgd")),
        first,
        ("training with graded examples", ("fixed",), hump, world),
        ("long training", ("fixed", "joint"), long_training, world),
        ("the three-way mixture", ("fixed", "sgd"), three_way, world),
    ]


def _grids(settings: TheorySettings, seed: int) -> list[Part]:
    weights, found = weights_grid(settings.grid), []
    worlds = [World(settings, s) for s in range(seed, seed + settings.grid_seeds)]
    for plan, share in SIMPLEXES:
        for world in worlds:
            name = f"mixtures, plan {plan}, seed {world.seed}"
            found.append((name, (plan,), one_seed, world, plan, weights, share))
    return found


def _simplexes(settings: TheorySettings, losses: list[Array]) -> list[Simplex]:
    """losses: [g, conditions] of each of _grids."""
    n = settings.grid_seeds
    each = [np.stack(losses[i : i + n]) for i in range(0, len(losses), n)]
    return together(SIMPLEXES, weights_grid(settings.grid), each)
