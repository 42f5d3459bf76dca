"""Whether the Hugging Face hub can be reached, looked at once, so that nobody waits for retries."""

from __future__ import annotations

import contextlib
import http.client
import os
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

_PATIENCE = 4.0
"""Seconds: a name that cannot be looked up may take longer to be refused."""
_SWITCHES = {"huggingface_hub.constants": "HF_HUB_OFFLINE", "datasets.config": "HF_HUB_OFFLINE"}
"""Where the libraries keep what they read from the environment when they were imported."""


def hub_url() -> str:
    """Where the hub is, or a mirror of it."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def told_offline() -> bool:
    """Whether the environment says that nothing is to be fetched."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return any(os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE") for name in names)


def in_cache(name: str, revision: str | None) -> bool:
    """Whether the hub's cache of this machine holds weights of a model; of a name that the hub
    cannot have it does not."""
    from huggingface_hub import try_to_load_from_cache

    files = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
    try:
        found = [try_to_load_from_cache(name, file, revision=revision) for file in files]
    except ValueError:  # the hub's own complaint of a name
        return False
    return any(isinstance(path, str) for path in found)


def reachable(url: str, patience: float = _PATIENCE) -> bool:
    """Whether anything answers there, through a proxy where the environment names one.

    Args:
        url: of a server; any answer of it counts, an error too, but a proxy's refusal does not.
        patience: seconds, looking up the name included.
    """
    found: list[bool] = []

    def look() -> None:
        try:
            request = urllib.request.Request(url, method="HEAD")
            with urllib.request.urlopen(request, timeout=patience):
                found.append(True)
        except urllib.error.HTTPError:
            found.append(True)
        except (OSError, ValueError, http.client.HTTPException):
            found.append(False)

    # A thread of its own, since looking up a name knows no time limit.
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(patience)
    return bool(found) and found[0]


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """Inside, the hub's libraries use what is on this machine and ask nobody."""
    before_environment = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    before = [(module, name, getattr(module, name)) for module, name in _loaded()]
    for module, name, _ in before:
        setattr(module, name, True)
    try:
        yield
    finally:
        if before_environment is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before_environment
        # Also of what was imported inside, which has read the changed environment.
        known = {id(module): value for module, _, value in before}
        for module, name in _loaded():
            setattr(module, name, known.get(id(module), False))


def _loaded() -> list[tuple[Any, str]]:
    return [(sys.modules[m], name) for m, name in _SWITCHES.items() if m in sys.modules]
