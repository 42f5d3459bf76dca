"""The numbers behind the page as CSV files, unrounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any

from ictrain.theory import words
from ictrain.theory.bars import Outcome
from ictrain.theory.claims import Claim
from ictrain.theory.curves import Curve
from ictrain.theory.findings import Findings, Rest
from ictrain.theory.rays import DISTANCES
from ictrain.theory.simplex import CONDITIONS, CORNERS
from ictrain.theory.table import MASSES, Measured, Table

Lines = Iterable[Sequence[Any]]


def tables(found: Findings, claims: Sequence[Claim], outcomes: Sequence[Outcome]) -> dict[str, str]:
    """File name -> content; what the quick form does not measure has no file."""
    core, rest = found.core, found.rest
    every = [core.fixed] + ([rest.sgd, rest.joint, rest.joint_adam] if rest else [])
    files = {
        "regimes.csv": _file(_REGIMES, [*(x for t in every for x in _regimes(t)), *_three(rest)]),
        "training.csv": _file(_TRAINING, (x for t in every for x in _training(t))),
        "similarity.csv": _file(_SIMILARITY, (x for c in core.curves for x in _curve(c))),
        "rays.csv": _file(["ray", "regime", "direction", "t", "gradient"], _rays(found)),
        "facts.csv": _file(["of", "what", "value"], _facts(found)),
        "claims.csv": _file(_CLAIMS, ([getattr(c, f) for f in _CLAIMS] for c in claims)),
        "bars.csv": words.bars_csv(outcomes),
    }
    if rest is None:
        return files
    more: dict[str, tuple[Sequence[str], Callable[[Rest], Lines]]] = {
        "hump.csv": (_SIMILARITY, lambda r: (x for c in r.hump.curves for x in _curve(c))),
        "mixtures.csv": (_MIXTURES, lambda r: _mixtures(r, found.seed)),
        "landscapes.csv": (["regime", "horizontal", "vertical", "x", "y", "loss"], _landscapes),
    }
    return files | {name: _file(head, lines(rest)) for name, (head, lines) in more.items()}


def _file(head: Sequence[str], lines: Lines) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    # What a kind of row does not have is empty, so that every row is as long as the head.
    writer.writerows([*line, *[""] * (len(head) - len(line))] for line in map(list, lines))
    return buffer.getvalue()


_SCALARS = ("alpha", "beta", "gamma")
_REGIMES = ("plan", "train", "test", "loss", "ratio", *MASSES, "closest", *_SCALARS, "estimator")
_TRAINING = ("plan", "regime", "step", *_SCALARS, "estimator", "self", "own", "context", "random")
_SIMILARITY = ("train", "whole", "similarity", "loss", *MASSES)
_CLAIMS = ("name", "place", "status", "says", "figure", "condition")
_WEIGHTS, _LOSSES = (f"weight_{c}" for c in CORNERS), (f"loss_{c}" for c in CONDITIONS)
_MIXTURES = ("plan", "graded_share", *_WEIGHTS, "seed", *_LOSSES)


def _regimes(table: Table) -> Lines:
    best = table.loss.min(axis=0)
    for i, train in enumerate(table.regimes):
        for j, test in enumerate(table.tests):
            yield [
                *(table.plan, train, test, table.at(train, test)),
                float(table.loss[i, j] / best[j]),
                *table.masses[i, j].tolist(),
                *(table.mass(train, test, "closest"), *table.scalars[i].tolist()),
                table.mse(train),
            ]


def _three(rest: Rest | None) -> Lines:
    """Section 2's mixture, which stands in no table and is compared with none of its rows."""
    found: dict[str, dict[str, Measured]] = rest.three_way if rest else {}
    for plan, tests in found.items():
        for test, one in tests.items():
            yield [plan, "three_way", test, one.loss, "", *one.masses.tolist(), one.closest]


def _training(table: Table) -> Lines:
    trace = table.trace
    learned = trace.mse.size > 0
    for i, step in enumerate(trace.steps.tolist()):
        for j, regime in enumerate(table.regimes):
            rest = (trace.mse, trace.self_mass, trace.rms, trace.random_share) if learned else ()
            values = [v for column in rest for v in column[i, j].reshape(-1).tolist()]
            yield [table.plan, regime, step, *trace.scalars[i, j].tolist(), *values]


def _curve(curve: Curve) -> Lines:
    for s, loss, masses in zip(curve.similarity, curve.loss, curve.masses, strict=True):
        yield [curve.name, curve.whole, float(s), float(loss), *masses.tolist()]


def _rays(found: Findings) -> Lines:
    for ray in found.core.rays:
        for t, gradient in zip(DISTANCES, ray.gradient, strict=True):
            yield [ray.name, ray.regime, ray.words, t, gradient]


def _facts(found: Findings) -> Lines:
    core, rest = found.core, found.rest
    yield ["target", "lipschitz", core.lipschitz]
    for name in ("facts", "exact", "control", "early", "gate", "third"):
        for field in fields(getattr(core, name)):
            yield from _fact(name, field.name, getattr(getattr(core, name), field.name))
    yield from _fact("plateau", "gradient and bound", core.plateau)
    if rest is not None:
        yield ["long training", "log_odds", rest.long.log_odds]
        yield ["long training", "predicted", rest.long.predicted]


def _fact(of: str, what: str, value: Any) -> Lines:
    """A number, numbers in a row, or numbers by name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _fact(of, f"{what} {name}", inner)
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield [of, f"{what} {i + 1}", inner]
    else:
        yield [of, what, value]


def _mixtures(rest: Rest, first_seed: int) -> Lines:
    for one in rest.simplexes:
        for seed, losses in enumerate(one.loss, first_seed):
            for weights, row in zip(one.weights, losses, strict=True):
                yield [one.plan, one.graded_share, *weights.tolist(), seed, *row.tolist()]


def _landscapes(rest: Rest) -> Lines:
    """With six digits: thousands of points that only a picture needs."""
    for one in rest.landscapes:
        for y, row in zip(one.y, one.loss, strict=True):
            for x, loss in zip(one.x, row, strict=True):
                yield [one.regime, *one.axes, *(f"{v:.6g}" for v in (x, y, loss))]
