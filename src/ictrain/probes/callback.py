"""Probes while a model is trained: told of every step, it looks at those that are due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ictrain.generation import Generator
from ictrain.probes.items import ProbeItem
from ictrain.probes.judge import Judge, References, references
from ictrain.probes.log import ProbeLog
from ictrain.probes.measure import Measured, probe
from ictrain.training import StepRow


@dataclass(frozen=True)
class Probing:
    """A callback of training.train.

    Attributes:
        items: the fixed probe set.
        generator: answers with the model as it is at that moment, so never from a cache that does
            not know its weights.
        judge: of the answers.
        max_new_tokens: of an answer.
        folder: of the probes' files.
        steps: those that are due.
    """

    items: Sequence[ProbeItem]
    generator: Generator
    judge: Judge
    max_new_tokens: int
    folder: Path
    steps: Collection[int]

    def __call__(self, row: StepRow) -> None:
        """Probes after this step, if it is due."""
        self.at(row.step)

    @cached_property
    def _references(self) -> References:
        return references(self.items, self.judge)

    def at(self, step: int) -> None:
        """Probes now, as after so many steps, if that is due and has not been done."""
        log = ProbeLog(self.folder)
        if step in self.steps and not log.has(step):
            log.write(step, self._found())

    def kept(self, step: int) -> None:
        """Probes the weights that were kept, those after this step, if that has not been done."""
        log = ProbeLog(self.folder)
        if not log.has_kept(step):
            log.write_kept(step, self._found())

    def _found(self) -> list[Measured]:
        return probe(self.items, self.generator, self.judge, self.max_new_tokens, self._references)
