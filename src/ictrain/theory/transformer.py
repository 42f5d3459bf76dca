"""The two-layer transformer that is the three-scalar model, as full matrices (paper, A.1 to A.4).

A sequence is k examples, EOC, the query. A token is a row of blocks; layouts in docs/theory.md,
section 4. Layer 1: attention averages the examples at EOC, a ReLU network computes the estimate at
the query. Layer 2: the query attends to examples, EOC and itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_SHARP = 40.0
"""Logit by which EOC prefers examples to itself in layer 1: e^-40 is below float64's resolution."""


@dataclass(frozen=True)
class Network:
    """An estimator f_hat(x) = out . relu(inner x + bias) + shift.

    Attributes:
        inner: [h, d]. bias: [h]. out: [h]. shift: [].
    """

    inner: Tensor
    bias: Tensor
    out: Tensor
    shift: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """[..., d] -> [...]."""
        return torch.relu(x @ self.inner.T + self.bias) @ self.out + self.shift

    @classmethod
    def linear(cls, slope: Tensor) -> Network:
        """<slope, x> as two ReLU units: relu(z) - relu(-z) = z. slope: [d]."""
        zeros = torch.zeros(2, dtype=slope.dtype)
        return cls(
            torch.stack([slope, -slope]), zeros, torch.tensor([1.0, -1.0]).to(slope), zeros[0]
        )


