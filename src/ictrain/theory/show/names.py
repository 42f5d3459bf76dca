"""Names, numbers and signs for people."""

from __future__ import annotations

import math
import re

NAMES = {
    "one_near": "one near",
    "random_similar": "random + similar",
    "eoc": "EOC",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "adam": "Adam",
    "sgd": "SGD",
}


def named(key: str) -> str:
    """A name for people."""
    return NAMES.get(key, key)


def short(value: float) -> str:
    """Three digits for people: 0.0120, 36.7, 2.10e-6."""
    if not math.isfinite(value):
        return "–"
    mantissa, _, exponent = f"{value:#.3g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa.rstrip(".")


def times(ratio: float) -> str:
    """How many times the best, for people: 1.00 ×, 36.7 ×, 202 ×."""
    return f"{ratio:.{2 if ratio < 10 else 1 if ratio < 100 else 0}f} ×"


_SIGNS = {
    **{name: NAMES[name] for name in ("alpha", "beta", "gamma")},
    **{"epsilon": "ε", "delta": "δ", "one_near": "one near", "x_bar": "x̄"},
    **{"random_similar": "random + similar", "random+similar": "random + similar"},
}
_OPERATORS = {"^2": "²", "<=": "≤", ">=": "≥"}


def pretty(text: str) -> str:
    """A sentence made for a terminal, with signs in the place of their names."""
    for plain, sign in _OPERATORS.items():
        text = text.replace(plain, sign)
    return re.sub(
        rf"\b({'|'.join(map(re.escape, _SIGNS))})\b", lambda found: _SIGNS[found[1]], text
    )


def percent(share: float) -> str:
    """A share of attention for people."""
    return f"{100 * share:.0f} %"
