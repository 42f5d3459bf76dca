"""What a model's answers depend on, in one hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from ictrain.files import digest

_SAMPLE = 64
"""Entries of a frozen weight that are compared on each call."""

Known = dict[str, tuple[Any, bytes]]
"""Name of a frozen weight -> what tells whether it changed, and its hash."""


def model_digest(model: Any, tokenizer: Any, known: Known | None = None) -> str:
    """32 hex digits over weights (adapters too), configuration, tokenizer and library versions.

    Args:
        model: a transformers or PEFT causal LM.
        tokenizer: its tokenizer.
        known: kept by the caller from call to call on the same model, so that frozen weights are
            not read again: a second per GB.
    """
    import torch
    import transformers

    versions = [torch.__version__, transformers.__version__]
    attention = getattr(model.config, "_attn_implementation", None)
    weights = _weights(model, {} if known is None else known)
    return digest(weights, _config(model), tokenizer_digest(tokenizer), attention, versions)


def _weights(model: Any, known: Known) -> str:
    total = hashlib.sha256()
    for name, tensor in sorted(model.state_dict(keep_vars=True).items()):
        total.update(name.encode() + _remembered(name, tensor, known))
    return total.hexdigest()


def _remembered(name: str, tensor: Any, known: Known) -> bytes:
    """A weight that is being trained is read each time: its version counter is not to be trusted,
    since a fused optimiser's step does not move it. A frozen one changes by a load, which does, or
    by the merge of an adapter, which does not but changes every entry: so a few are looked at."""
    if tensor.requires_grad or tensor.is_inference():
        return _tensor(tensor)
    few = tensor.detach().reshape(-1)[:: tensor.numel() // _SAMPLE + 1].tolist()
    state = (tensor.data_ptr(), tensor._version, few)
    if name not in known or known[name][0] != state:
        known[name] = (state, _tensor(tensor))
    return known[name][1]


def _tensor(tensor: Any) -> bytes:
    import torch

    total = hashlib.sha256(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
    raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
    total.update(raw.cpu().numpy().data)
    return total.digest()


def _config(model: Any) -> list[Any]:
    """Without the folder that the model was loaded from and the library's version."""
    told = model.config.to_dict()
    for key in ("_name_or_path", "transformers_version", "use_cache"):
        told.pop(key, None)
    adapters = getattr(model, "peft_config", {})
    active = getattr(model, "active_adapters", None) if adapters else None
    scales = {name: _adapter(config) for name, config in sorted(adapters.items())}
    return [told, scales, list(active) if isinstance(active, list | tuple) else None]


def _adapter(config: Any) -> dict[str, Any]:
    told = config.to_dict()
    for key in ("base_model_name_or_path", "inference_mode", "revision", "peft_version"):
        told.pop(key, None)
    return {name: sorted(v) if isinstance(v, set) else v for name, v in told.items()}


def tokenizer_digest(tokenizer: Any) -> str:
    """Over what turns ids into text and back; not over padding and truncation, which calls set."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        content: Any = sorted(tokenizer.get_vocab().items())
    else:
        content = json.loads(backend.to_str())
        content.update(padding=None, truncation=None)
    return digest(type(tokenizer).__name__, content, tokenizer.special_tokens_map)
