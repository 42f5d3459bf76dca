"""Everything that a page shows: the analysis of the rows, probes over steps, sweeps over k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ictrain.analysis import Analysis, Goal
from ictrain.analysis.dynamics import Chosen, Point
from ictrain.analysis.grids import Grid
from ictrain.analysis.monotone import Monotone, monotone_table
from ictrain.analysis.sweep import SweepCell
from ictrain.analysis.transience import Transience
from ictrain.analysis.verdict import Verdict, verdict, verdicts


@dataclass(frozen=True)
class Findings:
    """What a report is made of.

    Attributes:
        analysis: of the rows.
        dynamics: probes over training steps; one step where a model was only asked.
        sweep: scores at several numbers of examples.
        transience: whether reading fades, where it was probed at several steps.
        grids: arms that form a grid over p and epsilon.
        path: probes over training steps that end with the weights that were kept; the same as
            dynamics where no training chose its step.
        chosen: which trainings chose it, and what.
        closest: by test set, plain values of evaluation.Overlap: how close its pool comes.
    """

    analysis: Analysis
    dynamics: Sequence[Point] = ()
    sweep: Sequence[SweepCell] = ()
    transience: Sequence[Transience] = ()
    grids: Sequence[Grid] = ()
    closest: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    path: Sequence[Point] = ()
    chosen: Chosen = field(default_factory=dict)

    @cached_property
    def mapped(self) -> frozenset[str]:
        """The strategies that a map over p and epsilon shows, all but the treatment."""
        arms = {arm for grid in self.grids for arm in grid.arms.values()}
        return frozenset(arms - {self.analysis.settings.treatment})

    @cached_property
    def drawn(self) -> Analysis:
        """The analysis with the strategies that figures and sentences name: those that are not
        mapped."""
        analysis = self.analysis
        names = tuple(name for name in analysis.frame.strategies if name not in self.mapped)
        if not self.mapped or not names:
            return analysis
        near, far = (self._told(goal) for goal in analysis.goals)
        frame = replace(analysis.frame, strategies=names)
        return replace(analysis, frame=frame, goals=(near, far))

    def _told(self, goal: Goal) -> Goal:
        beside = (b for b in goal.beside if b.label.partition(" ")[0] not in self.mapped)
        return replace(goal, beside=tuple(beside))

    @cached_property
    def verdicts(self) -> dict[tuple[str, str], Verdict]:
        """(strategy, test set) -> what the probes say of the weights that were kept."""
        known = verdicts(self.path)
        probed = dict.fromkeys((p.strategy, p.test_set) for p in self.dynamics)
        return {key: known.get(key, verdict({})) for key in probed}

    def steps_of(self, strategy: str) -> list[int]:
        """The steps whose weights the strategy's trainings kept: the last one that was probed where
        none was chosen."""
        chosen = {step for (name, _), step in self.chosen.items() if name == strategy}
        probed = (p.step for p in self.dynamics if p.strategy == strategy)
        return sorted(chosen) or [max(probed, default=0)]

    @cached_property
    def monotone(self) -> list[Monotone]:
        """Raw scores against similarity, with the rising curve through them."""
        return monotone_table(self.analysis.frame, self.analysis.settings)
