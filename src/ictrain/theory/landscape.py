"""The loss over two of the three scalars, with the ways that the optimisers took."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ictrain.theory.model import Seen, forward, seen
from ictrain.theory.sampling import draw_mixture
from ictrain.theory.settings import regimes
from ictrain.theory.table import Table
from ictrain.theory.target import Array
from ictrain.theory.world import World

NAMES = ("alpha", "beta", "gamma")
_SIDE, _ROWS, _PROFILE = 49, 400, 25
"""Points per side; sequences per point; values of the third scalar where it is minimised over."""


@dataclass(frozen=True)
class Landscape:
    """A slice of the loss.

    Attributes:
        regime: whose population loss.
        axes: names of the horizontal and the vertical scalar.
        third: the other scalar's value; none where the loss is the least over it.
        x, y: [49], values on the axes.
        loss: [49 (y), 49 (x)].
        paths: optimiser -> [T, 2], horizontal and vertical.
    """

    regime: str
    axes: tuple[str, str]
    third: float | None
    x: Array
    y: Array
    loss: Array
    paths: dict[str, Array]


_SLICES = (
    ("random", "alpha", "beta", False),
    ("similar", "gamma", "beta", False),
    ("one_near", "alpha", "beta", False),
    ("random_similar", "gamma", "beta", False),
    ("contrastive", "alpha", "beta", False),
    ("random_similar", "alpha", "gamma", True),
)


def landscapes(world: World, tables: dict[str, Table]) -> list[Landscape]:
    """Six slices. tables: by optimiser, 'adam' and 'sgd'; the slice goes through the first's end,
    and shows the others' ways only where the third scalar is minimised over."""
    return [_slice(world, tables, *which) for which in _SLICES]


def _slice(
    world: World, tables: dict[str, Table], regime: str, across: str, up: str, best: bool
) -> Landscape:
    place = next(iter(tables.values())).regimes.index(regime)
    ways = {name: table.trace.scalars[:, place] for name, table in tables.items()}
    shown = ways if best else dict(list(ways.items())[:1])
    i, j = NAMES.index(across), NAMES.index(up)
    h = 3 - i - j
    x, y = (_range(np.concatenate([way[:, axis] for way in shown.values()])) for axis in (i, j))
    end = next(iter(ways.values()))[-1, h]
    thirds = _range(np.concatenate([w[:, h] for w in ways.values()]), _PROFILE) if best else [end]
    sequences = draw_mixture(
        world.target, regimes(world.problem)[regime], _ROWS, world.seed, "landscape"
    )
    given, estimate = seen(sequences), world.estimate(sequences)
    points = torch.zeros(_SIDE, _SIDE, 3, dtype=torch.float64)
    points[..., i], points[..., j] = torch.from_numpy(x), torch.from_numpy(y)[:, None]
    least = np.full((_SIDE, _SIDE), np.inf)
    for third in thirds:
        points[..., h] = float(third)
        least = np.minimum(least, _losses(points, given, estimate))
    paths = {name: way[:, [i, j]] for name, way in shown.items()}
    return Landscape(regime, (across, up), None if best else float(end), x, y, least, paths)


def _range(values: Array, count: int = 0) -> Array:
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    margin = 0.25 * (high - low) + 1
    return np.linspace(low - margin, high + margin, count or _SIDE)


def _losses(points: torch.Tensor, given: Seen, estimate: torch.Tensor) -> Array:
    """[rows, columns] of points [rows, columns, 3]."""
    rows = [forward(row[:, None], given, estimate).loss.mean(1) for row in points]
    return np.asarray(torch.stack(rows).numpy())
