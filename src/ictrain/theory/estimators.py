"""In-weights estimators: fixed ones of a known error, and a small network that is learned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ictrain.randomness import rng
from ictrain.theory.sampling import Sequences
from ictrain.theory.settings import warn_uncalibrated
from ictrain.theory.target import Array, Target
from ictrain.theory.transformer import Network


def coarse(target: Target, sequences: Sequences) -> Tensor:
    """The target's linear part at each x, [n]. Calibrated: it is odd in x, and its error even."""
    return torch.from_numpy(target.coarse(sequences.x))


def noisy(target: Target, y: Tensor, seed: int, purpose: str) -> Tensor:
    """f(x) and independent noise of variance B^2, which is the coarse one's error where omega
    sqrt(d) is large: not calibrated.

    The negative control: its error goes with its own output, so averaging it with labels helps.
    """
    noise = rng(seed, f"theory/noise/{purpose}").standard_normal(len(y))
    return y + target.problem.ridge * torch.from_numpy(noise)


def correlation(estimate: Tensor, y: Tensor) -> float:
    """Of an estimator's error with its own output: 0 where it is calibrated. Both [n]."""
    error = estimate - y
    if min(float(v.std(correction=0)) for v in (error, estimate)) == 0:
        return 0.0
    return float(torch.corrcoef(torch.stack([error, estimate]))[0, 1])


def check_calibrated(estimate: Tensor, y: Tensor) -> float:
    """The correlation; a NotCalibrated warning tells when it is too large. Both [n]."""
    found = correlation(estimate, y)
    warn_uncalibrated(found)
    return found


@dataclass
class Learned:
    """m estimators at once, ReLU networks of one hidden layer on sqrt(d) x, each in its own right.

    Attributes:
        inner: [m, h, d]. bias: [m, h]. out: [m, h]. shift: [m].
    """

    inner: Tensor
    bias: Tensor
    out: Tensor
    shift: Tensor

    @classmethod
    def drawn(cls, d: int, hidden: int, models: int, seed: int) -> Learned:
        """The usual ranges of a linear layer, the output a tenth of them: f_hat starts near 0.

        All models start alike. He's larger start is too hot for plain SGD here: self mass and the
        estimator's scale then settle in the valley a_q f_hat = constant.
        """
        draws, into, out = rng(seed, "theory/estimator"), 1 / math.sqrt(d), 1 / math.sqrt(hidden)
        arrays: tuple[Array, ...] = (
            draws.uniform(-into, into, (hidden, d)),
            draws.uniform(-into, into, hidden),
            draws.uniform(-out, out, hidden) * 0.1,
            np.zeros(()),
        )
        parts = (torch.from_numpy(a).expand(models, *a.shape).clone() for a in arrays)
        return cls(*(part.requires_grad_() for part in parts))

    def __iter__(self) -> Iterator[Tensor]:
        return iter((self.inner, self.bias, self.out, self.shift))

    def __call__(self, x: Tensor) -> Tensor:
        """x: [m, n, d] or [n, d] -> [m, n]."""
        scaled = x * math.sqrt(self.inner.shape[-1])
        hidden = torch.relu(scaled @ self.inner.transpose(-1, -2) + self.bias[:, None])
        return (hidden * self.out[:, None]).sum(-1) + self.shift[:, None]

    def network(self, model: int) -> Network:
        """One of them, as the transformer takes it: the factor sqrt(d) in its inner weights."""
        scale = math.sqrt(self.inner.shape[-1])
        parts = [p[model].detach() for p in self]
        return Network(parts[0] * scale, *parts[1:])
