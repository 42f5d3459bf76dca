"""LoRA adapters by peft, with weights that depend on the seed alone."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers.pytorch_utils import Conv1D

from ictrain.errors import ConfigError
from ictrain.models.quantised import is_quantised
from ictrain.models.settings import AdapterSettings
from ictrain.models.targets import outside_names, resolve_targets
from ictrain.randomness import torch_seed


@contextlib.contextmanager
def peft_quiet() -> Iterator[None]:
    """peft asks transformers for a property by its old name; a user can do nothing about it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".is_gradient_checkpointing. is deprecated")
        yield


def add_adapter(model: Any, settings: AdapterSettings, seed: int) -> Any:
    """Puts a fresh adapter on the model, or makes every weight trainable for peft: none.

    Args:
        model: a transformers model; with LoRA its modules are wrapped in place.
        settings: rank, scaling, dropout, places.
        seed: the adapter's first weights are a function of it alone.

    Returns:
        A peft.PeftModel, or the model itself for peft: none.

    Raises:
        ConfigError: a target module that the model has not, or peft: none on quantised weights.
    """
    if settings.peft == "none":
        if is_quantised(model):
            raise ConfigError(
                "peft: none with model.quantise: 4bit",
                expected="lora, since quantised weights cannot be trained",
                where="adapter.peft",
            )
        return model.requires_grad_(True)
    targets = resolve_targets(model, settings.targets)
    with torch.random.fork_rng(devices=[]), peft_quiet():
        torch.manual_seed(torch_seed(seed, "adapter"))
        return get_peft_model(
            model,
            LoraConfig(
                r=settings.r,
                lora_alpha=settings.alpha,
                lora_dropout=settings.dropout,
                target_modules=targets,
                exclude_modules=outside_names(model, targets) or None,
                task_type="CAUSAL_LM",
                fan_in_fan_out=any(isinstance(m, Conv1D) for m in model.modules()),
            ),
        )
