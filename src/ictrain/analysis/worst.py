"""The worst band of each strategy: where its answers are weakest among what a user relies on.

Four cells count: the fixed task in each band of similarity (low needs the weights, high the
context), and fresh knowledge in the high band, where the context alone can tell. Fresh knowledge
with nothing close is left out, for nobody can know it. The rule is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ictrain.analysis.frame import Frame
from ictrain.analysis.settings import AnalysisSettings
from ictrain.analysis.tables import Cell
from ictrain.statistics import BANDS


@dataclass(frozen=True, slots=True)
class Worst:
    """A strategy's lowest mean, and where it is.

    Attributes:
        test_set, band: of the lowest mean.
        mean: that mean.
        low: the lowest of the lower bounds of all cells; None where a cell has no interval. The
            true worst band lies below it no more often than any one band lies below its own bound.
        cells: how many cells there are rows for; one strategy with fewer than another is not
            comparable with it.
    """

    strategy: str
    test_set: str
    band: str
    mean: float
    low: float | None
    cells: int


def worst_places(settings: AnalysisSettings) -> tuple[tuple[str, str], ...]:
    """(test set, band) of the cells that count."""
    places = [(settings.id_test, band) for band in BANDS]
    return tuple(dict.fromkeys([*places, (settings.ood_test, BANDS[-1])]))


def worst_table(bands: Sequence[Cell], frame: Frame, settings: AnalysisSettings) -> list[Worst]:
    """One line per strategy, in the order of the page; strategies without rows there left out."""
    places = worst_places(settings)
    found = []
    for name in frame.strategies:
        cells = [
            c
            for c in bands
            if (c.strategy, c.metric) == (name, frame.metric)
            and (c.test_set, c.column) in places
            and c.estimate.mean is not None
        ]
        if cells:
            found.append(_worst(name, cells))
    return found


def _worst(strategy: str, cells: Sequence[Cell]) -> Worst:
    means = {(c.test_set, c.column): c.estimate.mean or 0.0 for c in cells}
    lows = [c.estimate.low for c in cells if c.estimate.low is not None]
    place = min(means, key=lambda key: means[key])
    low = min(lows) if len(lows) == len(cells) else None
    return Worst(strategy, *place, means[place], low, len(cells))
