"""Near-duplicates of a question and its SQL: another value in both, executed.

target -> literals that may change -> other values of their columns -> executed, with a result?
    -> the question: the value exchanged (literals.py), or worded by a model (worded.py)
"""

from ictrain.paraphrase.sql.changes import Change, Changes
from ictrain.paraphrase.sql.literals import (
    SqlLiterals,
    SqlLiteralsSettings,
    sql_literals,
    without_databases,
)
from ictrain.paraphrase.sql.named import mentions, renamed
from ictrain.paraphrase.sql.worded import (
    KeptQuestions,
    SqlLlmSettings,
    SqlLocalSettings,
    SqlWordedSettings,
    sql_worded,
)

__all__ = [
    "Change",
    "Changes",
    "KeptQuestions",
    "SqlLiterals",
    "SqlLiteralsSettings",
    "SqlLlmSettings",
    "SqlLocalSettings",
    "SqlWordedSettings",
    "mentions",
    "renamed",
    "sql_literals",
    "sql_worded",
    "without_databases",
]
