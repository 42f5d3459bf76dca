"""The three-scalar model in closed form: logits, attention masses, prediction and gradients.

Equations are those of docs/theory.md. Sequences have any leading shape [...], and scalars broadcast
against it, so that several trained models and many sequences are computed at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ictrain.theory.sampling import Sequences


@dataclass(frozen=True)
class Seen:
    """All that the three scalars see of sequences, float64.

    Attributes:
        similarities, labels: [..., k], <x, x_i> and y_i.
        mean_similarity, mean_label: [...], <x, x_bar> and y_bar, what the EOC token holds.
        y: [...], what should be predicted.
    """

    similarities: Tensor
    labels: Tensor
    mean_similarity: Tensor
    mean_label: Tensor
    y: Tensor


def seen(sequences: Sequences) -> Seen:
    """Sequences as tensors [n, ...]."""
    return Seen(
        torch.from_numpy(sequences.similarities),
        torch.from_numpy(sequences.labels),
        torch.from_numpy(sequences.mean_similarity),
        torch.from_numpy(sequences.mean_label),
        torch.from_numpy(sequences.y),
    )


@dataclass(frozen=True)
class Output:
    """What the model does with sequences.

    Attributes:
        masses: [..., k + 2], attention of the query on the k examples, on EOC, on itself.
        values: [..., k + 2], the labels, their mean, and the estimate.
        prediction: [...].
        error: [...], prediction - y.
    """

    masses: Tensor
    values: Tensor
    prediction: Tensor
    error: Tensor

    @property
    def self_mass(self) -> Tensor:
        """a_q: [...]."""
        return self.masses[..., -1]

    @property
    def loss(self) -> Tensor:
        """Squared error: [...]."""
        return self.error**2


def logits(scalars: Tensor, given: Seen) -> Tensor:
    """Equation 4: alpha <x, x_i> + beta, then gamma <x, x_bar> + beta, then 0.

    Args:
        scalars: [..., 3], alpha, beta, gamma; broadcast against the sequences.
        given: sequences [...].

    Returns:
        [..., k + 2].
    """
    alpha, beta, gamma = scalars.unbind(-1)
    examples = alpha[..., None] * given.similarities + beta[..., None]
    eoc = (gamma * given.mean_similarity + beta)[..., None]
    return torch.cat([examples, eoc, torch.zeros_like(eoc)], dim=-1)


def forward(scalars: Tensor, given: Seen, estimate: Tensor) -> Output:
    """Equation 5: softmax over the logits, and the mean of the values under it.

    Args:
        scalars: [..., 3].
        given: sequences [...].
        estimate: [...], f_hat(x).
    """
    masses = torch.softmax(logits(scalars, given), dim=-1)
    eoc = given.mean_label[..., None]
    values = torch.cat([given.labels, eoc, estimate[..., None]], dim=-1)
    prediction = (masses * values).sum(-1)
    return Output(masses, values, prediction, prediction - given.y)


def scalar_gradients(output: Output, given: Seen) -> Tensor:
    """Equations 7 to 9: the loss's derivative by alpha, beta and gamma, [..., 3].

    Beta is shared by the examples and EOC, so its derivative has the terms of both, which add up to
    -2 e a_q (f_hat - y_hat), because deviations from a mean under its own weights cancel.
    """
    deviation = output.masses * (output.values - output.prediction[..., None])
    examples, eoc = deviation[..., :-2], deviation[..., -2]
    alpha = (examples * given.similarities).sum(-1)
    beta = -deviation[..., -1]
    gamma = eoc * given.mean_similarity
    return 2 * output.error[..., None] * torch.stack([alpha, beta, gamma], dim=-1)


def estimator_signal(output: Output, given: Seen) -> tuple[Tensor, Tensor]:
    """Equation 10: the loss's derivative by f_hat(x) in its two terms, each [...].

    The first pulls the estimate towards y; the second pollutes it with the context's error. Their
    factors a_q^2 and a_q (1 - a_q) both vanish where the query does not attend to itself.
    """
    a_q = output.self_mass
    context = output.masses[..., :-1]
    own = 2 * a_q**2 * (output.values[..., -1] - given.y)
    excess = (context * (output.values[..., :-1] - given.y[..., None])).sum(-1)
    return own, 2 * a_q * excess
