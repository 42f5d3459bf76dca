"""The numbers behind the page as CSV files, unrounded."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from ictrain.analysis import Analysis, Stops
from ictrain.analysis.dynamics import Point
from ictrain.analysis.monotone import Monotone
from ictrain.analysis.sweep import SweepCell
from ictrain.analysis.tables import judged_table
from ictrain.analysis.transience import Transience
from ictrain.report.costs import Costs
from ictrain.report.findings import Findings
from ictrain.statistics import BANDS, Estimate

_STOPS = [field.name for field in fields(Stops)]
_ESTIMATE = ("mean", "low", "high", "rows", "items", "reason")


def _numbers(e: Estimate) -> tuple[Any, ...]:
    return (e.mean, e.low, e.high, e.rows, e.items, e.reason)


def _seeds(seeds: dict[int, float]) -> str:
    return " ".join(f"{seed}:{value!r}" for seed, value in seeds.items())


def _file(head: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return buffer.getvalue()


def probes(points: Sequence[Point]) -> str:
    """Every place of every curve over steps."""
    return _file(
        ["test_set", "strategy", "probe", "step", *_ESTIMATE, "seeds"],
        [
            [p.test_set, p.strategy, p.probe, p.step, *_numbers(p.estimate), _seeds(dict(p.seeds))]
            for p in points
        ],
    )


def verdicts(found: Findings) -> str:
    """What each model is, the rule that said so, and after which step its weights are."""
    return _file(
        ["strategy", "test_set", "step", "kind", "words", "rule"],
        [
            [name, test, " ".join(map(str, found.steps_of(name))), one.kind, one.words, one.rule]
            for (name, test), one in sorted(found.verdicts.items())
        ],
    )


def transience(found: Sequence[Transience]) -> str:
    """Best and last step of reading, and the fall between them."""
    return _file(
        ["test_set", "strategy", "best_steps", "last_step", "best", "end", *_ESTIMATE, "word"],
        [
            [t.test_set, t.strategy, " ".join(map(str, t.peaks)), t.last, t.best.mean, t.end.mean,
             *_numbers(t.fall), t.word]
            for t in found
        ],
    )  # fmt: skip


def sweep(cells: Sequence[SweepCell]) -> str:
    """Scores by number of examples; rendered is how many the window had room for, in the mean."""
    return _file(
        ["test_set", "mode", "strategy", "k", "rendered", *_ESTIMATE, "seeds"],
        [
            [c.test_set, c.mode, c.strategy, c.k, c.rendered, *_numbers(c.estimate),
             _seeds(c.seeds)]
            for c in cells
        ],
    )  # fmt: skip


def monotone(found: Sequence[Monotone]) -> str:
    """The rising curve at every similarity, with the rows there; their scores are in the rows."""
    return _file(
        ["test_set", "strategy", "s", "fitted", "rows"],
        [
            [m.test_set, m.strategy, *place, count]
            for m in found
            for place, count in Counter(zip(m.s, m.fitted, strict=True)).items()
        ],
    )


def costs(found: Costs) -> str:
    """What trainings cost; the only table whose seconds another run will not repeat."""
    return _file(
        ["strategy", "jobs", *found.columns], [[name, n, *v] for name, n, v in found.lines]
    )


def closest(overlap: Mapping[str, Mapping[str, Any]]) -> str:
    """How much of each test set stands in its pool, and how close the rest comes."""
    counts = ("items", "exact", "near", "trained", "copies")
    bins = max(len(o["histogram"]) for o in overlap.values())
    return _file(
        ["test_set", "method", *counts, *BANDS, "q25", "q50", "q75",
         *(f"from_{i / bins:g}" for i in range(bins))],
        [
            [name, o["method"], *(o[key] for key in counts), *(o["bands"][b] for b in BANDS),
             *o["best"], *o["histogram"]]
            for name, o in overlap.items()
        ],
    )  # fmt: skip


_WORST = ("test_set", "band", "mean", "low", "cells")


def heat(found: Findings) -> str:
    """The worst band of every arm of a grid over p and epsilon."""
    worst = {w.strategy: w for w in found.analysis.worst}
    return _file(
        ["grid", "p", "epsilon", "strategy", *_WORST],
        [
            [grid.name, *place, arm, *(getattr(worst[arm], key) for key in _WORST)]
            for grid in found.grids
            for place, arm in sorted(grid.arms.items())
            if arm in worst
        ],
    )


def all_tables(found: Findings) -> dict[str, str]:
    """File name -> text, of all that there is."""
    files = tables(found.analysis)
    if found.dynamics:
        files |= {"probes.csv": probes(found.dynamics), "verdicts.csv": verdicts(found)}
    files["monotone.csv"] = monotone(found.monotone)
    if found.transience:
        files["transience.csv"] = transience(found.transience)
    if found.closest:
        files["closest.csv"] = closest(found.closest)
    if found.grids:
        files["heat.csv"] = heat(found)
    if found.sweep:
        files["sweep.csv"] = sweep(found.sweep)
    if found.analysis.groups:
        files["databases.csv"] = _cells(found.analysis, "database")
    if words := judged_table(found.analysis.frame):
        head = ["test_set", "strategy", "mode", "group", "judged", "rows"]
        files["judged.csv"] = _file(head, words)
    return files


def _cells(analysis: Analysis, column: str) -> str:
    of = {"band": analysis.bands, "mode": analysis.modes, "database": analysis.groups}
    cells = of[column]
    return _file(
        ["test_set", "strategy", column, "metric", *_ESTIMATE, "seeds"],
        [
            [c.test_set, c.strategy, c.column, c.metric, *_numbers(c.estimate), _seeds(c.seeds)]
            for c in cells
        ],
    )


def _goals(analysis: Analysis) -> str:
    lines = [
        ["goal", g.name, g.passed, *_numbers(g.estimate), g.rule, g.sentence]
        for g in analysis.goals
    ]
    lines += [
        ["beside", b.label, None, *_numbers(b.estimate), "", ""]
        for g in analysis.goals
        for b in g.beside
    ]
    lines += [
        ["control", c.name, c.passed, *_numbers(c.estimate), c.must, c.sentence]
        for c in analysis.controls
    ]
    return _file(["kind", "name", "passed", *_ESTIMATE, "rule", "sentence"], lines)


def tables(analysis: Analysis) -> dict[str, str]:
    """File name -> content."""
    treatment = analysis.settings.treatment
    return {
        "goals.csv": _goals(analysis),
        "bands.csv": _cells(analysis, "band"),
        "modes.csv": _cells(analysis, "mode"),
        "curve.csv": _file(
            ["test_set", "strategy", "similarity", *_ESTIMATE, "seeds"],
            [
                [p.test_set, p.strategy, p.s, *_numbers(p.estimate), _seeds(p.seeds)]
                for p in analysis.curve
            ],
        ),
        "gains.csv": _file(
            ["test_set", "strategy", "mode", *_ESTIMATE, "seeds"],
            [
                [g.test_set, g.strategy, g.mode, *_numbers(g.estimate), _seeds(g.seeds)]
                for g in analysis.gains
            ],
        ),
        "contrasts.csv": _file(
            ["test_set", "band", "treatment", "other", "metric", *_ESTIMATE],
            [
                [c.test_set, c.band, treatment, c.other, c.metric, *_numbers(c.estimate)]
                for c in analysis.contrasts
            ],
        ),
        "worst.csv": _file(
            ["strategy", *_WORST],
            [[w.strategy, *(getattr(w, key) for key in _WORST)] for w in analysis.worst],
        ),
        "stops.csv": _file(
            _STOPS,
            [[getattr(s, column) for column in _STOPS] for s in analysis.stops],
        ),
    }
