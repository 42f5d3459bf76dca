"""Metrics that ask whether, or how far, output and gold agree in their words."""

from __future__ import annotations

from collections import Counter

from ictrain.examples import Example
from ictrain.similarity.tokens import tokens


class _Mean:
    """A metric whose corpus score is the mean of the single ones."""

    def stats(self, output: str, reference: Example) -> list[float] | None:
        """None; see Metric.stats."""
        del output, reference
        return None


class ExactMatch(_Mean):
    """1 when output and gold are equal but for outer white space, else 0."""

    name = "exact_match"

    def score(self, output: str, reference: Example) -> float:
        """See Metric.score."""
        return float(output.strip() == reference.output.strip())


class NormalisedExactMatch(_Mean):
    """1 when output and gold are equal with each run of white space as one space, else 0."""

    name = "normalised_exact_match"

    def score(self, output: str, reference: Example) -> float:
        """See Metric.score."""
        return float(output.split() == reference.output.split())


class TokenF1(_Mean):
    """F1 of the bags of words, case folded, in any script; 1 when both hold no word.

    Source: SQuAD (Rajpurkar et al. 2016), without its removal of English articles.
    """

    name = "token_f1"

    def score(self, output: str, reference: Example) -> float:
        """See Metric.score."""
        found, gold = Counter(tokens(output)), Counter(tokens(reference.output))
        if not found or not gold:
            return float(found == gold)
        return 2 * (found & gold).total() / (found.total() + gold.total())
