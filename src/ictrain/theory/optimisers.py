"""Adam and plain SGD as functions that step tensors in place.

torch's classes give the same bits, but making the first of them imports torch's compiler: a quarter
of the time of `ictrain theory --quick`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.optim.adam import adam

from ictrain.theory.settings import Optimiser

Step = Callable[[Sequence[Tensor]], None]
"""Moves the parameters that it was made for by their gradients."""


def stepper(optimiser: Optimiser, parameters: Sequence[Tensor]) -> Step:
    """What moves these parameters; what Adam remembers of earlier gradients is its own."""
    make = _adam if optimiser.name == "adam" else _sgd
    return torch.no_grad()(make(list(parameters), optimiser.learning_rate))


def _sgd(parameters: list[Tensor], rate: float) -> Step:
    def step(gradients: Sequence[Tensor]) -> None:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.add_(gradient, alpha=-rate)

    return step


def _adam(parameters: list[Tensor], rate: float) -> Step:
    means, squares = ([torch.zeros_like(p) for p in parameters] for _ in range(2))
    steps = [torch.tensor(0.0) for _ in parameters]

    def step(gradients: Sequence[Tensor]) -> None:
        adam(
            parameters, list(gradients), means, squares, [], steps, foreach=False, fused=False,
            amsgrad=False, beta1=0.9, beta2=0.999, lr=rate, weight_decay=0.0, eps=1e-8,
            maximize=False,
        )  # fmt: skip

    return step
