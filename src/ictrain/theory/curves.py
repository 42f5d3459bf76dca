"""Attention masses and loss against the similarity of what is near: also where nobody trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ictrain.theory.sampling import draw_at
from ictrain.theory.settings import GRADED, regimes
from ictrain.theory.table import measure
from ictrain.theory.target import Array
from ictrain.theory.training import Trained, train
from ictrain.theory.world import World

GRADES = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
"""Similarities between far and near at which untrained behaviour is reported."""


@dataclass(frozen=True)
class Curve:
    """One model against similarity.

    Attributes:
        name: the training regime.
        whole: whether all k examples have the similarity, not one among far ones.
        similarity: [s].
        loss: [s]. masses: [s, 4], in the order of MASSES.
    """

    name: str
    whole: bool
    similarity: Array
    loss: Array
    masses: Array


def grid(world: World) -> Array:
    """Similarities from 0 to 1, finer towards 1, with 1 - delta among them to six digits."""
    near = 1 - world.problem.delta
    fine = [0.97, 0.98, 0.99, near, (1 + near) / 2, 1.0]
    return np.unique(np.round([*np.arange(0, 1, 0.05), *fine], 6))


def curves(
    world: World, trained: Trained, names: Mapping[str, int], at: Array, *, whole: bool = False
) -> list[Curve]:
    """Trained models with one example (all, where whole) at each similarity.

    Args:
        world: gives the contexts, the same for all models.
        trained: models.
        names: of the models to be looked at, with their places among the trained ones.
        at: [s], similarities.
        whole: see above.
    """
    n, found = max(1, world.settings.test // 2), []
    for s in at:
        rows = draw_at(world.target, s, n, world.seed, "curve", every=whole)
        found.append([measure(world, trained, model, rows) for model in names.values()])
    return [
        Curve(name, whole, at, np.array([f.loss for f in one]), np.array([f.masses for f in one]))
        for name, one in zip(names, zip(*found, strict=True), strict=True)
    ]


def regime_curves(world: World, trained: Trained) -> list[Curve]:
    """Every regime with one near example, and random+similar with a whole context of it.

    Args:
        world: gives the contexts.
        trained: the five models of regime_table.
    """
    at, places = grid(world), {name: i for i, name in enumerate(regimes(world.problem))}
    whole = {"random_similar": places["random_similar"]}
    return curves(world, trained, places, at) + curves(world, trained, whole, at, whole=True)


@dataclass(frozen=True)
class Hump:
    """What happens between far and near, without and with graded examples in training.

    Attributes:
        curves: contrastive and graded over the whole grid of similarities.
        loss: [2, len(GRADES)], the same at GRADES.
        one_near: [2], on the one-near test set.
        epsilon: the estimator's error, what ignoring the context would cost.
    """

    curves: tuple[Curve, Curve]
    loss: Array
    one_near: Array
    epsilon: float


def hump(world: World) -> Hump:
    """Trains contrastive with and without graded examples, equally long."""
    plan = world.settings.fixed.model_copy(update={"steps": world.settings.graded_steps})
    mixtures: Mapping[str, Mapping[str, float]] = {
        "contrastive": regimes(world.problem)["contrastive"],
        "graded": GRADED,
    }
    pools = [world.pool(name, weights) for name, weights in mixtures.items()]
    trained = train(plan, pools, world.seed, world.probe)
    near = np.array([measure(world, trained, i, world.tests["one_near"]).loss for i in (0, 1)])
    every = np.unique([*grid(world), *GRADES])
    first, second = curves(world, trained, {name: i for i, name in enumerate(mixtures)}, every)
    losses = np.array([c.loss[np.searchsorted(every, GRADES)] for c in (first, second)])
    return Hump((first, second), losses, near, world.epsilon)
