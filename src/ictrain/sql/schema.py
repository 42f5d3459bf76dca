"""What a database holds, read from the database itself: tables, keys, sample values.

Only statements of ours are asked, but a view may run for ever and a name may hold anything: so they
too are executed where a model's are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ictrain.errors import DataError
from ictrain.sql.executor import shared_executor
from ictrain.sql.limits import SqlLimits
from ictrain.sql.names import quoted, written

_SCANNED = 2_000
"""Rows of a table that are looked at for its values: the first ones; _FEW where they are long."""
_FEW = 50
_LIMITS = SqlLimits(instructions=5_000_000, seconds=10.0, rows=_SCANNED)
_IN_ALL = 100_000_000
"""Instructions for the values of one database; a query that was ended counts as its limit."""
_LONGEST_VALUE = 60
"""Characters; longer texts are prose, and no value that a question would name."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name, type: as declared.
        key: whether it belongs to the primary key.
        values: different ones among the table's first rows, texts as they are, in their order.
        description: in words, from files beside the database; empty without.
    """

    name: str
    type: str
    key: bool
    values: tuple[str | int | float, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """column of this table -> column of another one."""

    column: str
    table: str
    target: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view."""

    name: str
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()


Kept = Mapping[str, Sequence[str]]
"""Which columns of which tables; in the database's own spelling."""


@dataclass(frozen=True)
class Schema:
    """The tables of a database."""

    db_id: str
    tables: tuple[Table, ...]

    def only(self, kept: Kept) -> Schema:
        """The part that is named; foreign keys between what is left stay."""
        tables = []
        for table in self.tables:
            if table.name not in kept:
                continue
            names = set(kept[table.name])
            keys = tuple(
                k
                for k in table.foreign_keys
                if k.column in names and k.target in kept.get(k.table, ())
            )
            columns = tuple(c for c in table.columns if c.name in names)
            tables.append(Table(table.name, columns, keys))
        return Schema(self.db_id, tuple(tables))

    def all(self) -> dict[str, list[str]]:
        """Every column of every table."""
        return {t.name: [c.name for c in t.columns] for t in self.tables}

    def ddl(self, samples: int) -> str:
        """CREATE TABLE statements with so many sample values of each column behind it."""
        return "\n\n".join(_ddl(table, samples) for table in self.tables)


def read_schema(
    db_id: str, file: Path, descriptions: Mapping[tuple[str, str], str] | None = None
) -> Schema:
    """The tables of a database with their values.

    Args:
        db_id: its name.
        file: its file.
        descriptions: (table, column), both in lower case -> words.

    Raises:
        DataError: it cannot be read.
    """
    told = descriptions or {}
    found = shared_executor(_LIMITS).describe(file)
    if not found.ok:
        raise DataError(f"its schema cannot be read: {found.reason}", where=str(file))
    keys = {name.lower(): _key_of(columns) for name, columns, _ in found.rows}
    spelled = {name.lower(): name for name, _, _ in found.rows}
    reading = _Reading(file)
    return Schema(
        db_id,
        tuple(
            Table(
                name,
                _columns(name, columns, reading.values(name, columns), told),
                _foreign_keys(links, keys, spelled, {c[1].lower() for c in columns}),
            )
            for name, columns, links in found.rows
        ),
    )


Info = Sequence[Any]
"""A row of PRAGMA table_xinfo, which has generated columns too: cid, name, type, whether it may be
NULL, default, place in the primary key, kind."""


def _key_of(columns: Sequence[Info]) -> tuple[dict[str, str], list[str]]:
    """The columns' spelling by their lower case, and those of the primary key in its order."""
    parts = sorted((c for c in columns if c[5]), key=lambda c: int(c[5]))
    return {c[1].lower(): c[1] for c in columns}, [c[1] for c in parts]


def _columns(
    table: str,
    columns: Sequence[Info],
    values: Sequence[tuple[str | int | float, ...]],
    told: Mapping[tuple[str, str], str],
) -> tuple[Column, ...]:
    return tuple(
        Column(c[1], c[2] or "", bool(c[5]), own, told.get((table.lower(), c[1].lower()), ""))
        for c, own in zip(columns, values, strict=True)
    )


def _foreign_keys(
    links: Sequence[Info],
    keys: Mapping[str, tuple[dict[str, str], list[str]]],
    spelled: Mapping[str, str],
    own: Collection[str],
) -> tuple[ForeignKey, ...]:
    """Of rows of PRAGMA foreign_key_list: id, seq, table, from, to, ...

    A key that names no column means the other table's primary key; one to a table that is not
    there is none.
    """
    found = []
    for _, place, table, column, target, *_ in links:
        if table.lower() not in keys or column.lower() not in own:
            continue
        names, key = keys[table.lower()]
        aim = names.get((target or "").lower()) or (key[place] if place < len(key) else "")
        if aim:
            found.append(ForeignKey(column, spelled[table.lower()], aim))
    return tuple(sorted(found, key=lambda k: (k.column, k.table)))


class _Reading:
    """Reads the values of one database, in bounded work: a view may run for ever, and there may be
    many of them."""

    def __init__(self, file: Path) -> None:
        self.file, self.left = file, _IN_ALL

    def values(self, table: str, columns: Sequence[Info]) -> list[tuple[str | int | float, ...]]:
        """Different values of each column among the first rows; none where these are too large, or
        the work is used up."""
        for rows in (_SCANNED, _FEW):
            if self.left <= 0:
                break
            sql = f"SELECT * FROM {quoted(table)} LIMIT {rows}"
            found = shared_executor(_LIMITS).run(self.file, sql)
            ended = found.status == "time_out"
            self.left -= _LIMITS.instructions if ended else found.steps
            if found.ok and all(len(row) == len(columns) for row in found.rows):
                return [
                    tuple(dict.fromkeys(v for row in found.rows if _short(v := row[place])))
                    for place in range(len(columns))
                ]
        return [()] * len(columns)


def _short(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip()) and len(value) <= _LONGEST_VALUE
    return isinstance(value, int | float)


def _ddl(table: Table, samples: int) -> str:
    lines = []
    for column in table.columns:
        words = " ".join(filter(None, (written(column.name), _line(column.type))))
        notes = [_line(column.description)] if column.description else []
        if samples and column.values:
            notes.append("e.g. " + ", ".join(_literal(v) for v in column.values[:samples]))
        lines.append((f"  {words}", "; ".join(notes)))
    keys = [written(c.name) for c in table.columns if c.key]
    if keys:
        lines.append((f"  PRIMARY KEY ({', '.join(keys)})", ""))
    for key in table.foreign_keys:
        target = f"{written(key.table)} ({written(key.target)})"
        lines.append((f"  FOREIGN KEY ({written(key.column)}) REFERENCES {target}", ""))
    body = "\n".join(
        f"{text}{',' if place < len(lines) - 1 else ''}{f' -- {note}' if note else ''}"
        for place, (text, note) in enumerate(lines)
    )
    return f"CREATE TABLE {written(table.name)} (\n{body}\n)"


def _literal(value: str | int | float) -> str:
    if not isinstance(value, str):
        return str(value)
    return "'" + _line(value).replace("'", "''") + "'"


def _line(text: str) -> str:
    """On one line: neither a value nor a description must end its comment."""
    return " ".join(text.split())
