"""Which other statements a target has: another value of the database for one of its literals.

The statement's text changes at that literal's places and nowhere else, and the new one has to give
a result, not nothing, NULL or 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from ictrain.examples import Example, normalise
from ictrain.paraphrase.sql.beside import (
    Meaning,
    computed_with,
    renamed_meta,
    said_beside,
    without_other_gold,
)
from ictrain.paraphrase.sql.named import mentions, without
from ictrain.paraphrase.sql.values import value_for, values_of
from ictrain.sql.bounds import in_order, ranges_of
from ictrain.sql.executor import Execution, run_many
from ictrain.sql.judge import Judge
from ictrain.sql.linking import Schemas
from ictrain.sql.sites import Site, Value, exchanged, sites_of
from ictrain.sql.syntax import literals

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
        for site in self._sites(target):
            found.setdefault((site.kind, normalise(str(site.value))), []).append(site)
        return [sites for sites in found.values() if not _stands_elsewhere(target, sites)]

    def drawn(
        self, target: Example, groups: Sequence[Sites], generator: np.random.Generator
    ) -> Iterator[Change]:
        """Statements with another value in one of the groups, in the order of chance, at most
        tries; none of them is executed yet. The value is none that the target has already."""
        options = [(sites, value) for sites in groups for value in values_of(sites)]
        there = self._sites(target) if options else []
        ranges, taken = ranges_of(target.output, there), _literals(target.output, there)
        for place in generator.permutation(len(options))[: self.tries].tolist():
            sites, value = options[place]
            old, new = sites[0].value, value_for(sites[0], value, generator)
            if new is None or normalise(str(new)) in taken or _says(target, old, new):
                continue
            if in_order(ranges, sites, new):
                yield Change(exchanged(target.output, sites, new), old, new)

    def meta(self, target: Example, change: Change) -> dict[str, Any]:
        """The target's, as it is true of another statement."""
        if not any(said_beside(target.meta).values()):
            return without_other_gold(target.meta)
        schema = self.schemas.linker(target.meta["db_id"]).schema
        old = normalise(str(change.old))
        sites = [site for site in self._sites(target) if normalise(str(site.value)) == old]
        values = _literals(change.sql, sites_of(change.sql, schema))
        meaning = Meaning.of(schema, sites, change.old, change.new, values)
        return renamed_meta(target.meta, meaning)

    def _sites(self, target: Example) -> list[Site]:
        schema = self.schemas.linker(target.meta["db_id"]).schema
        return sites_of(target.output, schema)

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
    told = said_beside(target.meta).values()
    return bool(mentions(value, rest)) or any(computed_with(value, one) for one in told)


def _literals(sql: str, sites: Sites) -> set[str]:
    """All of a statement, normalised; of a LIKE what stands between the %."""
    return {normalise(text) for text in (*literals(sql), *(str(site.value) for site in sites))}


def _says(target: Example, old: Value, new: Value) -> bool:
    """Whether the question, or what is said beside it, names the new value already, and not as a
    piece of the old one: two things would be called alike."""
    told = said_beside(target.meta).values()
    question = without(old, target.input)
    return bool(mentions(new, question)) or any(
        mentions(new, without(old, one, any_case=True), any_case=True) for one in told
    )
