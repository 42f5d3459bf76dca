"""Which arms of a run form a grid over p and epsilon, read from the run's resolved config."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ictrain.contexts import StrategySettings
from ictrain.errors import ConfigError

AXES = ("p", "epsilon")


@dataclass(frozen=True)
class Grid:
    """Arms that are alike in all but p and epsilon.

    Attributes:
        name: what they are alike in, for people: the strategy, and how epsilon is read.
        p, epsilon: the values, rising.
        arms: (p, epsilon) -> arm; a place may be empty.
    """

    name: str
    p: tuple[float, ...]
    epsilon: tuple[float, ...]
    arms: Mapping[tuple[float, float], str]


def grids(strategies: Mapping[str, Any]) -> list[Grid]:
    """The grids with at least two values of p and two of epsilon; [] where a run has none.

    Args:
        strategies: of a run's resolved config, by arm.
    """
    groups: dict[str, dict[tuple[float, float], str]] = {}
    names: dict[str, str] = {}
    for arm, values in strategies.items():
        point = _point(values)
        if point is None:
            continue
        settings, key = point
        place = (_rounded(settings.resolved_p()), _rounded(settings.resolved_epsilon()))
        groups.setdefault(key, {}).setdefault(place, arm)
        names[key] = f"{settings.name.replace('_', ' ')}, epsilon mode {settings.epsilon_mode}"
    found = []
    for key, arms in groups.items():
        p, epsilon = (tuple(sorted({place[axis] for place in arms})) for axis in (0, 1))
        if min(len(p), len(epsilon)) > 1:
            found.append(Grid(names[key], p, epsilon, arms))
    return _unique(found)


def _point(values: Any) -> tuple[StrategySettings, str] | None:
    """An arm's context settings, and all that it shares with the arms of its grid."""
    if not isinstance(values, Mapping) or values.get("kind", "trained") != "trained":
        return None
    context = dict(values.get("context") or {})
    if context.get("cells") or "name" not in context:
        return None
    try:
        settings = StrategySettings.parse(context)
    except ConfigError:  # a record of another version
        return None
    if settings.resolved_p() is None:
        return None
    rest = {k: v for k, v in settings.model_dump(mode="json").items() if k not in AXES}
    others = {k: values.get(k) for k in ("training", "adapter")}
    return settings, json.dumps([rest, others], sort_keys=True)


def _rounded(value: float | None) -> float:
    return round(value or 0.0, 4)


def _unique(found: list[Grid]) -> list[Grid]:
    """Grids that differ in what their names do not say are numbered."""
    taken: dict[str, int] = {}
    unique = []
    for grid in found:
        taken[grid.name] = number = taken.get(grid.name, 0) + 1
        name = f"{grid.name} ({number})" if number > 1 else grid.name
        unique.append(Grid(name, grid.p, grid.epsilon, grid.arms))
    return unique
