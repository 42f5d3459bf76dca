"""What a user's parts share with one another: equal inputs, nearly equal ones, other outputs.

Where inputs are about something (a question about its database), those about something else are
other inputs, whatever their words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ictrain.evaluation.overlap import NEAR
from ictrain.examples import GROUP, SCOPE, Example, PoolSnapshot, asked
from ictrain.randomness import rng
from ictrain.similarity import SimilaritySettings, build_index
from ictrain.tasks import Parts

METHOD_WORDS = {"overlap": "word overlap", "dense": "a cosine", "bm25": "a BM25 score"}
_MANY = 0.25
"""From this share on, nearly equal items deserve a sentence [ours]."""


@dataclass(frozen=True)
class Repeats:
    """One part on its own.

    Attributes:
        items: rows.
        distinct: different inputs, normalised.
        conflicting: of these, how many have rows with different outputs.
    """

    items: int
    distinct: int
    conflicting: int


@dataclass(frozen=True)
class Leak:
    """How many items of one part stand in another one.

    Attributes:
        part, against: their names.
        items: of the part.
        exact: items with an equal input there.
        conflicts: of these, how many have no row there with the same output.
        near: of `looked` items without an equal input there, how many have a nearly equal one.
        looked: fewer than there are where a sample was taken.
    """

    part: str
    against: str
    items: int
    exact: int
    conflicts: int
    near: int
    looked: int


@dataclass(frozen=True)
class Leakage:
    """The whole report; method: the similarity by which inputs count as nearly equal."""

    parts: Mapping[str, Repeats]
    leaks: Sequence[Leak]
    method: str

    def plain(self) -> dict[str, Any]:
        """As values for a record."""
        return asdict(self)


def leakage(
    parts: Parts, similarity: SimilaritySettings, cache: Path | None = None, most: int | None = None
) -> Leakage:
    """Every part on its own, and dev and tests against all that comes before them.

    Args:
        parts: of the task.
        similarity: the bands' method; from 0.8 on two inputs count as nearly equal.
        cache: a folder for embeddings.
        most: so many items of a part are looked at for near ones, drawn by their number alone;
            all of them if None.
    """
    known = _sources(parts)
    held_out = dict(parts.tests) if parts.dev is None else {"dev": parts.dev, **parts.tests}
    found = []
    for against, theirs in {**known, **({} if parts.dev is None else {"dev": parts.dev})}.items():
        against_them = _Against(theirs, similarity, cache, most)
        for name, items in held_out.items():
            own_pool = not against.endswith("-pool") or against == f"{name}-pool"
            if own_pool and name != against:
                found.append(against_them.leak(name, against, items))
    everything = {**known, **held_out}
    repeats = {name: _repeats(items) for name, items in everything.items()}
    return Leakage(repeats, found, similarity.method)


def _sources(parts: Parts) -> dict[str, tuple[Example, ...]]:
    """What is trained on or drawn into contexts."""
    pools = {f"{name}-pool": items for name, items in parts.pools.items()}
    pool = {} if parts.pool is None else {"pool": parts.pool}
    return {"train": parts.train, **pool, **pools}


class _Against:
    """One part that others are held against: its inputs, its outputs, its index."""

    def __init__(
        self,
        items: Sequence[Example],
        similarity: SimilaritySettings,
        cache: Path | None,
        most: int | None,
    ) -> None:
        self.outputs = _outputs(items)
        self.index = build_index(similarity, PoolSnapshot.of(_about(items)), cache)
        self.most = most

    def leak(self, part: str, against: str, items: Sequence[Example]) -> Leak:
        equal = [e for e in items if asked(e) in self.outputs]
        conflicts = sum(_output(e) not in self.outputs[asked(e)] for e in equal)
        rest = [e for e in items if asked(e) not in self.outputs]
        looked = _about(self._sample(rest))
        nothing = np.full(len(looked), -1, dtype=np.int64)
        within = self.index.snapshot.scope_of(looked)
        best = self.index.search([e.input for e in looked], 1, nothing, within).scores
        near = int((best >= NEAR).any(axis=1).sum()) if len(looked) else 0
        return Leak(part, against, len(items), len(equal), conflicts, near, len(looked))

    def _sample(self, items: list[Example]) -> list[Example]:
        if self.most is None or len(items) <= self.most:
            return items
        chosen = rng(0, "leakage/sample").permutation(len(items))[: self.most]
        return [items[i] for i in sorted(chosen.tolist())]


def _about(items: Sequence[Example]) -> list[Example]:
    """The same, each to be held against those alone that are about the same."""
    return [
        replace(e, meta={**e.meta, SCOPE: e.meta[GROUP]}) if e.meta.get(GROUP) is not None else e
        for e in items
    ]


def _outputs(items: Sequence[Example]) -> dict[tuple[str, Any], set[str]]:
    found: dict[tuple[str, Any], set[str]] = {}
    for e in items:
        found.setdefault(asked(e), set()).add(_output(e))
    return found


def _output(example: Example) -> str:
    return " ".join(example.output.split())


def _repeats(items: Sequence[Example]) -> Repeats:
    outputs = _outputs(items)
    return Repeats(len(items), len(outputs), sum(len(found) > 1 for found in outputs.values()))


def leakage_warnings(found: Leakage) -> list[str]:
    """What a user should know of it before training, in sentences."""
    told = []
    for name, part in found.parts.items():
        if part.conflicting:
            told.append(
                f"{part.conflicting:,} of {part.distinct:,} different inputs of {name} stand there "
                "with several outputs: no model can be right on all of these rows"
            )
    return [*told, *(text for leak in found.leaks for text in _of_leak(leak, found.method))]


def _of_leak(leak: Leak, method: str) -> list[str]:
    told = []
    if leak.exact:
        how = f", {leak.conflicts:,} of them with another output" if leak.conflicts else ""
        number = "all" if leak.exact == leak.items else f"{leak.exact:,} of"
        told.append(
            f"{number} {leak.items:,} items of {leak.part} have an input that stands in "
            f"{leak.against} too{how}: {_meaning(leak)}"
        )
    if leak.looked and leak.near >= _MANY * leak.looked and leak.against != "dev":
        told.append(
            f"{leak.near / leak.looked:.0%} of the other items of {leak.part} are nearly equal to "
            f"one in {leak.against} ({METHOD_WORDS.get(method, method)} of {NEAR} or more): what "
            f"is measured on {leak.part} says little of inputs unlike these"
        )
    return told


def _meaning(leak: Leak) -> str:
    if leak.against == "train":
        return "a model may have learned these by heart"
    if leak.against == "dev":
        return "settings that are chosen on dev are chosen on these as well"
    return "none of them will stand in its own context"
