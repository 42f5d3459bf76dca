"""Base and adapter as one model, and the proof that it is the same one.

The merged model is written, loaded again as anybody would load it, and given the same prompts as
base and adapter were: the logits have to agree. Two ways to miss that are told apart. Logits that
lie further apart than rounding can bring them are those of another model (tied weights, a module
that was not merged). And where the base is held in few bits, the adapter's part can be lost in its
rounding: then the difference is small, and still half of all that the training changed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from ictrain.errors import ModelError
from ictrain.models import add_adapter, load_model, weights_digest
from ictrain.models.adapters import peft_quiet
from ictrain.models.saving import read_weights
from ictrain.publishing.choose import Chosen
from ictrain.quiet import no_bars

TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2}
"""Largest difference of a logit over the largest logit, by the base's dtype."""
LOST = 0.25
"""Largest share of the adapter's own effect that merging may cost (root mean squares)."""

Ids = Sequence[int]


@dataclass(frozen=True)
class Difference:
    """Merged against base with adapter, over all positions of the prompts.

    Attributes:
        share: largest difference of a logit, over the largest logit.
        lost: root mean square of the differences, over that of what the adapter changes.
        prompts: how many were compared.
        dtype: of the base, which decides the tolerance.
    """

    share: float
    lost: float
    prompts: int
    dtype: str

    def __str__(self) -> str:
        return (
            f"logits on {self.prompts} prompts differ by at most {self.share:.1e} of the largest "
            f"(tolerance {TOLERANCE[self.dtype]:.0e}, {self.dtype}), {self.lost:.1%} of what the "
            "adapter changes"
        )


def merge(chosen: Chosen, prompts: Sequence[Ids], out: Path) -> Difference:
    """Writes the merged model into out, and compares what can be loaded from there.

    Args:
        chosen: a training of an adapter.
        prompts: token ids.
        out: a folder that is there.

    Raises:
        ModelError: the base is not the one that was trained on, or the merged model is another.
    """
    model, _ = load_model(chosen.model, chosen.job.seed)
    if getattr(model, "is_quantized", False):
        raise ModelError(
            "a quantised base cannot take up an adapter exactly",
            where="--merge",
            mend="export without --merge",
        )
    model = add_adapter(model, chosen.arm.adapter, chosen.job.seed)
    _check_base(chosen, model)
    read_weights(model, chosen.weights)
    model.eval()
    tuned = logits(model, prompts)
    with model.disable_adapter():
        bare = logits(model, prompts)
    with peft_quiet(), no_bars():
        model.merge_and_unload().save_pretrained(out)
    del model
    with no_bars():
        again = AutoModelForCausalLM.from_pretrained(out)
    return compare(logits(again.eval(), prompts), tuned, bare, chosen.settings.model.dtype)


def compare(
    merged: Sequence[Any], tuned: Sequence[Any], bare: Sequence[Any], dtype: str
) -> Difference:
    """Refuses a merged model that is not the tuned one.

    Args:
        merged, tuned, bare: per prompt the logits, float32 [positions, vocabulary], of the merged
            model, of base and adapter, and of the base alone.
        dtype: of the base.

    Raises:
        ModelError: see Difference.
    """
    apart = [(a - b) for a, b in zip(merged, tuned, strict=True)]
    effect = [(a - b) for a, b in zip(tuned, bare, strict=True)]
    largest = max(float(t.abs().max()) for t in tuned)
    share = max(float(d.abs().max()) for d in apart) / max(largest, 1e-12)
    moved, missed = _size(effect), _size(apart)
    found = Difference(share, missed / moved if moved else 0.0, len(tuned), dtype)
    mend = "export without --merge"
    if not share <= TOLERANCE[dtype]:  # so that NaN is refused too
        raise ModelError(
            f"the merged model is another than base and adapter: {found}",
            where="--merge",
            mend=mend,
        )
    if found.lost > LOST:
        raise ModelError(
            f"merging in {dtype} loses {found.lost:.1%} of what the adapter changes",
            expected=f"at most {LOST:.0%}",
            where="--merge",
            mend=f"{mend}, or train with model.dtype=float32",
        )
    return found


def _size(differences: Sequence[Any]) -> float:
    """The root mean square of all entries."""
    total = sum(float((d.double() ** 2).sum()) for d in differences)
    return math.sqrt(total / sum(d.numel() for d in differences))


def _check_base(chosen: Chosen, model: Any) -> None:
    """The same weights, base and fresh adapter, as training began with."""
    file = chosen.run.job(chosen.job) / "identity.json"
    known = json.loads(file.read_text("utf-8")) if file.exists() else {}
    if known.get("model.weights", "") not in ("", weights_digest(model)):
        raise ModelError(
            f"the base has other weights than when {chosen.job.name} was trained",
            where=chosen.settings.model.name,
            mend="load it in the revision and with the versions of record.json, or run again",
        )


def logits(model: Any, prompts: Sequence[Ids]) -> list[Any]:
    """Per prompt float32 [positions, vocabulary]."""
    with torch.inference_mode():
        return [model(torch.tensor([list(ids)])).logits[0].float() for ids in prompts]
