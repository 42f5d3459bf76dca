"""Metrics of SQL: what it gives on the database of its question, and how it is written."""

from __future__ import annotations

from collections.abc import Sequence

from ictrain.errors import DataError
from ictrain.examples import Example
from ictrain.metrics.matches import _Mean
from ictrain.sql.gold import others_of
from ictrain.sql.judge import Asked, Judge, Outcome, Verdict
from ictrain.sql.syntax import normalised, statement_of

EXECUTION = ("execution", "execution_strict")
"""The metrics that need databases; the task makes them."""


class ExecutionMatch(_Mean):
    """1 when output and gold give the same result on the database of meta["db_id"], else 0.

    execution compares sets of rows as BIRD does; execution_strict compares multisets, in order
    where the gold orders (see ictrain.sql.compare). Any statement of meta["alt_sql"] counts as gold
    too.
    An answer in a block between ``` is that block.
    """

    def __init__(self, judge: Judge, *, strict: bool = False) -> None:
        self.on, self.strict = judge, strict
        self.name = EXECUTION[strict]

    def score(self, output: str, reference: Example) -> float:
        """See Metric.score.

        Raises:
            DataError: an item without a database, or without a gold that runs.
        """
        return float(self.judge(output, reference) == "match")

    def judge(self, output: str, reference: Example) -> Outcome:
        """match, mismatch, invalid, time_out, too_large or forbidden; errors as score."""
        return self._of(self.on.verdicts([_asked(output, reference)])[0])

    def score_all(self, outputs: Sequence[str], references: Sequence[Example]) -> list[float]:
        """score of many, in their order, on all cores; a pair that comes twice is executed once."""
        asked = [_asked(o, r) for o, r in zip(outputs, references, strict=True)]
        return [float(self._of(verdict) == "match") for verdict in self.on.verdicts(asked)]

    def _of(self, verdict: Verdict) -> Outcome:
        return verdict.strict if self.strict else verdict.bird


def _asked(output: str, reference: Example) -> Asked:
    db_id = reference.meta.get("db_id")
    if not isinstance(db_id, str):
        raise DataError(
            "no database to execute on", expected="meta.db_id", where=f"item {reference.id!r}"
        )
    return db_id, statement_of(output), (reference.output, *others_of(reference))


class SqlMatch(_Mean):
    """1 when output and gold are the same statement but for its spelling, else 0.

    See ictrain.sql.syntax.normalised for what counts as spelling; a statement that does not parse
    equals nothing but itself, white space aside.
    """

    name = "sql_match"

    def score(self, output: str, reference: Example) -> float:
        """See Metric.score."""
        found, gold = statement_of(output), reference.output
        if found.split() == gold.split():
            return 1.0
        form = normalised(found)
        return float(form is not None and form == normalised(gold))
