"""What each training teaches, in a word per test: the page's first table."""

from __future__ import annotations

from dataclasses import dataclass

from ictrain.theory.settings import Problem, regimes
from ictrain.theory.show.names import named, percent
from ictrain.theory.show.regimes import ratios
from ictrain.theory.table import MASSES, Table

GOOD = 1.5
"""Times the column's best that still counts as doing well."""


@dataclass(frozen=True)
class Cell:
    """One model on one test set, at a glance.

    Attributes:
        where: the mass that is largest.
        share: how large.
        ratio: loss over the column's best.
    """

    where: str
    share: float
    ratio: float

    @property
    def good(self) -> bool:
        """Within GOOD of the best."""
        return self.ratio <= GOOD


def glance(table: Table) -> list[tuple[str, list[Cell]]]:
    """Each training regime with its cells in the order of the tests."""
    every = ratios(table)
    return [
        (
            name,
            [
                Cell(MASSES[int(m.argmax())], float(m.max()), float(ratio))
                for m, ratio in zip(table.masses[i], every[i], strict=True)
            ],
        )
        for i, name in enumerate(table.regimes)
    ]


def needs(problem: Problem) -> dict[str, str]:
    """What each training mixture consists of."""
    return {
        name: " + ".join(
            f"{percent(weight)} {named(cell)}" if len(weights) > 1 else f"only {named(cell)}"
            for cell, weight in weights.items()
        )
        for name, weights in regimes(problem).items()
    }
