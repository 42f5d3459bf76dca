"""Text to SQL: a question about a database to a statement that answers it on that database.

The input is the question alone, so that similarity is that of questions and never of schemas. The
schema, or the part that the question is about, is meta["schema"], which the prompt shows for the
target; what BIRD calls evidence is meta["evidence"], and as a line for a prompt meta["hint"].

All gold statements are run before anything else; items whose gold fails are set aside with the
reason, in training and tests alike.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ictrain.contexts import NearDuplicate
from ictrain.errors import ConfigError, DataError, nearest
from ictrain.examples import GROUP, SCOPE, Example
from ictrain.files import digest
from ictrain.metrics import EXECUTION, ExecutionMatch, Metric, get_metric, is_own, own_file
from ictrain.metrics.own import own_function
from ictrain.paraphrase.sql import (
    SqlLiteralsSettings,
    SqlLlmSettings,
    SqlLocalSettings,
    sql_literals,
    sql_worded,
)
from ictrain.paths import expanded
from ictrain.sql import Databases, GoldRun, Judge, SqlLimits, run_gold
from ictrain.sql.filter import Encode
from ictrain.sql.layouts import COLUMNS, PARSED, database_folders
from ictrain.sql.linking import FILTERS, Recall, Schemas, SchemaSettings, vectors_of, words_of
from ictrain.tasks.base import TaskData
from ictrain.tasks.files import FileTask
from ictrain.tasks.pairs import load_pairs
from ictrain.tasks.parts import Parts
from ictrain.tasks.reading import check_named, rows_as_read

_LOST = "others_set_aside"
_HEAD = 2**20
"""Bytes of a database that its digest reads: SQLite counts changes in the first page."""


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
        return _judge(self.folders(), self.limits)

    def cache_folder(self) -> Path | None:
        """Where things are kept between processes."""
        return None if self.cache is None else expanded(self.cache)

    def schemas(self) -> Schemas:
        """What prompts show of the databases; one for all in this process who ask alike."""
        return _schemas(self.folders(), self.shown_schema, self.cache_folder())

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
        named = (_database_of(example, there) for example in rows_as_read(self))
        for name in sorted({name for name in named if isinstance(name, str)}):
            try:
                found[f"task/databases/{name}"] = _head_digest(databases.path(name))
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
        return _Preparing(self).all(parts)

    def warnings(self, parts: Parts) -> list[str]:
        """See FileTask: statements that would have counted as right beside the gold, and fail."""
        told = {n: run.get(_LOST, {}) for n, run in parts.facts.get("gold", {}).items()}
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


def load_text_to_sql(settings: TextToSqlSettings, seed: int) -> TaskData:
    """The pairs, with near-duplicates that are executed; errors as load_pairs."""
    ways = {"near_duplicate": "paraphrase", "unseen": "unseen"}
    told = {way: getattr(settings, name) for way, name in ways.items()}
    ours = {way: rule for way, how in told.items() if (rule := _executed(how, settings))}
    bare = settings.model_copy(update={ways[way]: None for way in ours})
    data = load_pairs(bare, seed)
    return replace(
        data,
        near_duplicate=ours.get("near_duplicate", data.near_duplicate),
        unseen=ours.get("unseen", data.unseen),
    )


def _executed(how: Any, settings: TextToSqlSettings) -> NearDuplicate | None:
    """What makes near-duplicates with SQL of their own; None where another rule is named."""
    if isinstance(how, SqlLiteralsSettings):
        return sql_literals(how, settings.judge(), settings.schemas())
    if isinstance(how, SqlLlmSettings | SqlLocalSettings):
        return sql_worded(how, settings.judge(), settings.schemas())
    return None


def _head_digest(file: Path) -> str:
    with file.open("rb") as handle:
        return digest(file.stat().st_size, handle.read(_HEAD).hex())


@lru_cache(maxsize=8)
def _judge(folders: tuple[Path, ...], limits: SqlLimits) -> Judge:
    return Judge(Databases(*folders), limits)


@lru_cache(maxsize=8)
def _schemas(folders: tuple[Path, ...], settings: SchemaSettings, cache: Path | None) -> Schemas:
    own = own_function(settings.filter, "shown_schema") if is_own(settings.filter) else None
    return Schemas(Databases(*folders), settings, _encoder(settings, cache), own)


def _encoder(settings: SchemaSettings, cache: Path | None) -> Encode | None:
    if settings.filter != "words_and_meaning":
        return None
    from ictrain.similarity.embeddings import Embedder
    from ictrain.similarity.encoder import DenseSettings, SentenceEncoder

    return Embedder(SentenceEncoder(DenseSettings()), cache)


def _database_of(example: Example, readable: Callable[[], list[str]]) -> Any:
    """What a row names as its database; one that names none is about the only one there is."""
    named = example.meta.get("db_id")
    if named is not None:
        return named
    there = readable()
    return there[0] if len(there) == 1 else None


def _told(evidence: Any) -> str:
    """What a row says beside its question: a text, or several of them."""
    parts = evidence if isinstance(evidence, list | tuple) else [evidence or ""]
    return " ".join(str(part).strip() for part in parts if part is not None).strip()


class _Preparing:
    """Makes the parts of one task ready."""

    def __init__(self, settings: TextToSqlSettings) -> None:
        self.settings, self.judge = settings, settings.judge()
        self.cache = settings.cache_folder()
        self.readable = cache(self.judge.databases.readable)
        self.schemas = settings.schemas()
        self.runs: dict[str, GoldRun] = {}
        self.recall: dict[str, Recall] = {}

    def all(self, parts: Parts) -> Parts:
        ready = replace(
            parts,
            train=self.part("train", parts.train),
            dev=None if parts.dev is None else self.part("dev", parts.dev),
            tests={name: self.part(name, part) for name, part in parts.tests.items()},
            pool=None if parts.pool is None else self.part("pool", parts.pool),
            pools={name: self.part(f"{name}-pool", p) for name, p in parts.pools.items()},
        )
        aside = {name: run.quarantined for name, run in self.runs.items() if run.quarantined}
        return replace(ready, set_aside=aside, facts=self.facts(ready))

    def part(self, name: str, rows: Sequence[Example]) -> tuple[Example, ...]:
        examples = [self.placed(example) for example in rows]
        file = None if self.cache is None else self.cache / "gold.sqlite"
        try:
            run = run_gold(examples, self.judge, file)
        except DataError as error:
            raise DataError(error.found, where=f"the {name} set") from None
        self.runs[name], self.recall[name] = run, Recall()
        vectors = vectors_of(self.schemas.encode, [e.input for e in run.kept])
        return tuple(self.ready(name, e, vectors) for e in run.kept)

    def placed(self, example: Example) -> Example:
        """With the name of its database, where that can be known."""
        db_id = _database_of(example, self.readable)
        return example if db_id is None else replace(example, meta={**example.meta, "db_id": db_id})

    def ready(self, name: str, example: Example, vectors: Mapping[str, Any]) -> Example:
        meta = {key: value for key, value in example.meta.items() if key not in PARSED}
        db_id, evidence = meta["db_id"], _told(meta.get("evidence"))
        kept = self.schemas.kept(db_id, example.input, evidence, vectors.get(example.input))
        self.recall[name].add(example.output, self.schemas.linker(db_id).schema, kept)
        meta |= {"schema": self.schemas.text(db_id, kept), "evidence": evidence, GROUP: db_id}
        meta["hint"] = f"Hint: {evidence}\n" if evidence else ""
        if self.settings.pool_scope == "same_database":
            meta[SCOPE] = db_id
        return replace(example, meta=meta)

    def facts(self, parts: Parts) -> dict[str, Any]:
        gold = {
            name: {"run": len(run.kept), "set_aside": len(run.quarantined), "empty": run.empty}
            | ({_LOST: dict(run.others)} if run.others else {})
            for name, run in self.runs.items()
        }
        items = {n: Counter(e.meta["db_id"] for e in part) for n, part in parts.tests.items()}
        return {
            "gold": gold,
            "set_aside": {name: dict(run.quarantined) for name, run in self.runs.items()},
            "schema_recall": {name: found.plain() for name, found in self.recall.items()},
            "test_items_per_database": {n: dict(sorted(c.items())) for n, c in items.items()},
            "sqlite": sqlite3.sqlite_version,
        }
