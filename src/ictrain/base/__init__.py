"""The small base model that ships with the package, and the recipe that makes it.

small_base() -> Path                      the shipped folder: an ordinary Hugging Face model
train_base(BaseSettings(seed=1), out, progress=print) -> Path
                                          trains one like it (minutes on one core), resumable
measure_base(folder) -> dict[str, float]  its skills: reads the context, knows its dictionary
"""

from ictrain.base.folder import small_base, train_base
from ictrain.base.measure import measure_base
from ictrain.base.settings import BaseSettings, Shape, Stage
from ictrain.base.tokenizer import make_tokenizer

__all__ = [
    "BaseSettings",
    "Shape",
    "Stage",
    "make_tokenizer",
    "measure_base",
    "small_base",
    "train_base",
]
