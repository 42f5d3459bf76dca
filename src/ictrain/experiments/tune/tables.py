"""What a tune found, as tables: trials, costs, finalists."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ictrain.analysis.candidates import Counted
from ictrain.config import RunSettings
from ictrain.contexts import CELLS
from ictrain.experiments.tune.verdict import Verdict
from ictrain.search import Found, Outcome, Trial

VALUES = (*CELLS, "epsilon", "tau", "k", "learning_rate")


@dataclass(frozen=True)
class Tuned:
    """Everything that is shown.

    Attributes:
        seeds: the search's, then those of the comparison.
        seconds: from the first call's start to the last one's end, pauses between them left out.
    """

    settings: RunSettings
    outcome: Outcome
    verdict: Verdict
    counted: Counted
    seeds: Sequence[int]
    seconds: float

    def cost_sentence(self) -> str:
        """What was tried and what it cost."""
        all_ = costs(self)["all"]
        return (
            f"{_count(len(self.outcome.trials), 'candidate')}, "
            f"{_count(all_['trainings'], 'training')}, "
            f"{all_['steps']:,} steps, {all_['tokens']:,} tokens, "
            f"{all_['seconds']:,.0f} s of work in {self.seconds:,.0f} s"
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def cautions(tuned: Tuned) -> list[str]:
    """What a reader should know of the search before believing in it."""
    found = []
    for low, high, same, pairs in tuned.outcome.orders():
        if pairs and same < pairs / 2:
            found.append(
                f"{low} steps rank candidates otherwise than {high} do: {same} of {pairs} pairs "
                "stand in the same order, so good ones may have been stopped; set tune.rungs lower"
            )
    for trial in tuned.outcome.trials[:1]:
        counted = {f"{test} {band}" for test, bands in tuned.counted.items() for band in bands}
        for one in list(trial.rungs.values())[:1]:
            missing = sorted(counted - one.bands.keys())
            found += [f"too few items, not counted: {', '.join(missing)}"] if missing else []
    return found


def costs(tuned: Tuned) -> dict[str, dict[str, Any]]:
    """By phase and in all: trainings, steps, tokens, seconds."""
    found: dict[str, list[tuple[int, Found]]] = {}
    for trial in tuned.outcome.trials:
        for steps, one in trial.rungs.items():
            found.setdefault(f"{steps} steps", []).append((steps, one))
        for one in trial.final.values():
            found.setdefault("comparison", []).append((tuned.outcome.steps[-1], one))
    every = [pair for pairs in found.values() for pair in pairs]
    return {name: _cost(pairs) for name, pairs in {**found, "all": every}.items()}


def _cost(pairs: Sequence[tuple[int, Found]]) -> dict[str, Any]:
    return {
        "trainings": len(pairs),
        "steps": sum(steps for steps, _ in pairs),
        "tokens": sum(one.tokens for _, one in pairs),
        "training_seconds": math.fsum(one.training for _, one in pairs),
        "seconds": math.fsum(one.wall for _, one in pairs),
    }


def trials_csv(tuned: Tuned) -> str:
    """One line per training, unrounded."""
    bands = sorted({name for one in tuned.outcome.found() for name in one.bands})
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\n")
    spans = [f"{b} {end}" for b in bands for end in ("mean", "low", "high")]
    head = ["trial", *VALUES, "phase", "steps", "seed", "score", "worst_band", "step_kept"]
    out.writerow([*head, *spans, "tokens", "training_seconds", "seconds"])
    for trial in tuned.outcome.trials:
        values = trial.candidate.plain()
        shown = [values.get(name, 0.0 if name in CELLS else "") for name in VALUES]
        for phase, steps, seed, one in _measured(tuned, trial):
            numbers = [x for b in bands for x in one.bands.get(b, ["", "", ""])]
            costs_ = [one.tokens, one.training, one.wall]
            kept = steps if one.selected is None else one.selected
            mine = [phase, steps, seed, one.score, one.band, kept]
            out.writerow([trial.number, *shown, *mine, *numbers, *costs_])
    return buffer.getvalue()


def _measured(tuned: Tuned, trial: Trial) -> list[tuple[str, int, int, Found]]:
    last = tuned.outcome.steps[-1]
    search = [("search", steps, tuned.seeds[0], one) for steps, one in sorted(trial.rungs.items())]
    return search + [("comparison", last, seed, one) for seed, one in sorted(trial.final.items())]


def standing(tuned: Tuned) -> list[Trial]:
    """The candidates, the one that came furthest first, then by score there."""
    return sorted(
        tuned.outcome.trials,
        key=lambda t: (-t.top, -t.rungs[t.top].score if t.rungs else 0.0, t.number),
    )
