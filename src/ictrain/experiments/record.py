"""A run's record: what was asked, with which versions, on which machine, and what came of it."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from ictrain.workers import cores

_PACKAGES = (
    "ictrain", "torch", "transformers", "peft", "accelerate", "tokenizers", "numpy", "bm25s",
    "numba", "pyarrow", "matplotlib",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Python and the packages that decide a result."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def machine() -> dict[str, Any]:
    """The machine in words: processor, cores, memory (GiB), system; no name of a host."""
    import torch

    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory_gib": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "gpu": gpu,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> float | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemTotal"):
                return round(int(line.split()[1]) / 2**20, 1)
    except OSError:
        pass
    return None


def command() -> str:
    """The command line as it was typed, without the folder of the program."""
    name = Path(sys.argv[0]).name
    return " ".join(["ictrain" if name == "__main__.py" else name, *sys.argv[1:]])
