"""Context strategies: which Examples are put before a target."""

from ictrain.contexts.asked import SERVED, asked, context_for
from ictrain.contexts.build import Similarities
from ictrain.contexts.context import Context, ContextExample, Role
from ictrain.contexts.draw import (
    asks_for_duplicates,
    check_paraphrases,
    draw_contexts,
)
from ictrain.contexts.inspect import CellUse, near_is_random, share_nearer, use_of_cells
from ictrain.contexts.modes import MODE_WORDS, MODES, ModeRequest, contexts_of
from ictrain.contexts.settings import CELLS, STRATEGIES, StrategySettings
from ictrain.contexts.source import NearDuplicate, Source

__all__ = [
    "CELLS",
    "MODES",
    "MODE_WORDS",
    "SERVED",
    "STRATEGIES",
    "CellUse",
    "Context",
    "ContextExample",
    "ModeRequest",
    "NearDuplicate",
    "Role",
    "Similarities",
    "Source",
    "StrategySettings",
    "asked",
    "asks_for_duplicates",
    "check_paraphrases",
    "context_for",
    "contexts_of",
    "draw_contexts",
    "near_is_random",
    "share_nearer",
    "use_of_cells",
]
