"""One seed's target, test sets and training pools, drawn when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ictrain.theory.estimators import check_calibrated, coarse, noisy
from ictrain.theory.model import seen
from ictrain.theory.sampling import Sequences, draw_mixture
from ictrain.theory.settings import Problem, TheorySettings, regimes
from ictrain.theory.target import Target
from ictrain.theory.training import Pool

TESTS = ("random", "one_near", "similar")
"""Test sets, from nothing near to everything near."""


@dataclass(frozen=True, eq=False)
class World:
    """Everything that a seed decides.

    Attributes:
        settings: of the whole experiment.
        seed: of the target, the test sets, the pools and the training.
    """

    settings: TheorySettings
    seed: int

    @property
    def problem(self) -> Problem:
        """What is to be learned."""
        return self.settings.problem

    @cached_property
    def target(self) -> Target:
        """The function of this seed."""
        return Target.drawn(self.problem, self.seed)

    @cached_property
    def tests(self) -> dict[str, Sequences]:
        """The three test sets, with common inputs and far examples."""
        return {
            name: draw_mixture(self.target, {name: 1.0}, self.settings.test, self.seed, "test")
            for name in TESTS
        }

    @cached_property
    def mixed_tests(self) -> dict[str, Sequences]:
        """A test set of each training regime, mixtures included: its population loss."""
        return {
            name: draw_mixture(self.target, weights, self.settings.test, self.seed, "test")
            for name, weights in regimes(self.problem).items()
        }

    @cached_property
    def probe(self) -> tuple[Tensor, Tensor]:
        """Test inputs [n, d] and f of them [n]."""
        random = self.tests["random"]
        return torch.from_numpy(random.x), torch.from_numpy(random.y)

    def estimate(self, rows: Sequences) -> Tensor:
        """What the settings' fixed estimator says of each target: [n]."""
        if self.settings.estimator == "coarse":
            return coarse(self.target, rows)
        return noisy(self.target, torch.from_numpy(rows.y), self.seed, rows.source)

    @cached_property
    def epsilon(self) -> float:
        """The fixed estimator's mean squared error on the test inputs."""
        return float((self.estimate(self.tests["random"]) - self.probe[1]).square().mean())

    def check_estimator(self) -> float:
        """The correlation of the fixed estimator's error with its output, on the test inputs.

        Warns:
            NotCalibrated: it is too large for the limits of the theory to be optimal.
        """
        return check_calibrated(self.estimate(self.tests["random"]), self.probe[1])

    def pool(
        self, name: str, weights: Mapping[str, float], *, learned: bool = False, size: int = 0
    ) -> Pool:
        """A training pool of its own name; size: the settings' where 0."""
        rows = draw_mixture(
            self.target, weights, size or self.settings.pool, self.seed, f"pool/{name}"
        )
        estimate = None if learned else self.estimate(rows)
        return Pool(seen(rows), torch.from_numpy(rows.x), torch.from_numpy(rows.cell), estimate)

    def pools(self, *, learned: bool) -> list[Pool]:
        """One pool for each of the five regimes."""
        every = regimes(self.problem).items()
        return [self.pool(name, weights, learned=learned) for name, weights in every]
