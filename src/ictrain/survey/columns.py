"""What the columns of a user's file hold, and which of them are the input and the output."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ictrain.errors import DataError, nearest
from ictrain.readers import Columns
from ictrain.readers.columns import kind_of, paths, value_at

_INPUTS = (
    "input", "question", "query", "source", "src", "sentence", "utterance", "text", "prompt",
    "instruction", "problem", "document", "article", "review", "request",
)  # fmt: skip
_OUTPUTS = (
    "output", "answer", "sql", "target", "tgt", "completion", "response", "reference",
    "translation", "summary", "logical_form", "program", "code", "label", "intent", "category",
    "class",
)  # fmt: skip
_IDS = ("id", "uid", "guid", "uuid", "idx", "index", "key")
_NO_ID = "-"
"""No column has this name, so that rows are numbered."""

_LOOKED = 5000
_MOST_COLUMNS = 60
_ID_LIKE = re.compile(r"[\w.:-]*\d[\w.:-]*")


@dataclass(frozen=True)
class ColumnLook:
    """One column, by what it holds.

    Attributes:
        path: its name, or the path into it.
        kind: the most frequent one of its values: text, number, list, ...
        filled: share of rows where it holds something.
        distinct: share of different values among these.
        values: how many different ones.
        words: of a text, median.
        sample: one of its values.
    """

    path: str
    kind: str
    filled: float
    distinct: float
    values: int
    words: float
    sample: str

    @property
    def looks_like_an_id(self) -> bool:
        """One word with a digit in it, hardly ever twice."""
        return (
            self.distinct > 0.98
            and self.values > 2
            and self.words <= 1
            and bool(_ID_LIKE.fullmatch(self.sample))
        )


def looks_at(rows: Sequence[Mapping[str, Any]]) -> list[ColumnLook]:
    """Every column that holds something, in the order of the file.

    Args:
        rows: as they stand in the file; of more than 5,000 every n-th is looked at.
    """
    chosen = rows[:: max(1, len(rows) // _LOOKED)]
    names = dict.fromkeys(path for row in chosen[:200] for path in paths(dict(row)))
    return [_look(name, chosen) for name in list(names)[:_MOST_COLUMNS]]


def _look(path: str, rows: Sequence[Mapping[str, Any]]) -> ColumnLook:
    values = [value_at(dict(row), path) for row in rows]
    kinds = Counter(kind_of(value) for value in values)
    found = [str(v).strip() for v in values if kind_of(v) in ("text", "number", "truth value")]
    found = [text for text in found if text]
    kinds.pop("null", None)
    return ColumnLook(
        path,
        kinds.most_common(1)[0][0] if kinds else "null",
        len(found) / max(1, len(rows)),
        len(set(found)) / max(1, len(found)),
        len(set(found)),
        median(len(text.split()) for text in found) if found else 0.0,
        next(iter(found), ""),
    )


def guess(
    looks: Sequence[ColumnLook],
    rows: Sequence[Mapping[str, Any]],
    given_input: str | None = None,
    given_output: str | None = None,
    where: str = "",
) -> Columns:
    """Which column is what: as given, by usual names, or the first two texts.

    Raises:
        DataError: a given column that is not there, or no two columns that could be meant.
    """
    source = given_input or _named(looks, _INPUTS, given_output) or _text(looks, given_output)
    output = given_output or _named(looks, _OUTPUTS, source) or _text(looks, source)
    if output is None:  # a label need not be a text
        output = next((c.path for c in looks if _usable(c) and c.path != source), None)
    known = [look.path for look in looks]
    for flag, column in (("--input", source), ("--output", output)):
        if column is None or (column == source and column == output):
            raise DataError(
                "cannot tell which column is the input and which the output",
                expected="--input COLUMN --output COLUMN",
                where=where,
                mend=f"columns: {', '.join(known)[:300]}" if known else "",
            )
        if column not in known:
            raise DataError(
                f"no column {column!r}", where=f"{where}, {flag}", mend=nearest(column, known)
            )
    assert source is not None
    assert output is not None
    numeric = any(c.kind != "text" for c in looks if c.path in (source, output))
    return Columns(
        id=_id(looks, rows),
        input=source,
        output=output,
        numbers="text" if numeric else "refuse",
    )


def _usable(look: ColumnLook) -> bool:
    kinds = ("text", "number", "truth value")
    return look.kind in kinds and look.filled >= 0.5 and look.values > 1 and _may_hold_pairs(look)


def _may_hold_pairs(look: ColumnLook) -> bool:
    return look.path.rpartition(".")[2].lower() not in _IDS and not look.looks_like_an_id


def _named(looks: Sequence[ColumnLook], names: Sequence[str], taken: str | None) -> str | None:
    by_name = {c.path.lower(): c.path for c in looks if c.filled >= 0.5 and c.path != taken}
    return next((by_name[name] for name in names if name in by_name), None)


def _text(looks: Sequence[ColumnLook], taken: str | None) -> str | None:
    """The first usable text behind the taken one; of several words before single ones."""
    texts = [c for c in looks if _usable(c) and c.kind == "text" and c.path != taken]
    longer = [c for c in texts if c.words > 1]
    if taken is None:
        return next((c.path for c in longer or texts), None)
    top = [c for c in texts if not c.path.startswith("meta.")]
    return next((c.path for c in top or texts), None)


def _id(looks: Sequence[ColumnLook], rows: Sequence[Mapping[str, Any]]) -> str:
    """A column of ids that are all there and all different; else one that is not there at all."""
    names = {look.path.lower(): look.path for look in looks}
    for name in _IDS:
        if name in names:
            values = [value_at(dict(row), names[name]) for row in rows]
            whole = all(isinstance(v, str | int) and not isinstance(v, bool) for v in values)
            texts = {str(v) for v in values}
            if whole and len(texts) == len(values) and "" not in {t.strip() for t in texts}:
                return names[name]
    return _NO_ID if "id" in names else "id"
