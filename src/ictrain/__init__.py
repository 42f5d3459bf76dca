"""Context strategies for fine-tuning: keep in-context learning alive."""

from typing import TYPE_CHECKING

from ictrain.lazy import exports

if TYPE_CHECKING:
    from ictrain.api.contexts import Contexts
    from ictrain.api.dataset import ContextDataset
    from ictrain.api.score import Scores, score
else:
    __getattr__ = exports(
        __name__,
        {
            "ContextDataset": "api.dataset",
            "Contexts": "api.contexts",
            "Scores": "api.score",
            "score": "api.score",
        },
    )

__all__ = ["ContextDataset", "Contexts", "Scores", "score"]
