"""Every single score against similarity, with the rising curve that is closest to them."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ictrain.analysis.monotone import Monotone
from ictrain.randomness import rng
from ictrain.report.drawing import TEXT, canvas, legend
from ictrain.report.theme import GRID, MUTED, looks

_MOST = 120
"""Dots per strategy: more hide one another, and make a large page."""
_SPREAD = 0.012


def raw_figure(found: Sequence[Monotone], test_set: str, metric: str) -> Figure:
    """Dots stand a hair off their place, or equal ones would be one; the curve is not moved.

    The fit is known where there are scores: each value is drawn half of the way to its neighbours.
    """
    mine = [m for m in found if m.test_set == test_set]
    names = tuple(m.strategy for m in mine)
    figure, axes = canvas(len(names))
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_xlabel("similarity of the closest context example", color=MUTED, fontsize=TEXT)
    axes.set_ylabel(metric.replace("_", " "), color=MUTED, fontsize=TEXT)
    style = looks(names)
    for one in mine:
        look, places = style[one.strategy], _shown(len(one.s), one.strategy)
        off = rng(0, f"raw/{one.strategy}").normal(0, _SPREAD, (2, len(places)))
        axes.scatter(
            [one.s[i] + dx for i, dx in zip(places, off[0], strict=True)],
            [one.scores[i] + dy for i, dy in zip(places, off[1], strict=True)],
            s=3, color=look.light, alpha=0.25, lw=0, zorder=2,
        )  # fmt: skip
        steps = dict(zip(one.s, one.fitted, strict=True))
        axes.plot(steps.keys(), steps.values(), drawstyle="steps-mid", color=look.light,
                  lw=look.width, ls=look.dash, zorder=4)  # fmt: skip
    legend(figure, [(n.replace("_", " "), x.light, x.marker) for n, x in style.items()])
    return figure


def _shown(count: int, strategy: str) -> list[int]:
    order = rng(0, f"raw/shown/{strategy}").permutation(count)[:_MOST]
    return sorted(order.tolist())
