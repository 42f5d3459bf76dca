"""How mixtures are searched: the space, who proposes, halving, the budget; no training here."""

from ictrain.search.budget import Budget
from ictrain.search.engine import Ask, Found, Measure, Outcome, Trial, run_search
from ictrain.search.settings import TuneSettings
from ictrain.search.space import Candidate, Space

__all__ = [
    "Ask",
    "Budget",
    "Candidate",
    "Found",
    "Measure",
    "Outcome",
    "Space",
    "Trial",
    "TuneSettings",
    "run_search",
]
