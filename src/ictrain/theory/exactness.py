"""The identities that the code claims, each as the largest deviation that was found."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ictrain.randomness import rng
from ictrain.theory.model import (
    Seen,
    estimator_signal,
    forward,
    scalar_gradients,
    seen,
)
from ictrain.theory.sampling import Sequences, draw_mixture
from ictrain.theory.settings import Problem, regimes
from ictrain.theory.target import Target
from ictrain.theory.transformer import Network, compact_transformer, full_transformer

SHAPES = ((3, 1), (4, 2), (8, 8), (16, 5), (5, 32))
"""(d, k)."""
_ROWS, _SCALE, _STEP = 64, 6.0, 1e-5


@dataclass(frozen=True)
class Exactness:
    """Largest deviations over shapes and regimes; of gradients, relative to the
    largest component where that is above 1.

    Attributes:
        full, compact: of the transformers' predictions and attention from the formula.
        autograd: of the closed-form gradients from autograd on the formula.
        through: from autograd through the full transformer's matrices.
        terms: of the estimator's signal from autograd, and of its two terms' sum from the whole.
        finite: of the closed-form gradients from central differences.
    """

    full: float
    compact: float
    autograd: float
    through: float
    terms: float
    finite: float


def exactness(seed: int) -> Exactness:
    """Checks every shape in every regime."""
    found = [
        _check(seed, d, k, name, weights)
        for d, k in SHAPES
        for name, weights in regimes(Problem(d=d, k=k)).items()
    ]
    worst = [max(values) for values in zip(*found, strict=True)]
    return Exactness(*worst)


def _check(seed: int, d: int, k: int, name: str, weights: dict[str, float]) -> tuple[float, ...]:
    target = Target.drawn(Problem(d=d, k=k), seed)
    rows = draw_mixture(target, weights, _ROWS, seed, f"exactness/{name}/{d}/{k}")
    draws = rng(seed, f"theory/exactness/{name}", d, k)
    scalars = torch.from_numpy(_SCALE * draws.standard_normal(3)).requires_grad_()
    network = random_network(seed, d)
    given, x = seen(rows), torch.from_numpy(rows.x)
    estimate = network(x)
    output = forward(scalars, given, estimate)
    full = _layout(full_transformer, scalars, network, rows)
    compact = _layout(compact_transformer, scalars, network, rows)
    closed = scalar_gradients(output, given).mean(0).detach()
    return (
        max(_off(full[0], output.prediction), _off(full[1], output.masses)),
        max(_off(compact[0], output.prediction), _off(compact[1], output.masses)),
        _relative(closed, _gradient(output.loss.mean(), scalars)),
        _relative(closed, _gradient(((full[0] - given.y) ** 2).mean(), scalars)),
        _terms(scalars.detach(), given, estimate),
        _relative(closed, _differences(scalars.detach(), given, estimate)),
    )


def random_network(seed: int, d: int, hidden: int = 16) -> Network:
    """An estimator of random weights."""
    draws = rng(seed, "theory/exactness/network", d)
    shapes = ((hidden, d), (hidden,), (hidden,), ())
    return Network(*(torch.as_tensor(draws.standard_normal(shape)) for shape in shapes))


def _layout(
    build: object, scalars: Tensor, network: Network, rows: Sequences
) -> tuple[Tensor, Tensor]:
    assert callable(build)
    parts = (torch.from_numpy(a) for a in (rows.x, rows.examples, rows.labels))
    found: tuple[Tensor, Tensor] = build(scalars, network, *parts)
    return found


def _off(a: Tensor, b: Tensor) -> float:
    return float((a - b).detach().abs().max())


def _relative(found: Tensor, reference: Tensor) -> float:
    # At saturated masses a gradient is a sum that cancels to nearly 0: not relative to that.
    return _off(found, reference) / max(float(reference.detach().abs().max()), 1.0)


def _gradient(loss: Tensor, of: Tensor) -> Tensor:
    return torch.autograd.grad(loss, of, retain_graph=True)[0]


def _terms(scalars: Tensor, given: Seen, estimate: Tensor) -> float:
    free = estimate.detach().clone().requires_grad_()
    output = forward(scalars, given, free)
    first, second = (term.detach() for term in estimator_signal(output, given))
    whole = (2 * output.self_mass * output.error).detach()
    reference = _gradient(output.loss.sum(), free)
    return max(_relative(first + second, reference), _relative(first + second, whole))


def _differences(scalars: Tensor, given: Seen, estimate: Tensor) -> Tensor:
    steps = _STEP * torch.eye(3, dtype=torch.float64)
    estimate = estimate.detach()
    up, down = (
        torch.stack([forward(scalars + sign * s, given, estimate).loss.mean() for s in steps])
        for sign in (1, -1)
    )
    return (up - down) / (2 * _STEP)
