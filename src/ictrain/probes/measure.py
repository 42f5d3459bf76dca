"""One probe of one model: every item asked in every context, and what each probe makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ictrain.evaluation import request_of
from ictrain.generation import Generator, Output
from ictrain.metrics import scores_of
from ictrain.metrics.alike import OutputSimilarity
from ictrain.probes.items import ProbeItem
from ictrain.probes.judge import (
    Judge,
    References,
    Triple,
    is_uncovered,
    outside_of,
    references,
)
from ictrain.probes.scores import copied_place, copies_whole, copy_score, follows, icl_score, leans

PROBES: Mapping[str, str] = {
    "iwl": "agreement of the answer with random context and without one (the paper's formula)",
    "icl": "agreement with the labels of similar examples (the paper's formula)",
    "copy": "likeness to another slot's label after a shuffle (the paper's formula)",
    "copy_strict": "the same, without the slots that happen to be right",
    "copy_whole": "says the same as another slot's wrong label, beyond what chance gives",
    "follow": "takes the label that the shuffle put beside the near-duplicate",
    "leans": "after the shuffle, most like the label beside the near-duplicate",
    "none": "score without context",
    "random": "score with random context",
    "near": "score with a near-duplicate among random examples",
    "shuffled": "score with the same examples and shuffled labels",
    "uncovered": "score with random context where no example is close (low band)",
    "constant": "on the same items: score of the one label that would do best as every answer",
    "any_copy": "what copy_whole is, on the same items, for who repeats the label of any slot",
    "any_lean": "what leans is, on the same items, for who repeats the label of any slot",
    "gain": "near minus random, on the same item",
    "distraction": "random minus none, on the same item",
    "shuffle_loss": "near minus shuffled, on the same item: what the labels carry",
    "place": "where the one label that an answer repeats after the shuffle stands: 0 first, 1 last",
    "stopped": "answers that ended by themselves",
}
"""Name -> what it measures; each is a mean over items."""


@dataclass(frozen=True)
class Measured:
    """One item under every probe.

    Attributes:
        values: probe -> value; a probe that says nothing of this item is missing.
        place: the slot whose label was copied after the shuffle, from 0, where it was one.
    """

    test_set: str
    item: str
    values: Mapping[str, float]
    place: int | None


def probe(
    items: Sequence[ProbeItem],
    generator: Generator,
    judge: Judge,
    max_new_tokens: int,
    known: References | None = None,
) -> list[Measured]:
    """Asks everything once and scores it; equal prompts are asked once.

    Args:
        items: what is asked.
        generator: the model.
        judge: of the answers.
        max_new_tokens: of an answer.
        known: references of the same items; they do not depend on the model. Computed if not given.
    """
    known = references(items, judge) if known is None else known
    wanted = [(i, mode) for i, item in enumerate(items) for mode in item.prompts]
    requests = [request_of(items[i].prompts[m], max_new_tokens) for i, m in wanted]
    distinct = list(dict.fromkeys(requests))
    told = dict(zip(distinct, generator.generate(distinct), strict=True))
    answers: list[dict[str, Output]] = [{} for _ in items]
    for (i, mode), request in zip(wanted, requests, strict=True):
        if told[request].outcome == "ok":
            answers[i][mode] = told[request]
    there = [(i, mode) for i, mine in enumerate(answers) for mode in mine]
    texts, targets = [answers[i][m].text for i, m in there], [items[i].target for i, _ in there]
    scores = dict(zip(there, scores_of(judge.metric, texts, targets), strict=True))
    agree = judge.agreeing(
        triple
        for item, mine in zip(items, answers, strict=True)
        for triple in _compared(item, mine, judge)
    )
    return [
        _measured(
            item,
            mine,
            {mode: scores[i, mode] for mode in mine},
            _Around(outside_of(items, i), known[item.test_set, item.target.id], agree),
            judge,
        )
        for i, (item, mine) in enumerate(zip(items, answers, strict=True))
    ]


@dataclass(frozen=True)
class _Around:
    """What is known of an item beside its answers: labels of other items, its references, and what
    IWL and ICL compare by."""

    outside: Sequence[str]
    known: Mapping[str, float]
    agree: OutputSimilarity


def _compared(item: ProbeItem, answers: Mapping[str, Output], judge: Judge) -> Iterator[Triple]:
    """All that IWL and ICL compare of one item."""
    source = item.target.input
    if "none" in answers and "random" in answers:
        yield source, answers["random"].text, answers["none"].text
    if "one_paraphrase" in answers:
        for slot in item.slots("one_paraphrase", judge.method):
            yield source, answers["one_paraphrase"].text, slot.label


def _measured(
    item: ProbeItem,
    answers: Mapping[str, Output],
    scores: Mapping[str, float],
    around: _Around,
    judge: Judge,
) -> Measured:
    texts = {mode: output.text for mode, output in answers.items()}
    values: dict[str, float | None] = {}
    for mode, name in _SCORES.items():
        if mode in texts:
            values[name] = scores[mode]
    values |= _agreements(item, texts, around, judge)
    values |= _contrasts(item, values, judge)
    for name, beside in _BESIDE.items():
        if values.get(beside) is not None:
            values[name] = around.known.get(name)
    place = _place(item, texts, judge)
    if place is not None:
        values["place"] = place / (len(item.contexts["one_paraphrase_shuffled"].examples) - 1)
    if answers:
        values["stopped"] = sum(o.stopped for o in answers.values()) / len(answers)
    known = {name: value for name, value in values.items() if value is not None}
    return Measured(item.test_set, item.target.id, known, place)


_BESIDE = {"constant": "uncovered", "any_copy": "copy_whole", "any_lean": "leans"}
"""Reference -> the probe that it is held against, on the same items."""

_SCORES = {
    "none": "none",
    "random": "random",
    "one_paraphrase": "near",
    "one_paraphrase_shuffled": "shuffled",
}


def _agreements(
    item: ProbeItem, texts: Mapping[str, str], around: _Around, judge: Judge
) -> dict[str, float | None]:
    source, alike, outside = item.target.input, judge.alike, around.outside
    found: dict[str, float | None] = {}
    if "none" in texts and "random" in texts:
        found["iwl"] = around.agree(source, texts["random"], texts["none"])
    if "one_paraphrase" in texts:
        slots = item.slots("one_paraphrase", judge.method)
        found["icl"] = icl_score(source, texts["one_paraphrase"], slots, around.agree)
    if "one_paraphrase_shuffled" in texts:
        answer, slots = (
            texts["one_paraphrase_shuffled"],
            item.slots("one_paraphrase_shuffled", judge.method),
        )
        gold, by = item.golds(), judge.copying
        found["copy"] = copy_score(source, answer, slots, alike, by=by)
        found["copy_strict"] = copy_score(source, answer, slots, alike, gold=gold, by=by)
        found["copy_whole"] = copies_whole(source, answer, slots, outside, alike, gold=gold)
        found["follow"] = follows(source, answer, slots, alike)
        found["leans"] = leans(source, answer, slots, alike, gold=gold)
    return found


def _contrasts(
    item: ProbeItem, values: Mapping[str, float | None], judge: Judge
) -> dict[str, float | None]:
    found = {
        name: _minus(values.get(first), values.get(second))
        for name, (first, second) in _CONTRASTS.items()
    }
    if is_uncovered(item, judge):
        found["uncovered"] = values.get("random")
    return found


_CONTRASTS = {
    "gain": ("near", "random"),
    "distraction": ("random", "none"),
    "shuffle_loss": ("near", "shuffled"),
}


def _minus(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def _place(item: ProbeItem, texts: Mapping[str, str], judge: Judge) -> int | None:
    answer = texts.get("one_paraphrase_shuffled")
    if answer is None:
        return None
    slots = item.slots("one_paraphrase_shuffled", judge.method)
    return copied_place(item.target.input, answer, slots, judge.alike)
