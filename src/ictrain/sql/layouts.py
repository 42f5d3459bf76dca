"""The folders in which text-to-SQL data come: BIRD's, Spider's, and plain files of pairs.

BIRD:   train/train.json, dev/dev.json (question, SQL, evidence, db_id; dev alone has question_id),
        train/train_databases/DB/DB.sqlite, dev/dev_databases/DB/DB.sqlite, each beside
        database_description/TABLE.csv
Spider: dev.json or train_spider.json (question, query, db_id), tables.json, database/DB/DB.sqlite
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ictrain.errors import DataError
from ictrain.readers.tables import long_cells

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "pairs": {},
    "bird": {"id": "question_id", "input": "question", "output": "SQL"},
    "spider": {"input": "question", "output": "query"},
}
"""How each layout calls the parts of an Example."""
PARSED = ("sql", "query_toks", "query_toks_no_value", "question_toks")
"""Spider's own parses of question and query, which nothing here reads."""

_LONGEST_CELL = 100_000
_BIRD = ("train/train_databases", "dev/dev_databases", "train_databases", "dev_databases")

Descriptions = dict[tuple[str, str], str]
"""(table, column), both in lower case -> words."""


def database_folders(folder: Path, layout: str) -> list[Path]:
    """Where the databases lie in a folder that a user names: in it, or in BIRD's folders in it."""
    inside = [folder / name for name in _BIRD if (folder / name).is_dir()]
    return inside if layout == "bird" and inside else [folder]


def descriptions(databases: Path, db_id: str) -> Descriptions:
    """What files beside a database say of its columns: BIRD's CSV files, or Spider's tables.json.

    Raises:
        DataError: a CSV file or tables.json that is none.
    """
    folder = databases / db_id / "database_description"
    found: Descriptions = {}
    for file in sorted(folder.glob("*.csv")) if folder.is_dir() else ():
        if file.is_file() and not file.name.startswith("."):  # ._NAME.csv is macOS's
            found |= _of_bird(file)
    return found or _of_spider(databases.parent / "tables.json", db_id)


def _of_bird(file: Path) -> Descriptions:
    """BIRD's own files are in UTF-8, some with a mark, and a few in Windows-1252."""
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    try:
        rows = list(long_cells(csv.reader(io.StringIO(text))))
    except csv.Error as error:
        raise DataError(f"no CSV file: {error}", where=str(file)) from None
    if (longest := max((len(cell) for row in rows for cell in row), default=0)) > _LONGEST_CELL:
        raise DataError(
            f"no CSV file: a cell of {longest:,} characters",
            expected=f"{_LONGEST_CELL:,} at most",
            where=str(file),
            mend="look for a quote that is never closed",
        )
    return _said(file.stem.lower(), rows)


def _said(table: str, rows: Sequence[Sequence[str]]) -> Descriptions:
    found = {}
    names = [name.strip().lower() for name in rows[0]] if rows else []
    for row in rows[1:]:
        cells = dict(zip(names, map(_line, row), strict=False))
        name = cells.get("original_column_name", "")
        said = dict.fromkeys((cells.get("column_name", ""), cells.get("column_description", "")))
        words = ": ".join(s for s in said if s and s.lower() != name.lower())
        if name and words:
            found[table, name.lower()] = words
    return found


def _line(value: Any) -> str:
    return " ".join(value.split())[:200] if isinstance(value, str) else ""


@lru_cache(maxsize=2)
def _entries(file: Path, size: int, changed: int) -> Mapping[str, Any]:
    """By db_id; the file is read once however many databases it tells of."""
    del size, changed
    return {entry["db_id"]: entry for entry in json.loads(file.read_text("utf-8"))}


def _of_spider(file: Path, db_id: str) -> Descriptions:
    """Spider says each column once more in plain words."""
    if not file.is_file():
        return {}
    try:
        status = file.stat()
        entry = _entries(file, status.st_size, status.st_mtime_ns).get(db_id)
        if entry is None:
            return {}
        tables = entry["table_names_original"]
        pairs = zip(entry["column_names_original"], entry["column_names"], strict=True)
        return {
            (tables[place].lower(), name.lower()): _line(words)
            for (place, name), (_, words) in pairs
            if place >= 0 and words.replace(" ", "_").lower() != name.lower()
        }
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(
            f"not Spider's tables.json: {type(error).__name__} {error}", where=str(file)
        ) from None
