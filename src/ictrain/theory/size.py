"""How much memory settings take, so that what cannot fit is refused before anything is computed."""

from __future__ import annotations

import os

from ictrain.errors import ConfigError
from ictrain.theory.settings import PLANS, TheorySettings

_GIB = 2**30


def check_size(settings: TheorySettings, workers: int, *, learned: bool) -> None:
    """Refuses sizes that this machine's memory cannot hold.

    Args:
        settings: of every process.
        workers: processes.
        learned: whether estimators are learned, too: not in the quick form.

    Raises:
        ConfigError: how much would be taken, and mostly by which settings.
    """
    parts = needed(settings, learned=learned)
    total, most = sum(parts.values()), _memory()
    if workers * total <= most:
        return
    worst = max(parts, key=lambda name: parts[name])
    each = f" in each of {workers} processes" if workers > 1 else ""
    one = ", or --workers 1" if total <= most < workers * total else ""
    raise ConfigError(
        f"arrays of about {total / _GIB:,.1f} GiB{each}, most of it from {worst}",
        expected=f"at most {most / _GIB:.1f} GiB, this machine's memory",
        where="theory",
        mend=f"lower these{one}",
    )


def needed(settings: TheorySettings, *, learned: bool) -> dict[str, int]:
    """Bytes that one process takes at most, by the settings that decide them.

    The counts are of the arrays that live at once: in drawing contexts five of [n, k, d]; in
    training the pools of five regimes three times over, as drawn, as columns, and stacked; the
    eight test sets; one step of the plan that has the largest. Measured peaks were .63 to .98 of
    the sum (150 to 5000 MB; d, k, pool, test, batch and hidden raised one at a time).
    """
    k, d, pool, test = settings.problem.k, settings.problem.d, settings.pool, settings.test
    around, row = f"with problem.k={k} and problem.d={d}", 2 * k + d + 5
    plans = {name: getattr(settings, name) for name in (PLANS if learned else ("fixed",))}
    hidden = {name: plan.hidden for name, plan in plans.items() if PLANS[name]}
    steps = {
        f"{name}.batch={plan.batch} with problem.k={k}": (
            _MODELS * plan.batch * (10 * (k + 2) + 3 * hidden.get(name, 0))
        )
        for name, plan in plans.items()
    }
    networks = {
        f"{name}.hidden={units} with test={test}": 3 * _MODELS * units * (test + 2 * d)
        for name, units in hidden.items()
    }
    counts = {
        f"pool={pool} {around}": pool * max(5 * k * d + 4 * row, 15 * row),
        f"test={test} {around}": test * (13 * k * d + 20 * k),
        **dict(max(group.items(), key=lambda one: one[1]) for group in (steps, networks) if group),
    }
    return {name: 8 * count for name, count in counts.items()}


_MODELS = 6
"""Trained side by side at most."""


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
