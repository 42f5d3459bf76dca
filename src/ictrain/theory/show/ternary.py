"""Mixtures of three kinds of context on a triangle, coloured by how bad their worst case is."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from ictrain.report.drawing import TEXT
from ictrain.report.theme import INK, MUTED
from ictrain.theory.findings import Findings
from ictrain.theory.show.look import DARK_TEXT, LIGHT_TEXT, RATIOS, Drawn
from ictrain.theory.show.names import percent
from ictrain.theory.show.panels import panel
from ictrain.theory.simplex import DEFAULT, Simplex
from ictrain.theory.target import Array

_DARKEST = 10.0
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])
"""Of random, one near and similar in the picture."""
_TURNS = np.pi / 6 + np.pi / 3 * np.arange(6)
_SHAPE = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1) / np.sqrt(3)
"""A hexagon whose neighbours in a triangular lattice of side 1 touch it."""


def figures(found: Findings) -> list[Drawn]:
    """Two triangles per simplex, by regimes and by graded similarities too; none when quick."""
    if found.rest is None:
        return []
    return [
        Drawn(
            figure_of(one, graded),
            _figure(one, graded),
            f"Worst case of each mixture, {title_of(one)}, {tests_of(graded)}",
        )
        for graded in (False, True)
        for one in found.rest.simplexes
    ]


def name_of(one: Simplex) -> str:
    """Of a simplex's rows, and in the names of its files."""
    return f"{one.plan}-graded" if one.graded_share else one.plan


def figure_of(one: Simplex, graded: bool) -> str:
    """The name of a triangle's files; graded: whether graded similarities count."""
    return f"mixtures-{name_of(one)}{'-all-tests' if graded else ''}"


def title_of(one: Simplex) -> str:
    """What was trained."""
    plan = "learned" if one.plan == "joint" else "fixed"
    if one.graded_share:
        return f"{plan}, {percent(one.graded_share)} of near graded"
    return f"{plan} estimator"


def tests_of(graded: bool) -> str:
    """What the worst is taken over."""
    return "regimes and graded similarities" if graded else "three regimes"


def at(weights: Array) -> Array:
    """[..., 3], of random, similar and one near -> [..., 2], places in the picture."""
    return np.asarray(weights[..., [0, 2, 1]] @ _CORNERS)


def _figure(one: Simplex, graded: bool) -> Figure:
    figure, (axes,) = panel(1, 3.5)
    axes.set_axis_off()
    worst, places = one.worst(graded), at(one.weights)
    side = _side(one)
    norm = LogNorm(1, _DARKEST, clip=True)
    cells = places[:, None] + side * _SHAPE
    axes.add_collection(PolyCollection(list(cells), color=RATIOS(norm(worst)), lw=0.4))
    lines = _outline(cells, places, one.near_best(graded), side)
    # The halo keeps it visible where the region ends at the page, dark or not.
    for color, width in ((LIGHT_TEXT, 3.2), (DARK_TEXT, 1.6)):
        look: Any = {"colors": color, "linewidths": width, "capstyle": "round", "zorder": 3}
        axes.add_collection(LineCollection(lines, **look))
    _marks(axes, one, worst)
    _corners(axes)
    axes.set_xlim(-0.14, 1.14)
    axes.set_ylim(-0.2, 1.02)
    axes.set_aspect("equal")
    _scale(figure, axes, norm)
    return figure


def _side(one: Simplex) -> float:
    """The lattice's spacing: the least weight that is not 0."""
    return float(one.weights[one.weights > 0].min())


def _outline(cells: Array, places: Array, inside: Any, side: float) -> list[Array]:
    """The edges between cells of which one is inside."""
    member = {_key(p, side) for p in places[inside]}
    lines = []
    for cell, place in zip(cells[inside], places[inside], strict=True):
        for i in range(6):
            start, end = cell[i], cell[(i + 1) % 6]
            if _key(start + end - place, side) not in member:
                lines.append(np.stack([start, end]))
    return lines


def _key(place: Any, side: float) -> tuple[int, int]:
    return int(np.rint(2 * place[0] / side)), int(np.rint(2 * place[1] / side))


def _marks(axes: Any, one: Simplex, worst: Array) -> None:
    look = {"mec": DARK_TEXT, "mfc": LIGHT_TEXT, "ls": "", "zorder": 4}
    axes.plot(*at(one.weights[int(worst.argmin())]), marker="*", ms=11, **look)
    axes.plot(*at(np.array(DEFAULT)), marker="D", ms=6, **look)


def _corners(axes: Any) -> None:
    look = {"color": INK, "fontsize": TEXT}
    axes.text(0.0, -0.1, "random", ha="center", va="top", **look)
    axes.text(1.0, -0.1, "one near", ha="center", va="top", **look)
    axes.text(0.5, 0.96, "similar", ha="center", va="bottom", **look)


def _scale(figure: Figure, axes: Any, norm: LogNorm) -> None:
    scale: Any = figure.colorbar(
        ScalarMappable(norm, RATIOS), ax=axes, location="bottom", aspect=35, pad=0.01, shrink=0.8
    )
    scale.solids.set_rasterized(True)
    ticks = (1, 2, 5, _DARKEST)
    words = [f"{t:g} ×" for t in ticks[:-1]] + [f"{_DARKEST:g} × or more"]
    scale.set_ticks(ticks, labels=words)
    scale.minorticks_off()
    scale.outline.set_visible(False)
    scale.ax.tick_params(length=0, labelsize=TEXT - 0.5, colors=MUTED)
