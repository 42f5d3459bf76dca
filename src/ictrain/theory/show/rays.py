"""Gradients along the rays on which the paper's limits lie."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from ictrain.report.drawing import TEXT
from ictrain.report.theme import INK
from ictrain.theory.rays import DISTANCES, Ray
from ictrain.theory.show.look import Drawn, regime_looks
from ictrain.theory.show.names import NAMES
from ictrain.theory.show.panels import label, logarithmic, panel

_FLOOR = 1e-20
_DASHES = {"2b": (0, (4, 2)), "4'": (0, (4, 2)), "1 misplaced": (0, (1, 2))}


def figures(rays: list[Ray]) -> list[Drawn]:
    """One figure with a line for each ray."""
    return [Drawn("rays", _figure(rays), "Largest gradient component along each ray")]


def _figure(rays: list[Ray]) -> Figure:
    figure, (axes,) = panel(1, 3.9, 3.9)
    style = regime_looks()
    for ray in rays:
        look = style[ray.regime]
        shown = [max(g, _FLOOR / 100) for g in ray.gradient]
        axes.plot(
            DISTANCES,
            shown,
            color=look.light,
            ls=_DASHES.get(ray.name, "-"),
            marker=look.marker,
            ms=4,
            label=f"{ray.name}: {_greek(ray.words)}",
        )
    logarithmic(axes, _FLOOR, 1)
    axes.set_xlim(0, DISTANCES[-1] + 2)
    label(axes, "distance t along the ray", "largest gradient component")
    words: Any = {"frameon": False, "fontsize": TEXT - 0.5, "labelcolor": INK}
    figure.legend(loc="outside lower center", ncols=2, **words)
    return figure


def _greek(words: str) -> str:
    for name in ("alpha", "beta", "gamma"):
        words = words.replace(name, NAMES[name])
    return words.replace("-", "−")
