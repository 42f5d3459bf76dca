"""How a model is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ictrain.errors import ConfigError
from ictrain.settings import Settings


class TrainingSettings(Settings):
    """The optimiser's settings, memory, and what is kept. [ours] where the paper's are lost."""

    steps: int = Field(400, ge=1, description="Optimiser steps; equal for all strategies.")
    batch_size: int = Field(2, ge=1, description="Targets per step (paper, section 5).")
    micro_batch: int | None = Field(
        None, ge=1, description="Most prompts in memory at once; less memory, the same step."
    )
    micro_tokens: int | None = Field(
        None, ge=1, description="Most tokens in memory at once (a longer prompt goes alone)."
    )
    learning_rate: float = Field(2e-4, gt=0, description="At its height [ours].")
    warmup_steps: int = Field(0, ge=0, description="Linear rise from 0.")
    schedule: Literal["linear", "constant"] = Field(
        "linear", description="linear falls to 0 at the last step (paper, section 5)."
    )
    weight_decay: float = Field(0.0, ge=0, description="Decoupled, as in AdamW; 0 is plain Adam.")
    clip: float | None = Field(1.0, gt=0, description="Largest norm of the gradient [ours].")
    betas: tuple[float, float] = Field((0.9, 0.999), description="Adam's moments [ours].")
    gradient_checkpointing: bool = Field(False, description="Recompute instead of keep: slower.")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32", description="bfloat16 computes under autocast; weights keep their own dtype."
    )
    packing: Literal["auto", "packed", "padded"] = Field(
        "auto",
        description="auto packs where the model's attention keeps packed prompts apart (checked "
        "at the start of each training) and pads elsewhere; packed stops there instead.",
    )
    checkpoint_every_steps: int | None = Field(100, ge=1, description="None: not by steps.")
    checkpoint_every_seconds: float | None = Field(300, gt=0, description="None: not by time.")
    keep_checkpoints: int = Field(2, ge=1, description="The newest ones; older ones are removed.")
    select: Literal["last", "worst_band"] = Field(
        "last",
        description="worst_band: dev is asked at every checkpoint by steps and at the end, and the "
        "step whose worst band has the highest lower end is kept (see evaluation.worst_over).",
    )
    threads: int | None = Field(None, ge=1, description="CPU threads; None leaves torch's number.")
    seed: int = Field(0, ge=0, description="Of dropout; data and adapter have seeds of their own.")
    log_every: int = Field(10, ge=1, description="Steps between lines of progress.")
    tensorboard: bool = Field(False, description="Also log for TensorBoard, in the run's folder.")
    wandb: bool = Field(False, description="Also log to Weights & Biases.")

    @model_validator(mode="after")
    def _warmup_ends(self) -> TrainingSettings:
        if self.warmup_steps > self.steps:
            raise ConfigError(
                f"warmup_steps {self.warmup_steps}", expected=f"at most steps ({self.steps})"
            )
        if self.select != "last" and self.checkpoint_every_steps is None:
            raise ConfigError(
                "select worst_band without checkpoints by steps",
                mend="set checkpoint_every_steps, e.g. to a tenth of steps",
            )
        return self


_FREE = {
    "checkpoint_every_steps",
    "checkpoint_every_seconds",
    "keep_checkpoints",
    "threads",
    "log_every",
    "tensorboard",
    "wandb",
    # Less memory changes a step by rounding and by which dropout is drawn, not by what it means.
    "micro_batch",
    "micro_tokens",
    "gradient_checkpointing",
}


def fixed(settings: TrainingSettings) -> dict[str, object]:
    """The settings that a run keeps when it is resumed; the others may change."""
    kept = settings.model_dump(mode="json", exclude=_FREE)
    if kept.pop("select") != "last":  # a run that selects nothing has no trace of it
        kept |= {"select": settings.select, "select_every": settings.checkpoint_every_steps}
    return kept


def learning_rate(settings: TrainingSettings, step: int) -> float:
    """The rate of a step, counted from 0; as a pure function, so no scheduler has to be saved."""
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    if settings.schedule == "constant":
        return settings.learning_rate
    left = (settings.steps - step) / (settings.steps - settings.warmup_steps)
    return settings.learning_rate * left
