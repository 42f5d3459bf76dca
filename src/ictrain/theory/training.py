"""Training of alpha, beta and gamma for several regimes at once, with or beside an estimator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ictrain.errors import ConfigError
from ictrain.randomness import uniforms
from ictrain.theory.estimators import Learned
from ictrain.theory.model import Seen, estimator_signal, forward, scalar_gradients
from ictrain.theory.optimisers import stepper
from ictrain.theory.settings import CELLS, Plan
from ictrain.theory.target import Array


@dataclass(frozen=True)
class Pool:
    """What one model is trained on.

    Attributes:
        given: sequences [N].
        x: [N, d].
        cell: int [N], places in CELLS.
        estimate: [N], the fixed estimator's; none where it is learned.
    """

    given: Seen
    x: Tensor
    cell: Tensor
    estimate: Tensor | None = None


@dataclass(frozen=True)
class Trace:
    """What was seen along the way at T steps; all but the first two empty where nothing is learned
    beside the scalars.

    Attributes:
        steps: [T].
        scalars: [T, m, 3].
        mse: [T, m], the learned estimator's on the test inputs.
        self_mass: [T, m], on the pool's first rows, as all that follows.
        rms: [T, m, 2], of the two terms of the estimator's signal (eq. 10).
        random_share: [T, m], of the squared signal, from rows with random contexts.
    """

    steps: Array
    scalars: Array
    mse: Array
    self_mass: Array
    rms: Array
    random_share: Array


@dataclass(frozen=True)
class Trained:
    """m models.

    Attributes:
        scalars: [m, 3].
        learned: their estimators, where these were learned.
        trace: of the training.
    """

    scalars: Tensor
    learned: Learned | None
    trace: Trace


_LOOKED_AT = 2000
"""Rows of a pool on which the trace measures signals."""
_DRAWN = 2**18
"""Numbers drawn at once for batches: 2 MiB, so that a long training takes no more than a short."""


def train(plan: Plan, pools: Sequence[Pool], seed: int, probe: tuple[Tensor, Tensor]) -> Trained:
    """Trains one model per pool; models do not touch one another.

    Args:
        plan: steps, batch, optimisers.
        pools: of equal size; each with a fixed estimate, or none where plan.estimator is set.
        seed: of batches and of the learned estimator's start.
        probe: test inputs [n, d] and f of them [n], for the trace of the learned estimator.

    Raises:
        ConfigError: a fixed estimate is missing, or there beside a learned estimator.
    """
    packed, m = _Packed.of(pools, plan), len(pools)
    scalars = torch.tensor(plan.start, dtype=torch.float64).expand(m, 3).clone()
    steppers, learned = [stepper(plan.scalars, [scalars])], None
    if plan.estimator is not None:
        learned = Learned.drawn(probe[0].shape[-1], plan.hidden, m, seed)
        steppers.append(stepper(plan.estimator, list(learned)))
    trace, marks = _Tracer(packed, learned, probe), set(looked_at(plan.steps))
    for step, rows in enumerate(_batches(seed, plan, packed.size)):
        if step in marks:
            trace.look(step, scalars)
        given, estimate = packed.take(rows, learned)
        output = forward(scalars[:, None], given, estimate.detach())
        gradients: list[Sequence[Tensor]] = [[scalar_gradients(output, given).mean(1)]]
        if learned is not None:
            own, polluting = estimator_signal(output, given)
            signal = (own + polluting) / plan.batch
            gradients.append(torch.autograd.grad(estimate, list(learned), signal))
        for move, gradient in zip(steppers, gradients, strict=True):
            move(gradient)
    trace.look(plan.steps, scalars)
    return Trained(scalars, learned, trace.done())


def looked_at(steps: int) -> list[int]:
    """0 and log-spaced steps: where a trace looks before the step is made; the end is added."""
    spaced = np.unique(np.geomspace(1, steps, 48).astype(int))
    return [0, *(int(s) for s in spaced if s < steps)]


def _batches(seed: int, plan: Plan, size: int) -> Iterator[Tensor]:
    """Rows of each step's batch: [batch], drawn for many steps at once."""
    many = max(1, _DRAWN // plan.batch)
    for first in range(0, plan.steps, many):
        steps = np.arange(first, min(first + many, plan.steps), dtype=np.uint64)
        shares = uniforms(seed, "theory/batch", 0, steps, plan.batch)
        yield from torch.from_numpy((shares * size).astype(np.int64))


@dataclass(frozen=True)
class _Packed:
    """All pools in one tensor [m, N, columns], so that a batch is one selection."""

    columns: Tensor
    cell: Tensor
    k: int
    fixed: bool

    @classmethod
    def of(cls, pools: Sequence[Pool], plan: Plan) -> _Packed:
        fixed = plan.estimator is None
        if any((pool.estimate is not None) != fixed for pool in pools):
            raise ConfigError(
                "a fixed estimate beside a learned estimator, or neither",
                expected="a fixed estimate for every pool, or plan.estimator",
                where="train",
            )
        rows = [_columns(pool) for pool in pools]
        k = pools[0].given.labels.shape[-1]
        return cls(torch.stack(rows), torch.stack([p.cell for p in pools]), k, fixed)

    @property
    def size(self) -> int:
        return self.columns.shape[1]

    def take(self, rows: Tensor, learned: Learned | None) -> tuple[Seen, Tensor]:
        """The sequences [m, rows] and their estimates [m, rows]."""
        k, taken = self.k, self.columns.index_select(1, rows)
        singles = taken[..., 2 * k : 2 * k + 3].unbind(-1)
        given = Seen(taken[..., :k], taken[..., k : 2 * k], *singles)
        rest = taken[..., 2 * k + 3 :]
        return given, rest[..., 0] if learned is None else learned(rest)


def _columns(pool: Pool) -> Tensor:
    g = pool.given
    singles = torch.stack([g.mean_similarity, g.mean_label, g.y], dim=-1)
    rest = pool.x if pool.estimate is None else pool.estimate[:, None]
    return torch.cat([g.similarities, g.labels, singles, rest], dim=-1)


@dataclass
class _Tracer:
    packed: _Packed
    learned: Learned | None
    probe: tuple[Tensor, Tensor]
    seen: list[list[Tensor]] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)

    @torch.no_grad()
    def look(self, step: int, scalars: Tensor) -> None:
        self.steps.append(step)
        self.seen.append([scalars.clone(), *self._signals(scalars)])

    def _signals(self, scalars: Tensor) -> list[Tensor]:
        if self.learned is None:
            return [torch.empty(0)] * 4
        rows = torch.arange(min(_LOOKED_AT, self.packed.size))
        given, estimate = self.packed.take(rows, self.learned)
        output = forward(scalars[:, None], given, estimate)
        terms = torch.stack(estimator_signal(output, given), dim=-1)
        total = terms.sum(-1) ** 2
        random = self.packed.cell[:, rows] == CELLS.index("random")
        return [
            ((self.learned(self.probe[0]) - self.probe[1]) ** 2).mean(1),
            output.self_mass.mean(1),
            terms.square().mean(1).sqrt(),
            (total * random).sum(1) / total.sum(1),
        ]

    def done(self) -> Trace:
        columns = (torch.stack(column).numpy() for column in zip(*self.seen, strict=True))
        return Trace(np.array(self.steps), *columns)
