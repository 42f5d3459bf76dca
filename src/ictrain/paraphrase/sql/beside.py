"""What is said beside a question, as it is true once the question has another value.

Evidence is a list of clauses: "blue eyes refers to colour = 'Blue'; male refers to gender_id = 1".
Each says the new value wherever it said the old one, in any case. A clause that may be false then
is left out, and the others stay: one that has the new value on one of its two sides, and on the
other one something of its own ("villains refers to alignment = 'Good'", "female refers to gender_id
= 1"), or one that compares a column of the value's with what the statement does not have
("SUM(gender_id = 1)"), since that was another name of the old value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ictrain.examples import normalise
from ictrain.paraphrase.sql.named import mentions, renamed, without
from ictrain.sql.filter import words
from ictrain.sql.schema import Schema
from ictrain.sql.sites import Site, Value

BESIDE = ("evidence", "hint")
"""What is said beside a question, by its name in meta."""
_VERBS = (r"\s*\b(?:refers? to|means?|stands? for|denotes?)\b", r"\s\b(?:is|are)\b", r"\s=\s|:\s")
"""What stands between the two sides of a clause, the surest first."""
_NO_CLAIM = frozenset(
    words(
        "a an the of in on at by for to from with and or not all each every that which who it "
        "their where when then than name title full value number id count sum total avg average "
        "mean max maximum min minimum percentage percent ratio proportion difference share rate "
        "times calculation multiply divide subtract add cast real distinct as between like asc desc"
    )
)
"""Words that say nothing of any value, as those of the schema do not."""
_KEYS = frozenset({"id", "name", "code", "key", "no", "number", "value", "type"})
"""Words of columns that do not tell whose columns they are."""
_LITERAL = r"'[^']*'|\"[^\"]*\"|\d[\d.,]*"
_COMPARED = re.compile(
    r"(?P<column>[\w.`]+)[)\s]*(?:<>|[<>=!]=?|\bis(?:\s+not)?\b|\b(?:not\s+)?(?:like|in|between)\b)"
    rf"[\s=(]*(?P<values>(?:{_LITERAL})(?:(?:\s*,\s*|\s+and\s+)(?:{_LITERAL}))*)",
    re.IGNORECASE,
)
"""A column, and the values that it is compared with."""


@dataclass(frozen=True)
class Meaning:
    """What tells whether a clause is true of the new statement.

    Attributes:
        old, new: the value that it had, and has.
        literals: of the new statement, normalised.
        schema: the words of tables and columns.
        tied: those of the tables and columns that the value is of, and of keys to these tables.
    """

    old: Value
    new: Value
    literals: Collection[str]
    schema: frozenset[str]
    tied: frozenset[str]

    @classmethod
    def of(
        cls,
        schema: Schema,
        sites: Sequence[Site],
        old: Value,
        new: Value,
        literals: Collection[str],
    ) -> Meaning:
        """Of the literals that change, and those of the new statement."""
        names = {table.name for table in schema.tables}
        names |= {column.name for table in schema.tables for column in table.columns}
        ours = {id(column) for site in sites for column in site.columns}
        homes = {t.name for t in schema.tables if any(id(c) in ours for c in t.columns)}
        keys = {k.column for t in schema.tables for k in t.foreign_keys if k.table in homes}
        columns = {column.name for site in sites for column in site.columns}
        tied = frozenset(words(" ".join(homes | keys | columns))) - _KEYS
        return cls(old, new, literals, frozenset(words(" ".join(names))), tied)

    def said(self, text: str) -> str:
        """The text of the new value, without the clauses that may be false of it."""
        whole = ";" in f"{self.old}{self.new}"
        clauses = [text] if whole else text.split(";")
        kept = [self._renamed(one) for one in clauses if self._stays_true(one)]
        if len(kept) == len(clauses):
            return ";".join(kept)
        return ";".join(kept).strip() if any(one.strip() for one in kept) else ""

    def _renamed(self, text: str) -> str:
        return renamed(text, self.old, self.new, any_case=True)

    def _names(self, text: str) -> bool:
        return bool(mentions(self.old, text, any_case=True))

    def _stays_true(self, clause: str) -> bool:
        sides = [side for side in _sides(clause) if side.strip()]
        changed = [self._names(side) for side in sides]
        others = self._others(self._renamed(clause))
        if not any(changed):
            return not any(self._is_tied(column) for column in others)
        both = all(n or self._claims_nothing(s) for n, s in zip(changed, sides, strict=True))
        return both and not others and not self._still_names(clause)

    def _still_names(self, clause: str) -> bool:
        """Of a text of a few letters another case may be a word, or its name: f refers to 'F'."""
        rest = without(self.old, clause, any_case=True)
        said = rf"(?<!\w){re.escape(str(self.old))}(?!\w)"
        return isinstance(self.old, str) and bool(re.search(said, rest, re.IGNORECASE))

    def _claims_nothing(self, side: str) -> bool:
        return set(words(side)) <= self.schema | _NO_CLAIM

    def _is_tied(self, column: str) -> bool:
        of = set(words(column.replace("_", " "))) - _KEYS
        return not of or bool(of & self.tied)

    def _others(self, clause: str) -> list[str]:
        """The columns that a clause compares with what the new statement does not have."""
        for text in sorted(self.literals, key=len, reverse=True):
            if not _is_number(text):
                clause = without(text, clause, any_case=True)
        return [
            match["column"]
            for match in _COMPARED.finditer(clause)
            if any(self._is_other(value) for value in re.findall(_LITERAL, match["values"]))
        ]

    def _is_other(self, written: str) -> bool:
        """The statement's own texts are blanks by now."""
        text = written.strip("'\"% .,")
        if not text or normalise(text) in self.literals:
            return False
        numbers = {float(one) for one in self.literals if _is_number(one)}
        return not (_is_number(text) and float(text.replace(",", "")) in numbers)


