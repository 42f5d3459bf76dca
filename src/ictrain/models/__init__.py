"""Words: loads a base model and its tokenizer, puts a LoRA adapter on it, saves and loads both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ictrain.lazy import exports
from ictrain.models.settings import AdapterSettings, ModelSettings, model_folder

if TYPE_CHECKING:
    from ictrain.models.adapters import add_adapter
    from ictrain.models.loading import load_model, load_tokenizer
    from ictrain.models.saving import load_adapter, save_adapter, weights_digest
    from ictrain.models.targets import resolve_targets
else:
    __getattr__ = exports(
        __name__,
        {
            "add_adapter": "adapters",
            "load_model": "loading",
            "load_tokenizer": "loading",
            "load_adapter": "saving",
            "save_adapter": "saving",
            "weights_digest": "saving",
            "resolve_targets": "targets",
        },
    )

__all__ = [
    "AdapterSettings",
    "ModelSettings",
    "add_adapter",
    "load_adapter",
    "load_model",
    "load_tokenizer",
    "model_folder",
    "resolve_targets",
    "save_adapter",
    "weights_digest",
]
