"""The 256 source symbols, two characters each ('Ka'), and inputs as symbols joined by a space.

A capital first letter keeps a symbol apart from the lower-case letters of an output.
"""

from __future__ import annotations

import string
from collections.abc import Sequence

from ictrain.errors import DataError

LETTERS = string.ascii_lowercase
_FIRST = "BCDFGHJKLMNPRSTV"
_SECOND = "aeiouylrnmstkdgb"
SYMBOLS: tuple[str, ...] = tuple(a + b for b in _SECOND for a in _FIRST)
"""All source symbols; the index in this tuple is the symbol's number."""

_KNOWN = frozenset(SYMBOLS)


def join(symbols: Sequence[str]) -> str:
    """The text of an input: ('Ka', 'To') -> 'Ka To'."""
    return " ".join(symbols)


def split(text: str) -> tuple[str, ...]:
    """The symbols of an input, in order: 'Ka To' -> ('Ka', 'To').

    Raises:
        DataError: a part that is no symbol, or no part at all.
    """
    symbols = tuple(text.split())
    for symbol in symbols:
        if symbol not in _KNOWN:
            raise DataError(f"{symbol!r} in input {text!r}", expected="a symbol such as 'Ka'")
    if not symbols:
        raise DataError("an input without symbols", expected="symbols such as 'Ka To'")
    return symbols
