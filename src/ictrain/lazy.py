"""Names that a package hands on without importing them before somebody asks.

torch, transformers and peft take ten seconds to import; reading a config or printing an error must
not wait for them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def exports(package: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's __getattr__ that finds each name in its submodule at first use.

    Args:
        package: __name__ of the package.
        places: the submodule of each name.
    """

    def find(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{places[name]}"), name)

    return find
