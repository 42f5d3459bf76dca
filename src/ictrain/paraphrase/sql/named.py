"""Where a text names a value, and the same text with another one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ictrain.sql.sites import Site, Value

_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
SHORT = 3
"""Letters up to which a text may be a piece of a word, or another word."""
_CONSONANT = re.compile(r"\b(an)(\s+[\"'“‘]?)$", re.IGNORECASE)
_VOWEL = re.compile(r"\b(a)(\s+[\"'“‘]?)$", re.IGNORECASE)


def _named(value: Value) -> re.Pattern[str]:
    """Where a question names a value: as it stands, in any case; numbers also with commas between
    thousands, and small ones in words."""
    if isinstance(value, str):
        return re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)
    forms = {re.escape(str(value))}
    if isinstance(value, int):
        forms |= {re.escape(f"{value:,}")} | (
            {_WORDS[value]} if value < len(_WORDS) else set[str]()
        )
    both = "|".join(sorted(forms, key=len, reverse=True))
    return re.compile(rf"(?<![\w.,/:-])(?:{both})(?![\w/:-]|[.,]\d)", re.IGNORECASE)


def mentions(value: Value, text: str, *, any_case: bool = False) -> list[re.Match[str]]:
    """Where a text names a value: in its own case if it does so anywhere, since 'a' is no grade A;
    else in any, but for a text of a few letters, which may be another word.

    Args:
        value: the value.
        text: the text.
        any_case: beside its own case too, as evidence does: blue is colour = 'Blue'. Of a few
            letters, another case counts in quotes alone.
    """
    found = list(_named(value).finditer(text))
    if not isinstance(value, str):
        return found
    exact = [match for match in found if match.group() == value]
    if any_case:
        return [m for m in found if m in exact or len(value) > SHORT or _quoted(text, m)]
    return exact or (found if len(value) > SHORT else [])


def _quoted(text: str, match: re.Match[str]) -> bool:
    around = text[: match.start()][-1:] + text[match.end() :][:1]
    return around in ("''", '""')


def without(value: Value, text: str, *, any_case: bool = False) -> str:
    """A text with a blank wherever it names the value."""
    for match in reversed(mentions(value, text, any_case=any_case)):
        text = f"{text[: match.start()]} {text[match.end() :]}"
    return text


def objection(old: Value, new: Value, text: str) -> str:
    """Why a text is no question about the new value; '' where nothing speaks against it."""
    if not mentions(new, text):
        return "does not name the new value"
    return "still names the old value" if mentions(old, without(new, text)) else ""


def said_alone(sites: Sequence[Site], text: str) -> bool:
    """Whether a text names the value, not more often than the statement does, and never in other
    words beside it: Los Angeles (LAX)."""
    found = mentions(sites[0].value, text)
    if len(found) > len(sites):
        return False
    places = [match.span() for match in found]
    beside = (
        (start and text[start - 1] == "(" and text[end : end + 1] == ")")
        or re.match(r"['\"]?\s*\(", text[end:])
        for start, end in places
    )
    return bool(places) and not any(beside)


def renamed(text: str, old: Value, new: Value, *, any_case: bool = False) -> str:
    """A text that says the new value wherever it said the old one, in its case, with a or an; see
    mentions."""
    parts, last = [], 0
    for match in mentions(old, text, any_case=any_case):
        said = _said(match.group(), old, new)
        parts += [_article(text[last : match.start()], match.group(), said), said]
        last = match.end()
    return "".join([*parts, text[last:]])


def _said(old_text: str, old: Value, new: Value) -> str:
    if isinstance(new, str):
        return new.lower() if old_text.islower() and old_text != old else new
    if isinstance(new, int) and "," in old_text:
        return f"{new:,}"
    in_words = old_text.isalpha() and isinstance(new, int) and new < len(_WORDS)
    return _WORDS[int(new)] if in_words else str(new)


def _article(before: str, old: str, new: str) -> str:
    """a or an as the new word wants it, where it fitted the old one."""
    vowels = "aeiou"
    if old[:1].lower() in vowels and new[:1].lower() not in vowels:
        return _CONSONANT.sub(lambda m: m[1][:-1] + m[2], before)
    if old[:1].lower() not in vowels and new[:1].lower() in vowels:
        return _VOWEL.sub(lambda m: f"{m[1]}n{m[2]}", before)
    return before
