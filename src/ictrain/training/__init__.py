"""Words: packed batches, the loss on labels, checkpoints, and the loop that trains on them."""

from ictrain.training.batches import Batches
from ictrain.training.isolation import check_isolation
from ictrain.training.log import StepRow
from ictrain.training.loop import train
from ictrain.training.result import TrainResult
from ictrain.training.settings import TrainingSettings
from ictrain.training.trackers import Callback

__all__ = [
    "Batches",
    "Callback",
    "StepRow",
    "TrainResult",
    "TrainingSettings",
    "check_isolation",
    "train",
]
