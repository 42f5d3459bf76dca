"""The loss as a landscape over two scalars, with the optimisers' ways through it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ictrain.report.drawing import TEXT
from ictrain.report.theme import INK
from ictrain.theory.findings import Findings
from ictrain.theory.landscape import Landscape
from ictrain.theory.settings import Problem
from ictrain.theory.show.look import DARK_TEXT, LIGHT_TEXT, Drawn
from ictrain.theory.show.names import named
from ictrain.theory.show.panels import label, panel

_LEVELS = 18
_DASHES = {"adam": "-", "sgd": (0, (3, 2))}


def figures(found: Findings) -> list[Drawn]:
    """One per slice; none in the quick form."""
    if found.rest is None:
        return []
    problem = found.settings.problem
    return [
        Drawn(f"landscape-{name_of(one)}", _figure(one, problem), f"Loss of {title_of(one)}")
        for one in found.rest.landscapes
    ]


def name_of(one: Landscape) -> str:
    """Of a slice's files and rows."""
    return f"{one.regime}-{one.axes[0]}-{one.axes[1]}"


def title_of(one: Landscape) -> str:
    """Which regime over which scalars."""
    return f"{named(one.regime)}: {named(one.axes[0])} and {named(one.axes[1])}"


def _figure(one: Landscape, problem: Problem) -> Figure:
    figure, (axes,) = panel(1, 3.3)
    height = np.log10(np.maximum(one.loss, 1e-300))
    edges = np.linspace(height.min(), max(height.max(), height.min() + 1e-9), _LEVELS + 1)
    look: dict[str, Any] = {"cmap": "viridis", "norm": Normalize(edges[0], edges[-1])}
    axes.contourf(one.x, one.y, height, edges, **look)
    axes.grid(False)
    axes.set_xlim(one.x[0], one.x[-1])
    axes.set_ylim(one.y[0], one.y[-1])
    if one.regime == "contrastive":
        _switch_lines(axes, one, problem)
    for name, path in one.paths.items():
        _path(axes, name, path)
    if len(one.paths) > 1:
        _names(axes, one)
    label(axes, named(one.axes[0]), named(one.axes[1]))
    _scale(figure, axes, edges)
    return figure


def _outlined(width: float) -> list[Any]:
    return [patheffects.withStroke(linewidth=width, foreground=DARK_TEXT)]


def _path(axes: Any, name: str, path: Any) -> None:
    look = {"color": LIGHT_TEXT, "path_effects": _outlined(3), "zorder": 4}
    axes.plot(path[:, 0], path[:, 1], lw=1.4, ls=_DASHES.get(name, "-"), **look)
    axes.plot(*path[0], marker="o", ms=4, ls="", **look)
    axes.plot(*path[-1], marker="*", ms=11, ls="", mec=DARK_TEXT, color=LIGHT_TEXT, zorder=5)


def _names(axes: Any, one: Landscape) -> None:
    for name, path in one.paths.items():
        _note(axes, named(name), path[-1], (6, 5), fontsize=TEXT)


def _note(axes: Any, words: str, at: Any, aside: tuple[float, float], **look: Any) -> None:
    """Words that are readable on any colour of the map; aside: by how many points."""
    axes.annotate(
        words,
        at,
        aside,
        textcoords="offset points",
        color=LIGHT_TEXT,
        path_effects=_outlined(2.5),
        zorder=6,
        **look,
    )


def _switch_lines(axes: Any, one: Landscape, problem: Problem) -> None:
    """Above the first line near examples beat self; below the second far ones do not."""
    lines = ((1 - problem.delta, "α(1−δ)+β = 0", -1, 0.75), (problem.r, "αr+β = 0", 1, 0.5))
    for slope, words, sign, share in lines:
        axes.plot(one.x, -slope * one.x, color=LIGHT_TEXT, lw=0.9, ls=(0, (5, 3)), zorder=3)
        y = max(share * one.y[0], -slope * share * one.x[-1])
        at = (-y / slope if slope else share * one.x[-1], y)
        side = {"ha": "left", "va": "bottom"} if sign > 0 else {"ha": "right", "va": "top"}
        _note(axes, words, at, (sign * 3, sign * 2), fontsize=TEXT - 0.5, **side)


def _scale(figure: Figure, axes: Any, edges: Any) -> None:
    scale: Any = figure.colorbar(
        axes.collections[0], ax=axes, location="bottom", aspect=35, pad=0.02, shrink=0.9
    )
    ticks = np.linspace(edges[0], edges[-1], 4)
    scale.set_ticks(ticks, labels=[f"{10**t:.3g}" for t in ticks])
    scale.outline.set_visible(False)
    scale.ax.tick_params(length=0, labelsize=TEXT - 0.5, colors=INK)
    scale.set_label("loss", fontsize=TEXT, color=INK)
