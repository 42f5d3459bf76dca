"""JSON: one object a line, or a list of objects."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ictrain.errors import DataError
from ictrain.readers.base import Row, Rows
from ictrain.readers.text import decoded


def jsonl_rows(path: Path) -> Rows:
    """The objects of JSON Lines; blank lines are nothing.

    Raises:
        DataError: the file breaks off in its last line.
    """
    return _of_lines(decoded(path), path)


def json_rows(path: Path) -> Rows:
    """The objects of a list; JSON Lines that are only called .json are read as what they are.

    Raises:
        DataError: neither of the two.
    """
    text = decoded(path)
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (json.JSONDecodeError, RecursionError) as error:
        if isinstance(_parsed(text.lstrip().split("\n", 1)[0]), dict):
            return _of_lines(text, path)
        place = f"{path}:{error.lineno}" if isinstance(error, json.JSONDecodeError) else str(path)
        raise DataError("not JSON", expected="a list of objects", where=place) from None
    if isinstance(value, dict) and "\n" not in text.strip():
        value = [value]  # JSON Lines of one line
    if not isinstance(value, list):
        keys = ", ".join(map(repr, value)) if isinstance(value, dict) else ""
        found = f"an object with {keys}"[:200] if keys else f"{value!r:.60}"
        raise DataError(found, expected="a list of objects", where=str(path))
    places = ((f"{path}, item {number}", item) for number, item in enumerate(value, start=1))
    return ((place, _checked(item, repr(item), place)) for place, item in places)


def _of_lines(text: str, path: Path) -> Rows:
    # Not splitlines(): it would also cut at characters that may stand inside a JSON string, which
    # a bare carriage return may not.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n")
    for number, line in enumerate(lines, start=1):
        stripped = line.strip(" \t\ufeff")  # a mark inside: files were joined
        if stripped:
            place = f"{path}:{number}"
            if number == len(lines) and _breaks_off(stripped):
                raise DataError(
                    f"the file breaks off in its last line: {stripped[-60:]!r}",
                    expected="a whole object a line",
                    where=place,
                    mend="fetch or write the file anew, or remove that line",
                )
            yield place, _checked(_parsed(stripped), stripped, place)


def _breaks_off(line: str) -> bool:
    """Whether an object begins here that is not JSON only because more should follow."""
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        rest = line[error.pos :]
        unfinished = "Unterminated" in error.msg or ("escape" in error.msg and len(rest) < 6)
        word = any(whole.startswith(rest) for whole in ("true", "false", "null", "-"))
        number = re.fullmatch(r"[.eE][+-]?\d*", rest) is not None
        return line.startswith("{") and (unfinished or word or number)
    except RecursionError:
        pass
    return False


_BROKEN = object()


class _Twice(dict[str, Any]):
    """An object that says one of its keys twice: which of the two is meant nobody knows."""

    key = ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    names = [name for name, _ in pairs]
    twice.key = next(name for name in names if names.count(name) > 1)
    return twice


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (json.JSONDecodeError, RecursionError):
        return _BROKEN


def _checked(value: Any, text: str, place: str) -> Row:
    if isinstance(value, _Twice):
        return DataError(f"key {value.key!r} stands twice", expected="each once", where=place)
    if isinstance(value, dict):
        return value
    if value is _BROKEN:
        return DataError(f"not JSON: {text[:60]!r}", expected="one object a line", where=place)
    return DataError(f"{text[:60]!r}", expected="an object", where=place)
