"""Seconds per step: a few steps taken and thrown away, where that costs next to nothing."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from ictrain.experiments.bench import Bench
from ictrain.experiments.dry_run.model import Known, has_weights
from ictrain.models import add_adapter, load_model
from ictrain.training import DrawnBatches, StepRow, train

_STEPS = 4
_CHEAP = 1e11
"""Floating-point operations of a step: some seconds on one core of a CPU."""


def seconds_per_step(
    known: Known, bench: Bench, batches: DrawnBatches, tokens: float, aside: Path
) -> float | None:
    """The median of a few steps on this machine, or None where trying would take long.

    Args:
        known: with the model's settings; it must be from scratch or in a folder.
        bench: of the arm.
        batches: its own.
        tokens: of a step.
        aside: an empty folder; what is written there is of no use to anybody.

    Raises:
        IctrainError: what would stop the run at its first step, e.g. prompts that cannot be packed.
    """
    if known.settings is None or not tryable(known, tokens):
        return None
    model, tokenizer = load_model(known.settings, batches.seed)
    changed: dict[str, Any] = {
        "steps": _STEPS, "warmup_steps": 0, "schedule": "constant",
        "threads": bench.settings.threads,
        "checkpoint_every_steps": None, "checkpoint_every_seconds": None,
        "tensorboard": False, "wandb": False,
    }  # fmt: skip
    rows: list[StepRow] = []
    train(
        add_adapter(model, bench.arm.adapter, batches.seed),
        tokenizer,
        batches,
        bench.arm.training.model_copy(update=changed),
        aside,
        eos=known.renderer.eos,
        progress=False,
        callbacks=[rows.append],
    )
    return median(row.seconds for row in rows[1:])


def tryable(known: Known, tokens: float) -> bool:
    """Whether a step is cheap, and the weights are on this machine."""
    if known.model is None or known.settings is None or not known.counts:
        return False
    if known.quantised or not has_weights(known.settings):
        return False
    weights = sum(weight.numel() for weight in known.model.parameters())
    return bool(6 * weights * tokens <= _CHEAP)
