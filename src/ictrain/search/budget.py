"""The budget: what the next trainings will take, from what the earlier ones took."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

_MARGIN = 1.15
"""Trainings are priced a little higher than the mean of those before [ours]."""


@dataclass
class Budget:
    """Seconds, over all calls of one tune.

    Attributes:
        seconds: in all; None without a limit.
        spent: how many are spent by now.
        workers: trainings at once.
    """

    seconds: float | None
    spent: Callable[[], float]
    workers: int = 1
    _paid: list[tuple[int, float, float]] = field(default_factory=list)

    def paid(self, steps: int, training: float, wall: float) -> None:
        """One training took so many seconds of steps, and of wall time in all."""
        self._paid.append((steps, training, wall))

    def price(self, steps: Sequence[int]) -> float:
        """Wall seconds of trainings with so many steps each; 0 while nothing is known."""
        if not self._paid or not steps:
            return 0.0
        per_step = math.fsum(t for _, t, _ in self._paid) / sum(s for s, _, _ in self._paid)
        beside = max(0.0, math.fsum(w - t for _, t, w in self._paid) / len(self._paid))
        each = [beside + per_step * count for count in steps]
        # Not evenly divisible among workers: the last ones go alone.
        rounds = math.ceil(len(each) / self.workers) / len(each)
        return _MARGIN * math.fsum(each) * rounds

    def allows(self, *phases: Iterable[int]) -> bool:
        """Whether trainings of these steps, phase after phase, end in time."""
        if self.seconds is None:
            return True
        needed = math.fsum(self.price(list(phase)) for phase in phases)
        return self.spent() < self.seconds and self.spent() + needed <= self.seconds
