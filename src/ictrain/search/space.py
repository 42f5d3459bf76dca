"""The space of candidates: a simplex of cells, and numbers beside it.

Cells are searched by stick-breaking: of what is left, the i-th of n cells takes the share
1 - (1 - u)^(1 / (n - i)), with u uniform in [0, 1]. A uniform u gives uniform weights on the
simplex, and every mixture belongs to one u alone. k's range is its upper end and, as a share of
that, its lower one. Weights and epsilon are whole hundredths, tau and learning rates have two
digits, so that what is proposed can be written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ictrain.contexts import CELLS, StrategySettings
from ictrain.search.settings import TuneSettings

Params = dict[str, float]


@dataclass(frozen=True)
class Range:
    """Where one parameter may lie; log: by its logarithm; whole: integers."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Candidate:
    """What one trial trains with."""

    context: StrategySettings
    learning_rate: float

    def plain(self) -> dict[str, Any]:
        """Its numbers, by name: the cells' weights, epsilon, tau, k, learning rate."""
        mixture = self.context.model_copy(update={"epsilon_mode": "insert"}).mixture()
        values = self.context.k_values()
        k = f"{values[0]}-{values[-1]}" if len(values) > 1 else str(values[0])
        if values != tuple(range(values[0], values[-1] + 1)):
            k = ",".join(map(str, values))
        return {
            **{cell: round(mixture[cell], 4) for cell in CELLS if cell in mixture},
            "epsilon": self.context.resolved_epsilon(),
            "tau": self.context.tau,
            "k": k,
            "learning_rate": self.learning_rate,
        }


@dataclass(frozen=True)
class Space:
    """What is searched around one arm.

    Attributes:
        settings: names and ranges.
        context, learning_rate: the arm's own; what is not searched stays so.
        asked_k: how many examples an evaluation shows.
        paraphrases: whether the task can make near-duplicates.
    """

    settings: TuneSettings
    context: StrategySettings
    learning_rate: float
    asked_k: int
    paraphrases: bool

    @property
    def default(self) -> Candidate:
        """The arm as the config has it."""
        return Candidate(self.context, self.learning_rate)

    def ranges(self) -> dict[str, Range]:
        """The parameters that a sampler chooses."""
        how, found = self.settings, dict[str, Range]()
        if "cells" in how.search:
            found |= {f"stick_{i}": Range(0, 1) for i in range(len(how.cells) - 1)}
        if "epsilon" in how.search and self.paraphrases:
            found["epsilon"] = Range(*how.epsilon)
        if "tau" in how.search:
            found["tau"] = Range(*how.tau, log=True)
        if "k" in how.search:
            found["k_high"] = Range(*self._k(), whole=True)
            found["k_low"] = Range(0, 1)
        if "learning_rate" in how.search:
            found["learning_rate"] = Range(*self._rates(), log=True)
        return found

    def candidate(self, params: Mapping[str, float]) -> Candidate:
        """What a sampler's choice means."""
        changed: dict[str, Any] = {}
        if "stick_0" in params:
            changed |= {"cells": self._cells(params), "p": None}
        if "epsilon" in params:
            changed["epsilon"] = round(params["epsilon"], 2)
        if "tau" in params:
            changed["tau"] = _digits(params["tau"])
        if "k_high" in params:
            low, high = self._k()[0], int(params["k_high"])
            least = low + int(params["k_low"] * (high - low) + 0.5)
            changed["k"] = f"{least}-{high}" if least < high else high
        context = StrategySettings.parse({**self.context.model_dump(), **changed})
        rate = params.get("learning_rate")
        return Candidate(context, self.learning_rate if rate is None else _digits(rate))

    def params(self, candidate: Candidate) -> Params:
        """The choice that means a candidate, or one close to it where it lies outside."""
        found: Params = {}
        mixture, values = candidate.context.mixture(), candidate.context.k_values()
        cells = self.settings.cells
        rest = sum(mixture.get(cell, 0.0) for cell in cells)
        for i, cell in enumerate(cells[:-1]):
            share = min(1.0, mixture.get(cell, 0.0) / rest) if rest > 1e-9 else 0.0
            found[f"stick_{i}"] = 1 - (1 - share) ** (len(cells) - 1 - i)
            rest -= mixture.get(cell, 0.0)
        found["epsilon"] = candidate.context.resolved_epsilon()
        found["tau"] = candidate.context.tau
        low, high = self._k()[0], min(values[-1], self._k()[1])
        found["k_high"] = high
        found["k_low"] = (values[0] - low) / (high - low) if high > low else 0.0
        found["learning_rate"] = candidate.learning_rate
        return {
            name: min(max(found[name], span.low), span.high) for name, span in self.ranges().items()
        }

    def _k(self) -> tuple[int, int]:
        return self.settings.k or (1, max(*self.context.k_values(), self.asked_k))

    def _rates(self) -> tuple[float, float]:
        return self.settings.learning_rate or (self.learning_rate / 4, self.learning_rate * 4)

    def _cells(self, params: Mapping[str, float]) -> dict[str, float]:
        plain = self.context.model_copy(update={"epsilon_mode": "insert"}).mixture()
        names = self.settings.cells
        kept = {cell: weight for cell, weight in plain.items() if cell not in names}
        left = 1.0 - sum(kept.values())
        weights = dict(kept)
        for i, cell in enumerate(names[:-1]):
            share = 1 - (1 - params[f"stick_{i}"]) ** (1 / (len(names) - 1 - i))
            weights[cell] = min(round(left * share, 2), left)
            left = round(left - weights[cell], 10)
        return {**weights, names[-1]: left}


def _digits(value: float) -> float:
    return float(f"{value:.2g}")
