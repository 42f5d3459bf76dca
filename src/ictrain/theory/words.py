"""What the command prints: the regime table, the claims, the bars."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ictrain.theory.bars import BARS, Bar, Outcome
from ictrain.theory.claims import Claim
from ictrain.theory.simplex import DEFAULT, Simplex
from ictrain.theory.table import MASSES, Table

_MARKS = {"held": "+", "holds with a condition": "~", "does not hold": "-"}


def table_lines(table: Table, title: str) -> list[str]:
    """Loss and masses of every regime on every test set."""
    head = f"{'trained on':<16}" + "".join(f"{'on ' + test:<31}" for test in table.tests)
    lines = [title, head + "alpha, beta, gamma"]
    for i, name in enumerate(table.regimes):
        cells = [
            f"{table.loss[i, j]:7.4f} ({'/'.join(f'{m:.2f}' for m in table.masses[i, j])})".ljust(
                31
            )
            for j in range(len(table.tests))
        ]
        scalars = ", ".join(f"{v:.2f}" for v in table.scalars[i])
        lines.append(f"{name:<16}{''.join(cells)}{scalars}")
    return [*lines, f"mean squared error, then attention mass on {' / '.join(MASSES)}"]


def claim_lines(claims: Sequence[Claim]) -> list[str]:
    """Each claim with its status, its figure and its condition or correction."""
    lines = []
    for claim in claims:
        lines.append(f"{_MARKS[claim.status]} {claim.name} ({claim.place}): {claim.status}")
        lines += [f"    {claim.says}", f"    {claim.figure}"]
        lines += [f"    {claim.condition}"] if claim.condition else []
    return lines


def simplex_lines(found: Sequence[Simplex]) -> list[str]:
    """The best mixture of each simplex, and where the main system's default stands."""
    lines = []
    for one in found:
        near = f", {one.graded_share:.0%} of the near examples graded" if one.graded_share else ""
        for graded in (False, True):
            worst = one.worst(graded)
            best, default = int(worst.argmin()), one.index(*DEFAULT)
            what = "regimes and graded similarities" if graded else "the three regimes"
            weights = " / ".join(f"{w:.2f}" for w in one.weights[best])
            lines.append(
                f"{one.plan} estimator{near}, worst ratio over {what}: best {worst[best]:.2f} at "
                f"random / similar / one near {weights}; {int(one.near_best(graded).sum())} of "
                f"{len(worst)} mixtures within 1.1 of it; .25 / .25 / .50 has {worst[default]:.2f}"
            )
    return lines


def bar_lines(found: Sequence[Outcome]) -> list[str]:
    """One line per bar: its bound, the range over seeds, and which seeds fail."""
    lines = []
    for bar in BARS:
        values = [o.value for o in found if o.bar == bar]
        if not values:
            continue
        failed = [str(o.seed) for o in found if o.bar == bar and not o.held]
        told = f"FAILS at seed {', '.join(failed)}" if failed else "held"
        span = f"{min(values):.4g} to {max(values):.4g}"
        lines.append(f"{bar.key:<76} {bar.relation} {bar.bound:<7g} {span:<24} {told}")
    return lines


def failing(found: Sequence[Outcome]) -> list[Bar]:
    """The bars that some seed did not clear."""
    return [bar for bar in BARS if any(o.bar == bar and not o.held for o in found)]


def bars_csv(found: Sequence[Outcome]) -> str:
    """Every outcome as a row."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["bar", "plan", "measured", "seed", "value", "relation", "bound", "held"])
    for o in found:
        bar = o.bar
        rows.writerow(
            [bar.name, bar.plan, bar.words, o.seed, repr(o.value), bar.relation, bar.bound, o.held]
        )
    return text.getvalue()
