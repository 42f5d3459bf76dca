"""What a training will be: measured on the very batches that it would take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ictrain.contexts import Context
from ictrain.contexts.slots import check_room
from ictrain.experiments.dry_run.memory import Load, heaviest
from ictrain.experiments.job import shown_steps
from ictrain.prompts import Rendered
from ictrain.training import DrawnBatches, TrainingSettings
from ictrain.training.packing import check_prompts, labelled

_FIRST, _PARTS, _PART = 1024, 12, 256
"""Prompts that are drawn and rendered: the first ones, and parts spread over the rest."""


@dataclass(frozen=True)
class Step:
    """Counts of one step, as train.jsonl will have them; step counts from 1."""

    step: int
    tokens: int
    labelled: int
    dropped: int
    longest: int


@dataclass(frozen=True)
class Training:
    """What one arm's training comes to.

    Attributes:
        targets, cut, filtered: trained on; too long; taken out by the strategy's filter.
        steps, epochs: of the whole training.
        measured: the steps that were drawn and rendered.
        load: the fullest part of them that is in memory at once.
        asked, asked_targets: near-duplicates that the whole training asks for, and of how many
            targets.
        contexts: the ones from which the run takes its histograms and warnings.
        shown: the first step's contexts and prompts.
    """

    targets: int
    cut: int
    filtered: int
    steps: int
    epochs: float
    measured: tuple[Step, ...]
    load: Load
    asked: int
    asked_targets: int
    contexts: tuple[Context, ...]
    shown: tuple[tuple[Context, Rendered], ...]

    @property
    def whole(self) -> bool:
        """Whether every step was measured, so that totals are no estimates."""
        return len(self.measured) == self.steps

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt that was measured."""
        return max(step.longest for step in self.measured)

    def total(self, what: str) -> int:
        """tokens, labelled or dropped of all steps, from the mean of the measured ones."""
        measured: int = sum(getattr(step, what) for step in self.measured)
        return round(self.steps * measured / len(self.measured))


def measure(
    batches: DrawnBatches,
    left_out: dict[str, Any],
    settings: TrainingSettings,
    *,
    eos: int,
    vocabulary: int,
    window: int,
) -> Training:
    """Draws and renders the training's batches, or parts of them, and counts.

    Args:
        batches, left_out: from experiments.job.batches_of.
        settings: the arm's.
        eos, vocabulary, window: what the training checks every prompt against.

    Raises:
        IctrainError: whatever would stop the training in one of these steps.
    """
    steps = chosen(settings.steps, batches.batch_size)
    if len(steps) < settings.steps:
        _check_largest_k(batches)
    measured: list[Step] = []
    loads: list[Load] = []
    contexts: list[Context] = []
    shown: list[tuple[Context, Rendered]] = []
    for step in steps:
        drawn = batches.drawn(step)
        prompts = [rendered for _, rendered in drawn]
        check_prompts(prompts, eos, vocabulary, window, f"step {step + 1}")
        measured.append(_counted(step + 1, prompts))
        loads.append(heaviest(prompts, settings))
        if step < shown_steps(batches.batch_size, settings.steps):
            contexts += [context for context, _ in drawn]
        shown = shown or drawn
    asked = batches.asked_duplicates(settings.steps)
    return Training(
        targets=left_out["survivors"],
        cut=left_out["cut_targets"],
        filtered=left_out["filtered_targets"],
        steps=settings.steps,
        epochs=batches.epochs(settings.steps),
        measured=tuple(measured),
        load=Load(max(load.tokens for load in loads), max(load.labelled for load in loads)),
        asked=int(asked.sum()),
        asked_targets=int((asked > 0).sum()),
        contexts=tuple(contexts),
        shown=tuple(shown),
    )


def chosen(steps: int, batch_size: int) -> list[int]:
    """The steps that are measured, from 0: the first ones, then parts spread over the others."""
    first = min(steps, -(-_FIRST // batch_size))
    length = -(-_PART // batch_size)
    starts = np.linspace(first, max(first, steps - length), _PARTS).astype(int).tolist()
    found = {*range(first), *(s + i for s in starts for i in range(length) if s + i < steps)}
    return sorted(found)


def _counted(step: int, prompts: Sequence[Rendered]) -> Step:
    return Step(
        step,
        sum(len(prompt.ids) for prompt in prompts),
        sum(labelled(prompt) for prompt in prompts),
        sum(len(prompt.dropped) for prompt in prompts),
        max(len(prompt.ids) for prompt in prompts),
    )


def _check_largest_k(batches: DrawnBatches) -> None:
    """Refuses a pool too small for the largest k, which the drawn steps may happen not to have."""
    strategy = batches.strategy
    mixture = strategy.mixture()
    if set(mixture) <= {"zero"}:
        return
    # A near-duplicate takes a place, but only where every context has one can the pool be smaller.
    always = set(mixture) <= {"zero", "paraphrase"}
    excluded = batches.source.snapshot.excluded_groups(batches.prepared.targets, "train")
    largest = max(strategy.k_values()) - always
    check_room(batches.source.snapshot, excluded[:, None], largest, batches.prepared.targets)
