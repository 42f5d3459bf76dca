"""Which other statements a target has: another value of the database for one of its literals.

The statement's text changes at that literal's places and nowhere else, and the new one has to give
a result, not nothing, NULL or 0.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from ictrain.examples import Example, normalise
from ictrain.paraphrase.sql.named import BESIDE, SHORT, mentions
from ictrain.sql.executor import Execution, run_many
from ictrain.sql.judge import Judge
from ictrain.sql.linking import Schemas
from ictrain.sql.sites import Site, Value, exchanged, sites_of

_NO_VALUES = {"n/a", "na", "none", "null", "nil", "unknown", "other", "others", "nan", "tbd"}
"""What tables hold where they know nothing: no question asks for it."""
_LONGEST = 60
Sites = Sequence[Site]
K = TypeVar("K")


@dataclass(frozen=True)
class Change:
    """Another statement.

    Attributes:
        sql: of it.
        old, new: the value that it had, and has.
    """

    sql: str
    old: Value
    new: Value


Drawn = tuple[Example, Iterable[Change]]


@dataclass(frozen=True)
class Changes:
    """Finds them; it pickles, so that workers can be sent it.

    Attributes:
        judge: executes.
        schemas: whose columns give values.
        tries: values that are looked at until a target is given up.
    """

    judge: Judge
    schemas: Schemas
    tries: int = 32

    def groups(self, target: Example) -> list[Sites]:
        """The literals that may change, equal ones together."""
        found: dict[tuple[str, str], list[Site]] = {}
        schema = self.schemas.linker(target.meta["db_id"]).schema
        for site in sites_of(target.output, schema):
            found.setdefault((site.kind, normalise(str(site.value))), []).append(site)
        return [sites for sites in found.values() if not _stands_elsewhere(target, sites)]

    def drawn(
        self, target: Example, groups: Sequence[Sites], generator: np.random.Generator
    ) -> Iterator[Change]:
        """Statements with another value in one of the groups, in the order of chance, at most
        tries; none of them is executed yet."""
        options = [(sites, value) for sites in groups for value in _values(sites)]
        for place in generator.permutation(len(options))[: self.tries].tolist():
            sites, value = options[place]
            old, new = sites[0].value, _value_for(sites[0], value, generator)
            if new is not None and normalise(str(old)) != normalise(str(new)):
                yield Change(exchanged(target.output, sites, new), old, new)

    def give_results(self, asked: Sequence[tuple[Example, str]]) -> list[bool]:
        """Whether each statement gives more on its target's database than nothing, NULL or 0: such
        a gold any empty answer would match. Many are executed on all cores."""
        paths = self.judge.databases.path
        jobs = [(paths(target.meta["db_id"]), sql) for target, sql in asked]
        return [_says_something(found) for found in run_many(jobs, self.judge.limits)]

    def first_good(self, drawn: Mapping[K, Drawn], most: int) -> dict[K, list[Change]]:
        """Of each target the first changes that give a result.

        Args:
            drawn: by a key, the target and its changes in their order.
            most: of each.
        """
        found: dict[K, list[Change]] = {key: [] for key in drawn}
        left = {key: (target, iter(changes)) for key, (target, changes) in drawn.items()}
        while left:
            asked = [
                (key, target, change)
                for key, (target, changes) in left.items()
                for change in islice(changes, most - len(found[key]))
            ]
            good = self.give_results([(target, change.sql) for _, target, change in asked])
            for (key, _, change), fine in zip(asked, good, strict=True):
                if fine:
                    found[key].append(change)
            left = {key: left[key] for key, *_ in asked if len(found[key]) < most}
        return found


def _says_something(found: Execution) -> bool:
    return found.ok and any(value not in (None, 0, "") for row in found.rows for value in row)


def _stands_elsewhere(target: Example, sites: Sequence[Site]) -> bool:
    """Whether the statement has the value at a place that does not change (LIMIT 3), or what is
    said beside the question computes with it: the pair would no longer say the same."""
    value = sites[0].value
    if isinstance(value, str):
        return False
    rest = target.output
    for site in sorted(sites, key=lambda s: -s.start):
        rest = rest[: site.start] + "''" + rest[site.end :]
    beside = (target.meta.get(key) for key in BESIDE)
    told = [one for one in beside if isinstance(one, str)]
    return bool(mentions(value, rest)) or any(_computed_with(value, one) for one in told)


def _computed_with(value: Value, text: str) -> bool:
    around = ((text[: m.start()].rstrip()[-1:], text[m.end() :].lstrip()[:1])
              for m in mentions(value, text))  # fmt: skip
    return any(sign and sign in "*/+-%" for pair in around for sign in pair)


def _values(sites: Sequence[Site]) -> list[Value]:
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


def _value_for(site: Site, value: Value, generator: np.random.Generator) -> Value | None:
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
