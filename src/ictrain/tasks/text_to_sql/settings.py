"""What a user sets of text_to_sql, and what follows from it alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ictrain.errors import ConfigError, DataError, nearest
from ictrain.files import digest
from ictrain.metrics import EXECUTION, ExecutionMatch, Metric, get_metric, is_own, own_file
from ictrain.paths import expanded
from ictrain.sql import Judge, SqlLimits
from ictrain.sql.layouts import COLUMNS, database_folders
from ictrain.sql.linking import FILTERS, Schemas, SchemaSettings, words_of
from ictrain.tasks.files import FileTask
from ictrain.tasks.parts import Parts
from ictrain.tasks.reading import check_named, rows_as_read
from ictrain.tasks.text_to_sql.databases import database_of, head_digest, judge_of, schemas_of
from ictrain.tasks.text_to_sql.preparing import LOST, Preparing


class TextToSqlSettings(FileTask):
    """Questions with SQL, and the databases that they are about."""

    name: Literal["text_to_sql"] = Field(
        default="text_to_sql", description="which kind of task this is"
    )
    databases: str | Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="folder with DB/DB.sqlite, or DB.sqlite, for each db_id of the questions, or a "
        "list of folders, searched in their order; with layout bird also the folder in which "
        "train/train_databases and dev/dev_databases lie; questions may leave db_id out where "
        "there is one database"
    )
    layout: Literal["pairs", "bird", "spider"] = Field(
        default="pairs",
        description="how the files call question, SQL and id: pairs, as columns says; bird and "
        "spider as those two do; what their files say of columns is read wherever it is there",
    )
    pool_scope: Literal["same_database", "all"] = Field(
        default="all",
        description="which pairs may stand in a context, in training and tests: those of the "
        "target's own database, or any (the paper does not say) [ours: all]",
    )
    shown_schema: SchemaSettings = Field(
        default_factory=SchemaSettings, description="what prompts show of a database"
    )
    limits: SqlLimits = Field(default_factory=SqlLimits, description="what a query may take")
    cache: str | None = Field(
        default="${XDG_CACHE_HOME:-~/.cache}/ictrain",
        description="folder where it is kept which gold runs, and the encoder's vectors; null "
        "keeps nothing",
    )
    metrics: tuple[str, ...] = Field(
        default=("execution", "execution_strict", "sql_match"),
        min_length=1,
        description="execution: the same set of rows, as BIRD; execution_strict: the same rows as "
        "often, in order where the gold orders; sql_match: the same statement but for its "
        "spelling; or any other; the first is the headline",
    )
    max_new_tokens: int = Field(default=256, ge=1, description="the longest statement [ours]")

    @model_validator(mode="before")
    @classmethod
    def _columns_of_layout(cls, values: Any) -> Any:
        if isinstance(values, dict) and COLUMNS.get(values.get("layout", "pairs")):
            return {"columns": dict(COLUMNS[values["layout"]]), **values}
        return values

    @model_validator(mode="after")
    def _check_planting(self) -> Self:
        if self.clusters:
            raise ConfigError(
                f"clusters is {self.clusters}",
                expected="0: what is planted has SQL that nobody executed",
                where="task.clusters",
            )
        return self

    @model_validator(mode="after")
    def _check_filter(self) -> Self:
        name = self.shown_schema.filter
        if not is_own(name) and name not in FILTERS:
            raise ConfigError(
                f"unknown filter {name!r}", where="shown_schema", mend=nearest(name, FILTERS)
            )
        return self

    def named_folders(self) -> tuple[str, ...]:
        """As the settings name them."""
        return (self.databases,) if isinstance(self.databases, str) else tuple(self.databases)

    def folders(self) -> tuple[Path, ...]:
        """Those that hold the databases."""
        found = [
            f
            for name in self.named_folders()
            for f in database_folders(expanded(name), self.layout)
        ]
        return tuple(dict.fromkeys(found))

    def judge(self) -> Judge:
        """Who executes and compares; one for all in this process who ask alike."""
        for folder in self.named_folders():
            check_named(folder)
        return judge_of(self.folders(), self.limits)

    def cache_folder(self) -> Path | None:
        """Where things are kept between processes."""
        return None if self.cache is None else expanded(self.cache)

    def schemas(self) -> Schemas:
        """What prompts show of the databases; one for all in this process who ask alike."""
        return schemas_of(self.folders(), self.shown_schema, self.cache_folder())

    def metric(self, name: str) -> Metric:
        """See FileTask."""
        if name in EXECUTION:
            return ExecutionMatch(self.judge(), strict=name == EXECUTION[1])
        return get_metric(name)

    def own_digests(self) -> dict[str, str]:
        """See FileTask: of each database that a row names size, first MiB and the words about its
        columns, and a filter's file. What cannot be read has none: its rows are set aside."""
        databases, found = self.judge().databases, {}
        there = cache(databases.readable)
        named = (database_of(example, there) for example in rows_as_read(self))
        for name in sorted({name for name in named if isinstance(name, str)}):
            try:
                found[f"task/databases/{name}"] = head_digest(databases.path(name))
            except DataError:
                continue
            if words := words_of(databases, self.shown_schema, name):
                found[f"task/descriptions/{name}"] = digest(sorted(words.items()))
        if is_own(self.shown_schema.filter):
            text = own_file(self.shown_schema.filter).read_text("utf-8")
            found["task/shown_schema"] = digest(text)
        return found

    def prepared(self, parts: Parts) -> Parts:
        """See FileTask: gold that fails is set aside, schemas are filled in."""
        return Preparing(self).all(parts)

    def warnings(self, parts: Parts) -> list[str]:
        """See FileTask: statements that would have counted as right beside the gold, and fail."""
        told = {n: run.get(LOST, {}) for n, run in parts.facts.get("gold", {}).items()}
        return [
            f"{len(lost):,} items of {name} have other right statements (alt_sql) that do not run; "
            f"the first: {first}, {lost[first]}"
            for name, lost in told.items()
            for first in list(lost)[:1]
        ]

    @classmethod
    def prompt_defaults(cls, values: Mapping[str, Any], *, turns: bool) -> dict[str, Any]:
        """See FileTask. The paper tells what its prompt holds, not its words: these are ours."""
        del values
        first = (
            "Write one SQLite query that answers the question about this database.\n\n"
            "{meta.schema}\n\n"
        )
        if turns:
            return {"instruction": first, "target": "{meta.hint}{input}{output}"}
        return {
            "instruction": first,
            "example": "Question: {input}\nSQL: {output}\n\n",
            "target": "{meta.hint}Question: {input}\nSQL: {output}",
        }
