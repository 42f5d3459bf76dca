"""A whole run in one of two processes that share the model's weights (FSDP2)."""

import os
from pathlib import Path

import pytest

from ictrain.config import load_config
from ictrain.experiments.run import run
from ictrain.training import loop
from tests.training.process_child import Sharded, joined


def child(config: str, out: str, rank: int, port: int) -> None:
    """Every process calls run; the first one asks the trained models."""
    joined(rank, port)
    os.environ["ACCELERATE_USE_FSDP"] = "true"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "Accelerator", Sharded)
        run(load_config(Path(config), ["probes.items=0"]), Path(out), lambda line: None)
