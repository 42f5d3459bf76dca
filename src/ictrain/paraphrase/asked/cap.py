"""What the fields of a request allow its answer: a budget is only as hard as this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CAPS = ("max_completion_tokens", "max_tokens")
_TIMES = ("n", "best_of")


def merged(ours: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that go out: extra's replace ours, and null takes one away."""
    return {name: value for name, value in {**ours, **extra}.items() if value is not None}


def cap_of(fields: Mapping[str, Any]) -> int | None:
    """Tokens of all answers to a request with these fields at most; None where they do not bound
    them (no cap, -1, a number as a text). Of two caps the larger: servers differ in which counts.
    """
    named = [name for name in CAPS if name in fields]
    caps = [int(fields[name]) for name in named if _counts(fields[name])]
    if not caps or len(caps) < len(named) or not _all_count(fields):
        return None
    return max(caps) * times_of(fields)


def times_of(fields: Mapping[str, Any]) -> int:
    """How many answers a server is asked to make of one request."""
    return max([1, *(int(fields[name]) for name in _TIMES if _counts(fields.get(name)))])


def _all_count(fields: Mapping[str, Any]) -> bool:
    return all(_counts(fields[name]) for name in _TIMES if name in fields)


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
