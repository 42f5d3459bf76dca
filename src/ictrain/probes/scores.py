"""What each probe says of one item: pure functions of answers, labels and similarities.

Every similarity of two outputs is asked as (source, hypothesis, reference): the input, what is
judged, what it is judged against. Copying alone has no reference to be right against; there a
label of the context takes that place.

Source: the paper's section 8, and its gaps as measured on the small base (docs/probes.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ictrain.metrics.alike import OutputSimilarity


@dataclass(frozen=True, slots=True)
class Slot:
    """One example of a context, as the model saw it.

    Attributes:
        label: the output that stands there.
        similarity: of its input to the target's.
        marked: it is the near-duplicate's input.
    """

    label: str
    similarity: float
    marked: bool = False


def icl_score(source: str, answer: str, slots: Sequence[Slot], alike: OutputSimilarity) -> float:
    """How much an answer resembles the labels of similar examples (the paper's ICL score).

    The mean of alike(source, answer, label) with weights in proportion to similarity, negative ones
    taken as 0 and all normalised to 1 [ours: the paper's normalisation is lost]; 0 where no example
    has any similarity.
    """
    weights = [max(0.0, slot.similarity) for slot in slots]
    total = sum(weights)
    if not total:
        return 0.0
    found = (w * alike(source, answer, s.label) for w, s in zip(weights, slots, strict=True))
    return sum(found) / total


def copy_score(
    source: str,
    answer: str,
    slots: Sequence[Slot],
    alike: OutputSimilarity,
    *,
    gold: Sequence[str] = (),
    by: OutputSimilarity | None = None,
) -> float | None:
    """The largest similarity of an answer to the label of a slot other than the marked one.

    The labels have been shuffled so that no input keeps its own. As the paper has it (gold empty),
    an answer from the weights counts as copying, since the right label stands in another slot;
    strict leaves out the slots whose label says the same as a gold output.

    Args:
        source: the target's input.
        answer: the model's.
        slots: of the context, with shuffled labels.
        alike: see OutputSimilarity.
        gold: outputs that are right, for the strict form.
        by: what the answer (hypothesis) and a label (reference) are compared by, alike if empty;
            alike alone says which labels are right.

    Returns:
        None where no slot is left.
    """
    others, by = _wrong(source, slots, alike, gold), by or alike
    return max((by(source, answer, label) for label in others), default=None)


def copies_whole(
    source: str,
    answer: str,
    slots: Sequence[Slot],
    outside: Sequence[str],
    alike: OutputSimilarity,
    *,
    gold: Sequence[str] = (),
) -> float | None:
    """1 where an answer says the same as the label of another slot, minus what chance gives.

    Chance is the same question of as many labels of another context, drawn as this one's were:
    where outputs are few (classes) or all alike, an answer is what some label says, whoever wrote
    it.

    Args:
        source, answer, slots, alike, gold: as for copy_score, strict.
        outside: labels of other contexts, each as often as it stands there; those that say what a
            gold says are left out, as they are of the slots.

    Returns:
        -1, 0 or 1; None where no slot is left, or not as many labels outside.
    """
    others = _wrong(source, slots, alike, gold)
    strange = [o for o in outside if not any(alike(source, o, g) >= 1 for g in gold)]
    if not others or len(strange) < len(others):
        return None
    inside, chance = (
        any(alike(source, answer, label) >= 1 for label in labels)
        for labels in (others, strange[: len(others)])
    )
    return float(inside) - float(chance)


def any_copy(
    source: str,
    slots: Sequence[Slot],
    outside: Sequence[str],
    alike: OutputSimilarity,
    *,
    gold: Sequence[str] = (),
) -> float | None:
    """What copies_whole is in the mean for who repeats the label of any slot, each as often.

    With k different labels (k - 2) / k: the marked slot's and the right one are never counted. Less
    where outputs are few or alike, because chance says them as well.

    Args:
        source, slots, outside, alike, gold: as for copies_whole.
    """
    told = (
        copies_whole(source, label, slots, outside, alike, gold=gold)
        for label in dict.fromkeys(slot.label for slot in slots)
    )
    return _mean_over(slots, told)


def any_lean(
    source: str, slots: Sequence[Slot], alike: OutputSimilarity, *, gold: Sequence[str] = ()
) -> float | None:
    """What leans is in the mean for who repeats the label of any slot: 1 / k."""
    told = (
        leans(source, label, slots, alike, gold=gold)
        for label in dict.fromkeys(slot.label for slot in slots)
    )
    return _mean_over(slots, told)


def _mean_over(slots: Sequence[Slot], told: Iterable[float | None]) -> float | None:
    """The mean over slots of what is told of each different label; None where that is nothing."""
    counts = Counter(slot.label for slot in slots)
    values = list(told)
    if not counts or None in values:
        return None
    pairs = zip(counts.values(), values, strict=True)
    return sum(n * value for n, value in pairs if value is not None) / len(slots)


def _wrong(
    source: str, slots: Sequence[Slot], alike: OutputSimilarity, gold: Sequence[str]
) -> list[str]:
    """Labels of the slots that are not marked and do not say what a gold output says."""
    return [
        slot.label
        for slot in slots
        if not slot.marked and not any(alike(source, slot.label, g) >= 1 for g in gold)
    ]


def follows(
    source: str, answer: str, slots: Sequence[Slot], alike: OutputSimilarity
) -> float | None:
    """1 where an answer says what stands beside the near-duplicate's input after the shuffle.

    None where that is not one slot, or where another slot says the same: nothing could be told.
    """
    marked = [slot.label for slot in slots if slot.marked]
    others = [slot.label for slot in slots if not slot.marked]
    if len(marked) != 1 or any(alike(source, label, marked[0]) >= 1 for label in others):
        return None
    return float(alike(source, answer, marked[0]) >= 1)


def leans(
    source: str,
    answer: str,
    slots: Sequence[Slot],
    alike: OutputSimilarity,
    *,
    gold: Sequence[str] = (),
) -> float | None:
    """1 where, after the shuffle, an answer is most like the label beside the near-duplicate.

    More, that is, than like any other slot's label or the gold. A label may have to be changed to
    fit (another name in the same SQL), so that a model that reads repeats none; and one that is
    merely put off by wrong labels resembles none in particular.

    Args:
        source, answer, slots, alike, gold: as for copy_score, strict.

    Returns:
        None where the marked label is not one slot's, or says what another slot or a gold says.
    """
    marked = [slot.label for slot in slots if slot.marked]
    others = [*(slot.label for slot in slots if not slot.marked), *gold]
    if len(marked) != 1 or any(alike(source, label, marked[0]) >= 1 for label in others):
        return None
    most = max((alike(source, answer, label) for label in others), default=0.0)
    return float(alike(source, answer, marked[0]) > most)


def copied_place(
    source: str, answer: str, slots: Sequence[Slot], alike: OutputSimilarity
) -> int | None:
    """The place, from 0, of the one label that an answer repeats; None where it is none or many."""
    places = [i for i, slot in enumerate(slots) if alike(source, answer, slot.label) >= 1]
    return places[0] if len(places) == 1 else None
