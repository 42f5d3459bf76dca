"""How much memory a training will take, roughly: weights exactly, activations by a formula.

    weights       every parameter in its own number format
    adapter       what is trained beside them
    optimiser     a gradient and two moments per trained parameter
    activations   per token in memory at once: layers x (16 hidden + 4 intermediate) numbers, and
                  for LoRA three times the input of each adapted module
    logits        per labelled token (padded batches: per token): vocabulary x 3 numbers in float32

With gradient checkpointing each layer keeps its input alone, and one layer at a time the rest.
The factors are ours; that of LoRA was set by one measured training, and benchmarks/memory.py holds
all of them against six: .8 to 1.0 of what they took, and .4 with gradient checkpointing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ictrain.prompts import Rendered
from ictrain.training import TrainingSettings
from ictrain.training.batches import micro_batches
from ictrain.training.packing import labelled

_HIDDEN, _INNER, _ADAPTED, _LOGITS = 16, 4, 3, 3
_NF4 = 0.516
"""Bytes: 4 bits, and the constants of double quantisation (0.127 bits, QLoRA, section 3)."""


@dataclass(frozen=True)
class Memory:
    """Bytes of one process, by what they hold."""

    weights: int
    adapter: int
    optimiser: int
    activations: int
    logits: int

    @property
    def total(self) -> int:
        """All of it, without Python and its libraries."""
        return self.weights + self.adapter + self.optimiser + self.activations + self.logits


@dataclass(frozen=True)
class Load:
    """What is in memory at once in the fullest part of a step."""

    tokens: int
    labelled: int


def heaviest(prompts: Sequence[Rendered], settings: TrainingSettings) -> Load:
    """The most tokens, and the most labelled ones, that any part of a step's batch has."""
    parts = micro_batches(prompts, settings.micro_batch, settings.micro_tokens)
    if settings.packing == "padded":
        widest = max(len(part) * max(len(prompt.ids) for prompt in part) for part in parts)
        return Load(widest, widest)
    return Load(
        max(sum(len(prompt.ids) for prompt in part) for part in parts),
        max(sum(labelled(prompt) for prompt in part) for part in parts),
    )


def of_training(
    model: Any, settings: TrainingSettings, load: Load, quantised: bool = False
) -> Memory:
    """An estimate for a model with its adapter.

    Args:
        model: may lie on the meta device.
        settings: precision, and what is recomputed.
        load: the fullest part of a step.
        quantised: whether the base's projections will be in 4 bits (nf4, double quantisation).
    """
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    frozen = [weight for weight in model.parameters() if not weight.requires_grad]
    all_weights = not frozen
    config = model.config.get_text_config()
    layers, hidden = config.num_hidden_layers, config.hidden_size
    inner = getattr(config, "intermediate_size", None) or 4 * hidden
    size = (
        2
        if settings.precision == "bfloat16" or quantised
        else max(w.itemsize for w in trained + frozen)
    )
    adapted = sum(w.shape[-1] for name, w in model.named_parameters() if "lora_A" in name)
    per_layer = (_HIDDEN * hidden + _INNER * inner) * size + _ADAPTED * adapted * size // layers
    kept = layers * per_layer
    if settings.gradient_checkpointing:
        kept = layers * hidden * size + per_layer
    return Memory(
        weights=of_weights(model, quantised) - (0 if all_weights else _bytes(trained)),
        adapter=0 if all_weights else _bytes(trained),
        optimiser=3 * _bytes(trained),
        activations=load.tokens * kept,
        logits=load.labelled * config.vocab_size * _LOGITS * 4,
    )


def of_weights(model: Any, quantised: bool = False) -> int:
    """Bytes of all parameters; in 4 bits the projections take 0.52 bytes each, the rest float32."""
    if not quantised:
        return _bytes(list(model.parameters()))
    head = model.get_output_embeddings()
    projections = {
        id(module.weight)
        for module in model.modules()
        if isinstance(module, torch.nn.Linear) and module is not head
        and not module.weight.requires_grad
    }  # fmt: skip
    return sum(
        math.ceil(weight.numel() * (_NF4 if id(weight) in projections else 4))
        for weight in model.parameters()
    )


def of_answers(model: Any, tokens: int) -> int:
    """Bytes of keys and values for so many tokens of prompts and answers at once."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    size = max(weight.itemsize for weight in model.parameters())
    return int(tokens * config.num_hidden_layers * 2 * heads * width * size)


def _bytes(weights: Sequence[Any]) -> int:
    return sum(weight.numel() * weight.itemsize for weight in weights)
