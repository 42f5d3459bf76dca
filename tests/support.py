"""What several test modules need: pools, an obvious index, drawn sources."""

from __future__ import annotations

import numpy as np

from ictrain.contexts import Source
from ictrain.examples import Example, PoolSnapshot, Purpose
from ictrain.similarity.base import Hits

_LINE = "ant bee cat dog eel fox gnu hen ibis jay kite lark mole newt owl pig"
WORDS = _LINE.split()


class WordOverlap:
    """Jaccard of words, the slow obvious way."""

    name = "overlap"

    def __init__(self, snapshot: PoolSnapshot) -> None:
        self.snapshot = snapshot
        self.digest = snapshot.version

    def pairs(self, queries, others):
        return np.array([_jaccard(a, b) for a, b in zip(queries, others, strict=True)], dtype=float)

    def search(self, queries, k, exclude):
        positions = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.zeros((len(queries), k))
        for row, (query, barred) in enumerate(zip(queries, exclude, strict=True)):
            found = [
                (-_jaccard(query, e.input), e.id, place)
                for place, e in enumerate(self.snapshot)
                if self.snapshot.groups[place] != barred
            ]
            found = sorted(f for f in found if f[0] < 0)[:k]
            for column, (score, _, place) in enumerate(found):
                positions[row, column], scores[row, column] = place, -score
        return Hits(positions, scores)


def _jaccard(a: str, b: str) -> float:
    left, right = set(a.split()), set(b.split())
    return len(left & right) / len(left | right)


def pool_of(n: int, seed: int = 0, duplicates: int = 0) -> PoolSnapshot:
    """n pairs of two or three words, distinct inputs, then so many repeats of the first inputs."""
    generator = np.random.default_rng(seed)
    inputs: dict[str, None] = {}
    while len(inputs) < n:
        words = generator.choice(WORDS, size=int(generator.integers(2, 4)), replace=False)
        inputs[" ".join(words)] = None
    examples = [Example(f"e{i:03d}", text, text.upper()) for i, text in enumerate(inputs)]
    repeats = [
        Example(f"r{i:03d}", e.input.title(), "x") for i, e in enumerate(examples[:duplicates])
    ]
    return PoolSnapshot.of(examples + repeats)


def swap(target: Example, generator: np.random.Generator) -> Example:
    """A near-duplicate: the words in another order."""
    words = target.input.split()
    text = " ".join(words[1:] + words[:1])
    return Example(f"{target.id}#swap", text, text.upper())


def source_of(snapshot: PoolSnapshot) -> Source:
    return Source(snapshot, {"overlap": WordOverlap(snapshot)}, swap)


def hits_of(source: Source, targets, purpose: Purpose, k: int = 16) -> Hits:
    exclude = source.snapshot.excluded_groups(targets, purpose)
    return source.similarities["overlap"].search([t.input for t in targets], k, exclude)
