"""How the learned estimator comes along while the scalars are trained beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ictrain.report.theme import MUTED, Look
from ictrain.theory.findings import Findings
from ictrain.theory.show.look import Drawn, regime_looks
from ictrain.theory.show.names import named
from ictrain.theory.show.panels import label, legend, line, logarithmic, panel
from ictrain.theory.table import Table

_LEAST_SIGNAL = 1e-6
_MIXTURES = ("random_similar", "contrastive")


def figures(found: Findings) -> list[Drawn]:
    """Error, self mass and signal for each plan with a learned estimator, then the share."""
    if found.rest is None:
        return []
    tables, named_as = (found.rest.joint, found.rest.joint_adam), optimisers(found)
    rows = [_drawn(t, named_as[t.plan], *kind) for t in tables for kind in _KINDS]
    return [*rows, Drawn("signal-share", _share(*tables), "Share of signal from random contexts")]


def optimisers(found: Findings) -> dict[str, str]:
    """Plan -> the name of the optimiser that its estimator is trained with."""
    plans = {plan: getattr(found.settings, plan).estimator for plan in ("joint", "joint_adam")}
    return {plan: named(one.name) for plan, one in plans.items() if one is not None}


def _drawn(
    table: Table, optimiser: str, kind: str, words: str, fill: Callable[[Any, Table], None]
) -> Drawn:
    figure, (axes,) = panel()
    fill(axes, table)
    steps(axes, table)
    label(axes, "training step", f"{words}, {optimiser}")
    legend(figure, [(named(name), look) for name, look in regime_looks().items()], 3, ms=3.5)
    return Drawn(f"{kind}-{table.plan}", figure, f"{words} over training, {optimiser}")


def steps(axes: Any, table: Table) -> None:
    """A logarithmic axis that holds step 0 as well."""
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    last = float(table.trace.steps[-1])
    ticks = [t for t in (0, 1, 10, 100, 1000, 10_000) if t <= last]
    axes.set_xticks(ticks, [f"{t:,}" for t in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(0, last)


def _marked(look: Look) -> dict[str, Any]:
    """Few markers, by which lines are told apart without their colours."""
    return line(look, marker=look.marker, ms=3.5, markevery=6)


def _mse(axes: Any, table: Table) -> None:
    for (_, look), mse in zip(regime_looks().items(), table.trace.mse.T, strict=True):
        axes.plot(table.trace.steps, mse, **_marked(look))
    logarithmic(axes, 0.85 * float(table.trace.mse.min()), 1.1 * float(table.trace.mse.max()))


def _self(axes: Any, table: Table) -> None:
    for (_, look), mass in zip(regime_looks().items(), table.trace.self_mass.T, strict=True):
        axes.plot(table.trace.steps, mass, **_marked(look))
    axes.set_ylim(-0.02, 1.02)


def _signal(axes: Any, table: Table) -> None:
    terms = table.trace.rms.transpose(1, 2, 0)
    for (_, look), (own, context) in zip(regime_looks().items(), terms, strict=True):
        axes.plot(table.trace.steps, own, **_marked(look))
        axes.plot(table.trace.steps, context, color=look.light, lw=0.7, ls=(0, (4, 2)))
    logarithmic(axes, _LEAST_SIGNAL, 2 * float(table.trace.rms.max()))


_KINDS: tuple[tuple[str, str, Callable[[Any, Table], None]], ...] = (
    ("estimator-error", "error of f̂", _mse),
    ("self-mass", "mean self mass", _self),
    ("signal", "rms signal to f̂", _signal),
)


def _share(joint: Table, adam: Table) -> Figure:
    figure, (axes,) = panel()
    style = regime_looks()
    for name in _MIXTURES:
        place = joint.regimes.index(name)
        for table, width in ((joint, 1.8), (adam, 0.8)):
            shown = table.trace.random_share[:, place]
            axes.plot(table.trace.steps, shown, color=style[name].light, lw=width)
    axes.set_ylim(-0.02, 1.02)
    axes.axhline(1, color=MUTED, lw=0.6)
    steps(axes, joint)
    label(axes, "training step", "share of the signal")
    legend(figure, [(named(name), style[name]) for name in _MIXTURES], 2)
    return figure
