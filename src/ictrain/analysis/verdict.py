"""What a model is, in words, with the rule that said so: made from the intervals of its probes.

    copies     the lower end of copy_whole is above the half of any_copy, above a tenth, and above
               any_copy times the mean of follow: more often than not it repeats labels whatever
               stands beside them, and more often so than it takes the near-duplicate's. any_copy
               is what a copier of any slot reaches on the same items, (k - 2) / k with different
               labels: two are never counted, the near-duplicate's, and the one that the shuffle
               gave the right label. So copy_whole / any_copy is the share of blind copying at
               every k
    reads      the lower end of leans is above a third, and above what a copier of any slot reaches
               on the same items (any_lean, 1 / k): shuffle the labels of a context, and the answer
               resembles what now stands beside the near-duplicate more than any other label and
               more than the gold. It need not repeat it, for a label may have to be changed to fit
               (another name in the same SQL). Not a half, but a third: here the context contradicts
               the weights, and who has both may go by either. And who goes by the context in two
               answers of five must not be told to answer from the weights
    knows      the lower end of uncovered is above the middle between what the best constant answer
               scores on the same items and the best that the model reaches in any context, and
               above the constant answer by a tenth of what that leaves up to 1: right where no
               example is close, and more than a guess. The tenth is for models that reach next to
               nothing anywhere: half of next to nothing is no knowledge, and no number of items
               that one can pay for tells it from nothing

Half, third and tenth are ours. 'Not' is as sure as 'is': the upper end is below the limit. Only an
interval that lies wholly on one side decides. Copying is asked first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ictrain.analysis.dynamics import Point
from ictrain.statistics import Estimate

HALF = 0.5
THIRD = 1 / 3
TENTH = 0.1
_FOUR_SLOTS = {"any_copy": 0.5, "any_lean": 0.25}
"""Of runs from before these were measured: what they are with four examples."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One model on one test set.

    Attributes:
        kind: mixture, weights only, context only, blind copier, or undecided.
        words: one sentence.
        rule: the comparisons and the numbers that gave it, or what is missing.
    """

    kind: str
    words: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Compared:
    """A probe's interval against the limit of a rule.

    Attributes:
        rule: copies, reads or knows.
        probe: whose interval it is.
        span: its ends.
        limit: what it is held against.
    """

    rule: str
    probe: str
    span: tuple[float, float]
    limit: float

    @property
    def side(self) -> int:
        """1 above, -1 below, 0 where the interval holds the limit."""
        return int(self.span[0] > self.limit) - int(self.span[1] < self.limit)

    def told(self) -> str:
        """'reads: not sure, leans [0.31, 0.55] against 0.35'."""
        low, high, limit = _told_apart(*self.span, self.limit)
        word = ("not sure", "yes", "no")[self.side]
        return f"{self.rule}: {word}, {self.probe} [{low}, {high}] against {limit}"


_WORDS = {
    "mixture": "It knows the task by itself and reads its context.",
    "weights only": "It answers from its weights and does not read its context.",
    "context only": "It reads its context and does not know the task by itself.",
    "blind copier": "It repeats labels of its context, whatever stands beside them.",
}
_UNTOLD = "The probes do not tell what it is."
_NEITHER = (
    "No kind fits: beside a context it is right neither by itself nor by what the context says."
)
_UNSURE = {
    "copies": "whether it copies blindly",
    "reads": "whether it reads its context",
    "knows": "whether it knows the task by itself",
}


def verdict(probes: Mapping[str, Estimate]) -> Verdict:
    """The verdict on one model.

    Args:
        probes: probe -> estimate, of those that probes.PROBES names; leans, follow, copy_whole,
            uncovered, constant, any_copy, any_lean, none, random and near are looked at.
    """
    missing = [n for n in _NEEDED if _span(probes, n) is None]
    if missing:
        reasons = "; ".join(f"{n}: {_why(probes, n)}" for n in missing)
        return Verdict("undecided", _UNTOLD, f"no interval of {reasons}")
    limits = {"copies": _copies, "reads": _reads, "knows": _knows}
    copies, reads, knows = (
        _Compared(rule, probe, _known(probes, probe), limits[rule](probes))
        for rule, probe in _PROBE.items()
    )
    told = "; ".join(one.told() for one in (copies, reads, knows))
    follow = "[{}, {}]".format(*_told_apart(*_known(probes, "follow")))
    kind = _KINDS.get((reads.side, knows.side), "undecided")
    kind = "blind copier" if copies.side > 0 else kind
    words = _WORDS.get(kind) or _undecided(copies, reads, knows)
    return Verdict(kind, words, f"{told} (follow {follow})")


_KINDS = {
    (1, 1): "mixture",
    (-1, 1): "weights only",
    (1, -1): "context only",
}
_PROBE = {"copies": "copy_whole", "reads": "leans", "knows": "uncovered"}
_NEEDED = ("leans", "follow", "copy_whole", "uncovered", "constant")


def _undecided(*compared: _Compared) -> str:
    """Which comparison was not sure; where all are, that it is none of the kinds."""
    unsure = [_UNSURE[one.rule] for one in compared if one.side == 0]
    if not unsure:
        return _NEITHER
    return f"{_UNTOLD[:-1]}: not sure {' and '.join(unsure)}."


def _copies(probes: Mapping[str, Estimate]) -> float:
    """Half of what a copier of any slot reaches, or more where the model follows more often."""
    share = max(HALF, _mean(probes, "follow"))
    return max(TENTH, share * _mean(probes, "any_copy"))


def _reads(probes: Mapping[str, Estimate]) -> float:
    """A third, and what a copier of any slot reaches at least."""
    return max(THIRD, _mean(probes, "any_lean"))


def _knows(probes: Mapping[str, Estimate]) -> float:
    """Half of the way from the best constant answer's score to the best that the model reaches, and
    a tenth of the way to 1 at least."""
    floor = _mean(probes, "constant")
    best = max(_mean(probes, name) for name in ("none", "random", "near"))
    return floor + max(HALF * (best - floor), TENTH * (1 - floor))


def _mean(probes: Mapping[str, Estimate], name: str) -> float:
    found = probes[name].mean if name in probes else None
    return _FOUR_SLOTS.get(name, 0.0) if found is None else found


def _told_apart(*values: float) -> list[str]:
    """Numbers with as many decimals, 2 to 6, as show which of them is the larger."""
    shown = [[f"{value:.{digits}f}" for value in values] for digits in range(2, 7)]
    differ = len(set(values))
    return next((s for s in shown if len(set(s)) == differ), shown[-1])


def _span(probes: Mapping[str, Estimate], name: str) -> tuple[float, float] | None:
    return probes[name].interval if name in probes else None


def _known(probes: Mapping[str, Estimate], name: str) -> tuple[float, float]:
    found = _span(probes, name)
    assert found is not None
    return found


def _why(probes: Mapping[str, Estimate], name: str) -> str:
    """Why there is no interval: too few items, or none that lets it be seen."""
    if name in probes:
        return probes[name].reason
    if not probes:
        return "not probed"
    if name in ("uncovered", "constant"):
        return "no item whose random examples all lie in the low band"
    if "near" not in probes:
        return "no near-duplicates: the task has no paraphraser, or none that fits these items"
    if "shuffled" not in probes:
        return "no context whose labels can change places: too few different ones"
    return "in no context is there a wrong label that tells it: too few different outputs"


def verdicts(points: Iterable[Point]) -> dict[tuple[str, str], Verdict]:
    """(strategy, test set) -> what the strategy's models are at the last step of these points.

    Where trainings chose a step, the points are to be those of dynamics.as_kept.
    """
    found: dict[tuple[str, str], dict[int, dict[str, Estimate]]] = {}
    for point in points:
        steps = found.setdefault((point.strategy, point.test_set), {})
        steps.setdefault(point.step, {})[point.probe] = point.estimate
    return {key: verdict(steps[max(steps)]) for key, steps in found.items()}
