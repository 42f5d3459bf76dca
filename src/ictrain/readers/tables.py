"""CSV and TSV with a header line.

CSV is read strictly, as RFC 4180 has it: a cell with delimiters, quotes or line ends stands in
double quotes, a quote inside is doubled. TSV files come with and without such quotes; which of the
two is decided once for a file, by what fits all of its lines.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from pathlib import Path

from ictrain.errors import DataError
from ictrain.readers.base import Rows
from ictrain.readers.text import decoded

_FIELD_LIMIT = 2**31 - 1
"""Characters; csv's own limit of 131,072 is less than a large database schema."""
_LIMIT = threading.Lock()

_DELIMITERS = (",", ";", "\t", "|")
"""Spreadsheets write ';' where a comma is the decimal sign."""

Lines = Iterator[tuple[int, list[str]]]
"""(line on which it begins, cells) of each line of a table."""


def csv_rows(path: Path) -> Rows:
    """The rows below the header; the delimiter is a comma unless the header has none."""
    text = decoded(path)
    return _rows(_quoted(text, _delimiter(text, ","), path), path)


def tsv_rows(path: Path) -> Rows:
    """The rows below the header; quotes are text unless all cells that begin with one are whole."""
    text = decoded(path)
    if _delimiter(text, "\t") != "\t":
        return _rows(_quoted(text, _delimiter(text, "\t"), path), path)
    plain = list(_plain(text))
    if len({len(cells) for _, cells in plain}) == 1 and not _all_whole(plain):
        return _rows(iter(plain), path)
    return _rows(_quoted(text, "\t", path), path)


def _delimiter(text: str, own: str) -> str:
    """The format's own, or the first other one that cuts the header where that one does not."""
    header = text.lstrip("\r\n")[:10_000].splitlines()[:1]
    if header and own not in header[0]:
        return next((one for one in _DELIMITERS if one in header[0]), own)
    return own


def _rows(lines: Lines, path: Path) -> Rows:
    first, header = next(lines, (1, []))
    names = [name.strip() for name in header]
    if twice := {name for name in names if name and names.count(name) > 1}:
        raise DataError(f"column {min(twice)!r} stands twice", where=f"{path}:{first}")
    for line, cells in lines:
        place = f"{path}:{line}"
        if len(cells) == len(names):
            yield place, {n: c for n, c in zip(names, cells, strict=True) if n}
        else:
            yield (
                place,
                DataError(
                    f"{len(cells)} fields",
                    expected=f"{len(names)}",
                    where=place,
                    mend="put a cell that holds the delimiter or a line end into double quotes",
                ),
            )


def long_cells(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """A csv reader's rows, whatever the length of a cell.

    csv has one limit for the whole process. It is lifted for one row at a time, since whoever
    reads these rows may stop in the middle, or read two files side by side.
    """
    while True:
        with _LIMIT:
            before = csv.field_size_limit(_FIELD_LIMIT)
            try:
                row = next(reader, None)
            finally:
                csv.field_size_limit(before)
        if row is None:
            return
        yield row


def _quoted(text: str, delimiter: str, path: Path) -> Lines:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in long_cells(reader):
            if any(cell.strip() for cell in cells):  # spreadsheets end in lines of delimiters
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        problem = str(error)
        if problem == "unexpected end of data":
            problem = "a quoted cell that begins here never ends"
        raise DataError(
            f"not CSV: {problem}",
            where=f"{path}:{line}",
            mend="double a quote inside a quoted cell",
        ) from None


def _plain(text: str) -> Lines:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, line.split("\t")


def _all_whole(lines: list[tuple[int, list[str]]]) -> bool:
    """Whether each cell that begins with a quote is a whole quoted cell; none of them is plain."""
    begun = [cell for _, cells in lines for cell in cells if cell.startswith('"')]
    return bool(begun) and all(_is_whole(cell) for cell in begun)


def _is_whole(cell: str) -> bool:
    inner = cell[1:-1]
    return len(cell) > 1 and cell.endswith('"') and '"' not in inner.replace('""', "")
