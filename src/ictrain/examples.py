"""Examples (labelled pairs) and immutable snapshots of the pool from which contexts are drawn."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ictrain.errors import DataError
from ictrain.randomness import stable_hash

Purpose = Literal["train", "benchmark", "serve"]
"""Why a context is drawn; it decides whether an equal input may stand in it (only when serving)."""


SCOPE = "pool_scope"
"""The key of meta that restricts a target's contexts to pool items of the same scope, e.g. those of
one database. Targets that have none may get any item."""
GROUP = "row_group"
"""The key of meta by which rows are grouped in tables, e.g. the target's database."""
_NOWHERE = -2


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled pair."""

    id: str
    input: str
    output: str
    meta: Mapping[str, Any] = field(default_factory=dict)


def normalise(text: str) -> str:
    """The form in which two inputs count as equal: NFKC, case folded, white space collapsed."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def asked(example: Example) -> tuple[str, Any]:
    """What two examples share that ask the same: the input, normalised, and what it is asked about
    where that is something else (GROUP: a question's database)."""
    return normalise(example.input), example.meta.get(GROUP)


def stable_index(targets: Sequence[Example]) -> NDArray[np.uint64]:
    """uint64 [targets]: numbers made of the ids alone, the index of every draw for a target."""
    return np.array([stable_hash(target.id) for target in targets], dtype=np.uint64)


_UNSEEN = {"Cc", "Cf", "Zl", "Zp", "Zs"}


def blank(text: str) -> bool:
    """Whether nothing of a text can be seen: white space, controls and marks of no width alone."""
    return all(unicodedata.category(c) in _UNSEEN for c in text)


def check_examples(examples: Sequence[Example], where: str = "") -> None:
    """Refuses empty inputs or outputs and ids that occur twice.

    Raises:
        DataError: naming the id.
    """
    seen: set[str] = set()
    for example in examples:
        if blank(example.input) or blank(example.output):
            part = "input" if blank(example.input) else "output"
            raise DataError(f"empty {part}", where=f"{where or 'examples'}, id {example.id!r}")
        if example.id in seen:
            raise DataError(
                f"id {example.id!r} occurs twice",
                where=where or "examples",
                mend="give each example an id of its own",
            )
        seen.add(example.id)


@dataclass(frozen=True)
class PoolSnapshot:
    """An immutable pool at one moment; every context is a function of a snapshot.

    Attributes:
        examples: in the order in which they were added.
        version: a hash chain over the additions, so that an append costs O(1).
    """

    examples: tuple[Example, ...]
    version: str

    @classmethod
    def of(cls, examples: Sequence[Example], where: str = "") -> PoolSnapshot:
        """A checked snapshot of the examples in their order; errors as check_examples."""
        check_examples(examples, where)
        return cls((), "empty").append(examples)

    def append(self, examples: Sequence[Example]) -> PoolSnapshot:
        """A new snapshot with the examples behind the present ones; this one stays as it is."""
        version = self.version
        for example in examples:
            version = _chain(version, example)
        return PoolSnapshot((*self.examples, *examples), version)

    def __len__(self) -> int:
        return len(self.examples)

    def __iter__(self) -> Iterator[Example]:
        return iter(self.examples)

    @cached_property
    def _group_of_key(self) -> dict[str, int]:
        groups: dict[str, int] = {}
        for example in self.examples:
            groups.setdefault(normalise(example.input), len(groups))
        return groups

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """int64 [len(self)]: equal numbers for items whose normalised inputs are equal."""
        table = self._group_of_key
        return np.array([table[normalise(e.input)] for e in self.examples], dtype=np.int64)

    def group_of(self, text: str) -> int:
        """The group of an input, -1 when no pool item has an equal one."""
        return self._group_of_key.get(normalise(text), -1)

    def excluded_groups(self, targets: Sequence[Example], purpose: Purpose) -> NDArray[np.int64]:
        """int64 [targets]: the one group that may not stand in a target's context, -1 for none.

        In training and benchmarking a target never stands in its own context, neither by id nor by
        an equal input (an equal id has an equal input, or the pool is inconsistent and refused).
        When serving, an equal input is exactly what is wanted.

        Raises:
            DataError: the pool holds the target's id with another input.
        """
        for target in targets:
            known = self._input_of_id.get(target.id)
            if known is not None and normalise(known) != normalise(target.input):
                raise DataError(
                    "the same id with another input stands in the pool",
                    where=f"target {target.id!r}",
                    mend="give each example an id of its own",
                )
        if purpose == "serve":
            return np.full(len(targets), -1, dtype=np.int64)
        return np.array([self.group_of(t.input) for t in targets], dtype=np.int64)

    @cached_property
    def scopes(self) -> NDArray[np.int64]:
        """int64 [len(self)]: equal numbers for items of one scope; -1 for those that have none."""
        names = [e.meta.get(SCOPE) for e in self.examples]
        return np.array([self._scope_numbers.get(n, -1) for n in names], dtype=np.int64)

    @cached_property
    def _scope_numbers(self) -> dict[Any, int]:
        found = dict.fromkeys(e.meta[SCOPE] for e in self.examples if e.meta.get(SCOPE) is not None)
        return {name: number for number, name in enumerate(found)}

    def scope_of(self, targets: Sequence[Example]) -> NDArray[np.int64] | None:
        """int64 [targets]: the scope to which each target's contexts are restricted, as in scopes.

        -1 for a target that may get any item, -2 for one whose scope no item has. None where no
        target is restricted.
        """
        names = [target.meta.get(SCOPE) for target in targets]
        if all(name is None for name in names):
            return None
        numbers = self._scope_numbers
        found = [-1 if name is None else numbers.get(name, _NOWHERE) for name in names]
        return np.array(found, dtype=np.int64)

    @cached_property
    def by_scope(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(positions, scopes), each int64 [len(self)]: the items in the order of their scopes."""
        order = np.argsort(self.scopes, kind="stable")
        return order, self.scopes[order]

    @cached_property
    def groups_of_scope(self) -> dict[int, frozenset[int]]:
        """The groups that each scope has; -1: those of the whole pool."""
        pairs = np.unique(np.stack([self.scopes, self.groups], axis=1), axis=0)
        found = {
            int(scope): frozenset(pairs[pairs[:, 0] == scope, 1].tolist())
            for scope in np.unique(pairs[:, 0])
        }
        return found | {-1: frozenset(self.groups.tolist())}

    @cached_property
    def _input_of_id(self) -> dict[str, str]:
        return {example.id: example.input for example in self.examples}


def _chain(version: str, example: Example) -> str:
    event = json.dumps(
        [version, example.id, example.input, example.output, dict(example.meta)],
        sort_keys=True,
        ensure_ascii=False,
        default=str,
    )
    return hashlib.blake2b(event.encode(), digest_size=16).hexdigest()
