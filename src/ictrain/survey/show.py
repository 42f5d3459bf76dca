"""The survey for people: tables on a terminal, plain aligned lines elsewhere."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from ictrain.contexts import StrategySettings
from ictrain.evaluation.leakage import METHOD_WORDS
from ictrain.statistics import BANDS
from ictrain.survey.closeness import Drawn
from ictrain.survey.lengths import Lengths
from ictrain.survey.look import Survey
from ictrain.survey.proposal import Proposal

Say = Callable[[str], None]
_BARS = " ▁▂▃▄▅▆▇█"
_CELL, _COLUMNS = 48, 12


@dataclass(frozen=True)
class Sheet:
    """A table: the first column is text, the others follow `numbers`."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def show(survey: Survey, proposal: Proposal, warnings: Sequence[str], say: Say) -> None:
    """Prints everything; say gets plain lines where the output is no terminal."""
    console = Console(highlight=False)
    put = _rich(console) if console.is_terminal else _plain(say)
    for sheet in _sheets(survey, proposal):
        put(sheet)
    say("")
    say("What to know before a run" if warnings else "Nothing here speaks against a run.")
    width = console.width if console.is_terminal else sys.maxsize
    for text in warnings:
        say(textwrap.fill(text, width, initial_indent="  ! ", subsequent_indent="    "))


def _sheets(survey: Survey, proposal: Proposal) -> list[Sheet]:
    taus = [] if survey.drawn is None else [_taus(survey.drawn)]
    return [
        _columns(survey),
        _parts(survey),
        _leaks(survey),
        _lengths(survey, proposal),
        _closeness(survey),
        *taus,
        _proposals(proposal),
    ]


def _columns(survey: Survey) -> Sheet:
    columns = survey.task.columns
    roles = {columns.input: "input", columns.output: "output", columns.id: "id"}
    shown = [c for place, c in enumerate(survey.columns) if place < _COLUMNS or c.path in roles]
    rows = [
        (look.path, roles.get(look.path, ""), look.kind, f"{look.filled:.0%}",
         f"{look.values:,}", _cut(look.sample))
        for look in shown
    ]  # fmt: skip
    given = survey.request.input and survey.request.output
    notes = [] if given else ["guessed; --input COLUMN and --output COLUMN name others"]
    notes += [f"{len(survey.columns) - len(shown)} more columns"] * (
        len(shown) < len(survey.columns)
    )
    head = ("column", "is the", "holds", "filled", "different", "e.g.")
    return Sheet(f"Columns of {survey.request.train}", head, rows, "; ".join(notes))


def _parts(survey: Survey) -> Sheet:
    rows = [
        (name, survey.parts.sources.get(name, ""), f"{part.items:,}", f"{part.distinct:,}",
         f"{part.items - part.distinct:,}", f"{part.conflicting:,}")
        for name, part in survey.leakage.parts.items()
    ]  # fmt: skip
    head = ("part", "from", "rows", "different inputs", "repeats", "inputs with several outputs")
    return Sheet("Rows", head, rows)


def _leaks(survey: Survey) -> Sheet:
    rows = [
        (f"{leak.part} in {leak.against}", f"{leak.items:,}", f"{leak.exact:,}",
         f"{leak.conflicts:,}", f"{leak.near:,} of {leak.looked:,}")
        for leak in survey.leakage.leaks
    ]  # fmt: skip
    head = ("items of", "items", "equal input", "with another output", "nearly equal")
    note = f"inputs; nearly equal: {METHOD_WORDS[survey.leakage.method]} of 0.8 or more"
    return Sheet("What the parts share", head, rows, note)


def _lengths(survey: Survey, proposal: Proposal) -> Sheet:
    measured = survey.measured
    window = survey.tokens.window
    rows = [
        _length("input", Lengths.of(measured.inputs), proposal.max_tokens),
        _length("output", Lengths.of(measured.outputs), proposal.max_new_tokens),
        _length("target alone", Lengths.of(measured.alone), proposal.max_tokens),
    ]
    for k in sorted({1, proposal.k_test, proposal.k_most}):
        rows.append(
            _length(
                f"prompt with {k}", measured.prompt(k, proposal.max_tokens), proposal.max_tokens
            )
        )
    head = ("of", "median", "95%", "99%", "longest", "proposed limit")
    known = f"; the model's window: {window:,}" if window else ""
    counted = f"on {len(measured.inputs):,} rows" if _is_sample(survey) else ""
    note = ", ".join(text for text in (f"{survey.tokens.words}{known}", counted) if text)
    return Sheet("Lengths", head, rows, note)


