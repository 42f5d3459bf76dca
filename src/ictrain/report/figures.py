"""The figures: accuracy against similarity, bars by band, the gain on the same targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from ictrain.analysis import Analysis, Cell, Gain, Point
from ictrain.report.theme import GRID, INK, MUTED, PAPER, SHADE, Look, looks
from ictrain.statistics import BANDS, Estimate

_SIZE = (4.7, 3.3)
_NONE_AT = -0.24
_TEXT = 8.5


def label_of(strategy: str, analysis: Analysis) -> str:
    """A strategy's name for people; the reference, when given a context, wears a dagger."""
    name = strategy.replace("_", " ")
    return f"{name} †" if strategy == analysis.settings.reference else name


def _canvas(height: float = _SIZE[1]) -> tuple[Figure, Any]:
    figure = Figure(figsize=(_SIZE[0], height), facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor="none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(colors=MUTED, labelsize=_TEXT, length=0, pad=4)
    axes.set_axisbelow(True)
    return figure, axes


def _unit(axes: Any, estimates: Sequence[Estimate]) -> None:
    """0 to 1 where the metric stays inside, otherwise what the numbers need."""
    values = [e.mean for e in estimates if e.mean is not None]
    if values and min(values) >= 0 and max(values) <= 1:
        axes.set_ylim(0, 1.04)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".50", ".75", "1"])
    axes.grid(axis="y", color=GRID, linewidth=0.6)


def _whiskers(axes: Any, x: float, estimate: Estimate, look: Look, width: float = 1.1) -> None:
    if estimate.interval is not None:
        axes.vlines(x, *estimate.interval, color=look.light, linewidth=width, zorder=2.5)


def _dots(axes: Any, x: float, seeds: dict[int, float], color: str) -> None:
    if len(seeds) > 1:
        axes.scatter(
            [x] * len(seeds), list(seeds.values()), s=5, color=color, alpha=0.5, lw=0, zorder=2.4
        )


def curve_figure(analysis: Analysis, test_set: str) -> Figure:
    """Accuracy against similarity on one test set: a line with intervals per strategy."""
    figure, axes = _canvas()
    points = [p for p in analysis.curve if p.test_set == test_set]
    alone = [
        c
        for c in analysis.bands
        if (c.test_set, c.column, c.metric) == (test_set, "none", analysis.frame.metric)
    ]
    _unit(axes, [p.estimate for p in points] + [c.estimate for c in alone])
    _bands(axes, bool(alone))
    style = looks(analysis.frame.strategies)
    ends = {}
    for place, name in enumerate(analysis.frame.strategies):
        shift = (place - (len(style) - 1) / 2) * 0.012
        mine = [p for p in points if p.strategy == name]
        _line(axes, mine, style[name], shift)
        for cell in (c for c in alone if c.strategy == name):
            _lone(axes, cell, style[name], _NONE_AT + 2.2 * shift)
            if name == analysis.settings.reference and cell.estimate.mean is not None:
                axes.axhline(cell.estimate.mean, color=style[name].light, lw=0.8, ls=(0, (1, 2)))
        if mine and mine[-1].estimate.mean is not None:
            ends[name] = mine[-1].estimate.mean
    _end_labels(axes, ends, style, analysis)
    axes.set_xlabel("similarity of the closest context example", color=MUTED, fontsize=_TEXT)
    axes.set_ylabel(analysis.frame.metric.replace("_", " "), color=MUTED, fontsize=_TEXT)
    return figure


def _bands(axes: Any, with_none: bool) -> None:
    axes.set_xlim(_NONE_AT - 0.12 if with_none else -0.06, 1.06)
    ticks = {0.0: "0", 1 / 3: "⅓", 2 / 3: "⅔", 1.0: "1"}
    ticks |= {_NONE_AT: "no\ncontext"} if with_none else {}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.axvspan(1 / 3, 2 / 3, color=SHADE, lw=0, zorder=0)
    for middle, name in zip((1 / 6, 1 / 2, 5 / 6), BANDS, strict=True):
        axes.text(
            middle,
            1.0,
            name,
            color=MUTED,
            fontsize=_TEXT - 1,
            ha="center",
            va="bottom",
            transform=axes.get_xaxis_transform(),
        )
    if with_none:
        axes.axvline(-0.11, color=GRID, lw=0.8)


def _line(axes: Any, points: list[Point], look: Look, shift: float) -> None:
    x = [p.s + shift for p in points]
    for at, point in zip(x, points, strict=True):
        _whiskers(axes, at, point.estimate, look)
        _dots(axes, at, point.seeds, look.light)
    axes.plot(
        x,
        [p.estimate.mean for p in points],
        color=look.light,
        ls=look.dash,
        lw=look.width,
        marker=look.marker,
        ms=4 + look.width / 2,
        mec=look.light,
        zorder=2 + look.width,
    )


def _lone(axes: Any, cell: Cell, look: Look, x: float) -> None:
    _whiskers(axes, x, cell.estimate, look)
    _dots(axes, x, cell.seeds, look.light)
    axes.plot(
        [x],
        [cell.estimate.mean],
        color=look.light,
        marker=look.marker,
        ls="",
        ms=4 + look.width / 2,
        zorder=2 + look.width,
    )


