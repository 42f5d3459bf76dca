"""chrF and BLEU by sacrebleu: scores of single outputs, and of a corpus from summed statistics.

A corpus score is not the mean of its sentences' scores. Each row therefore keeps the statistics
that add up to it (n-gram counts, lengths), so that the score of any set of rows, and of every
resample of a bootstrap, follows from a sum.

Source: Popović 2015 (chrF), Papineni et al. 2002 (BLEU); Post 2018 (sacrebleu and its signatures).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from ictrain.examples import Example


class CorpusMetric:
    """A score of sacrebleu, from 0 to 1 (sacrebleu's own goes to 100)."""

    def __init__(self, name: str, statistics: int) -> None:
        self.name, self.statistics = name, statistics

    @cached_property
    def _scorer(self) -> Any:
        from sacrebleu.metrics import BLEU, CHRF

        # Single sentences need the effective order, or one without a 4-gram scores 0; corpora do
        # not change by it as long as some 4-gram matches.
        return CHRF() if self.name == "chrf" else BLEU(effective_order=True)

    @property
    def signature(self) -> str:
        """What was computed, in sacrebleu's words."""
        # The number of references is known to sacrebleu only after it has scored something.
        self._scorer.sentence_score("a", ["a"])
        return str(self._scorer.get_signature())

    def score(self, output: str, reference: Example) -> float:
        """See Metric.score: of the sentence alone."""
        return float(self._scorer.sentence_score(output, [reference.output]).score) / 100

    def stats(self, output: str, reference: Example) -> list[float]:
        """See Metric.stats: float [statistics]."""
        found = self._scorer._extract_corpus_statistics([output], [[reference.output]])
        return [float(value) for value in found[0]]

    def of(self, total: Sequence[float]) -> float:
        """The corpus score of summed statistics, float [statistics]."""
        return float(self._scorer._compute_score_from_stats([round(x) for x in total]).score) / 100


CHRF, BLEU = CorpusMetric("chrf", 18), CorpusMetric("bleu", 10)
