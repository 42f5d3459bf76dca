"""The regime table as two pictures whose cells correspond: losses, and where attention goes."""

from __future__ import annotations

from typing import Any

from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from ictrain.report.drawing import TEXT
from ictrain.report.theme import INK, MUTED, PAPER
from ictrain.theory.show.look import MASS_LOOKS, RATIOS, Drawn, on
from ictrain.theory.show.names import named, percent, short, times
from ictrain.theory.table import MASSES, Table

_WORST = 100.0
"""Ratios beyond have the darkest colour."""


def figures(table: Table) -> list[Drawn]:
    """Heat map and bars of one plan's table."""
    plan = table.plan
    return [
        Drawn(f"losses-{plan}", _losses(table), f"Losses by training and test regime, plan {plan}"),
        Drawn(f"masses-{plan}", _masses(table), f"Attention by training and test, plan {plan}"),
    ]


def ratios(table: Table) -> Any:
    """[5, 3], each loss over the least of its column."""
    return table.loss / table.loss.min(axis=0)


def _grid(table: Table, bottom: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(4.1, 3.0), facecolor=PAPER)
    axes = figure.add_axes((0.28, bottom, 0.715, 0.85 - bottom), facecolor="none")
    axes.set_xlim(0, len(table.tests))
    axes.set_ylim(len(table.regimes), 0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, labelsize=TEXT, colors=INK, labeltop=True, labelbottom=False)
    axes.set_xticks([i + 0.5 for i in range(len(table.tests))], [named(t) for t in table.tests])
    axes.set_yticks([i + 0.5 for i in range(len(table.regimes))], [named(r) for r in table.regimes])
    look: Any = {"color": MUTED, "fontsize": TEXT, "va": "center"}
    figure.text(0.637, 0.965, "tested on", ha="center", **look)
    figure.text(0.265, 0.89, "trained on", ha="right", **look)
    return figure, axes


def _losses(table: Table) -> Figure:
    figure, axes = _grid(table, 0.1)
    norm, every = LogNorm(1, _WORST, clip=True), ratios(table)
    for i, j in ((i, j) for i in range(every.shape[0]) for j in range(every.shape[1])):
        color = RATIOS(norm(every[i, j]))
        axes.add_patch(Rectangle((j + 0.02, i + 0.04), 0.96, 0.92, color=color, lw=0))
        look = {"color": on(color), "ha": "center", "va": "center"}
        axes.text(j + 0.5, i + 0.36, short(table.loss[i, j]), fontsize=TEXT + 1.5, **look)
        axes.text(j + 0.5, i + 0.72, times(every[i, j]), fontsize=TEXT - 1, **look)
    return figure


def _masses(table: Table) -> Figure:
    figure, axes = _grid(table, 0.1)
    for i in range(len(table.regimes)):
        for j in range(len(table.tests)):
            _bar(axes, i, j, table.masses[i, j])
    handles = [Patch(color=look.light, label=named(m)) for m, look in MASS_LOOKS.items()]
    figure.legend(
        handles=handles,
        loc="lower right",
        ncols=4,
        frameon=False,
        fontsize=TEXT,
        labelcolor=INK,
        handlelength=0.9,
        borderaxespad=0,
    )
    return figure


def _bar(axes: Any, i: int, j: int, masses: Any) -> None:
    left, whole = j + 0.03, 0.94
    for name, mass in zip(MASSES, masses, strict=True):
        width = whole * float(mass)
        axes.add_patch(
            Rectangle((left, i + 0.12), width, 0.4, facecolor=MASS_LOOKS[name].light, lw=0)
        )
        left += width
    most = int(masses.argmax())
    words = f"{named(MASSES[most])} {percent(float(masses[most]))}"
    axes.text(j + 0.03, i + 0.76, words, color=MUTED, fontsize=TEXT - 1, va="center")
