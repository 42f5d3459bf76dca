"""Small figures in the page's style: axes, scales, lines and their legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ictrain.report.drawing import TEXT
from ictrain.report.theme import GRID, INK, MUTED, PAPER, Look

SMALL = 3.5
"""Inches: the width of a panel of which three stand in a row."""


def panel(rows: int = 1, height: float = 2.7, width: float = SMALL) -> tuple[Figure, list[Any]]:
    """A small figure of axes above one another that share the horizontal one."""
    figure = Figure(figsize=(width, height), facecolor=PAPER, layout="constrained")
    every = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    for axes in every:
        plain(axes)
    return figure, list(every)


def plain(axes: Any) -> None:
    """Bare axes with a faint grid."""
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(colors=MUTED, labelsize=TEXT, length=0, pad=3, which="both")
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def label(axes: Any, x: str = "", y: str = "") -> None:
    """Axis labels in the page's size."""
    axes.set_xlabel(x, color=MUTED, fontsize=TEXT)
    axes.set_ylabel(y, color=MUTED, fontsize=TEXT)


def logarithmic(axes: Any, low: float, high: float) -> None:
    """A vertical log axis whose ticks are plain numbers, or powers of ten where these are long."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    decades = math.log10(high / low)
    subs = (1.0, 2.0, 5.0) if decades < 1.7 else (1.0,)
    axes.yaxis.set_major_locator(LogLocator(10, subs, numticks=7))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _plainly(value)))
    axes.yaxis.set_minor_locator(NullLocator())


_SUPER = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _plainly(value: float) -> str:
    exponent = round(math.log10(value)) if value > 0 else 0
    if 1e-3 <= value <= 1e3:
        return f"{value:g}"
    return f"10{str(exponent).translate(_SUPER)}"


def line(look: Look, **more: Any) -> dict[str, Any]:
    """How a line in this look is drawn."""
    return {"color": look.light, "ls": look.dash, "lw": look.width, **more}


def legend(
    figure: Figure, entries: Sequence[tuple[str, Look]], columns: int = 3, ms: float = 0
) -> None:
    """Lines with their names below a figure; ms: the size of their markers, if they have any."""
    handles = [
        Line2D([], [], **line(look, marker=look.marker if ms else "", ms=ms), label=name)
        for name, look in entries
    ]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        fontsize=TEXT - 0.5,
        labelcolor=INK,
        handlelength=1.6,
        handletextpad=0.5,
        columnspacing=1.0,
    )
