"""Another literal in question and SQL: a near-duplicate with its own gold, which was executed.

As the paper makes them (section 3 of our reading): the new SQL differs from the old one in a
literal alone, then the question is made to match. Here the new value is one that the database has
in the same column (changes.py); the question has to name the old value, and names the new one in
its place. A target has none where its question names no literal, or where no value that is tried
gives a result.

A function of one's own from (question, old SQL, new SQL) to a question may take the template's
place; it is held to the same: the new value has to be named, the old one must not. For questions
worded by a language model see worded.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from ictrain.errors import ConfigError
from ictrain.examples import Example, normalise
from ictrain.paraphrase.sql.changes import Change, Changes, Sites
from ictrain.paraphrase.sql.named import objection, renamed, said_alone
from ictrain.settings import Settings
from ictrain.sql.judge import Judge
from ictrain.sql.linking import Schemas

Rewrite = Callable[[str, str, str], str | None]
"""(question, old SQL, new SQL) -> the new SQL's question; None where there is none."""


class SqlLiteralsSettings(Settings):
    """A rule for text_to_sql: another value of the database in question and SQL."""

    method: Literal["sql_literals"] = Field(
        default="sql_literals",
        description="a literal that question and SQL share is exchanged for another value of its "
        "column; the new SQL is executed and has to give a result",
    )
    tries: int = Field(
        default=32, ge=1, description="values that are executed before a target is given up [ours]"
    )
    question: str = Field(
        default="template",
        description="template: the new value stands where the old one stood; or a function of your "
        "own as path/to/file.py:function, (question, old SQL, new SQL) -> question; for a language "
        "model see sql_llm",
    )


@dataclass(frozen=True)
class SqlLiterals:
    """A NearDuplicate; see the head of this module. It pickles, so that workers can be sent it.

    Attributes:
        changes: finds other statements.
        rewrite: makes the question; None puts the new value where the old one stood.
    """

    changes: Changes
    rewrite: Rewrite | None = None

    def __call__(self, target: Example, generator: np.random.Generator) -> Example | None:
        """See NearDuplicate."""
        for change in self.changes.drawn(target, self.groups(target), generator):
            text = self._text(target, change)
            if text is not None and self.changes.give_results([(target, change.sql)])[0]:
                meta = self.changes.meta(target, change)
                return Example(f"{target.id}#{change.new}", text, change.sql, meta)
        return None

    def groups(self, target: Example) -> list[Sites]:
        """The literals that may change; for the template those that the question names."""
        groups = self.changes.groups(target)
        if self.rewrite is not None:
            return groups
        return [sites for sites in groups if said_alone(sites, target.input)]

    def _text(self, target: Example, change: Change) -> str | None:
        if self.rewrite is None:
            text: str | None = renamed(target.input, change.old, change.new)
        else:
            text = self.rewrite(target.input, target.output, change.sql)
        if text is None or normalise(text) == normalise(target.input):
            return None
        return None if objection(change.old, change.new, text) else text


def without_databases(settings: Settings, pool: Sequence[Example]) -> SqlLiterals:
    """A way for a task that has no databases.

    Raises:
        ConfigError: always.
    """
    del pool
    raise ConfigError(
        f"{settings.model_dump()['method']} needs databases",
        where="paraphrase",
        mend="set task.name: text_to_sql",
    )


def sql_literals(settings: SqlLiteralsSettings, judge: Judge, schemas: Schemas) -> SqlLiterals:
    """The rule on the databases of a task.

    Raises:
        ConfigError: a function of one's own that cannot be had.
    """
    from ictrain.metrics.own import own_function

    own = settings.question != "template"
    rewrite = own_function(settings.question, "paraphrase.question") if own else None
    return SqlLiterals(Changes(judge, schemas, settings.tries), rewrite)
