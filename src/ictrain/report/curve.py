"""The summary figure: score against similarity, a line with intervals per strategy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from ictrain.analysis import Analysis
from ictrain.report.drawing import (
    HEIGHT,
    TEXT,
    Mark,
    canvas,
    faint,
    intervals,
    label_of,
    score_axis,
    seed_dots,
    weight_of,
)
from ictrain.report.theme import GRID, MUTED, SHADE, Look, looks
from ictrain.statistics import BANDS

_NONE_AT = -0.24
_DODGE = 0.012
_LABEL_GAP = 0.072  # of the axis: the height of a line of text


def curve_figure(analysis: Analysis, test_set: str) -> Figure:
    """Score against similarity on one test set, and without context at the left.

    Strategies stand a hair apart, so that their intervals do not hide one another. The dotted line
    is the reference asked without context, which goal 2 is about.
    """
    figure, axes = canvas(len(analysis.frame.strategies))
    names, reference = analysis.frame.strategies, analysis.settings.reference
    points = [p for p in analysis.curve if p.test_set == test_set and p.strategy in names]
    alone = _alone(analysis, test_set)
    every = [p.estimate for p in points] + [e for _, e, _ in alone.values()]
    score_axis(axes, every, analysis.frame.metric)
    _bands(axes, bool(alone))
    ends = {}
    for place, (name, look) in enumerate(looks(names).items()):
        shift = (place - (len(names) - 1) / 2) * _DODGE
        line = [(p.s + shift, p.estimate, p.seeds) for p in points if p.strategy == name]
        left = [(_NONE_AT + 2.2 * shift, *alone[name][1:])] if name in alone else []
        _draw(axes, line, look, look.dash)
        _draw(axes, left, look, "")
        if name == reference and left and left[0][1].mean is not None:
            axes.axhline(left[0][1].mean, color=look.light, lw=0.8, ls=(0, (1, 2)))
        if line and line[-1][1].mean is not None:
            ends[name] = line[-1][1].mean
    _end_labels(axes, ends, analysis)
    axes.set_xlabel("similarity of the closest context example", color=MUTED, fontsize=TEXT)
    return figure


def _alone(analysis: Analysis, test_set: str) -> dict[str, Mark]:
    wanted = (test_set, "none", analysis.frame.metric)
    return {
        c.strategy: (0.0, c.estimate, c.seeds)
        for c in analysis.bands
        if (c.test_set, c.column, c.metric) == wanted and c.strategy in analysis.frame.strategies
    }


def _bands(axes: Any, with_none: bool) -> None:
    axes.set_xlim(_NONE_AT - 0.12 if with_none else -0.06, 1.06)
    ticks = {0.0: "0", 1 / 3: "⅓", 2 / 3: "⅔", 1.0: "1"}
    ticks |= {_NONE_AT: "no\ncontext"} if with_none else {}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.axvspan(1 / 3, 2 / 3, color=SHADE, lw=0, zorder=0)
    look = {"color": MUTED, "fontsize": TEXT - 1, "ha": "center", "va": "bottom"}
    for middle, name in zip((1 / 6, 1 / 2, 5 / 6), BANDS, strict=True):
        axes.text(middle, 1.0, name, transform=axes.get_xaxis_transform(), **look)
    if with_none:
        axes.axvline(-0.11, color=GRID, lw=0.8)


def _draw(axes: Any, marks: Sequence[Mark], look: Look, dash: str) -> None:
    intervals(axes, marks, look.light)
    seed_dots(axes, marks, **faint(look))
    axes.plot(
        [x for x, _, _ in marks],
        [e.mean for _, e, _ in marks],
        color=look.light,
        ls=dash,
        lw=look.width,
        marker=look.marker,
        ms=4 + look.width / 2,
        zorder=3 + look.width,
    )


def _end_labels(axes: Any, ends: dict[str, float], analysis: Analysis) -> None:
    low, high = axes.get_ylim()
    names = sorted(ends, key=lambda name: ends[name])
    gap = _LABEL_GAP * HEIGHT / axes.figure.get_figheight()
    places = spread([ends[name] for name in names], gap * (high - low), low, high)
    style = looks(analysis.frame.strategies)
    for name, y in zip(names, places, strict=True):
        axes.annotate(
            label_of(name, analysis),
            (1.06, y),
            color=style[name].light,
            va="center",
            fontsize=TEXT,
            annotation_clip=False,
            weight=weight_of(name, analysis),
        )


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Sorted places moved as little as is simple, so that neighbours are a gap apart.

    Args:
        places: ascending.
        gap: least distance.
        low, high: bounds; where there is not room for all, the lowest go below low.
    """
    found = list(places)
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + gap)
    excess = max(0.0, found[-1] - high) if found else 0.0
    for i in reversed(range(len(found))):
        limit = found[i + 1] - gap if i + 1 < len(found) else high
        found[i] = max(min(found[i], limit), low) if not excess else min(found[i], limit)
    return found
