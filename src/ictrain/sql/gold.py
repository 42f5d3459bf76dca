"""All gold runs before anything else does; what does not run is set aside, with the reason.

An item whose gold fails cannot be scored, and a training pair with such an output teaches SQL that
does not run. Whether a statement runs is kept in one SQLite file by statement, database (path,
size, time of change), limits and SQLite's version, so that it is asked once and not once per job.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ictrain.database import opened
from ictrain.errors import DataError, RunError
from ictrain.examples import Example
from ictrain.files import digest
from ictrain.sql.executor import Execution, run_many
from ictrain.sql.judge import Judge

_log = logging.getLogger("ictrain.sql")
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS gold "
    "(key TEXT PRIMARY KEY, status TEXT NOT NULL, reason TEXT NOT NULL, rows INTEGER NOT NULL)"
)
_VERSION = "gold-2"
_OTHERS = "alt_sql"


@dataclass(frozen=True)
class GoldRun:
    """What the gold of one file came to.

    Attributes:
        kept: the examples whose gold runs, in their order.
        quarantined: id -> the kind of failure and its reason.
        others: the same of other statements that count as right (alt_sql), which the examples
            kept no longer have; several of one item on one line.
        empty: how many of those kept give no row: any statement that finds nothing matches them.
    """

    kept: tuple[Example, ...]
    quarantined: Mapping[str, str] = field(default_factory=dict)
    empty: int = 0
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    status: str
    reason: str
    rows: int
    passing: bool = False
    """Whether another time may find otherwise: the clock or an accident ended it."""


def run_gold(
    examples: Sequence[Example], judge: Judge, cache: Path | None = None, workers: int | None = None
) -> GoldRun:
    """Runs the output of every example, and what counts as right beside it, on its database.

    Args:
        examples: with meta["db_id"].
        judge: remembers the results.
        cache: a file; None keeps nothing.
        workers: processes; as many as there are cores if empty.

    Raises:
        DataError: no example of the file has a gold that runs.
        ConfigError: a database that stands in two folders and differs.
    """
    found = _outcomes(examples, judge, cache, workers)
    bad = {
        e.id: f"{known.status}: {known.reason}"
        for e, known in zip(examples, found, strict=True)
        if known.status != "ok"
    }
    if examples and len(bad) == len(examples):
        first, why = next(iter(bad.items()))
        raise DataError(f"no gold statement runs; the first: {first}, {why}")
    kept = [e for e, known in zip(examples, found, strict=True) if known.status == "ok"]
    empty = sum(known.status == "ok" and known.rows == 0 for known in found)
    ready, others = _with_others(kept, judge, cache, workers)
    return GoldRun(tuple(ready), bad, empty, others)


def others_of(example: Example) -> list[str]:
    """The statements that count as right beside the output."""
    others = example.meta.get(_OTHERS)
    return [o for o in others if isinstance(o, str)] if isinstance(others, list | tuple) else []


def _with_others(
    examples: Sequence[Example], judge: Judge, cache: Path | None, workers: int | None
) -> tuple[list[Example], dict[str, str]]:
    """The examples without those of their other statements that do not run, and why by id."""
    asked = [(i, replace(e, output=sql)) for i, e in enumerate(examples) for sql in others_of(e)]
    if not asked:
        return list(examples), {}
    right: dict[int, list[str]] = {}
    wrong: dict[int, list[str]] = {}
    found = _outcomes([one for _, one in asked], judge, cache, workers)
    for (place, one), known in zip(asked, found, strict=True):
        if known.status == "ok":
            right.setdefault(place, []).append(one.output)
        else:
            wrong.setdefault(place, []).append(f"{known.status}: {known.reason}")
    ready = [
        replace(e, meta={**e.meta, _OTHERS: right.get(i, [])}) if i in wrong else e
        for i, e in enumerate(examples)
    ]
    return ready, {examples[i].id: "; ".join(reasons) for i, reasons in wrong.items()}


def _outcomes(
    examples: Sequence[Example], judge: Judge, cache: Path | None, workers: int | None
) -> list[_Known]:
    """What is known of each example's gold; what is not is run now."""
    places: list[tuple[str, Path] | _Known] = [_place(e, judge) for e in examples]
    keys = [p if isinstance(p, _Known) else _key(p[1], e.output, judge)
            for p, e in zip(places, examples, strict=True)]  # fmt: skip
    known = _read(cache, [k for k in keys if isinstance(k, str)])
    todo: dict[str, tuple[str, Path, str]] = {
        key: (*place, e.output)
        for key, place, e in zip(keys, places, examples, strict=True)
        if isinstance(key, str) and not isinstance(place, _Known) and key not in known
    }
    asked = [(file, sql) for _, file, sql in todo.values()]
    for (key, (db_id, _, sql)), execution in zip(
        todo.items(), run_many(asked, judge.limits, workers), strict=True
    ):
        judge.remember(db_id, sql, execution)
        known[key] = _of(execution)
    _write(cache, {key: known[key] for key in todo})
    return [key if isinstance(key, _Known) else known[key] for key in keys]


def _of(execution: Execution) -> _Known:
    passing = execution.accident or execution.status == "time_out"
    return _Known(execution.status, execution.reason, len(execution.rows), passing)


def _place(example: Example, judge: Judge) -> tuple[str, Path] | _Known:
    db_id = example.meta.get("db_id")
    if not isinstance(db_id, str):
        told = "the row names none (db_id)" if db_id is None else f"db_id is {db_id!r}, no text"
        return _Known("no database", told, 0)
    try:
        return db_id, judge.databases.path(db_id)
    except DataError as error:
        return _Known("no database", str(error), 0)


def _key(file: Path, sql: str, judge: Judge) -> str:
    status = file.stat()
    which = (str(file), status.st_size, status.st_mtime_ns)
    return digest(_VERSION, sqlite3.sqlite_version, judge.limits.plain(), which, sql)


def _read(cache: Path | None, keys: Iterable[str]) -> dict[str, _Known]:
    if cache is None or not cache.exists():
        return {}
    wanted = set(keys)
    try:
        with opened(cache, _SCHEMA, what="gold results") as base:
            return {
                key: _Known(status, reason, rows)
                for key, status, reason, rows in base.execute("SELECT * FROM gold")
                if key in wanted
            }
    except RunError as error:
        _log.warning("%s", error)
        return {}


def _write(cache: Path | None, found: Mapping[str, _Known]) -> None:
    rows = [(k, v.status, v.reason, v.rows) for k, v in found.items() if not v.passing]
    if cache is None or not rows:
        return
    try:
        with opened(cache, _SCHEMA, what="gold results") as base, base:
            base.executemany("INSERT OR REPLACE INTO gold VALUES (?, ?, ?, ?)", rows)
    except RunError as error:
        _log.warning("%s", error)
