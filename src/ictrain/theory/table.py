"""Losses and attention masses: what each training regime does with each kind of test context."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ictrain.theory.model import Output, forward, seen
from ictrain.theory.sampling import Sequences
from ictrain.theory.settings import Plan, regimes
from ictrain.theory.target import Array
from ictrain.theory.training import Trace, Trained, train
from ictrain.theory.world import TESTS, World

MASSES = ("near", "far", "eoc", "self")
"""Where a query's attention goes; they sum to 1."""


@dataclass(frozen=True)
class Table:
    """One plan's five models on the three test sets.

    Attributes:
        plan: its name in TheorySettings.
        regimes, tests: names of rows and columns.
        loss: [5, 3], mean squared error.
        masses: [5, 3, 4], mean mass in the order of MASSES.
        closest: [5, 3], mass on the example with the largest similarity.
        scalars: [5, 3], alpha, beta, gamma.
        estimator_mse: [5], of each model's in-weights estimator on the test inputs.
        trace: of their training.
    """

    plan: str
    regimes: tuple[str, ...]
    tests: tuple[str, ...]
    loss: Array
    masses: Array
    closest: Array
    scalars: Array
    estimator_mse: Array
    trace: Trace

    def at(self, regime: str, test: str) -> float:
        """The loss of one cell."""
        return float(self.loss[self.regimes.index(regime), self.tests.index(test)])

    def mass(self, regime: str, test: str, where: str) -> float:
        """One of MASSES, or 'context' (near and far), or 'closest', of one cell."""
        cell = self.regimes.index(regime), self.tests.index(test)
        if where == "closest":
            return float(self.closest[cell])
        if where == "context":
            return float(self.masses[cell][:2].sum())
        return float(self.masses[cell][MASSES.index(where)])

    def mse(self, regime: str) -> float:
        """Of one regime's estimator."""
        return float(self.estimator_mse[self.regimes.index(regime)])


def regime_table(world: World, plan: str) -> tuple[Table, Trained]:
    """Trains the five regimes by a plan of the settings ('fixed', 'sgd', 'joint', ...)."""
    chosen: Plan = getattr(world.settings, plan)
    learned = chosen.estimator is not None
    trained = train(chosen, world.pools(learned=learned), world.seed, world.probe)
    return tabulate(world, plan, trained), trained


@torch.no_grad()
def tabulate(world: World, plan: str, trained: Trained) -> Table:
    """Measures five trained models on the test sets."""
    names = tuple(regimes(world.problem))
    rows = [[measure(world, trained, i, world.tests[t]) for t in TESTS] for i in range(len(names))]
    x, y = world.probe
    fixed = world.estimate(world.tests["random"])
    estimates = fixed.expand(len(names), -1) if trained.learned is None else trained.learned(x)
    return Table(
        plan,
        names,
        TESTS,
        np.array([[cell.loss for cell in row] for row in rows]),
        np.array([[cell.masses for cell in row] for row in rows]),
        np.array([[cell.closest for cell in row] for row in rows]),
        trained.scalars.numpy(),
        ((estimates - y) ** 2).mean(1).numpy(),
        trained.trace,
    )


@dataclass(frozen=True)
class Measured:
    """One model on one set of sequences: mean loss, MASSES, and mass on the closest example."""

    loss: float
    masses: Array
    closest: float


@torch.no_grad()
def measure(world: World, trained: Trained, model: int, sequences: Sequences) -> Measured:
    """One of the trained models on sequences."""
    if trained.learned is None:
        estimate = world.estimate(sequences)
    else:
        estimate = trained.learned(torch.from_numpy(sequences.x))[model]
    output = forward(trained.scalars[model], seen(sequences), estimate)
    closest = torch.from_numpy(sequences.similarities.argmax(1))[:, None]
    return Measured(
        float(output.loss.mean()),
        mean_masses(output, torch.from_numpy(sequences.near)),
        float(output.masses.gather(1, closest).mean()),
    )


def mean_masses(output: Output, near: Tensor) -> Array:
    """[4] in the order of MASSES. near: bool [n, k]."""
    examples = output.masses[..., :-2]
    close, every = (examples * near).sum(-1).mean(), examples.sum(-1).mean()
    eoc, own = output.masses[..., -2].mean(), output.masses[..., -1].mean()
    return np.array([float(v) for v in (close, every - close, eoc, own)])
