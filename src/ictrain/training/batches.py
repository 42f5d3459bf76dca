"""The contract between data and training, and the split of a batch into what fits in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ictrain.prompts.rendered import Rendered


class Batches(Protocol):
    """Where prompts come from."""

    @property
    def batch_size(self) -> int:
        """Prompts per step, over all processes."""

    def batch(self, step: int) -> list[Rendered]:
        """The whole batch of a step (from 0), with labels: a pure function of the step.

        So a resumed run sees what it would have seen, and every process knows the count of labelled
        tokens that the loss is divided by.
        """


def micro_batches(
    prompts: Sequence[Rendered],
    most: int | None,
    most_tokens: int | None,
    apart: int | None = None,
) -> list[list[Rendered]]:
    """Cuts a batch, in its order, into parts of at most so many prompts and tokens.

    A prompt that has more than most_tokens goes alone; those longer than apart (see
    generation.batching.scale_change) and the others are in different parts.
    """
    if apart is not None:
        kinds = (
            [p for p in prompts if len(p.ids) <= apart],
            [p for p in prompts if len(p.ids) > apart],
        )
        return [part for kind in kinds for part in micro_batches(kind, most, most_tokens)]
    parts: list[list[Rendered]] = []
    tokens = 0
    for prompt in prompts:
        size = len(prompt.ids)
        full = parts and (
            (most is not None and len(parts[-1]) == most)
            or (most_tokens is not None and tokens + size > most_tokens)
        )
        if not parts or full:
            parts.append([])
            tokens = 0
        parts[-1].append(prompt)
        tokens += size
    return parts
