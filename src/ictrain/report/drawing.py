"""What all figures share: the canvas, marks with intervals and seeds, names, legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ictrain.analysis import Analysis
from ictrain.report.theme import GRID, INK, MUTED, PAPER, Look
from ictrain.statistics import Estimate

TEXT = 8.5
"""Points; a figure is as wide as a phone's screen, where this is as large as it is drawn."""
_WIDTH = 4.7
HEIGHT = 3.3
"""Inches, of a figure that names few strategies."""

Mark = tuple[float, Estimate, dict[int, float]]
"""Where it stands on the other axis, its estimate, its mean per seed."""


def label_of(strategy: str, analysis: Analysis) -> str:
    """A strategy's name for people; zero-context fine-tuning, given a context, wears a dagger."""
    name, settings = strategy.replace("_", " "), analysis.settings
    dagger = strategy == settings.reference and settings.never_saw_a_context
    return f"{name} †" if dagger else name


def weight_of(strategy: str, analysis: Analysis) -> str:
    """The treatment stands out."""
    return "bold" if strategy == analysis.settings.treatment else "normal"


def canvas(names: int, height: float = HEIGHT) -> tuple[Figure, Any]:
    """A figure of a phone's width with bare axes.

    Args:
        names: strategies that it names; beyond nine it grows, or names would leave it no room.
        height: in inches.
    """
    height += 0.25 * max(0, names - 9)
    figure = Figure(figsize=(_WIDTH, height), facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor="none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(colors=MUTED, labelsize=TEXT, length=0, pad=4)
    axes.set_axisbelow(True)
    return figure, axes


def score_axis(axes: Any, estimates: Sequence[Estimate], metric: str) -> None:
    """Scores upwards: 0 to 1 where they stay inside, otherwise what the numbers need."""
    values = [e.mean for e in estimates if e.mean is not None]
    if values and min(values) >= 0 and max(values) <= 1:
        axes.set_ylim(0, 1.04)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".50", ".75", "1"])
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_ylabel(metric.replace("_", " "), color=MUTED, fontsize=TEXT)


def intervals(
    axes: Any, marks: Sequence[Mark], color: str, width: float = 1.1, flat: bool = False
) -> None:
    """A line from low to high for each mark that has an interval, lying where flat."""
    known = [(at, *e.interval) for at, e, _ in marks if e.interval is not None]
    if known:
        draw = axes.hlines if flat else axes.vlines
        draw(*zip(*known, strict=True), color=color, linewidth=width, zorder=3)


def seed_dots(axes: Any, marks: Sequence[Mark], flat: bool = False, **look: Any) -> None:
    """One small dot per seed and mark; none where there is one seed."""
    dots = [(at, value) for at, _, seeds in marks if len(seeds) > 1 for value in seeds.values()]
    if dots:
        x, y = zip(*dots, strict=True)
        axes.scatter(*((y, x) if flat else (x, y)), **look)


def faint(look: Look) -> dict[str, Any]:
    """Dots in a strategy's colour that stay behind its marks."""
    return {"s": 5, "color": look.light, "alpha": 0.5, "lw": 0, "zorder": 2}


def legend(figure: Figure, entries: Sequence[tuple[str, str, str]]) -> None:
    """Names with colour and marker below a figure: (name, colour, marker)."""
    handles = [
        Line2D([], [], color=color, marker=marker, ls="", ms=6, label=name)
        for name, color, marker in entries
    ]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize=TEXT,
        labelcolor=INK,
        handletextpad=0.2,
        columnspacing=1.2,
    )
