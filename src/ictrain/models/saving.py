"""Saves and loads what was trained, in the plain formats of peft and transformers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from ictrain.errors import ModelError
from ictrain.files import new_folder, write_json
from ictrain.models.adapters import peft_quiet
from ictrain.quiet import no_bars

_ADAPTER = "adapter_model.safetensors"


def save_adapter(
    model: Any, folder: Path, tokenizer: Any = None, weights: dict[str, Any] | None = None
) -> None:
    """Saves an adapter so that peft.PeftModel.from_pretrained reads it; it appears whole or not.

    Args:
        model: from add_adapter. For peft: none the full model is saved.
        folder: to be made; an older one is replaced.
        tokenizer: saved beside a full model, so that the folder stands on its own.
        weights: see write_weights.

    Raises:
        RunError: a full disk or a folder that cannot be written.
    """
    with new_folder(Path(folder)) as aside:
        write_weights(model, aside, weights)
        if tokenizer is not None and not isinstance(model, PeftModel):
            tokenizer.save_pretrained(aside)


def write_weights(model: Any, folder: Path, weights: dict[str, Any] | None = None) -> None:
    """Writes the trained weights into a folder that is there.

    Args:
        model: from add_adapter.
        folder: where to.
        weights: by name, where the model itself holds only a part of each.
    """
    if not isinstance(model, PeftModel):
        with no_bars():
            model.save_pretrained(folder, state_dict=weights)
        return
    # 'auto' would ask the Hub for the base's vocabulary size at every save.
    model.save_pretrained(folder, save_embedding_layers=False, state_dict=weights)
    # peft keeps names of modules as sets, whose order changes from process to process.
    config = json.loads((folder / "adapter_config.json").read_text())
    for key in ("target_modules", "exclude_modules"):
        if isinstance(config.get(key), list):
            config[key].sort()
    write_json(folder / "adapter_config.json", config)


def read_weights(model: Any, folder: Path) -> None:
    """Puts weights that write_weights wrote back into the same model."""
    if isinstance(model, PeftModel):
        set_peft_model_state_dict(model, load_file(folder / _ADAPTER))
        return
    with no_bars():
        stored = AutoModelForCausalLM.from_pretrained(folder, dtype=model.dtype)
    model.load_state_dict(stored.state_dict())


def load_adapter(model: Any, folder: Path) -> Any:
    """The model with what save_adapter saved, for evaluation.

    Args:
        model: the base that was trained on; LoRA wraps its modules in place. For a full model it
            only says the dtype and attention.
        folder: from save_adapter.

    Raises:
        ModelError: the folder holds neither an adapter nor a model, or one of another base.
    """
    folder = Path(folder)
    try:
        if (folder / "adapter_config.json").is_file():
            with peft_quiet():
                return PeftModel.from_pretrained(model, folder).eval()
        if (folder / "config.json").is_file():
            attn = model.config._attn_implementation
            return AutoModelForCausalLM.from_pretrained(
                folder, dtype=model.dtype, attn_implementation=attn
            ).eval()
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        cause = str(error).strip().splitlines()[0]
        raise ModelError(
            f"cannot load: {cause}",
            where=str(folder),
            mend="take the base model that the adapter was trained on",
        ) from error
    raise ModelError(
        "no adapter_config.json and no config.json",
        expected="a folder that training has written",
        where=str(folder),
    )


def weights_digest(model: Any) -> str:
    """32 hex digits over every weight's name, dtype, shape and bytes (about 1 s per GB)."""
    state = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(model.state_dict().items()):
        state.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        if flat.numel():
            state.update(flat.view(torch.uint8).numpy())
    return state.hexdigest()
