"""The databases of a task: who executes on them, what prompts show, which one a row means."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ictrain.examples import Example
from ictrain.files import digest
from ictrain.metrics import is_own
from ictrain.metrics.own import own_function
from ictrain.sql import Databases, Judge, SqlLimits
from ictrain.sql.filter import Encode
from ictrain.sql.linking import Schemas, SchemaSettings

_HEAD = 2**20
"""Bytes of a database that its digest reads: SQLite counts changes in the first page."""


def head_digest(file: Path) -> str:
    """Of a database's size and first bytes."""
    with file.open("rb") as handle:
        return digest(file.stat().st_size, handle.read(_HEAD).hex())


@lru_cache(maxsize=8)
def judge_of(folders: tuple[Path, ...], limits: SqlLimits) -> Judge:
    """Who executes and compares; one for all in this process who ask alike."""
    return Judge(Databases(*folders), limits)


@lru_cache(maxsize=8)
def schemas_of(folders: tuple[Path, ...], settings: SchemaSettings, cache: Path | None) -> Schemas:
    """What prompts show; one for all in this process who ask alike."""
    own = own_function(settings.filter, "shown_schema") if is_own(settings.filter) else None
    return Schemas(Databases(*folders), settings, _encoder(settings, cache), own)


def _encoder(settings: SchemaSettings, cache: Path | None) -> Encode | None:
    if settings.filter != "words_and_meaning":
        return None
    from ictrain.similarity.embeddings import Embedder
    from ictrain.similarity.encoder import DenseSettings, SentenceEncoder

    return Embedder(SentenceEncoder(DenseSettings()), cache)


def database_of(example: Example, readable: Callable[[], list[str]]) -> Any:
    """What a row names as its database; one that names none is about the only one there is."""
    named = example.meta.get("db_id")
    if named is not None:
        return named
    there = readable()
    return there[0] if len(there) == 1 else None
