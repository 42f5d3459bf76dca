"""What answers are judged by, and what the best constant answer would score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ictrain.metrics import Metric, scores_of
from ictrain.metrics.alike import Agreement, OutputSimilarity
from ictrain.probes.items import ProbeItem
from ictrain.statistics import band

Triple = tuple[str, str, str]
"""Source, hypothesis, reference."""


@dataclass(frozen=True)
class Judge:
    """What answers are judged by.

    Attributes:
        metric: the task's headline.
        alike: of two outputs.
        method: of two inputs.
        agreement: of two outputs, for IWL and ICL; alike if empty.
    """

    metric: Metric
    alike: OutputSimilarity
    method: str
    agreement: Agreement | None = None

    def agreeing(self, triples: Iterable[Triple]) -> OutputSimilarity:
        """What IWL and ICL compare outputs by.

        Args:
            triples: all that will be asked; asked at once where that is wanted.
        """
        if self.agreement is None:
            return self.alike
        asked = list(dict.fromkeys(triples))
        known = dict(zip(asked, self.agreement(asked), strict=True))
        return lambda *triple: known[triple]


Constants = Mapping[tuple[str, str], float]
"""(test set, item) -> what the best constant answer scores there."""


def best_constants(items: Sequence[ProbeItem], judge: Judge) -> Constants:
    """What the best constant answer scores on the items that 'uncovered' is about.

    To guess is to know nothing of the input: with six classes a guess is right in one case of six,
    and always the most frequent class in more. The candidates are the most frequent labels of each
    test set's random contexts; the best of them is chosen on the very items, so that it errs to the
    high side.
    """
    found: dict[tuple[str, str], float] = {}
    for name in dict.fromkeys(item.test_set for item in items):
        mine = [i for i in items if i.test_set == name and is_uncovered(i, judge)]
        labels = Counter(e.example.output for i in mine for e in i.contexts["random"].examples)
        targets = [item.target for item in mine]
        scored = [
            scores_of(judge.metric, [label] * len(targets), targets)
            for label, _ in labels.most_common(_CONSTANTS)
        ]
        if scored:
            best = max(scored, key=sum)
            found |= {(name, t.id): value for t, value in zip(targets, best, strict=True)}
    return found


_CONSTANTS = 8
"""Labels that are tried as constant answers."""


def is_uncovered(item: ProbeItem, judge: Judge) -> bool:
    """Whether random context holds nothing close."""
    context = item.contexts.get("random")
    return context is not None and band(context.similarity(judge.method)) == "low"
