"""Which modules LoRA goes on: the paper's query, key and value, found per architecture."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import torch
from transformers.pytorch_utils import Conv1D

from ictrain.errors import ConfigError, nearest

_log = logging.getLogger(__name__)

_QKV = (
    ("q_proj", "k_proj", "v_proj"),  # Llama, Qwen2, Qwen3, Mistral, Gemma, OPT, GPT-J
    ("qkv_proj",),  # Phi-3: fused
    ("query_key_value",),  # GPT-NeoX, Falcon, Bloom: fused
    ("attn.c_attn",),  # GPT-2: fused
    ("Wqkv",),  # MPT, ModernBERT's decoders: fused
)
_OUTPUT = (
    "o_proj",
    "attention.dense",
    "self_attention.dense",
    "attn.c_proj",
    "out_proj",
    "attn.Wo",
)


def linear_names(model: Any) -> list[str]:
    """Full names of the modules that LoRA can go on; the output embedding is not one of them."""
    head = model.get_output_embeddings()
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear | Conv1D) and module is not head
    ]


def resolve_targets(model: Any, targets: str | Sequence[str]) -> list[str]:
    """The endings of module names that peft is given.

    Args:
        model: a transformers model.
        targets: 'attention-qkv' (the paper's), 'attention' (and its output projection),
            'all-linear', or endings of module names.

    Raises:
        ConfigError: an unknown name, or attention that is not known by these names; the error
            lists the names there are.
    """
    names = linear_names(model)
    if isinstance(targets, str):
        if targets == "all-linear":
            return sorted(_endings(names))
        return _attention(names, with_output=targets == "attention")
    for target in targets:
        if not _present(names, target):
            there = _endings(names)
            raise ConfigError(
                f"no module {target!r}; {nearest(target, there)}",
                expected=f"some of {', '.join(sorted(there))}",
                where="adapter.targets",
            )
    return sorted(targets)


def _attention(names: list[str], with_output: bool) -> list[str]:
    group = next((g for g in _QKV if all(_present(names, part) for part in g)), None)
    if group is None:
        raise ConfigError(
            "this architecture's query, key and value have names that are not known",
            expected=f"a list of some of {', '.join(sorted(_endings(names)))}",
            where="adapter.targets",
        )
    if len(group) == 1:
        _log.warning("LoRA goes on %s, which holds query, key and value in one", group[0])
    output = [ending for ending in _OUTPUT if _present(names, ending)] if with_output else []
    return sorted([*group, *output])


def _endings(names: list[str]) -> set[str]:
    return {name.rsplit(".", 1)[-1] for name in names}


def _present(names: list[str], ending: str) -> bool:
    return any(name == ending or name.endswith(f".{ending}") for name in names)
