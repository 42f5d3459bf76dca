"""Learning dynamics: a panel per probe, a line per strategy; and each strategy's way in the plane
of weights against context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from ictrain.analysis.dynamics import Point, smoothed
from ictrain.report.drawing import TEXT, canvas, intervals, legend
from ictrain.report.theme import GRID, INK, MUTED, looks

PANELS = {
    "uncovered": "in the weights: score with random context, nothing close",
    "follow": "from the context: takes the label that a shuffle put beside the near-duplicate",
    "leans": "from the context: most like that label, of all labels and the gold",
    "gain": "what a near-duplicate adds on the same item",
    "copy_whole": "blind copying: says what stands at another slot, beyond chance",
    "copy": "copy score by the formula of the paper: an answer from the weights counts too",
    "copy_strict": "copy score, strict: the same without the slots that happen to be right",
    "place": "where a repeated label stands after the shuffle: 0 the first slot, 1 the last",
    "iwl": "IWL score by the formula of the paper: agreement of random and no context",
    "icl": "ICL score by the formula of the paper: likeness to labels of similar examples",
    "none": "score without context",
    "random": "score with random context",
    "near": "score with a near-duplicate among random examples",
    "shuffled": "score with the same examples and shuffled labels",
    "distraction": "what random examples add, on the same item",
    "shuffle_loss": "what a shuffle of the labels takes, on the same item",
    "stopped": "answers that ended by themselves",
}
"""Probe -> its title on the page."""


def titles(jobs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """PANELS, with what a run's jobs compared outputs by; an older run does not say."""
    none: Mapping[str, str] = {}
    told = next((job["compared_by"] for job in jobs if job.get("compared_by")), none)
    return {
        probe: f"{text}; outputs are compared by {told[probe]}" if probe in told else text
        for probe, text in PANELS.items()
    }


PLANE = ("uncovered", "follow")
"""Of the plane: what is in the weights, and what is taken from the context."""


def panel(points: Sequence[Point], test_set: str, probe: str) -> Figure:
    """One probe over steps: faint, as measured, with intervals; strong, smoothed."""
    mine = [p for p in points if p.test_set == test_set and p.probe == probe]
    names = tuple(dict.fromkeys(p.strategy for p in mine))
    figure, axes = canvas(len(names))
    last = max((p.step for p in mine), default=1)
    axes.set_xscale("symlog", linthresh=max(1, last / 100))
    ticks = [0, *(t for t in (1, 10, 100, 1000, 10_000, 100_000) if last / 100 <= t <= last)]
    axes.set_xticks(ticks, [f"{t:,}" for t in ticks])
    axes.minorticks_off()
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_xlabel("training step", color=MUTED, fontsize=TEXT)
    for name, look in looks(names).items():
        line = [p for p in mine if p.strategy == name and p.estimate.mean is not None]
        steps, means = [p.step for p in line], [p.estimate.mean or 0.0 for p in line]
        marks = [(float(p.step), p.estimate, dict(p.seeds)) for p in line]
        axes.plot(steps, means, color=look.light, lw=0.7, alpha=0.5, marker=look.marker, ms=2.5)
        intervals(axes, marks, look.light, 0.5)
        axes.plot(steps, smoothed(steps, means), color=look.light, lw=look.width, ls=look.dash)
    legend(figure, [(n.replace("_", " "), x.light, x.marker) for n, x in looks(names).items()])
    return figure


def plane(points: Sequence[Point], test_set: str) -> Figure:
    """Each strategy from the base (circle) to the weights that were kept (its marker); points as
    dynamics.as_kept has them."""
    x, y = ({(p.strategy, p.step): p.estimate.mean for p in points if p.test_set == test_set
             and p.probe == probe} for probe in PLANE)  # fmt: skip
    names = tuple(dict.fromkeys(strategy for strategy, _ in x))
    figure, axes = canvas(len(names))
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("in the weights: score with nothing close", color=MUTED, fontsize=TEXT)
    axes.set_ylabel("from the context: follows", color=MUTED, fontsize=TEXT)
    for name, look in looks(names).items():
        way = [(x[key], y[key]) for key in sorted(x) if key[0] == name and key in y]
        _way(axes, [w for w in way if None not in w], look)
    legend(figure, [(n.replace("_", " "), k.light, k.marker) for n, k in looks(names).items()])
    return figure


def _way(axes: Any, way: Sequence[tuple[Any, Any]], look: Any) -> None:
    if way:
        axes.plot(*zip(*way, strict=True), color=look.light, lw=look.width, ls=look.dash)
        axes.plot(*way[0], marker="o", ms=6, mfc="none", mec=INK)
        axes.plot(*way[-1], marker=look.marker, ms=7, color=look.light)
