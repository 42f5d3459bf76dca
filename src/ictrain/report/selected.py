"""Which step of each training was kept, where that was chosen by dev."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kept:
    """One training.

    Attributes:
        step, score, band: what was kept, the lower end of its worst band, and which band that is.
        last, last_score: the same for the last step.
        looked: how many steps were looked at.
    """

    strategy: str
    seed: int
    step: int
    score: float
    band: str
    last: int
    last_score: float
    looked: int


def chosen_steps(jobs: Iterable[Mapping[str, Any]]) -> dict[tuple[str, int], int]:
    """(strategy, seed) -> the step that was kept, of the jobs that chose it."""
    return {(one.strategy, one.seed): one.step for one in kept_steps(jobs)}


def kept_steps(jobs: Iterable[Mapping[str, Any]]) -> list[Kept]:
    """Of the jobs of a record, those that chose their step."""
    found = []
    for job in jobs:
        chosen = job.get("selected")
        if chosen:
            last = max(chosen["of"], key=lambda one: one["step"])
            found.append(
                Kept(
                    job["strategy"],
                    job["seed"],
                    chosen["step"],
                    chosen["score"],
                    chosen["band"],
                    last["step"],
                    last["score"],
                    len(chosen["of"]),
                )
            )
    return found
