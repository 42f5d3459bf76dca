"""Sentences computed from a run's numbers: they change when the numbers do."""

from __future__ import annotations

from collections.abc import Sequence

from ictrain.analysis import Analysis, Cell, Contrast, Goal
from ictrain.analysis.goals import in_words, signed
from ictrain.report.findings import Findings
from ictrain.statistics import BANDS, Estimate


def number(value: float | None) -> str:
    """A score for people: three decimals, fewer where it is large, a dash for none."""
    if value is None:
        return "–"
    text = f"{abs(value):.3f}" if abs(value) < 10 else f"{abs(value):.1f}"
    return f"−{text}" if value < 0 and float(text) else text


def with_interval(estimate: Estimate) -> str:
    """'0.838 [0.820, 0.860]'; the mean alone where there is no interval."""
    if estimate.interval is None:
        return number(estimate.mean)
    return f"{number(estimate.mean)} [{number(estimate.low)}, {number(estimate.high)}]"


def plain(name: str) -> str:
    """A name for people."""
    return name.replace("_", " ")


def answer(analysis: Analysis) -> str:
    """The run's result in one sentence."""
    near, far = analysis.goals
    treatment = plain(analysis.settings.treatment)
    alarm = (
        "A control that must fail has passed, so trust none of this: " if _alarm(analysis) else ""
    )
    other = analysis.settings.reference_words
    other = f"{other} without context" if other == "itself" else other
    text = f"{_opening([near, far])}: {_near(near, treatment)}, and {_far(far, plain(other))}."
    return alarm + (text if not alarm else text[0].lower() + text[1:])


def what_it_is(found: Findings) -> str:
    """The probes' verdict on the treatment, a test set after the other; '' without probes."""
    treatment = found.analysis.settings.treatment
    told = [(test, v) for (name, test), v in found.verdicts.items() if name == treatment]
    parts = [f"on {test} {_KINDS[v.kind]}" for test, v in told]
    chosen = any(name == treatment for name, _ in found.chosen)
    kept = (
        f" as kept after step {_list([str(s) for s in found.steps_of(treatment)])}"
        if chosen
        else ""
    )
    return f"By its probes, {plain(treatment)}{kept} is {_list(parts)}." if parts else ""


_KINDS = {
    "mixture": "a mixture: it knows the task and reads its context",
    "weights only": "weights only: it knows the task and does not read its context",
    "context only": "context only: it reads its context and does not know the task",
    "blind copier": "a blind copier: it repeats labels of its context, whatever stands beside them",
    "undecided": "undecided",
}


def _alarm(analysis: Analysis) -> bool:
    return any(control.alarm for control in analysis.controls)


def _opening(goals: Sequence[Goal]) -> str:
    met = sum(goal.passed is True for goal in goals)
    unknown = sum(goal.passed is None for goal in goals)
    if unknown == len(goals):
        return "This run cannot say"
    if unknown:
        return (
            "One goal is met, the other was not measured"
            if met
            else ("One goal is missed, the other was not measured")
        )
    return ("Neither goal is met", "One of the two goals is met", "Both goals are met")[met]


def _near(goal: Goal, treatment: str) -> str:
    if goal.passed is None:
        return "what a newly added close example does to it was not measured"
    verb = "raises" if goal.passed else "does not demonstrably raise"
    return f"a newly added close example {verb} the score of {treatment} ({_mean(goal)})"


def _far(goal: Goal, other: str) -> str:
    if goal.passed is None:
        return "how it fares with nothing close was not measured"
    low, high = goal.interval or (0.0, 0.0)
    if goal.passed:
        how = "better than" if low > 0 else "no worse than"
    else:
        how = "worse than" if high < 0 else "not shown to be as good as"
    return f"with nothing close it is {how} {other} ({_mean(goal)})"


def _mean(goal: Goal) -> str:
    return signed(goal.estimate.mean or 0.0)


def paragraph(analysis: Analysis) -> list[str]:
    """What the numbers say, sentence by sentence."""
    sentences = [
        text
        for test_set in analysis.frame.test_sets
        for text in (_bands(analysis, test_set), _gains(analysis, test_set))
        if text
    ]
    return [*sentences, *_reference(analysis), *_seeds(analysis), *_stops(analysis)]


def _cells(analysis: Analysis, test_set: str, band: str) -> list[Cell]:
    return [
        c
        for c in analysis.bands
        if (c.test_set, c.column, c.metric) == (test_set, band, analysis.frame.metric)
        and c.strategy in analysis.frame.strategies
        and c.estimate.mean is not None
    ]