def _end_labels(
    axes: Any, ends: dict[str, float], style: dict[str, Look], analysis: Analysis
) -> None:
    """Names at the right ends of the lines, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    gap = 0.072 * (high - low)
    names = sorted(ends, key=lambda name: ends[name])
    places = [ends[name] for name in names]
    for _ in range(100):
        for i in range(len(places) - 1):
            lack = gap - (places[i + 1] - places[i])
            if lack > 1e-9:
                places[i], places[i + 1] = places[i] - lack / 2, places[i + 1] + lack / 2
        if places:
            excess = max(0.0, places[-1] - high)
            places[-1] -= excess
            places[0] += max(0.0, low - places[0])
    for name, y in zip(names, places, strict=True):
        weight = "bold" if name == analysis.settings.treatment else "normal"
        axes.annotate(
            label_of(name, analysis),
            (1.06, y),
            color=style[name].light,
            va="center",
            fontsize=_TEXT,
            annotation_clip=False,
            weight=weight,
        )


def bars_figure(analysis: Analysis, test_set: str) -> Figure:
    """Bars by band on one test set, with intervals, seeds as dots, and the number of items."""
    figure, axes = _canvas(3.5)
    cells = {
        (c.column, c.strategy): c
        for c in analysis.bands
        if c.test_set == test_set and c.metric == analysis.frame.metric
    }
    names = analysis.frame.strategies
    style = looks(names)
    _unit(axes, [c.estimate for c in cells.values()])
    columns = [b for b in ("none", *BANDS) if any((b, name) in cells for name in names)]
    width = 0.84 / max(1, len(names))
    for i, column in enumerate(columns):
        for j, name in enumerate(names):
            if (column, name) in cells:
                x = i + (j - (len(names) - 1) / 2) * width
                _bar(axes, x, width, cells[column, name], style[name])
    axes.set_xticks(range(len(columns)), [_count(c, cells, names) for c in columns])
    axes.set_ylabel(analysis.frame.metric.replace("_", " "), color=MUTED, fontsize=_TEXT)
    _legend(figure, [(label_of(n, analysis), style[n].light, "s") for n in names])
    return figure


def _bar(axes: Any, x: float, width: float, cell: Cell, look: Look) -> None:
    axes.bar(x, cell.estimate.mean, width * 0.86, color=look.light, lw=0, zorder=2)
    if cell.estimate.interval is not None:
        axes.vlines(x, *cell.estimate.interval, color=INK, lw=1, zorder=3)
    if len(cell.seeds) > 1:
        axes.scatter(
            [x] * len(cell.seeds),
            list(cell.seeds.values()),
            s=6,
            color=PAPER,
            edgecolor=INK,
            lw=0.5,
            zorder=4,
        )


def _count(column: str, cells: dict[tuple[str, str], Cell], names: Sequence[str]) -> str:
    items = sorted({c.estimate.items for (b, n), c in cells.items() if b == column and n in names})
    head = "no context" if column == "none" else column
    span = f"{items[0]}" if len(items) == 1 else f"{items[0]}–{items[-1]}"
    return f"{head}\n{span} items"


def _legend(figure: Figure, entries: list[tuple[str, str, str]]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=color, marker=marker, ls="", ms=6, label=name)
        for name, color, marker in entries
    ]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=3,
        frameon=False,
        fontsize=_TEXT,
        labelcolor=INK,
        handletextpad=0.2,
        columnspacing=1.2,
    )


_MODE_MARKERS = ("o", "s", "^", "D", "v")


def gain_figure(analysis: Analysis, test_set: str) -> Figure:
    """Score with a near example minus score with random ones, on the same targets."""
    gains = [g for g in analysis.gains if g.test_set == test_set]
    names = [n for n in analysis.frame.strategies if any(g.strategy == n for g in gains)]
    modes = [m for m in analysis.settings.near_modes if any(g.mode == m for g in gains)]
    style = looks(analysis.frame.strategies)
    figure, axes = _canvas(1.1 + 0.42 * len(names))
    axes.axvline(0, color=MUTED, lw=1)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    for gain in gains:
        if gain.strategy in names:
            y = names.index(gain.strategy) + (modes.index(gain.mode) - (len(modes) - 1) / 2) * 0.22
            _gain(axes, gain, y, style[gain.strategy], _MODE_MARKERS[modes.index(gain.mode) % 5])
    axes.set_yticks(range(len(names)), [label_of(n, analysis) for n in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    for tick, name in zip(axes.get_yticklabels(), names, strict=True):
        tick.set(color=style[name].light)
        tick.set(weight="bold" if name == analysis.settings.treatment else "normal")
    axes.set_xlabel("near example minus random ones, same targets", color=MUTED, fontsize=_TEXT)
    marks = dict(zip(modes, _MODE_MARKERS, strict=False))
    _legend(figure, [(m.replace("_", " "), MUTED, marks[m]) for m in modes])
    return figure


def _gain(axes: Any, gain: Gain, y: float, look: Look, marker: str) -> None:
    if gain.estimate.interval is not None:
        axes.hlines(y, *gain.estimate.interval, color=look.light, lw=1.6)
    if len(gain.seeds) > 1:
        axes.scatter(
            list(gain.seeds.values()), [y] * len(gain.seeds), s=5, color=look.light, alpha=0.5, lw=0
        )
    axes.plot([gain.estimate.mean], [y], marker=marker, color=look.light, ms=5)
