"""Near-duplicates that a language model is asked for: validated, paid for once, kept for good.

    wanted -> cached? -> batches by id -> a server or a local model -> JSON -> checks -> cache
                              ^                                          |
                              +------- what failed, in smaller batches --+

Whoever draws contexts never asks: it reads what was kept (see kept.Kept).
"""

from ictrain.paraphrase.asked.ask import AskedFor, Asker, Reply, Wanted, ask, estimate_of
from ictrain.paraphrase.asked.cache import Cost, Paraphrases
from ictrain.paraphrase.asked.check import Checker
from ictrain.paraphrase.asked.form import SENTENCES, Form
from ictrain.paraphrase.asked.kept import (
    PENDING,
    RUNS,
    Kept,
    Key,
    Near,
    Table,
    add_rows,
    read_table,
)
from ictrain.paraphrase.asked.ledger import (
    ALL_KEPT,
    TOO_MUCH,
    BudgetError,
    Estimate,
    Ledger,
    money_of,
    passed,
)
from ictrain.paraphrase.asked.local import LocalAsker
from ictrain.paraphrase.asked.server import ServerAsker
from ictrain.paraphrase.asked.settings import AskedSettings, LlmSettings, LocalSettings

__all__ = [
    "ALL_KEPT",
    "PENDING",
    "RUNS",
    "SENTENCES",
    "TOO_MUCH",
    "AskedFor",
    "AskedSettings",
    "Asker",
    "BudgetError",
    "Checker",
    "Cost",
    "Estimate",
    "Form",
    "Kept",
    "Key",
    "Ledger",
    "LlmSettings",
    "LocalAsker",
    "LocalSettings",
    "Near",
    "Paraphrases",
    "Reply",
    "ServerAsker",
    "Table",
    "Wanted",
    "add_rows",
    "ask",
    "estimate_of",
    "money_of",
    "passed",
    "read_table",
]
