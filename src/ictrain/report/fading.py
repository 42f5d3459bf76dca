"""Whether reading fades: the probe over a long training, with the best step and the last marked."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ictrain.analysis.dynamics import Point
from ictrain.analysis.transience import READS, Transience
from ictrain.report.drawing import TEXT, canvas, intervals, legend
from ictrain.report.theme import GRID, MUTED, PAPER, looks


def transience_figure(
    points: Sequence[Point], found: Sequence[Transience], test_set: str
) -> Figure:
    """A line per strategy over steps, as measured; a ring where it is best, by either half of the
    items. Steps are drawn evenly: what is looked for lies late."""
    mine = [p for p in points if p.test_set == test_set and p.probe == READS]
    names = tuple(dict.fromkeys(p.strategy for p in mine))
    figure, axes = canvas(len(names))
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_ylim(-0.03, 1.04)
    axes.set_xlabel("training step", color=MUTED, fontsize=TEXT)
    for name, look in looks(names).items():
        line = [p for p in mine if p.strategy == name and p.estimate.mean is not None]
        at = {p.step: p.estimate.mean or 0.0 for p in line}
        axes.plot(list(at), list(at.values()), color=look.light, lw=look.width, ls=look.dash)
        intervals(axes, [(float(p.step), p.estimate, dict(p.seeds)) for p in line], look.light, 0.5)
        peaks = {step for t in found if (t.strategy, t.test_set) == (name, test_set)
                 for step in t.peaks}  # fmt: skip
        for step in sorted(peaks & at.keys()):
            axes.plot(step, at[step], marker="o", ms=7, mfc=PAPER, mec=look.light, mew=1.6)
    legend(figure, [(n.replace("_", " "), x.light, x.marker) for n, x in looks(names).items()])
    return figure
