"""Words: a Context, the Examples in it, and why each stands there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ictrain.examples import Example

Role = Literal["random", "similar", "near", "paraphrase", "exact"]
"""random: drawn uniformly; similar: of the top k; near: the one close example among others;
paraphrase: synthetic near-duplicate; exact: an equal input (when serving, or in a probe)."""


@dataclass(frozen=True, slots=True)
class ContextExample:
    """One Example of a Context with its similarities to the target, by method name."""

    example: Example
    role: Role
    similarities: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """The ordered Examples put before a target.

    Attributes:
        target_id: the target's id.
        cell: which part of the mixture drew it, or the evaluation mode.
        examples: in prompt order.
        unmatched: how many slots wanted a similar example and got a random one (nothing similar).
    """

    target_id: str
    cell: str
    examples: tuple[ContextExample, ...] = ()
    unmatched: int = 0

    @property
    def k(self) -> int:
        """How many examples were drawn."""
        return len(self.examples)

    def without(self, ids: Collection[str]) -> Context:
        """What is left when examples were dropped for room."""
        return replace(self, examples=tuple(e for e in self.examples if e.example.id not in ids))

    def similarity(self, method: str) -> float | None:
        """s: the maximum over its examples; None for an empty Context."""
        return max((e.similarities[method] for e in self.examples), default=None)
