"""Words: loads a base model and its tokenizer, puts a LoRA adapter on it, saves and loads both."""

from ictrain.models.adapters import AdapterSettings, add_adapter
from ictrain.models.loading import ModelSettings, load_model, load_tokenizer
from ictrain.models.saving import load_adapter, save_adapter, weights_digest
from ictrain.models.targets import resolve_targets

__all__ = [
    "AdapterSettings",
    "ModelSettings",
    "add_adapter",
    "load_adapter",
    "load_model",
    "load_tokenizer",
    "resolve_targets",
    "save_adapter",
    "weights_digest",
]
