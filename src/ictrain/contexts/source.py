"""What training and test contexts are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

import numpy as np

from ictrain.contexts.build import Similarities
from ictrain.examples import Example, PoolSnapshot

NearDuplicate = Callable[[Example, np.random.Generator], Example | None]
"""Makes a synthetic near-duplicate of a target with its own valid output; None if it has none."""


@dataclass(frozen=True)
class Source:
    """What contexts are drawn from.

    Attributes:
        snapshot: the pool.
        similarities: the methods whose scores are recorded for every drawn example.
        near_duplicate: makes paraphrases; None where the task has no way to.
        changed_duplicate: makes paraphrases that say something else; None likewise.
        held_out: normalised inputs that no paraphrase may have: those of dev and test sets, where
            training contexts are drawn.
    """

    snapshot: PoolSnapshot
    similarities: Similarities
    near_duplicate: NearDuplicate | None = None
    changed_duplicate: NearDuplicate | None = None
    held_out: Set[str] = frozenset()
