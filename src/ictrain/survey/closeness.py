"""How close the pool's examples come to a target: what contexts can give, and with which tau."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ictrain.contexts import Source, StrategySettings, draw_contexts, share_nearer
from ictrain.examples import Example, PoolSnapshot
from ictrain.randomness import rng
from ictrain.similarity import Hits, Index, SimilaritySettings
from ictrain.similarity.roles import SimilarityRoles
from ictrain.similarity.tokens import tokens
from ictrain.statistics import BANDS, band

TAUS = (1.0, 2.0, 4.0, 8.0, 16.0)
_TARGETS, _TAU_TARGETS = 1000, 300
_EMBEDDED = 5000
"""Inputs that a sentence encoder is asked for in a survey: about a minute on one core."""

_ENGLISH = frozenset(["the", "of", "and", "what", "how", "which", "are", "that", "with", "from"])
"""Frequent English words that are hardly ever words of another language."""

_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
"""Thai, Lao, Myanmar, Khmer, kana and Han: scripts that put no space between words."""


@dataclass(frozen=True)
class Chosen:
    """Which similarities suit the inputs, and why."""

    roles: SimilarityRoles
    reason: str
    spaceless: bool


def choose_similarity(inputs: Sequence[str], asked: str) -> Chosen:
    """Retrieval and bands for these inputs.

    Args:
        inputs: of the pool, or some of them.
        asked: overlap, dense, or auto: dense where the encoder is installed, the inputs look
            English (which it was made for) and are few enough to be embedded in a minute.
    """
    some = list(inputs[:500])
    text = "".join(some)
    spaceless = len(_SPACELESS.findall(text)) > 0.3 * sum(c.isalpha() for c in text)
    if spaceless and asked != "dense":
        by_characters = SimilaritySettings(method="overlap", options={"of": "characters"})
        reason = "overlap of characters: this script puts no spaces between words"
        return Chosen(SimilarityRoles(retrieval=by_characters, bands=by_characters), reason, True)
    dense, reason = _dense(some, len(inputs), asked)
    bands = SimilaritySettings(method="dense" if dense else "overlap")
    return Chosen(SimilarityRoles(bands=bands), reason, spaceless)


def _dense(some: Sequence[str], number: int, asked: str) -> tuple[bool, str]:
    if asked != "auto":
        return asked == "dense", "as asked for"
    if find_spec("sentence_transformers") is None:
        return (
            False,
            "word overlap: the dense extra is not installed (pip install 'ictrain[dense]')",
        )
    words = [word for text in some for word in tokens(text)]
    english = sum(word in _ENGLISH for word in words) / max(1, len(words))
    if english < 0.08:
        return (
            False,
            "word overlap: the inputs do not look English, which the default encoder reads",
        )
    if number > _EMBEDDED:
        return (
            False,
            f"word overlap: {number:,} inputs take long to embed (--similarity dense does)",
        )
    return True, "cosine of sentence embeddings"


@dataclass(frozen=True)
class Closeness:
    """How close the closest example of the pool comes to each target; equal inputs left out.

    Attributes:
        targets: how many were looked at.
        best: float64 [targets], the highest similarity, 0 where nothing is similar at all.
        copies: share of the targets whose closest example has the very output that is wanted.
    """

    targets: int
    best: NDArray[np.float64]
    copies: float

    def share(self, name: str) -> float:
        """The share of targets whose closest example lies in a band."""
        return sum(band(float(s)) == name for s in self.best) / max(1, self.targets)

    @property
    def some(self) -> float:
        """The share of targets with an example in the medium or the high band."""
        return sum(self.share(name) for name in BANDS[1:])


def closeness(targets: Sequence[Example], index: Index) -> Closeness:
    """Of up to 1,000 targets, drawn by their number alone."""
    chosen = _some(targets, _TARGETS)
    pool = index.snapshot
    hits = index.search([e.input for e in chosen], 1, pool.excluded_groups(chosen, "benchmark"))
    found = [pool.examples[p].output.split() if p >= 0 else None for p in hits.positions[:, 0]]
    same = [o == e.output.split() for o, e in zip(found, chosen, strict=True)]
    return Closeness(len(chosen), hits.scores[:, 0], float(np.mean(same)) if same else 0.0)


def _some(examples: Sequence[Example], most: int) -> list[Example]:
    if len(examples) <= most:
        return list(examples)
    chosen = rng(0, "survey/targets").permutation(len(examples))[:most]
    return [examples[i] for i in sorted(chosen.tolist())]


@dataclass(frozen=True)
class Tau:
    """What the one_near cell draws with one tau.

    Attributes:
        tau: the exponent of the score.
        near, random: medians of the contexts' best similarity, with it and of random contexts.
        nearer: share of pairs in which the near context is the closer one; 0.5 is chance.
    """

    tau: float
    near: float
    random: float
    nearer: float


@dataclass(frozen=True)
class Drawn:
    """What contexts come out like.

    Attributes:
        taus: the one_near cell with each tau.
        random_low: share of random contexts whose closest example lies in the low band.
    """

    taus: Sequence[Tau]
    random_low: float


def try_taus(
    targets: Sequence[Example], retrieval: Index, bands: Index, neighbours: int, k: str
) -> Drawn:
    """Draws contexts for up to 300 targets with every tau, as training would.

    Args:
        targets: of training.
        retrieval, bands: over the pool.
        neighbours, k: as the strategy will have them.
    """
    chosen = _some(targets, _TAU_TARGETS)
    pool: PoolSnapshot = retrieval.snapshot
    exclude = pool.excluded_groups(chosen, "train")
    hits = retrieval.search([e.input for e in chosen], neighbours, exclude)
    source = Source(pool, {bands.name: bands})
    random = _similarities(StrategySettings(name="random", k=k), source, chosen, hits)
    found = []
    for tau in TAUS:
        strategy = StrategySettings(name="one_near", k=k, tau=tau, neighbours=neighbours)
        near = _similarities(strategy, source, chosen, hits)
        found.append(Tau(tau, median(near), median(random), share_nearer(near, random)))
    return Drawn(found, sum(band(s) == "low" for s in random) / len(random))


def _similarities(
    strategy: StrategySettings, source: Source, targets: Sequence[Example], hits: Hits
) -> list[float]:
    (method,) = source.similarities
    drawn = draw_contexts(strategy, source, targets, hits, seed=0, epoch=0, purpose="train")
    return [s for c in drawn if (s := c.similarity(method)) is not None]
