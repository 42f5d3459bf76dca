"""Score against the number of examples, a line with intervals per strategy."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ictrain.analysis.sweep import SweepCell
from ictrain.report.drawing import TEXT, canvas, intervals, legend, score_axis
from ictrain.report.theme import MUTED, looks


def sweep_figure(cells: Sequence[SweepCell], test_set: str, mode: str, metric: str) -> Figure:
    """One mode on one test set; the numbers of examples stand at equal distances."""
    mine = [c for c in cells if (c.test_set, c.mode) == (test_set, mode)]
    names = tuple(dict.fromkeys(c.strategy for c in mine))
    counts = sorted({c.k for c in mine})
    figure, axes = canvas(len(names))
    score_axis(axes, [c.estimate for c in mine], metric)
    axes.set_xticks(range(len(counts)), [str(k) for k in counts])
    axes.set_xlabel("examples in the context", color=MUTED, fontsize=TEXT)
    for place, (name, look) in enumerate(looks(names).items()):
        shift = (place - (len(names) - 1) / 2) * 0.04
        line = [c for c in mine if c.strategy == name and c.estimate.mean is not None]
        marks = [(counts.index(c.k) + shift, c.estimate, c.seeds) for c in line]
        intervals(axes, marks, look.light)
        axes.plot(
            [x for x, _, _ in marks],
            [e.mean for _, e, _ in marks],
            color=look.light,
            ls=look.dash,
            lw=look.width,
            marker=look.marker,
            ms=4 + look.width / 2,
        )
    legend(figure, [(n.replace("_", " "), x.light, x.marker) for n, x in looks(names).items()])
    return figure
