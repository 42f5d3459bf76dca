"""What a close example adds on the same targets, per strategy and kind of closeness."""

from __future__ import annotations

from matplotlib.figure import Figure

from ictrain.analysis import Analysis
from ictrain.report.drawing import (
    TEXT,
    canvas,
    faint,
    intervals,
    label_of,
    legend,
    seed_dots,
    weight_of,
)
from ictrain.report.theme import GRID, MUTED, looks

_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
_APART = 0.22


def gain_figure(analysis: Analysis, test_set: str) -> Figure:
    """Score with a near example minus score with random ones, on one test set."""
    gains = [g for g in analysis.gains if g.test_set == test_set]
    names = [n for n in analysis.frame.strategies if any(g.strategy == n for g in gains)]
    modes = [m for m in analysis.settings.near_modes if any(g.mode == m for g in gains)]
    markers = {mode: _MARKERS[i % len(_MARKERS)] for i, mode in enumerate(modes)}
    style = looks(analysis.frame.strategies)
    figure, axes = canvas(0, 1.1 + 0.42 * len(names))
    axes.axvline(0, color=MUTED, lw=1)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    for g in gains:
        if g.strategy in names:
            shift = (modes.index(g.mode) - (len(modes) - 1) / 2) * _APART
            mark = [(names.index(g.strategy) + shift, g.estimate, g.seeds)]
            look = style[g.strategy]
            intervals(axes, mark, look.light, 1.6, flat=True)
            seed_dots(axes, mark, flat=True, **faint(look))
            axes.plot(g.estimate.mean, mark[0][0], markers[g.mode], color=look.light, ms=5)
    axes.set_yticks(range(len(names)), [label_of(n, analysis) for n in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    for tick, name in zip(axes.get_yticklabels(), names, strict=True):
        tick.set(color=style[name].light, weight=weight_of(name, analysis))
    axes.set_xlabel("near example minus random ones, same targets", color=MUTED, fontsize=TEXT)
    legend(figure, [(m.replace("_", " "), MUTED, markers[m]) for m in modes])
    return figure
