"""Successive halving: many candidates for few steps, few for all of them.

All candidates of a rung are judged together, so what goes on does not depend on their order, and
what a tune costs is known beforehand. (optuna's SuccessiveHalvingPruner judges each trial when it
reports, against those before it: the first one always goes on, and one that was stopped never comes
back.)

Source: Jamieson & Talwalkar, 'Non-stochastic Best Arm Identification' (2016).
"""

from __future__ import annotations

from collections.abc import Mapping

from ictrain.search.settings import TuneSettings

Rank = tuple[float, ...]
"""The score, then what decides between equal ones."""


def rung_steps(steps: int, settings: TuneSettings) -> list[int]:
    """The steps of each rung, ascending; the last has all of them."""
    below = (steps // settings.reduction**i for i in range(settings.rungs))
    return sorted({max(1, found) for found in below})


def same_order(lower: Mapping[int, Rank], upper: Mapping[int, Rank]) -> tuple[int, int]:
    """Of the pairs of trials in both rungs, how many stand in the same order; and how many pairs.

    A pair that a rung has at equal ranks is left out.
    """
    both = sorted(lower.keys() & upper.keys())
    pairs = [(a, b) for i, a in enumerate(both) for b in both[i + 1 :]]
    told = [(a, b) for a, b in pairs if lower[a] != lower[b] and upper[a] != upper[b]]
    return sum((lower[a] < lower[b]) == (upper[a] < upper[b]) for a, b in told), len(told)


def going_on(count: int, settings: TuneSettings) -> int:
    """How many of so many challengers go on: one in `reduction`, rounded up."""
    return -(-count // settings.reduction)


def survivors(ranks: Mapping[int, Rank], settings: TuneSettings) -> list[int]:
    """The trials that go on: trial 0, which all are held against, and the best of the others."""
    others = [number for number in ranking(ranks) if number]
    return [0, *others[: going_on(len(others), settings)]]


def ranking(ranks: Mapping[int, Rank]) -> list[int]:
    """The best first, the earlier of equals before the later."""
    return sorted(ranks, key=lambda number: (*(-part for part in ranks[number]), number))
