"""Measures candidates: each one is a job like any other, asked on half of dev; a record of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ictrain.analysis.candidates import Counted, worst_band
from ictrain.config import RunSettings
from ictrain.errors import IctrainError, RunError
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import run_job
from ictrain.experiments.select import dev_evaluation
from ictrain.files import append_jsonl, digest, read_jsonl
from ictrain.rows import Row, read_rows
from ictrain.search import Ask, Candidate, Found
from ictrain.search.engine import Say, describe
from ictrain.workers import Crew


def job_of(ask: Ask) -> Job:
    """The job that measures it."""
    return Job(f"trial-{ask.trial:03d}@{ask.steps}", ask.seed)


def settings_of(settings: RunSettings, ask: Ask, counted: Counted) -> RunSettings:
    """The run of one arm that measures a candidate: on dev, without probes and controls."""
    arm = settings.strategies[settings.tune.strategy]
    training, steps = arm.training, ask.steps
    changed = {
        "steps": steps,
        "learning_rate": ask.candidate.learning_rate,
        # The same share of a shorter training.
        "warmup_steps": training.warmup_steps * steps // training.steps,
    }
    if training.select != "last" and training.checkpoint_every_steps is not None:
        every = training.checkpoint_every_steps * steps // training.steps
        changed["checkpoint_every_steps"] = max(1, every)
    own = arm.model_copy(
        update={
            "context": ask.candidate.context,
            "training": training.model_copy(update=changed),
        }
    )
    half = "held_back" if ask.held_back else "search"
    evaluation = dev_evaluation(settings.evaluation, counted).model_copy(
        update={"half": half, "worst_over": {test: tuple(b) for test, b in counted.items()}}
    )
    return settings.model_copy(
        update={
            "name": f"{settings.name}-tune",
            "seeds": (ask.seed,),
            "strategies": {job_of(ask).arm: own},
            "evaluation": evaluation,
            "probes": settings.probes.model_copy(update={"items": 0}),
        }
    )


def measure_one(settings: RunSettings, folder: RunFolder, ask: Ask, counted: Counted) -> Found:
    """Trains and asks one candidate, or takes what is there already."""
    job, own = job_of(ask), settings_of(settings, ask, counted)
    try:
        # A kill between the job's end and the record's line: the job is not done again.
        summary = folder.summary(job) if folder.is_done(job) else run_job(own, folder, job)
        worst = worst_band(rows_of(folder, ask), settings.analysis, counted)
    except IctrainError as error:
        raise RunError(str(error), where=ask.name) from error
    _tidy(folder.job(job))
    return Found(
        score=worst.score,
        band=" ".join(worst.band),
        bands={
            " ".join(band): [e.mean or 0.0, e.low or 0.0, e.high or 0.0]
            for band, e in worst.bands.items()
        },
        tokens=summary["tokens"],
        training=summary["seconds"],
        wall=summary["wall_seconds"],
        selected=summary.get("selected", {}).get("step"),
    )


def rows_of(folder: RunFolder, ask: Ask) -> list[Row]:
    """The answers that a score was made from."""
    return read_rows(folder.job(job_of(ask)) / "rows.parquet")


def _tidy(job: Path) -> None:
    """Weights of candidates are of no use to anybody: best.yaml is trained anew."""
    for name in ("checkpoints", "adapter", "model", "selection"):
        shutil.rmtree(job / name, ignore_errors=True)


@dataclass
class Measured:
    """Measures by jobs, and keeps each on the disk before it is told of.

    Attributes:
        settings, folder, counted: of the tune.
        run: who does jobs.
        say: gets a line for each.
        earlier: seconds that calls before this one took.
    """

    settings: RunSettings
    folder: RunFolder
    counted: Counted
    run: Crew
    say: Say
    earlier: float = 0.0
    _found: dict[str, Found] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        for line in read_jsonl(self.file):
            self._found[line["key"]] = Found(**line["found"])
            self.earlier = max(self.earlier, line["elapsed"])

    @property
    def file(self) -> Path:
        """One line per training that was measured."""
        return self.folder.path / "trials.jsonl"

    @property
    def count(self) -> int:
        """How many are measured."""
        return len(self._found)

    def spent(self) -> float:
        """Seconds by now, over all calls."""
        return self.earlier + time.monotonic() - self._began

    def known(self, ask: Ask) -> Found | None:
        """What was measured before."""
        return self._found.get(key_of(ask))

    def __call__(self, asks: Sequence[Ask]) -> list[Found]:
        """Measures those that are not known."""
        todo = [ask for ask in asks if self.known(ask) is None]

        def done(_: int, place: int, found: Found) -> None:
            self._keep(todo[place], found)

        self.run(
            [(measure_one, self.settings, self.folder, ask, self.counted) for ask in todo],
            done,
            [ask.name for ask in todo],
        )
        return [self._found[key_of(ask)] for ask in asks]

    def _keep(self, ask: Ask, found: Found) -> None:
        line: dict[str, Any] = {"trial": ask.trial, "steps": ask.steps, "seed": ask.seed}
        line |= {"held_back": ask.held_back, "values": ask.candidate.plain()}
        line |= {"key": key_of(ask), "found": asdict(found), "elapsed": self.spent()}
        append_jsonl(self.file, line)
        self._found[key_of(ask)] = found
        half = "held-back half" if ask.held_back else "search half"
        self.say(
            f"{ask.name}, {half}: {found.score:.3f} ({found.band}), {found.wall:.0f} s; "
            f"{describe(ask.candidate)}"
        )


def key_of(ask: Ask) -> str:
    """Changes with everything that a measurement depends on beside the tune's own settings."""
    return digest(ask.trial, plain(ask.candidate), ask.steps, ask.seed, ask.held_back)


def plain(candidate: Candidate) -> dict[str, Any]:
    """A candidate as JSON."""
    return {
        "context": candidate.context.model_dump(mode="json"),
        "learning_rate": candidate.learning_rate,
    }