def said_beside(meta: Mapping[str, Any]) -> dict[str, str]:
    """The texts beside a question, by their names in meta."""
    return {key: meta[key] for key in BESIDE if isinstance(meta.get(key), str)}


def without_other_gold(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Other right statements were right for the old value alone."""
    return {key: value for key, value in meta.items() if key != "alt_sql"}


def renamed_meta(meta: Mapping[str, Any], meaning: Meaning) -> dict[str, Any]:
    """What is said beside the question is true of the new value too. A hint that quotes the
    evidence goes on quoting it."""
    kept, told = without_other_gold(meta), said_beside(meta)
    kept |= {key: meaning.said(text) for key, text in told.items()}
    evidence, hint = told.get("evidence", ""), told.get("hint", "")
    if evidence and evidence in hint:
        new = kept["evidence"]
        kept["hint"] = hint.replace(evidence, new) if new else ""
    return kept


def computed_with(value: Value, text: str) -> bool:
    """Whether a text computes with a number, or hands it to a function: SUBSTR(date, 1, 4)."""
    for match in mentions(value, text):
        before, after = text[: match.start()].rstrip(), text[match.end() :].lstrip()
        sign, next_sign = before[-1:], after[:1]
        if any(one and one in "*/+-%" for one in (sign, next_sign)):
            return True
        listed = re.search(r"\bin\s*\([^()]*$", before, re.IGNORECASE)
        if sign and sign in ",(" and next_sign and next_sign in ",)" and not listed:
            return True
    return False


def _sides(clause: str) -> list[str]:
    """What a clause says, and of what; the whole of it where it has no verb."""
    for verb in _VERBS:
        found = re.split(verb, clause, maxsplit=1, flags=re.IGNORECASE)
        if len(found) > 1:
            return found
    return [clause]


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\d[\d,]*(\.\d+)?", text))
