"""Numbers and names for people."""

from __future__ import annotations

import math


def count(number: int, word: str) -> str:
    """'1 seed', '3 processes'."""
    plural = f"{word}es" if word.endswith("s") else f"{word}s"
    return f"{number:,} {word if number == 1 else plural}"


def in_bytes(size: float) -> str:
    """'48 MiB', '1.5 GiB'."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 else f"{max(1, math.ceil(size / 2**20))} MiB"


def in_time(seconds: float) -> str:
    """'0.39 s', '23 min', '4.5 h'."""
    if seconds < 1:
        return f"{seconds:.2g} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def shortened(text: str, width: int = 90) -> str:
    """The beginning of a text, on one line."""
    one = " ".join(text.split())
    return one if len(one) <= width else f"{one[: width - 2]} …"
