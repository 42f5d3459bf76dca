"""Optional trackers: each makes a callback that is told of every step's row."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ictrain.errors import ConfigError
from ictrain.training.log import StepRow
from ictrain.training.settings import TrainingSettings

Callback = Callable[[StepRow], None]
"""Called after each step, with its row; the model is then free for use, e.g. for a probe."""

_SHOWN = ("loss", "learning_rate", "gradient_norm", "tokens_per_second")


def trackers(settings: TrainingSettings, out: Path, step: int) -> list[Callback]:
    """The trackers that the settings ask for; a resumed run goes on behind `step`.

    Raises:
        ConfigError: one is not installed.
    """
    made = [_tensorboard(out, step)] if settings.tensorboard else []
    return [*made, _wandb(settings, out)] if settings.wandb else made


def _tensorboard(out: Path, step: int) -> Callback:
    _need("tensorboard")
    module = importlib.import_module("torch.utils.tensorboard")
    writer = module.SummaryWriter(str(out / "tensorboard"), purge_step=step + 1)

    def tell(row: StepRow) -> None:
        for name in _SHOWN:
            writer.add_scalar(f"train/{name}", getattr(row, name), row.step)
        writer.flush()

    return tell


def _wandb(settings: TrainingSettings, out: Path) -> Callback:
    run = _need("wandb").init(dir=str(out), name=out.name, config=settings.model_dump(mode="json"))

    def tell(row: StepRow) -> None:
        run.log({f"train/{name}": getattr(row, name) for name in _SHOWN}, step=row.step)

    return tell


def _need(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ConfigError(
            f"{name} is not installed",
            where=f"training.{name}",
            mend=f"pip install 'ictrain[{name}]', or set training.{name}=false",
        ) from None