def attend(tokens: Tensor, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Causal softmax attention without scaling of the logits; what it adds to each token.

    Args:
        tokens: [n, t, width].
        query, key: [d_k, width]. value: [width, width], values and output projection in one.

    Returns:
        the update [n, t, width], and the attention [n, t, t].
    """
    scores = (tokens @ query.T) @ (tokens @ key.T).transpose(-1, -2)
    later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    masses = torch.softmax(scores.masked_fill(later, -torch.inf), dim=-1)
    return masses @ tokens @ value.T, masses


def feed_forward(tokens: Tensor, inner: Tensor, outer: Tensor) -> Tensor:
    """A ReLU layer without biases; its update. inner: [h, width], outer: [width, h]."""
    return torch.relu(tokens @ inner.T) @ outer.T


@dataclass(frozen=True)
class _Layout:
    """Where each block of a token begins; -1 where the layout has no such column."""

    d: int
    width: int
    example: int
    eoc: int
    query: int
    scratch: int
    is_example: int
    is_eoc: int
    is_query: int
    label: int
    output: int

    def block(self, start: int) -> slice:
        return slice(start, start + self.d)


def full_layout(d: int) -> _Layout:
    """Width 4d + 6: example, EOC, query (d each), scratch (d + 1), three flags, label, output."""
    flags = 4 * d + 1
    return _Layout(
        d, 4 * d + 6, 0, d, 2 * d, 3 * d, flags, flags + 1, flags + 2, flags + 3, flags + 4
    )


def compact_layout(d: int) -> _Layout:
    """Width 3d + 3, as the paper's: one flag for "not the query", one for the query, the label."""
    return _Layout(d, 3 * d + 3, 0, d, 2 * d, -1, 3 * d, 3 * d, 3 * d + 1, 3 * d + 2, 3 * d + 2)


def tokens_of(layout: _Layout, x: Tensor, examples: Tensor, labels: Tensor) -> Tensor:
    """The initial tokens [n, k + 2, width] of x [n, d], examples [n, k, d], labels [n, k]."""
    n, k, _ = examples.shape
    tokens = torch.zeros(n, k + 2, layout.width, dtype=x.dtype)
    tokens[:, :k, layout.block(layout.example)] = examples
    tokens[:, :k, layout.label] = labels
    tokens[:, :k, layout.is_example] = 1
    tokens[:, k, layout.is_eoc] = 1
    tokens[:, k + 1, layout.is_query] = 1
    tokens[:, k + 1, layout.block(layout.query)] = x
    return tokens


def reading_matrices(layout: _Layout, scalars: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Layer 2's W_Q, W_K [d + 1, width] and W_V [width, width]: docs/theory.md, eq. 11.

    W_K does not read the query's block, so the query's own key is 0 and so is its logit.
    """
    d, (alpha, beta, gamma) = layout.d, scalars.unbind()
    eye = torch.eye(d, dtype=scalars.dtype)
    query = torch.zeros(d + 1, layout.width, dtype=scalars.dtype)
    query[:d, layout.block(layout.query)] = eye
    query[d, layout.is_query] = 1
    key = torch.zeros_like(query)
    key[:d, layout.block(layout.example)] = alpha * eye
    key[:d, layout.block(layout.eoc)] = gamma * eye
    key[d, layout.is_example] = beta
    key[d, layout.is_eoc] = beta
    value = torch.zeros(layout.width, layout.width, dtype=scalars.dtype)
    value[layout.output, layout.label] = 1
    return query, key, value


def full_transformer(
    scalars: Tensor, network: Network, x: Tensor, examples: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """A plain causal decoder whose matrices alone do it all: equals model.forward to 1e-12.

    Other positions than EOC attend in layer 1 too, so what it aggregates goes to a scratch block,
    and the feed-forward layer moves it from there into EOC's block at EOC only.

    Args:
        scalars: [3]. network: the estimator. x: [n, d]. examples: [n, k, d]. labels: [n, k].

    Returns:
        predictions [n], and the query's attention in layer 2 [n, k + 2].
    """
    layout = full_layout(x.shape[-1])
    tokens = tokens_of(layout, x, examples, labels)
    tokens = tokens + attend(tokens, *_gathering(layout, scalars))[0]
    closed = 2 * max(1.0, float(labels.abs().max()))
    tokens = tokens + feed_forward(tokens, *_moving_and_estimating(layout, network, closed))
    update, masses = attend(tokens, *reading_matrices(layout, scalars))
    return update[:, -1, layout.output], masses[:, -1]


def compact_transformer(
    scalars: Tensor, network: Network, x: Tensor, examples: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """The paper's narrow layout; arguments and results as full_transformer.

    It has no scratch block, so layer 1's attention is added at EOC alone and its network at the
    query alone: a gate by position that the paper's sentences need and none of its matrices gives.
    """
    layout, k = compact_layout(x.shape[-1]), examples.shape[1]
    tokens = tokens_of(layout, x, examples, labels)
    gathered, _ = attend(tokens, *_averaging(layout, k, scalars))
    tokens[:, k] += gathered[:, k]
    tokens[:, k + 1, layout.label] += network(x)
    update, masses = attend(tokens, *reading_matrices(layout, scalars))
    return update[:, -1, layout.output], masses[:, -1]


def _averaging(layout: _Layout, k: int, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Layer 1 without scratch: EOC attends evenly to the examples and to itself, which is empty,
    so the mean of k + 1 is scaled to the mean of k."""
    nothing = torch.zeros(1, layout.width, dtype=like.dtype)
    value = torch.zeros(layout.width, layout.width, dtype=like.dtype)
    rows = torch.arange(layout.d)
    value[layout.eoc + rows, layout.example + rows] = (k + 1) / k
    value[layout.label, layout.label] = (k + 1) / k
    return nothing, nothing, value


def _gathering(layout: _Layout, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Layer 1: EOC attends evenly to the examples; (x_i, y_i) go to the scratch block."""
    query = torch.zeros(1, layout.width, dtype=like.dtype)
    query[0, layout.is_eoc] = _SHARP
    key = torch.zeros_like(query)
    key[0, layout.is_example] = 1
    value = torch.zeros(layout.width, layout.width, dtype=like.dtype)
    rows = torch.arange(layout.d)
    value[layout.scratch + rows, layout.example + rows] = 1
    value[layout.scratch + layout.d, layout.label] = 1
    return query, key, value


def _moving_and_estimating(
    layout: _Layout, network: Network, closed: float
) -> tuple[Tensor, Tensor]:
    """relu(z) - relu(-z), shut off by the other flags, moves scratch z at EOC; biases of the
    estimator ride on the query's flag, so it is exactly 0 elsewhere."""
    d, h = layout.d, len(network.out)
    inner = torch.zeros(2 * (d + 1) + h + 1, layout.width, dtype=network.out.dtype)
    outer = torch.zeros(layout.width, len(inner), dtype=network.out.dtype)
    for j in range(d + 1):
        to = layout.label if j == d else layout.eoc + j
        for unit, sign in ((2 * j, 1.0), (2 * j + 1, -1.0)):
            inner[unit, layout.scratch + j] = sign
            inner[unit, layout.is_example] = inner[unit, layout.is_query] = -closed
            outer[to, unit] = sign
    units = slice(2 * (d + 1), 2 * (d + 1) + h)
    inner[units, layout.block(layout.query)] = network.inner
    inner[units, layout.is_query] = network.bias
    outer[layout.label, units] = network.out
    inner[-1, layout.is_query] = 1
    outer[layout.label, -1] = network.shift
    return inner, outer
