"""Where pairs may come from, by ending: a new format is one line of the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ictrain.errors import DataError, nearest
from ictrain.readers.base import Rows
from ictrain.readers.hub import SCHEME, hub_rows, saved_rows
from ictrain.readers.jsonl import json_rows, jsonl_rows
from ictrain.readers.parquet import parquet_rows
from ictrain.readers.tables import csv_rows, tsv_rows

FORMATS: Mapping[str, Callable[[Path], Rows]] = {
    ".jsonl": jsonl_rows,
    ".ndjson": jsonl_rows,
    ".json": json_rows,
    ".csv": csv_rows,
    ".tsv": tsv_rows,
    ".parquet": parquet_rows,
}
"""Text may be packed: its ending is then followed by .gz."""

_SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")


def rows_of(source: Path | str) -> Rows:
    """The rows of a file, a saved folder or a set of the hub, with their places.

    Raises:
        DataError: no such file, an unknown format, or contents that are not of the format.
    """
    if str(source).startswith(SCHEME):
        return hub_rows(str(source))
    path = Path(source)
    if path.is_dir():
        return saved_rows(path)
    reader = _reader(path)
    if not path.is_file():
        beside = [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else []
        mend = nearest(path.name, beside) if beside else ""
        looked = "" if path.is_absolute() else f" in {Path.cwd()}, the working folder"
        raise DataError(f"no such file{looked}", where=str(path), mend=mend)
    return reader(path)


def _reader(path: Path) -> Callable[[Path], Rows]:
    name = path.name.lower()
    plain = name.removesuffix(".gz")
    for ending, reader in FORMATS.items():
        if name.endswith(ending) or (plain.endswith(ending) and ending != ".parquet"):
            return reader
    mend = "in the spreadsheet: save as CSV UTF-8" if name.endswith(_SPREADSHEETS) else ""
    kinds = f"{', '.join(FORMATS)} (text also with .gz), a folder of save_to_disk, or hf:NAME"
    raise DataError(
        f"unknown format {Path(plain).suffix!r}", expected=kinds, where=str(path), mend=mend
    )


def local_files(source: Path | str) -> list[Path]:
    """Every file that the source is read from; none for a set of the hub."""
    if str(source).startswith(SCHEME):
        return []
    path = Path(source)
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
