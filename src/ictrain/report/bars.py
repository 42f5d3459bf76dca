"""Bars by band, with intervals, seeds as dots, and the number of items."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ictrain.analysis import Analysis, Cell
from ictrain.report.drawing import canvas, intervals, label_of, legend, score_axis, seed_dots
from ictrain.report.theme import INK, PAPER, looks
from ictrain.statistics import BANDS

_GROUP = 0.84


def bars_figure(analysis: Analysis, test_set: str) -> Figure:
    """One group of bars per band of a test set, 'no context' first, one bar per strategy."""
    figure, axes = canvas(len(analysis.frame.strategies), 3.5)
    names, metric = analysis.frame.strategies, analysis.frame.metric
    cells = {
        (c.column, c.strategy): c
        for c in analysis.bands
        if (c.test_set, c.metric) == (test_set, metric) and c.strategy in names
    }
    score_axis(axes, [c.estimate for c in cells.values()], metric)
    columns = [b for b in ("none", *BANDS) if any((b, name) in cells for name in names)]
    width, style = _GROUP / max(1, len(names)), looks(names)
    for j, name in enumerate(names):
        shift = (j - (len(names) - 1) / 2) * width
        found = [(i + shift, cells.get((column, name))) for i, column in enumerate(columns)]
        marks = [(x, c.estimate, c.seeds) for x, c in found if c is not None]
        heights = [e.mean for _, e, _ in marks]
        axes.bar([m[0] for m in marks], heights, width * 0.86, color=style[name].light, lw=0)
        intervals(axes, marks, INK, 1.0)
        seed_dots(axes, marks, s=6, color=PAPER, edgecolor=INK, lw=0.5, zorder=4)
    axes.set_xticks(range(len(columns)), [_count(c, cells, names) for c in columns])
    legend(figure, [(label_of(n, analysis), style[n].light, "s") for n in names])
    return figure


def _count(column: str, cells: dict[tuple[str, str], Cell], names: Sequence[str]) -> str:
    items = sorted({c.estimate.items for (b, n), c in cells.items() if b == column and n in names})
    head = "no context" if column == "none" else column
    span = f"{items[0]}" if len(items) == 1 else f"{items[0]}–{items[-1]}"
    return f"{head}\n{span} items"
