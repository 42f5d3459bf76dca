"""Whether the best that was found is better than what the config says, honestly.

The best of N candidates looks better than it is: it was chosen by the very numbers that it would be
praised with. So the few that the search found are trained anew, on fresh seeds, and asked on a half
of dev that no search has seen; the config's own mixture stands beside them, trained and asked the
same way. A finalist is better only where two intervals lie above zero: that of the items, and
Student's over the differences of the seeds, which holds what another training would change. Both
are widened for the number of finalists (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ictrain.analysis import AnalysisSettings
from ictrain.analysis.candidates import Comparison, Counted, compare
from ictrain.analysis.goals import signed
from ictrain.rows import Row
from ictrain.search import Outcome


@dataclass(frozen=True)
class Verdict:
    """What to do.

    Attributes:
        trial: the candidate to take; 0 is the config's own.
        sentence: why, in one.
        comparisons: of each finalist with trial 0, on the held-back half.
        on_search: of each trial with trial 0 at the highest rung that it reached, on the items it
            was chosen by: not corrected for anything.
    """

    trial: int
    sentence: str
    comparisons: dict[int, Comparison] = field(default_factory=dict)
    on_search: dict[int, Comparison] = field(default_factory=dict)

    @property
    def keep(self) -> bool:
        """Whether the config's own mixture stays."""
        return self.trial == 0


def judge(
    outcome: Outcome,
    rows: Callable[[int, int], list[Row]],
    final_rows: Mapping[int, Iterable[Row]],
    settings: AnalysisSettings,
    counted: Counted,
) -> Verdict:
    """The last word on a search.

    Args:
        outcome: of the search.
        rows: of a trial at a rung, by (trial, steps).
        final_rows: of trial 0 and the finalists, all final seeds together.
        settings, counted: of the scores.
    """
    on_search = {
        t.number: compare(rows(t.number, t.top), rows(0, t.top), settings, counted)
        for t in outcome.trials[1:]
        if t.rungs and t.top in outcome.trials[0].rungs
    }
    done = [n for n in outcome.finalists if outcome.trials[n].final]
    comparisons = {
        n: compare(final_rows[n], final_rows[0], settings, counted, among=len(outcome.finalists))
        for n in done
    }
    better = [n for n in done if comparisons[n].better]
    best = max(better, key=lambda n: comparisons[n].difference, default=0)
    if best:
        return Verdict(best, _better(best, comparisons[best]), comparisons, on_search)
    return Verdict(0, _keep(outcome, comparisons), comparisons, on_search)


def _better(number: int, found: Comparison) -> str:
    lost = [
        f"{' '.join(band)} {signed(e.mean or 0.0)}"
        for band, e in found.bands.items()
        if e.high is not None and e.high < 0
    ]
    price = f" It is worse elsewhere: {', '.join(lost)}." if lost else ""
    return _taken(number, found) + price


def _taken(number: int, found: Comparison) -> str:
    return (
        f"Take trial {number}: on dev items that the search has not seen, with "
        f"{len(found.by_seed)} fresh seeds, its worst band is {told(found)} above the config's."
    )


def _keep(outcome: Outcome, comparisons: Mapping[int, Comparison]) -> str:
    if not comparisons:
        if outcome.stopped:
            return f"Keep the default: {outcome.stopped}, and nothing was compared with it."
        return "Keep the default: no candidate stood above it even on the items of the search."
    best = max(comparisons, key=lambda n: comparisons[n].difference)
    found = comparisons[best]
    where = f"the best finalist (trial {best}) against it: {told(found)}"
    if len(found.by_seed) < 2:
        return f"Keep the default: one seed cannot tell a mixture from chance; {where}."
    if found.worse:
        return f"Keep the default: it is better; {where}."
    return f"Keep the default: within noise; {where}."


def told(found: Comparison) -> str:
    """A difference with both intervals."""
    parts = [signed(found.difference)]
    for name, span in (("items", found.items), ("seeds", found.seeds)):
        parts.append(f"{name} {interval(span)}")
    return f"{parts[0]} ({', '.join(parts[1:])})"


def interval(span: tuple[float, float] | None) -> str:
    """[low, high] with signs."""
    return "none" if span is None else f"[{signed(span[0])}, {signed(span[1])}]"


def plain(found: Comparison) -> dict[str, Any]:
    """For a record."""
    return {
        "difference": found.difference,
        "items": found.items,
        "seeds": found.seeds,
        "by_seed": found.by_seed,
        "bands": {" ".join(b): [e.mean, e.low, e.high] for b, e in found.bands.items()},
    }
