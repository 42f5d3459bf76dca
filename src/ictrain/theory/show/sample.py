"""What the page's interactive part computes with: real sequences, rounded, as JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from ictrain.theory.findings import Findings
from ictrain.theory.sampling import Sequences
from ictrain.theory.show.names import named
from ictrain.theory.target import Array
from ictrain.theory.world import World

COUNT = 200
"""Sequences per regime: about 90 kB on the page."""
_DIGITS = 5
_LEAST_REACH = 15


def sample(found: Findings) -> dict[str, Any]:
    """Test sequences by regime, and the scalars of each trained model beside the fixed estimator.

    Returns:
        tests: one object per regime with similarities and labels [n][k], near ("0010..." [n]),
            y and estimate [n]; presets: name and alpha, beta, gamma; reach: of the sliders.
    """
    world, table = World(found.settings, found.seed), found.core.fixed
    scalars = [[_rounded(v) for v in row] for row in table.scalars.tolist()]
    return {
        "tests": [_test(world, name, rows) for name, rows in world.tests.items()],
        "presets": [
            {"name": name, "title": named(name), "scalars": row}
            for name, row in zip(table.regimes, scalars, strict=True)
        ],
        "reach": max(_LEAST_REACH, math.ceil(float(np.abs(table.scalars).max()) + 1)),
    }


def as_json(found: Any) -> str:
    """Compact, and safe inside a script element."""
    return json.dumps(found, separators=(",", ":")).replace("<", "\\u003c")


def _test(world: World, name: str, rows: Sequences) -> dict[str, Any]:
    return {
        "name": name,
        "title": named(name),
        "similarities": _list(rows.similarities[:COUNT]),
        "labels": _list(rows.labels[:COUNT]),
        "near": ["".join("01"[int(v)] for v in row) for row in rows.near[:COUNT]],
        "y": _list(rows.y[:COUNT]),
        "estimate": _list(world.estimate(rows).numpy()[:COUNT]),
    }


def _list(values: Array) -> list[Any]:
    if values.ndim > 1:
        return [_list(row) for row in values]
    return [_rounded(float(v)) for v in values]


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
