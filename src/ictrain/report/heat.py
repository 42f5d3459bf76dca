"""The worst band over p and epsilon, as a heat map."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ictrain.analysis.grids import Grid
from ictrain.analysis.worst import Worst
from ictrain.report.drawing import TEXT, canvas
from ictrain.report.theme import INK, MUTED

_LOW, _HIGH, _DARK_TEXT, _LIGHT_TEXT = "#fdf0e9", "#a5300a", "#16191e", "#fefefe"
"""Colours that the page does not exchange on dark paper: a cell's text keeps its contrast."""
_CELL = 0.62
_SPAN = 0.1
"""The least difference from the palest to the darkest: noise must not look like a landscape."""


def heat_figure(grid: Grid, worst: Mapping[str, Worst], treatment: str) -> Figure:
    """p upwards, epsilon to the right; the mean of the worst band, its lower bound below it.

    The treatment has a frame. An arm without rows leaves its place blank.
    """
    figure, axes = canvas(0, 0.9 + _CELL * len(grid.p))
    known = {place: worst[arm] for place, arm in grid.arms.items() if arm in worst}
    means = [w.mean for w in known.values()]
    high = max(means, default=1.0)
    low = min([*means, high - _SPAN])
    colours = LinearSegmentedColormap.from_list("worst", [_LOW, _HIGH])
    for row, p in enumerate(grid.p):
        for column, epsilon in enumerate(grid.epsilon):
            cell = known.get((p, epsilon))
            if cell is None:
                continue
            depth = (cell.mean - low) / (high - low)
            ink = _LIGHT_TEXT if depth > 0.55 else _DARK_TEXT
            frame = 2.0 if cell.strategy == treatment else 0.0
            axes.add_patch(
                Rectangle(
                    (column - 0.48, row - 0.48), 0.96, 0.96, facecolor=colours(depth),
                    edgecolor=INK if frame else "none", linewidth=frame,
                )
            )  # fmt: skip
            text = {"ha": "center", "color": ink}
            axes.text(column, row, _short(cell.mean), va="bottom", fontsize=TEXT, **text)
            below = f"≥ {_short(cell.low)}" if cell.low is not None else "–"
            axes.text(column, row - 0.08, below, va="top", fontsize=TEXT - 2, **text)
    axes.set_xlim(-0.5, len(grid.epsilon) - 0.5)
    axes.set_ylim(-0.5, len(grid.p) - 0.5)
    axes.set_xticks(range(len(grid.epsilon)), [f"{e:g}" for e in grid.epsilon])
    axes.set_yticks(range(len(grid.p)), [f"{p:.3g}" for p in grid.p])
    axes.set_xlabel("epsilon", color=MUTED, fontsize=TEXT)
    axes.set_ylabel("p", color=MUTED, fontsize=TEXT)
    axes.spines["bottom"].set_visible(False)
    return figure


def _short(value: float) -> str:
    """'.874'; a whole number keeps its front."""
    text = f"{value:.3f}"
    return text.removeprefix("0") if text.startswith("0.") else text