def _bands(analysis: Analysis, test_set: str) -> str:
    parts = [_band(analysis, test_set, band) for band in BANDS]
    parts = [part for part in parts if part]
    return f"On {test_set}: {'; '.join(parts)}." if parts else ""


def _band(analysis: Analysis, test_set: str, band: str) -> str:
    cells = _cells(analysis, test_set, band)
    if not cells:
        return ""
    best = max(cells, key=lambda c: (c.estimate.mean or 0.0, c.strategy))
    treatment = analysis.settings.treatment
    if not best.estimate.mean:
        return f"in the {band} band nobody scores"
    head = (
        f"in the {band} band {plain(best.strategy)} scores highest ({number(best.estimate.mean)})"
    )
    if best.strategy == treatment:
        rest = [c for c in cells if c.strategy != treatment]
        if not rest:
            return head
        second = max(rest, key=lambda c: (c.estimate.mean or 0.0, c.strategy))
        return f"{head}, {_against(analysis, test_set, band, second.strategy)}"
    return (
        f"{head}; {plain(treatment)} is there {_against(analysis, test_set, band, best.strategy)}"
    )


def _against(analysis: Analysis, test_set: str, band: str, other: str) -> str:
    found = [
        c
        for c in analysis.contrasts
        if (c.test_set, c.band, c.other, c.metric) == (test_set, band, other, analysis.frame.metric)
    ]
    return _told(found[0]) if found else f"not compared with {plain(other)}"


def _told(contrast: Contrast) -> str:
    other, difference = plain(contrast.other), in_words(contrast.estimate)
    if contrast.estimate.interval is None:
        mean = contrast.estimate.mean or 0.0
        return f"{signed(mean)} against {other}, without an interval"
    way = direction(contrast.estimate)
    return f"{way} {other} {f'by {difference}' if way in ('above', 'below') else f'({difference})'}"


def direction(estimate: Estimate) -> str:
    """'above', 'below' or 'not told apart from', by whether the interval holds 0."""
    low, high = estimate.interval or (-1.0, 1.0)
    return "above" if low > 0 else "below" if high < 0 else "not told apart from"


def _gains(analysis: Analysis, test_set: str) -> str:
    mode = analysis.settings.near_modes[0]
    groups: dict[str, list[str]] = {"above": [], "below": [], "not told apart from": []}
    for gain in analysis.gains:
        known = gain.strategy in analysis.frame.strategies and gain.estimate.interval is not None
        if known and (gain.test_set, gain.mode) == (test_set, mode):
            name = f"{plain(gain.strategy)} ({signed(gain.estimate.mean or 0.0)})"
            groups[direction(gain.estimate)].append(name)
    verbs = {"above": "gains", "below": "loses", "not told apart from": "shows no sure change"}
    parts = [f"{_list(names)} {_plural(verbs[g], names)}" for g, names in groups.items() if names]
    if not parts:
        return ""
    head = f"Given one close example ({plain(mode)}) on the same {test_set} targets"
    return f"{head}, {'; '.join(parts)}."


def _plural(verb: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return verb
    return {"gains": "gain", "loses": "lose"}.get(verb, "show no sure change")


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _reference(analysis: Analysis) -> list[str]:
    name, test_set = analysis.settings.reference, analysis.settings.id_test
    found = {
        c.column: c.estimate
        for band in ("none", "low")
        for c in _cells(analysis, test_set, band)
        if c.strategy == name
    }
    if len(found) < 2:
        return []
    before, after = found["none"].mean or 0.0, found["low"].mean or 0.0
    verb = "falls" if after < before - 0.05 else "rises" if after > before + 0.05 else "goes"
    never = "; it was never trained with any" if analysis.settings.never_saw_a_context else ""
    return [
        f"On {test_set}, {plain(name)} {verb} from {number(before)} without a context to "
        f"{number(after)} with one that holds nothing close{never}."
    ]


def _seeds(analysis: Analysis) -> list[str]:
    seeds = analysis.frame.seeds
    if len(seeds) > 1:
        return [
            f"Intervals resample (seed, item) clusters of {len(seeds)} seeds; the dots show how "
            "far seeds lie apart, which so few seeds cannot turn into an interval."
        ]
    return [
        "There is one seed: intervals speak of test items, and nothing here of other trainings."
    ]


def _stops(analysis: Analysis) -> list[str]:
    worst = min(analysis.stops, key=lambda s: (s.stop_rate, s.strategy), default=None)
    if worst is None:
        return []
    if worst.stop_rate == 1:
        return ["Every answer ended by itself."]
    name = plain(worst.strategy)
    return [f"Answers ended by themselves least often with {name} ({worst.stop_rate:.1%})."]
