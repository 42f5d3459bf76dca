"""What a card states of a model, computed from the run's rows and record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ictrain.analysis import Analysis, Cell, analyse
from ictrain.analysis.dynamics import as_kept, points
from ictrain.analysis.frame import is_control_mode
from ictrain.analysis.tables import band_table
from ictrain.analysis.verdict import Verdict, verdicts
from ictrain.experiments.run import jobs_of
from ictrain.publishing.choose import Chosen
from ictrain.report.views import COLUMNS, Table, table
from ictrain.rows import Row

POOLED = "all modes"


@dataclass(frozen=True)
class Facts:
    """The numbers behind a card.

    Attributes:
        rows: of this model.
        own: analysis of the jobs of this seed: this model's cells, and those beside it.
        every: analysis of all finished jobs, with this strategy as the treatment.
        by_mode: the bands of this model under each context mode, then under all modes together.
        verdicts: by test set, of this model's probes.
        finished, jobs: how many jobs the comparison rests on, and how many the config has.
    """

    rows: Sequence[Row]
    own: Analysis
    every: Analysis
    by_mode: Sequence[tuple[str, Sequence[Cell]]]
    verdicts: Mapping[str, Verdict]
    finished: int
    jobs: int

    @property
    def strategy(self) -> str:
        """Of this model."""
        return self.rows[0].strategy

    @property
    def metric(self) -> str:
        """The headline."""
        return self.own.frame.metric

    def bands(self, test: str) -> Table:
        """Context modes down, bands across."""
        cells = [replace(cell, strategy=mode) for mode, found in self.by_mode for cell in found]
        modes = [mode for mode, _ in self.by_mode]
        return table(cells, test, self.metric, modes, COLUMNS)

    def beside(self, test: str) -> Table:
        """Strategies down, this one first, bands across."""
        frame = self.own.frame
        others = [name for name in (*frame.strategies, *frame.copiers) if name != self.strategy]
        return table(self.own.bands, test, self.metric, [self.strategy, *others], COLUMNS)


def facts(chosen: Chosen) -> Facts:
    """All of it; every number comes from analyse().

    Raises:
        RunError: no row of this model has a score.
    """
    job, jobs = chosen.job, jobs_of(chosen.settings)
    done = [j for j in jobs if chosen.run.is_done(j)]
    settings = chosen.settings.analysis.model_copy(update={"treatment": job.arm})
    own = analyse(chosen.run.rows([j for j in done if j.seed == job.seed]), settings)
    step = chosen.run.summary(job).get("selected", {}).get("step")
    kept = {} if step is None else {(job.arm, job.seed): step}
    probed = as_kept(chosen.run.probes(job), chosen.run.kept_probes(job), kept)
    told = verdicts(points(probed, settings.bootstrap))
    return Facts(
        rows=[r for r in chosen.run.rows([job]) if r.strategy == job.arm],
        own=own,
        every=analyse(chosen.run.rows(done), settings),
        by_mode=_by_mode(own, job.arm),
        verdicts={test: verdict for (_, test), verdict in told.items()},
        finished=len(done),
        jobs=len(jobs),
    )


def _by_mode(analysis: Analysis, strategy: str) -> list[tuple[str, list[Cell]]]:
    """The bands of one strategy under each context mode alone, then under all that are pooled."""
    frame, settings = analysis.frame, analysis.settings
    mine = replace(frame, rows=tuple(r for r in frame.rows if r.strategy == strategy))
    control = sorted({r.mode for r in mine.rows if is_control_mode(r.mode)})
    modes = {mode: (mode,) for mode in (*frame.modes, *control)} | {POOLED: settings.band_modes}
    return [
        (name, band_table(mine, settings.model_copy(update={"band_modes": pooled})))
        for name, pooled in modes.items()
    ]
