"""Where the demo's config lies: in the package, so that it runs from any folder."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def demo_config(quick: bool) -> Path:
    """The demo's YAML file, or that of its quick form."""
    name = "demo-quick.yaml" if quick else "demo.yaml"
    return Path(str(resources.files("ictrain") / "configs" / name))
