"""A trained model as a folder that plain peft and transformers load, its card, and the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ictrain.lazy import exports

if TYPE_CHECKING:
    from ictrain.publishing.push import Push
    from ictrain.publishing.write import ExportSettings, export
else:
    __getattr__ = exports(__name__, {"ExportSettings": "write", "export": "write", "Push": "push"})

__all__ = ["ExportSettings", "Push", "export"]
