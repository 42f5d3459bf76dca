"""Packs Rendered prompts into one row without padding, and knows every label by its position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ictrain.errors import RunError
from ictrain.prompts.rendered import Rendered


@dataclass(frozen=True)
class PackedBatch:
    """Several prompts behind one another, T tokens and S segments, with L labelled tokens.

        segment      0               1             2
        ids          B a a | x E     B c | z E     B d d d | w E
        positions    0 1 2   3 4     0 1   2 3     0 1 2 3   4 5
        bounds       0               5             9             15
        sources          ^   ^         ^   ^             ^   ^
        labels           x   E         z   E             w   E

    The hidden state at a source predicts the label one position later, so a source is a labelled
    position minus 1 and never lies in another segment. Segments stand by length, longest last, so
    that those of equal length share one attention call.

    Attributes:
        ids: int64 [1, T].
        positions: int64 [1, T], from 0 in each segment.
        bounds: S + 1 offsets; segment i is bounds[i] .. bounds[i + 1].
        sources: int64 [L], positions in 0 .. T - 1.
        labels: int64 [L], token ids.
        owners: int64 [L], the label's index in the list that was packed.
        order: S indices into that list, in the order of the segments.
        adapters: S adapter indices (0 until several adapters share a base).
    """

    ids: torch.Tensor
    positions: torch.Tensor
    bounds: tuple[int, ...]
    sources: torch.Tensor
    labels: torch.Tensor
    owners: torch.Tensor
    order: tuple[int, ...]
    adapters: tuple[int, ...]

    def to(self, device: torch.device) -> PackedBatch:
        """The same on a device."""
        tensors = (self.ids, self.positions, self.sources, self.labels, self.owners)
        ids, positions, sources, labels, owners = (tensor.to(device) for tensor in tensors)
        return PackedBatch(
            ids, positions, self.bounds, sources, labels, owners, self.order, self.adapters
        )


def pack(prompts: Sequence[Rendered]) -> PackedBatch:
    """Packs at least one prompt; each has passed check_prompts."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i].ids))
    bounds = [0]
    ids: list[int] = []
    positions: list[int] = []
    sources: list[int] = []
    labels: list[int] = []
    owners: list[int] = []
    for index in order:
        prompt, start = prompts[index], bounds[-1]
        ids += prompt.ids
        positions += range(len(prompt.ids))
        sources += range(start + prompt.label_start - 1, start + len(prompt.ids) - 1)
        labels += prompt.ids[prompt.label_start :]
        owners += [index] * labelled(prompt)
        bounds.append(start + len(prompt.ids))
    return PackedBatch(
        torch.tensor([ids]),
        torch.tensor([positions]),
        tuple(bounds),
        torch.tensor(sources),
        torch.tensor(labels),
        torch.tensor(owners),
        tuple(order),
        (0,) * len(prompts),
    )


def labelled(prompt: Rendered) -> int:
    """How many tokens of a prompt carry loss."""
    return len(prompt.ids) - prompt.label_start


def target_id(prompt: Rendered) -> str:
    """The id of the example that a prompt asks for."""
    parts = {segment.part: segment.example_id for segment in prompt.segments}
    return parts.get("label") or parts.get("target", "")


def check_prompts(
    prompts: Sequence[Rendered], eos: int, vocabulary: int, window: int, where: str
) -> None:
    """Refuses what would train something else than the target's output.

    Args:
        prompts: a batch.
        eos: the id that each last label must be, or the model never learns to stop.
        vocabulary: rows of the embedding.
        window: most positions that the model has.
        where: e.g. the step.

    Raises:
        RunError: naming the target: no labelled token, a last label that is not EOS, nothing
            before the label, an unknown id, or more tokens than positions.
    """
    for prompt in prompts:
        problem = _problem(prompt, eos, vocabulary, window)
        if problem:
            raise RunError(problem, where=f"{where}, target {target_id(prompt)!r}")


def _problem(prompt: Rendered, eos: int, vocabulary: int, window: int) -> str:
    if labelled(prompt) < 1:
        return "no labelled token: there is nothing to learn from it"
    if prompt.label_start < 1:
        return "no token stands before the label, so nothing can predict it"
    if prompt.ids[-1] != eos:
        return f"the last label is id {prompt.ids[-1]}, not EOS ({eos}): it would never stop"
    if max(prompt.ids) >= vocabulary or min(prompt.ids) < 0:
        return f"a token id outside 0 .. {vocabulary - 1}: made by another tokenizer"
    if len(prompt.ids) > window:
        return f"{len(prompt.ids)} tokens, but the model has {window} positions"
    return ""