def _is_sample(survey: Survey) -> bool:
    held_out = (*survey.parts.tests.values(), survey.parts.dev or ())
    rows = len(survey.parts.train) + sum(len(items) for items in held_out)
    return len(survey.measured.inputs) < rows


def _length(name: str, found: Lengths, limit: int) -> tuple[str, ...]:
    numbers = (found.median, found.p95, found.p99, found.longest, limit)
    return (name, *(f"{n:,}" for n in numbers))


def _closeness(survey: Survey) -> Sheet:
    rows = []
    for name, close in survey.closeness.items():
        low, *others = (close.share(band) for band in BANDS)
        counts, _ = np.histogram(close.best, bins=10, range=(0.0, 1.0))
        bars = "".join(_BARS[int(np.ceil(8 * c / max(1, counts.max())))] for c in counts)
        rows.append(
            (name, f"{close.targets:,}", bars, f"{low:.0%}", *(f"{s:.0%}" for s in others),
             f"{np.median(close.best):.2f}", f"{close.copies:.0%}")
        )  # fmt: skip
    head = ("of", "looked at", "0 to 1", *BANDS, "median", "same output")
    note = (
        f"{survey.similarity.reason}; low below 1/3, high from 2/3 on, equal inputs left out; "
        "same output: of the closest example"
    )
    return Sheet("Closest example in the pool: how far contexts can help", head, rows, note)


def _taus(drawn: Drawn) -> Sheet:
    rows = [
        (f"{one.tau:g}", f"{one.near:.2f}", f"{one.random:.2f}", f"{one.nearer:.0%}")
        for one in drawn.taus
    ]
    head = ("tau", "one_near, median", "random, median", "one_near is closer")
    note = "best similarity of a drawn context; 50% is chance"
    return Sheet("What one_near would draw", head, rows, note)


def _proposals(proposal: Proposal) -> Sheet:
    values = {
        "k": f"{proposal.k} (test {proposal.k_test})",
        "max_tokens": f"{proposal.max_tokens:,}",
        "max_new_tokens": f"{proposal.max_new_tokens:,}",
        "tau": f"{proposal.tau:g}",
        "mixture": _mixture(proposal),
        "metrics": ", ".join(proposal.metrics),
        "steps": f"{proposal.steps:,}",
    }
    rows = [(name, value, proposal.reasons[name]) for name, value in values.items()]
    return Sheet("Proposed", ("setting", "value", "because"), rows)


def _mixture(proposal: Proposal) -> str:
    epsilon = None if proposal.swaps else 0.0
    mixture = StrategySettings(name="contrastive", epsilon=epsilon)
    cells = ", ".join(f"{cell} {weight:g}" for cell, weight in mixture.mixture().items())
    return f"{cells}; epsilon {mixture.resolved_epsilon():g}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _CELL else f"{line[: _CELL - 1]}…"


def _rich(console: Console) -> Callable[[Sheet], None]:
    def put(sheet: Sheet) -> None:
        table = Table(title=sheet.title, title_justify="left", title_style="bold",
                      caption=sheet.note or None, caption_justify="left",
                      box=box.SIMPLE_HEAD)  # fmt: skip
        for place, name in enumerate(sheet.head):
            right = bool(place) and all(_is_number(row[place]) for row in sheet.rows)
            table.add_column(name, justify="right" if right else "left", overflow="fold")
        for row in sheet.rows:
            table.add_row(*row)
        console.print()
        console.print(table, markup=False)

    return put


def _plain(say: Say) -> Callable[[Sheet], None]:
    def put(sheet: Sheet) -> None:
        say("")
        say(sheet.title)
        lines = [list(sheet.head), *(list(row) for row in sheet.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(sheet.head))]
        for line in lines:
            padded = [
                cell.rjust(width) if i and all(_is_number(row[i]) for row in sheet.rows)
                else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ]  # fmt: skip
            say(f"  {'  '.join(padded)}".rstrip())
        if sheet.note:
            say(f"  ({sheet.note})")

    return put


def _is_number(text: str) -> bool:
    return text.replace(",", "").rstrip("%").replace(".", "", 1).isdigit()
