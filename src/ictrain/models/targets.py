"""Which modules LoRA goes on: the paper's query, key and value, found per architecture."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from transformers.pytorch_utils import Conv1D

from ictrain.errors import ConfigError, nearest
from ictrain.processes import is_main

_log = logging.getLogger(__name__)

_QKV = (
    ("q_proj", "k_proj", "v_proj"),  # Llama, Qwen2, Qwen3, Mistral, Gemma to Gemma 3, OPT, GPT-J
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
    """Full names of the modules that LoRA can go on: neither the output embedding nor those of a
    part that reads images or sound, which text alone would never train."""
    head, inside = model.get_output_embeddings(), _text_part(model)
    return [
        name
        for name, module in model.named_modules()
        if _takes_lora(module) and module is not head and module in inside
    ]


def outside_names(model: Any, targets: Sequence[str]) -> list[str]:
    """Full names of modules that have a target's ending but are no part of the text's model."""
    inside = _text_part(model)
    return [
        name
        for name, module in model.named_modules()
        if _takes_lora(module)
        and module not in inside
        and any(_present([name], target) for target in targets)
    ]


def _takes_lora(module: torch.nn.Module) -> bool:
    return isinstance(module, torch.nn.Linear | Conv1D)


def _text_part(model: Any) -> set[torch.nn.Module]:
    whole = model.config.get_text_config() is model.config
    return set((model if whole else model.get_decoder()).modules())


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
        _say_once("LoRA goes on %s, which holds query, key and value in one", group[0])
    output = [ending for ending in _OUTPUT if _present(names, ending)] if with_output else []
    return sorted([*group, *output])


@cache
def _say_once(message: str, name: str) -> None:
    """Once: a run has many jobs on one model, and several processes may train it."""
    if is_main():
        _log.warning(message, name)


def _endings(names: list[str]) -> set[str]:
    return {name.rsplit(".", 1)[-1] for name in names}


def _present(names: list[str], ending: str) -> bool:
    return any(name == ending or name.endswith(f".{ending}") for name in names)
