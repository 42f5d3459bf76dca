"""The function to be learned: a plane and a cosine ridge across it, Lipschitz constant known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ictrain.randomness import rng
from ictrain.theory.settings import Problem

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """f(x) = A sqrt(d) <w, x> + B sqrt(2) (cos(omega sqrt(d) <v, x>) - m): docs/theory.md, eq. 3.

    Attributes:
        problem: gives A (linear), B (ridge), omega, d.
        w, v: float64 [d], orthonormal.
    """

    problem: Problem
    w: Array
    v: Array

    @classmethod
    def drawn(cls, problem: Problem, seed: int) -> Target:
        """The target of a seed: an orientation drawn uniformly."""
        frame, upper = np.linalg.qr(rng(seed, "theory/target").standard_normal((problem.d, 2)))
        # The signs of QR are LAPACK's choice; fixed here, so that they are ours.
        w, v = (frame * np.sign(np.diag(upper))).T
        return cls(problem, w, v)

    @cached_property
    def center(self) -> float:
        """m, the mean of the cosine over the sphere, by quadrature over the angle to v."""
        angle = np.linspace(0.0, math.pi, 20_001)
        density = np.sin(angle) ** (self.problem.d - 2)
        wave = np.cos(self.problem.omega * math.sqrt(self.problem.d) * np.cos(angle))
        return float(np.trapezoid(wave * density, angle) / np.trapezoid(density, angle))

    @property
    def lipschitz(self) -> float:
        """L = sqrt(A^2 d + 2 B^2 omega^2 d): the largest norm of the gradient in R^d, attained."""
        p = self.problem
        return math.sqrt(p.linear**2 * p.d + 2 * p.ridge**2 * p.omega**2 * p.d)

    def coarse(self, x: Array) -> Array:
        """The linear part: what an under-fitted estimator knows. x: [..., d] -> [...]."""
        return self.problem.linear * math.sqrt(self.problem.d) * (x @ self.w)

    def __call__(self, x: Array) -> Array:
        """f(x). x: float64 [..., d], of norm 1 -> [...]."""
        p = self.problem
        wave = np.cos(p.omega * math.sqrt(p.d) * (x @ self.v)) - self.center
        return self.coarse(x) + p.ridge * math.sqrt(2.0) * wave
