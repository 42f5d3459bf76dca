"""Which values of a column may stand in the place of a literal."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np

from ictrain.examples import normalise
from ictrain.paraphrase.sql.named import SHORT
from ictrain.sql.sites import Site, Value

_NO_VALUES = {"n/a", "na", "none", "null", "nil", "unknown", "other", "others", "nan", "tbd"}
"""What tables hold where they know nothing: no question asks for it."""
_LONGEST = 60


def values_of(sites: Sequence[Site]) -> list[Value]:
    """What stands in the columns with which a literal is compared, but for itself."""
    kind, old = str if sites[0].kind == "text" else int | float, sites[0].value
    found = dict.fromkeys(v for site in sites for c in site.columns for v in c.values)
    usable = [v for v in found if isinstance(v, kind) and _plain(v) and v != old and _like(v, old)]
    return list(dict.fromkeys(_cased(v, old, found) for v in usable))


def _cased(new: Value, old: Value, values: Collection[Value]) -> Value:
    """In the case of the old one, where the column has that in no such case: LOWER(a) = 'x'."""
    if not isinstance(old, str) or not isinstance(new, str) or old in values:
        return new
    return new.lower() if old.islower() else new.upper() if old.isupper() else new


def _like(new: Value, old: Value) -> bool:
    """Whether a value with digits is built as the old one is: a date no moment, a code no name."""
    if not isinstance(old, str) or not isinstance(new, str):
        return True
    return not re.search(r"\d", old + new) or _shape(new) == _shape(old)


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d]+", "a", re.sub(r"\d+", "9", text))


def _plain(value: Value) -> bool:
    """Whether a question would say it as it stands."""
    if isinstance(value, int | float):
        return value == value and abs(value) < 1e15 and value >= 0
    said = len(value) <= _LONGEST and value.isprintable() and value == value.strip()
    return said and normalise(value) not in _NO_VALUES and bool(re.search(r"\w", value))


def value_for(site: Site, value: Value, generator: np.random.Generator) -> Value | None:
    """The new literal: the value, or a piece of it where the old one is a piece (LIKE)."""
    if isinstance(value, str) and (site.before or site.after):
        size = len(str(site.value))
        if size > SHORT and site.before and site.after:
            return None if "%" in value or "_" in value else value
        pieces = re.findall(r"[^\W_]+", value)
        if not pieces:
            return None
        at = 0 if not site.before else len(pieces) - 1 if not site.after else None
        piece = str(pieces[int(generator.integers(len(pieces))) if at is None else at])
        if size > SHORT:
            return piece if len(piece) > SHORT else None
        return (piece[:size] if not site.before or site.after else piece[-size:]) or None
    if isinstance(site.value, int) and isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value
