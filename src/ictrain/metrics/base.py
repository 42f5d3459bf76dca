"""The contract of every metric: one output against one reference."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ictrain.examples import Example


@runtime_checkable
class Metric(Protocol):
    """A score of single outputs; higher is better."""

    name: str

    def score(self, output: str, reference: Example) -> float:
        """How good output is for reference.input; reference.output is the gold."""
        ...

    def stats(self, output: str, reference: Example) -> list[float] | None:
        """What a corpus score is computed from by summation (BLEU's counts); None when the corpus
        score is the mean of the single scores."""
        ...
