"""A row's columns to an Example."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from ictrain.errors import DataError, nearest
from ictrain.examples import Example, blank
from ictrain.settings import Settings

_ABSENT = object()


class Columns(Settings):
    """Which columns hold the parts of an Example; a path such as translation.en looks inside."""

    id: str = Field(default="id", description="may be missing in the file: the row number then")
    input: str = Field(default="input", description="what a model is asked")
    output: str = Field(default="output", description="what it should answer")
    numbers: Literal["refuse", "text"] = Field(
        default="refuse", description="text: a number or truth value is taken as its JSON text"
    )

    def example(self, row: dict[str, Any], where: str, number: int) -> Example:
        """The Example of a row; what is in no named column goes to meta.

        Args:
            row: by column; in it, a `meta` object is kept as it is.
            where: the row's place, for errors.
            number: the row's, from 1: its id if it has none.

        Raises:
            DataError: a column that is missing, empty, or not text.
        """
        source = self._text(row, "input", where)
        output = self._text(row, "output", where)
        meta = _without(row, (self.id, self.input, self.output))
        if isinstance(meta.get("meta"), dict):
            meta |= meta.pop("meta")
        return Example(_id(value_at(row, self.id), where, number), source, output, meta)

    def _text(self, row: dict[str, Any], part: Literal["input", "output"], where: str) -> str:
        column = self.input if part == "input" else self.output
        value = value_at(row, column)
        if value is _ABSENT:
            known = nearest(column, [path[:40] for path in paths(row)[:30]])
            mend = f"{known} (task.columns.{part} names it)"
            raise DataError(f"no column {column!r}", where=where, mend=mend)
        kind = kind_of(value)
        if kind in ("number", "truth value") and self.numbers == "text":
            return str(value).lower() if isinstance(value, bool) else str(value)
        if not isinstance(value, str):
            found = "null" if kind == "null" else f"a {kind}: {value!r:.60}"
            raise DataError(
                f"{column} is {found}",
                expected="a string",
                where=where,
                mend="task.columns.numbers=text takes it as text"
                if kind in ("number", "truth value")
                else "",
            )
        if blank(value):
            raise DataError(f"empty {column}", expected="text", where=where)
        return _unicode(value, column, where)


def kind_of(value: Any) -> str:
    """What a value is, in words: text, number, null (NaN too: data frames write it), ..."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "null"
    kinds = ((str, "text"), (bool, "truth value"), (int | float | Decimal, "number"))
    words = {"dict": "object", "list": "list", "bytes": "run of bytes"}
    found = next((word for kind, word in kinds if isinstance(value, kind)), None)
    return found or words.get(type(value).__name__, type(value).__name__)


def value_at(row: Any, path: str) -> Any:
    """The value of a column, or inside one: 'translation.en', 'messages.0.content'.

    A column that has the whole path as its name goes first. A number counts in a list, from behind
    if negative. What is not there is an object that is no value of any row.
    """
    if isinstance(row, dict) and path in row:
        return row[path]
    head, dot, rest = path.partition(".")
    inner: Any = _ABSENT
    if isinstance(row, dict):
        inner = row.get(head, _ABSENT)
    elif isinstance(row, list) and head.lstrip("-").isdigit():
        place = int(head)
        inner = row[place] if -len(row) <= place < len(row) else _ABSENT
    return value_at(inner, rest) if dot and inner is not _ABSENT else inner


def paths(row: dict[str, Any]) -> list[str]:
    """All columns of a row, and the paths into its objects and the first items of its lists."""
    return [path for name, value in row.items() for path in _inside(name, value)]


def _inside(name: str, value: Any) -> Iterable[str]:
    if isinstance(value, dict) and value:
        return (p for key, inner in value.items() for p in _inside(f"{name}.{key}", inner))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return (p for i, inner in enumerate(value[:4]) for p in _inside(f"{name}.{i}", inner))
    return (name,)


def _without(row: dict[str, Any], named: tuple[str, ...]) -> dict[str, Any]:
    """A row without the named columns; of an object that one of them lies in, the rest is kept."""
    kept = {key: value for key, value in row.items() if key not in named}
    for path in named:
        head, _, rest = path.partition(".")
        if rest and path not in row and isinstance(kept.get(head), dict):
            kept[head] = _without(kept[head], (rest,))
            if not kept[head]:
                del kept[head]
    return kept


def _id(value: Any, where: str, number: int) -> str:
    if value is None or value is _ABSENT:
        return str(number)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise DataError(f"id {value!r}", expected="a string or a whole number", where=where)
    if not str(value).strip():
        raise DataError("empty id", where=where, mend="fill it, or leave the whole column out")
    return _unicode(str(value), "id", where)


def _unicode(value: str, column: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        found = f"{column} holds half a character, {value[error.start]!a}"
        raise DataError(found, expected="valid Unicode", where=where) from None
    return value
