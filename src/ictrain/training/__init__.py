"""Words: packed batches, the loss on labels, checkpoints, and the loop that trains on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ictrain.lazy import exports
from ictrain.training.settings import TrainingSettings

if TYPE_CHECKING:
    from ictrain.training.batches import Batches
    from ictrain.training.drawn import DrawnBatches, batches_for, prepare
    from ictrain.training.isolation import check_isolation
    from ictrain.training.log import StepRow
    from ictrain.training.loop import train
    from ictrain.training.result import TrainResult
    from ictrain.training.trackers import Callback
else:
    __getattr__ = exports(
        __name__,
        {
            "Batches": "batches",
            "Callback": "trackers",
            "DrawnBatches": "drawn",
            "StepRow": "log",
            "TrainResult": "result",
            "batches_for": "drawn",
            "check_isolation": "isolation",
            "prepare": "drawn",
            "train": "loop",
        },
    )

__all__ = [
    "Batches",
    "Callback",
    "DrawnBatches",
    "StepRow",
    "TrainResult",
    "TrainingSettings",
    "batches_for",
    "check_isolation",
    "prepare",
    "train",
]
