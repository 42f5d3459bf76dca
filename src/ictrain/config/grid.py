"""Many arms in three lines: an arm with a grid stands for one arm per combination of values.

    contrastive:
      grid: {context.p: [0.1, 0.25], context.epsilon: [0, 0.5]}

means the arms contrastive@p0.1+epsilon0, contrastive@p0.1+epsilon0.5, contrastive@p0.25+epsilon0
and contrastive@p0.25+epsilon0.5, which are alike in all else.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import product
from typing import Any

from ictrain.errors import ConfigError


def expanded(name: str, arm: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The arms by name that an arm stands for: itself, where it has no grid.

    Args:
        name: of the arm.
        arm: its values as they come from a file.

    Raises:
        ConfigError: a grid that is not lists by key, or that makes one arm twice.
    """
    if "grid" not in arm:
        return {name: dict(arm)}
    grid = arm["grid"]
    if not isinstance(grid, dict) or not grid or not all(map(_is_list, grid.values())):
        raise ConfigError(
            f"grid is {grid!r}",
            expected="lists of values by key, such as {context.p: [0.1, 0.25]}",
            where=f"strategies.{name}",
        )
    found: dict[str, dict[str, Any]] = {}
    for values in product(*grid.values()):
        point = dict(zip(grid, values, strict=True))
        label = f"{name}@{'+'.join(_told(key, value) for key, value in point.items())}"
        if label in found:
            raise ConfigError(f"two arms named {label}", where=f"strategies.{name}.grid")
        found[label] = _with(arm, point, name)
    return found


def _is_list(values: Any) -> bool:
    return isinstance(values, list) and bool(values)


def _told(key: str, value: Any) -> str:
    """'context.p' and a third -> 'p0.3333'."""
    last = key.rpartition(".")[2]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{last}{value:.4g}" if number else f"{last}-{value}"


def _with(arm: Mapping[str, Any], point: Mapping[str, Any], name: str) -> dict[str, Any]:
    made = copy.deepcopy({key: value for key, value in arm.items() if key != "grid"})
    for key, value in point.items():
        *path, last = str(key).split(".")
        place = made
        for part in path:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise ConfigError(
                    f"{key!r}", expected="a key of the arm", where=f"strategies.{name}.grid"
                )
        place[last] = value
    return made
