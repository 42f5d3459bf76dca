"""How alike two outputs are, whatever is right: for probes, which compare answers with answers.

Every such similarity is asked as (source, hypothesis, reference): the input, what is judged, what
it is judged against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ictrain.similarity.tokens import tokens

OutputSimilarity = Callable[[str, str, str], float]
"""(source, hypothesis, reference) -> 0 to 1; 1 means that they say the same."""

Agreement = Callable[[Sequence[tuple[str, str, str]]], Sequence[float]]
"""The same of many at once, for a measure that wants it so; it may leave 0 to 1 a little."""


def word_overlap(source: str, hypothesis: str, reference: str) -> float:
    """F1 of the words in whatever order; two empty outputs are alike."""
    del source
    return overlap(tokens(hypothesis), tokens(reference))


def overlap(first: Sequence[str], second: Sequence[str]) -> float:
    """F1 of two bags; 1 for two empty ones."""
    if not first and not second:
        return 1.0
    shared = (Counter(first) & Counter(second)).total()
    return 2 * shared / (len(first) + len(second))
