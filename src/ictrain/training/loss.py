"""The loss on labelled tokens: packed, and the slow obvious padded way that it must equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from ictrain.prompts.rendered import Rendered
from ictrain.training.packing import PackedBatch, pack


def packed_logits(model: Any, batch: PackedBatch) -> torch.Tensor:
    """float [L, vocabulary]: logits at the labelled positions alone; within segment_attention.

    The head of a model with 128k tokens costs more than its body when it runs on every position,
    and 88 % of the positions carry no loss (../docs/decisions/002-packing.md).
    """
    output = model(
        input_ids=batch.ids,
        position_ids=batch.positions,
        logits_to_keep=batch.sources,
        segment_bounds=batch.bounds,
        use_cache=False,
    )
    return output.logits[0]  # type: ignore[no-any-return]


def packed_loss(model: Any, prompts: Sequence[Rendered], device: torch.device) -> torch.Tensor:
    """Sum of the labelled tokens' cross-entropies, float32 []; within segment_attention."""
    batch = pack(prompts).to(device)
    return cross_entropy(packed_logits(model, batch).float(), batch.labels, reduction="sum")


def padded_loss(model: Any, prompts: Sequence[Rendered], device: torch.device) -> torch.Tensor:
    """The same from one padded batch and the logits of all positions."""
    ids, mask, labels = padded(prompts)
    output = model(input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False)
    return cross_entropy(
        output.logits[:, :-1].flatten(0, 1).float(),
        labels[:, 1:].flatten().to(device),
        ignore_index=-100,
        reduction="sum",
    )


def padded(prompts: Sequence[Rendered]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, attention mask and labels, each int64 [N, longest], padded on the right.

    Id 0 stands in the padding, whatever it means: the mask hides it, and labels are made from
    positions (-100 elsewhere), not from ids.
    """
    longest = max(len(prompt.ids) for prompt in prompts)
    ids = torch.zeros(len(prompts), longest, dtype=torch.int64)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, prompt in enumerate(prompts):
        end = len(prompt.ids)
        ids[row, :end] = torch.tensor(prompt.ids)
        mask[row, :end] = 1
        labels[row, prompt.label_start : end] = ids[row, prompt.label_start : end]
    return ids, mask, labels
