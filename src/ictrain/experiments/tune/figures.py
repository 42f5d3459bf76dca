"""Two figures: every candidate's score from rung to rung, and each parameter against score."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from ictrain.experiments.tune.tables import Tuned
from ictrain.report.drawing import TEXT, canvas
from ictrain.report.theme import GRID, INK, MUTED, PAPER, looks
from ictrain.search import Trial

_COLUMNS = 3


def _colours() -> tuple[str, str]:
    found = looks(("contrastive", "random"))
    return found["contrastive"].light, found["random"].light


def rung_figure(tuned: Tuned) -> Figure:
    """Score by rung, a line per candidate; the config's own and the finalists stand out."""
    figure, axes = canvas(1)
    steps = tuned.outcome.steps
    best, own = _colours()
    for trial in reversed(tuned.outcome.trials):
        at = [(steps.index(s), f.score) for s, f in sorted(trial.rungs.items())]
        special = trial.number == 0 or trial.number in tuned.outcome.finalists
        color = own if trial.number == 0 else best if special else MUTED
        axes.plot(
            *zip(*at, strict=True), color=color, marker="s" if trial.number == 0 else "o",
            ms=5 if special else 3, lw=1.8 if special else 0.8, alpha=1 if special else 0.6,
            zorder=4 if special else 2,
        )  # fmt: skip
        if special:
            name = "config" if trial.number == 0 else f"trial {trial.number}"
            axes.annotate(
                name, at[-1], xytext=(6, 6 if trial.number else -10), color=color, fontsize=TEXT,
                textcoords="offset points", annotation_clip=False,
            )  # fmt: skip
    axes.set_xticks(range(len(steps)), [f"{s} steps" for s in steps])
    axes.set_xlim(-0.25, len(steps) - 0.65)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_ylabel("worst band, lower end", color=MUTED, fontsize=TEXT)
    return figure


def parameter_figure(tuned: Tuned) -> Figure:
    """Each searched number against the score of the first rung, the one that all were in."""
    names = varied(tuned)
    lines = -(-len(names) // _COLUMNS)
    figure = Figure(figsize=(4.7, 0.4 + 1.55 * lines), facecolor=PAPER, layout="constrained")
    grid = figure.subplots(lines, _COLUMNS, squeeze=False, sharey=True)
    for axes in grid.flat[len(names) :]:
        axes.set_visible(False)
    for axes, name in zip(grid.flat, names, strict=False):
        _panel(axes, tuned, name)
    figure.supylabel("worst band, lower end, first rung", color=MUTED, fontsize=TEXT)
    return figure


def varied(tuned: Tuned) -> list[str]:
    """The numbers that are not the same for all candidates."""
    values: dict[str, set[float]] = {}
    for trial in tuned.outcome.trials:
        for name, value in numbers_of(trial).items():
            values.setdefault(name, set()).add(value)
    return [name for name, found in values.items() if len(found) > 1]


def numbers_of(trial: Trial) -> dict[str, float]:
    """A candidate as numbers alone: k by its two ends, cells that it lacks as 0."""
    plain = dict(trial.candidate.plain())
    ks = trial.candidate.context.k_values()
    cells = {name: float(plain.get(name, 0.0)) for name in ("random", "similar", "one_near")}
    rest = {n: float(v) for n, v in plain.items() if n not in cells and n != "k"}
    return {**cells, **rest, "least k": float(min(ks)), "most k": float(max(ks))}


def _panel(axes: Any, tuned: Tuned, name: str) -> None:
    best, own = _colours()
    lowest = tuned.outcome.steps[0]
    for trial in tuned.outcome.trials:
        if lowest not in trial.rungs:
            continue
        color = own if trial.number == 0 else MUTED
        color = best if trial.number in tuned.outcome.finalists else color
        size = 9 + 14 * tuned.outcome.steps.index(trial.top)
        x, y = numbers_of(trial)[name], trial.rungs[lowest].score
        axes.scatter([x], [y], s=size, color=color, lw=0, alpha=0.85, zorder=3)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    if name in ("tau", "learning_rate"):
        axes.set_xscale("log")
        axes.minorticks_off()
        ends = sorted({numbers_of(t)[name] for t in tuned.outcome.trials})
        axes.set_xticks([ends[0], ends[-1]], [f"{ends[0]:g}", f"{ends[-1]:g}"])
    axes.tick_params(colors=MUTED, labelsize=TEXT - 1.5, length=0, pad=3)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_title(name.replace("_", " "), color=INK, fontsize=TEXT, loc="left", pad=3)
