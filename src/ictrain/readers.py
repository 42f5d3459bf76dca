"""Files of labelled pairs to Examples: JSONL, JSONL.gz, CSV, Parquet; errors by file and line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ictrain.errors import DataError, nearest
from ictrain.examples import Example
from ictrain.settings import Settings

Rows = Iterator[tuple[int, dict[str, Any]]]
"""(line or row number from 1, the row) pairs."""

_CSV_FIELD_LIMIT = 2**31 - 1
"""Characters; csv's own limit of 131,072 is less than a large database schema."""


class Columns(Settings):
    """Which columns hold the parts of an Example; id may be missing in the file: the row number."""

    id: str = "id"
    input: str = "input"
    output: str = "output"


def read_examples(path: Path, columns: Columns | None = None) -> list[Example]:
    """The Examples of a file, in its order.

    Args:
        path: .jsonl, .jsonl.gz, .csv (with a header) or .parquet; text is UTF-8.
        columns: their names. All other columns go to meta; in JSONL a `meta` object is kept.

    Raises:
        DataError: no such file, another format, a row that is not what it should be; with the
            file and the line (Parquet: the row).
    """
    path, columns = Path(path), columns or Columns()
    rows = _reader(path)(path)
    examples: list[Example] = []
    lines: dict[str, int] = {}
    for number, (line, row) in enumerate(rows, start=1):
        example = _example(row, columns, f"{path}:{line}", number)
        if example.id in lines:
            raise DataError(
                f"id {example.id!r} stands in line {lines[example.id]} as well",
                where=f"{path}:{line}",
                mend="give each example an id of its own",
            )
        lines[example.id] = line
        examples.append(example)
    if not examples:
        raise DataError("no rows", expected="at least one labelled pair", where=str(path))
    return examples


def _reader(path: Path) -> Callable[[Path], Rows]:
    found = next((r for suffix, r in _READERS.items() if path.name.lower().endswith(suffix)), None)
    if found is None:
        kinds = ", ".join(_READERS)
        raise DataError(f"unknown format {path.suffix!r}", expected=kinds, where=str(path))
    if not path.is_file():
        kind = "a folder, not a file" if path.is_dir() else "no such file"
        beside = [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else []
        raise DataError(kind, where=str(path), mend=nearest(path.name, beside) if beside else "")
    return found


def _example(row: dict[str, Any], columns: Columns, where: str, number: int) -> Example:
    source = _text(row, columns.input, where)
    output = _text(row, columns.output, where)
    named = {columns.id, columns.input, columns.output}
    meta = {key: value for key, value in row.items() if key not in named}
    if isinstance(meta.get("meta"), dict):
        meta |= meta.pop("meta")
    return Example(_id(row.get(columns.id), where, number), source, output, meta)


def _id(value: Any, where: str, number: int) -> str:
    if value is None:
        return str(number)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise DataError(f"id {value!r}", expected="a string or a whole number", where=where)
    if not str(value).strip():
        raise DataError("empty id", where=where, mend="fill it, or leave the whole column out")
    return _unicode(str(value), "id", where)


def _text(row: dict[str, Any], column: str, where: str) -> str:
    if column not in row:
        raise DataError(f"no column {column!r}", where=where, mend=nearest(column, row))
    value = row[column]
    if not isinstance(value, str):
        kind = "null" if value is None else type(value).__name__
        raise DataError(f"{column} is {kind}: {value!r:.60}", expected="a string", where=where)
    if not value.strip():
        raise DataError(f"empty {column}", expected="text", where=where)
    return _unicode(value, column, where)


def _unicode(value: str, column: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        found = f"{column} holds half a character, {value[error.start]!a}"
        raise DataError(found, expected="valid Unicode", where=where) from None
    return value


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.name.lower().endswith(".gz") else data
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            where=f"{path}:{line}",
            mend="save the file as UTF-8",
        ) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"not a whole gzip file: {error}", where=str(path)) from None
    except OSError as error:
        raise DataError(f"cannot read: {error.strerror}", where=str(path)) from None


def _jsonl(path: Path) -> Rows:
    # Not splitlines(): it would also cut at characters that may stand inside a JSON string
    for line, text in enumerate(_decoded(path).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            raise DataError(
                f"not JSON: {text.strip()[:60]!r}",
                expected="one object a line",
                where=f"{path}:{line}",
            ) from None
        if not isinstance(row, dict):
            raise DataError(f"{text.strip()[:60]!r}", expected="an object", where=f"{path}:{line}")
        yield line, row


def _csv(path: Path) -> Rows:
    limit = csv.field_size_limit(_CSV_FIELD_LIMIT)
    try:
        reader = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
        header = next(reader, [])
        if twice := {name for name in header if header.count(name) > 1}:
            raise DataError(f"column {min(twice)!r} stands twice", where=f"{path}:1")
        line = reader.line_num + 1
        for values in reader:
            if len(values) != len(header) and values:
                raise DataError(
                    f"{len(values)} fields", expected=f"{len(header)}", where=f"{path}:{line}"
                )
            if values:
                yield line, dict(zip(header, values, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"not CSV: {error}", where=f"{path}:{reader.line_num}") from None
    finally:
        csv.field_size_limit(limit)


def _parquet(path: Path) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(path).to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"not a Parquet file: {error}"[:200], where=str(path)) from None
    yield from enumerate(rows, start=1)


_READERS: dict[str, Callable[[Path], Rows]] = {
    ".jsonl": _jsonl,
    ".jsonl.gz": _jsonl,
    ".csv": _csv,
    ".parquet": _parquet,
}
