"""The rows of a task made ready: their gold run, their schemas filled in."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from ictrain.errors import DataError
from ictrain.examples import GROUP, SCOPE, Example
from ictrain.sql import GoldRun, run_gold
from ictrain.sql.layouts import PARSED
from ictrain.sql.linking import Recall, vectors_of
from ictrain.tasks.parts import Parts
from ictrain.tasks.text_to_sql.databases import database_of

if TYPE_CHECKING:
    from ictrain.tasks.text_to_sql.settings import TextToSqlSettings

LOST = "others_set_aside"
"""The fact that holds other right statements that do not run."""


class Preparing:
    """Makes the parts of one task ready."""

    def __init__(self, settings: TextToSqlSettings) -> None:
        self.settings, self.judge = settings, settings.judge()
        self.cache = settings.cache_folder()
        self.readable = cache(self.judge.databases.readable)
        self.schemas = settings.schemas()
        self.runs: dict[str, GoldRun] = {}
        self.recall: dict[str, Recall] = {}

    def all(self, parts: Parts) -> Parts:
        """Every part, with what was found on the way."""
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
        """One part: what runs, made ready.

        Raises:
            DataError: none of its gold runs.
        """
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
        db_id = database_of(example, self.readable)
        return example if db_id is None else replace(example, meta={**example.meta, "db_id": db_id})

    def ready(self, name: str, example: Example, vectors: Mapping[str, Any]) -> Example:
        """A row with its schema, evidence, hint, group and scope in meta."""
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
        """For the record: what ran, what was set aside and why, recall, items per database."""
        gold = {
            name: {"run": len(run.kept), "set_aside": len(run.quarantined), "empty": run.empty}
            | ({LOST: dict(run.others)} if run.others else {})
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


def _told(evidence: Any) -> str:
    """What a row says beside its question: a text, or several of them."""
    parts = evidence if isinstance(evidence, list | tuple) else [evidence or ""]
    return " ".join(str(part).strip() for part in parts if part is not None).strip()
