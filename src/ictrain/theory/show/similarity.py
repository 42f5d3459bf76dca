"""Masses and loss against similarity: one figure per training regime, a whole context, the hump."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from ictrain.report.drawing import TEXT
from ictrain.report.theme import INK, MUTED, SHADE, Look
from ictrain.theory.curves import Curve
from ictrain.theory.findings import Findings
from ictrain.theory.settings import Problem
from ictrain.theory.show.look import MASS_LOOKS, Drawn, regime_looks
from ictrain.theory.show.names import named
from ictrain.theory.show.panels import label, legend, line, logarithmic, panel
from ictrain.theory.table import MASSES


def figures(found: Findings) -> list[Drawn]:
    """One per curve; for a whole context, the last, too."""
    problem, epsilon = found.settings.problem, found.core.facts.epsilon
    limits = _limits(found)
    return [
        Drawn(
            f"similarity-{name_of(curve)}",
            _figure(curve, problem, epsilon, limits),
            f"Attention and loss against similarity, {title_of(curve)}",
        )
        for curve in found.core.curves
    ]


def name_of(curve: Curve) -> str:
    """Of a curve's files and rows."""
    return f"{curve.name}-whole" if curve.whole else curve.name


def title_of(curve: Curve) -> str:
    """What a curve is of."""
    what = "a whole context of one similarity" if curve.whole else "one near example"
    return f"trained on {named(curve.name)}; {what}"


def _limits(found: Findings) -> tuple[float, float]:
    """Of all loss axes; copying at a similarity of 1 has no error, and is cut off."""
    every = [float(v) for curve in found.core.curves for v in curve.loss]
    return found.core.facts.mean / 2, max(every) * 1.6


def _figure(curve: Curve, problem: Problem, epsilon: float, limits: tuple[float, float]) -> Figure:
    figure, (above, below) = panel(2, 3.7)
    for name, masses in zip(MASSES, curve.masses.T, strict=True):
        above.plot(curve.similarity, masses, **line(MASS_LOOKS[name]))
    above.set_ylim(-0.02, 1.02)
    above.set_yticks([0, 0.5, 1], ["0", ".5", "1"])
    label(above, y="attention")
    below.plot(curve.similarity, curve.loss, color=INK, lw=1.6)
    logarithmic(below, *limits)
    reference(below, epsilon)
    words = "of every example" if curve.whole else "of the near example"
    label(below, f"similarity {words}", "loss")
    for axes in (above, below):
        axes.axvspan(problem.r, 1 - problem.delta, color=SHADE, lw=0, zorder=0)
    axes.set_xlim(0, 1.005)
    legend(figure, [(named(name), look) for name, look in MASS_LOOKS.items()], 4)
    return figure


def reference(axes: Any, epsilon: float) -> None:
    """The line of the estimator's error: what ignoring the context costs."""
    axes.axhline(epsilon, color=MUTED, lw=1, ls=(0, (1, 2)))
    look = {"color": MUTED, "fontsize": TEXT, "va": "bottom"}
    axes.text(0.015, epsilon, "ε", transform=axes.get_yaxis_transform(), **look)


def hump_figure(found: Findings) -> list[Drawn]:
    """Loss of contrastive training without and with graded examples; none in the quick form."""
    if found.rest is None:
        return []
    hump, problem = found.rest.hump, found.settings.problem
    plain, graded = regime_looks()["contrastive"], Look("#4d3a00", "", "s", "--")
    figure, (axes,) = panel(1, 2.9)
    for curve, look in zip(hump.curves, (plain, graded), strict=True):
        axes.plot(curve.similarity, curve.loss, **line(look, marker=look.marker, ms=2.5))
    logarithmic(axes, *_limits(found))
    reference(axes, hump.epsilon)
    axes.axvspan(problem.r, 1 - problem.delta, color=SHADE, lw=0, zorder=0)
    axes.set_xlim(0, 1.005)
    label(axes, "similarity of the near example", "loss")
    legend(figure, [("contrastive", plain), ("with graded near examples", graded)], 2)
    return [Drawn("hump", figure, "Loss at untrained similarities, without and with graded ones")]
