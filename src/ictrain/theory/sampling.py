"""Contexts of each kind: random, similar, one near among far, and one at a graded similarity.

All kinds draw the same numbers in the same order and differ only in how they use them, so test sets
of two kinds, and mixtures of different weights, share their inputs and their far examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ictrain.errors import ConfigError
from ictrain.randomness import rng
from ictrain.theory.settings import CELLS, Problem, check_mixture
from ictrain.theory.target import Array, Target

Near = tuple[str, float, float]
"""Which examples are near ('none', 'one' or 'all'), and the range of their similarity."""


@dataclass(frozen=True)
class Sequences:
    """n targets with their contexts.

    Attributes:
        x: [n, d], targets, of norm 1.
        y: [n], f(x).
        examples: [n, k, d], of norm 1.
        labels: [n, k], f of each example.
        near: bool [n, k], the examples drawn as near.
        cell: int [n], the place in CELLS of each row's kind; 0 where draw_at made them.
        source: names the draw; with the seed, whatever else is drawn for these rows is keyed by it.
    """

    x: Array
    y: Array
    examples: Array
    labels: Array
    near: NDArray[np.bool_]
    cell: NDArray[np.int64]
    source: str

    @cached_property
    def similarities(self) -> Array:
        """<x, x_i>: [n, k]."""
        found: Array = np.einsum("nd,nkd->nk", self.x, self.examples)
        return found

    @property
    def mean_similarity(self) -> Array:
        """<x, x_bar>, which is the mean similarity because x_bar is a plain mean: [n]."""
        return np.asarray(self.similarities.mean(axis=1))

    @property
    def mean_label(self) -> Array:
        """y_bar: [n]."""
        return np.asarray(self.labels.mean(axis=1))


def cell_ranges(problem: Problem) -> dict[str, Near]:
    """Each kind of context: docs/theory.md, eq. 2."""
    return {
        "random": ("none", 1.0, 1.0),
        "similar": ("all", 1 - problem.delta, 1.0),
        "one_near": ("one", 1 - problem.delta, 1.0),
        "graded": ("one", problem.graded_low, 1.0),
    }


def draw_mixture(
    target: Target, weights: Mapping[str, float], n: int, seed: int, purpose: str
) -> Sequences:
    """n sequences whose kinds follow the weights.

    Raises:
        ConfigError: as check_mixture, or n < 1.
    """
    check_mixture(weights)
    ranges = cell_ranges(target.problem)
    chances = [weights.get(name, 0.0) for name in CELLS]
    return _draw(target, [ranges[name] for name in CELLS], chances, n, seed, purpose)


def draw_at(
    target: Target, similarity: float, n: int, seed: int, purpose: str, *, every: bool = False
) -> Sequences:
    """n sequences with one near example (or all, where every) at exactly this similarity."""
    if not -1 <= similarity <= 1:
        raise ConfigError(f"a similarity of {similarity:g}", expected="-1 to 1")
    near = ("all" if every else "one", similarity, similarity)
    return _draw(target, [near], [1.0], n, seed, purpose)


def _draw(
    target: Target, cells: list[Near], chances: list[float], n: int, seed: int, purpose: str
) -> Sequences:
    if n < 1:
        raise ConfigError(f"{n} sequences", expected="at least 1")
    problem, draws = target.problem, rng(seed, f"theory/{purpose}")
    k, d = problem.k, problem.d
    x = _unit(draws.standard_normal((n, d)))
    cell = np.searchsorted(np.cumsum(chances)[:-1], draws.random(n), side="right")
    place, share = draws.integers(k, size=n), draws.random((n, k))
    aside = draws.standard_normal((n, k, d))
    aside = _unit(aside - np.einsum("nkd,nd->nk", aside, x)[..., None] * x[:, None])
    far = _far(draws, x, k, problem.r)
    kinds = np.array([("none", "one", "all").index(which) for which, _, _ in cells])[cell]
    near = (kinds == 2)[:, None] | ((kinds == 1)[:, None] & (place[:, None] == np.arange(k)))
    low, high = (np.array([c[i] for c in cells], dtype=np.float64)[cell][:, None] for i in (1, 2))
    s = low + (high - low) * share
    close = s[..., None] * x[:, None] + np.sqrt((1 - s) * (1 + s))[..., None] * aside
    examples = np.where(near[..., None], close, far)
    return Sequences(x, target(x), examples, target(examples), near, cell.astype(np.int64), purpose)


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _far(draws: np.random.Generator, x: Array, k: int, r: float) -> Array:
    """Uniform on the sphere given similarity at most r, by drawing again: clipping would put an
    atom at exactly r. At least half of all draws are accepted, because r is not negative."""
    far = _unit(draws.standard_normal((len(x), k, x.shape[1])))
    while True:
        row, column = np.nonzero(np.einsum("nd,nkd->nk", x, far) > r)
        if not len(row):
            return far
        far[row, column] = _unit(draws.standard_normal((len(row), x.shape[1])))
