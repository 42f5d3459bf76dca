"""What answers are judged by, and what answers reach that need no model: the best constant one, and
any label of the context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ictrain.metrics import Metric, scores_of
from ictrain.metrics.alike import Agreement, OutputSimilarity
from ictrain.probes.items import ProbeItem
from ictrain.probes.scores import any_copy, any_lean
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
        copying: of two outputs, for the copy score, the paper's and the strict one; alike if empty.
    """

    metric: Metric
    alike: OutputSimilarity
    method: str
    agreement: Agreement | None = None
    copying: OutputSimilarity | None = None

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


Place = tuple[str, str]
"""(test set, item)."""
References = Mapping[Place, Mapping[str, float]]
"""Item -> probe -> what an answer reaches there that needs no model: 'constant', 'any_copy' and
'any_lean'. They are of the same items as every model's own, and never change."""


def references(items: Sequence[ProbeItem], judge: Judge) -> References:
    """What the best constant answer scores, and what a copier of any slot reaches."""
    constants = best_constants(items, judge)
    found: dict[Place, dict[str, float]] = {}
    for i, item in enumerate(items):
        place = (item.test_set, item.target.id)
        values = {"constant": constants.get(place)}
        if "one_paraphrase_shuffled" in item.contexts:
            asked = item.target.input, item.slots("one_paraphrase_shuffled", judge.method)
            gold = item.golds()
            values["any_copy"] = any_copy(*asked, outside_of(items, i), judge.alike, gold=gold)
            values["any_lean"] = any_lean(*asked, judge.alike, gold=gold)
        found[place] = {name: v for name, v in values.items() if v is not None}
    return found


def outside_of(items: Sequence[ProbeItem], place: int) -> list[str]:
    """Labels of the same test set's other items' random contexts, the next item's first."""
    around = [*items[place + 1 :], *items[:place]]
    same = [o for o in around if o.test_set == items[place].test_set and "random" in o.contexts]
    return [e.example.output for o in same[:_FAR] for e in o.contexts["random"].examples]


_FAR = 8
"""Other items whose labels are looked at; one or two have enough."""


def best_constants(items: Sequence[ProbeItem], judge: Judge) -> Mapping[Place, float]:
    """What the best constant answer scores on the items that 'uncovered' is about.

    To guess is to know nothing of the input: with six classes a guess is right in one case of six,
    and always the most frequent class in more. The candidates are the most frequent labels of each
    test set's random contexts; the best of them is chosen on the very items, so that it errs to the
    high side.
    """
    found: dict[Place, float] = {}
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
