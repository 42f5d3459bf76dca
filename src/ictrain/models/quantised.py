"""A base in 4 bits by bitsandbytes, frozen, to be trained through an adapter (QLoRA)."""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from peft import prepare_model_for_kbit_training
from transformers import BitsAndBytesConfig

from ictrain.errors import ModelError
from ictrain.models.settings import ModelSettings
from ictrain.processes import device


def loading_options(settings: ModelSettings) -> dict[str, Any]:
    """What from_pretrained is told of the weights' numbers, and where they go.

    Raises:
        ModelError: 4 bits without CUDA or without bitsandbytes.
    """
    if settings.quantise == "none":
        return {"dtype": getattr(torch, settings.dtype)}
    _check()
    return {
        "dtype": torch.bfloat16,
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        ),
        # Weights are quantised on the way to the device, so it has to be this process's own.
        "device_map": {"": device()},
    }


def prepared(model: Any) -> Any:
    """Norms, embeddings and head in float32, everything frozen.

    Inputs need no gradient of their own (peft's hook for it): only reentrant checkpointing loses
    gradients without one, and training checkpoints in the other way.
    """
    if not is_quantised(model):
        return model
    return prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)


def is_quantised(model: Any) -> bool:
    """Whether the base's weights are in 4 bits, which no step can change."""
    return bool(getattr(model, "is_loaded_in_4bit", False))


def _check() -> None:
    mend = "set model.quantise: none; model.dtype: bfloat16 halves the memory anywhere"
    if not torch.cuda.is_available():
        raise ModelError(
            "4-bit weights need a CUDA GPU, and torch sees none", where="model.quantise", mend=mend
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise ModelError(
            "bitsandbytes is not installed",
            where="model.quantise",
            mend="pip install 'ictrain[quantised]', or set model.quantise: none",
        )
