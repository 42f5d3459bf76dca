"""Which of a run's trained models is meant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ictrain.config import Arm, RunSettings, load_config
from ictrain.errors import RunError, nearest
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.run import jobs_of
from ictrain.models import ModelSettings
from ictrain.models.tokenizers import made_size


@dataclass(frozen=True)
class Chosen:
    """One finished training of a run.

    Attributes:
        weights: the folder that training has written: an adapter, or a full model.
    """

    run: RunFolder
    settings: RunSettings
    job: Job
    weights: Path

    @property
    def arm(self) -> Arm:
        """The strategy as the config has it."""
        return self.settings.strategies[self.job.arm]

    @property
    def is_adapter(self) -> bool:
        """Whether what was trained needs a base."""
        return self.arm.adapter.peft != "none"

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What the job says of itself."""
        return self.run.summary(self.job)

    @property
    def model(self) -> ModelSettings:
        """The base, with the tokenizer that was made for this job where one was made."""
        model = self.settings.model
        if made_size(model.tokenizer) is None:
            return model
        return model.model_copy(update={"tokenizer": str(self.run.job(self.job) / "tokenizer")})


def choose(path: Path, strategy: str | None, seed: int | None) -> Chosen:
    """The training of that strategy and seed; the only one of a run where neither is said.

    Args:
        path: a run's folder.
        strategy: an arm of its config.
        seed: one of its seeds.

    Raises:
        RunError: not a run's folder, no such training, several to choose from, or not finished.
    """
    run = RunFolder(Path(path))
    if not (run.path / "config.yaml").exists():
        raise RunError("no config.yaml", expected="a run's folder", where=str(path))
    settings = load_config(run.path / "config.yaml")
    _check_arm(settings, strategy, path)
    jobs = [
        job
        for job in jobs_of(settings)
        if settings.strategies[job.arm].kind == "trained"
        and strategy in (None, job.arm)
        and seed in (None, job.seed)
    ]
    if not jobs:
        asked = strategy or "a strategy"
        raise RunError(
            f"no training of {asked}" + (f" with seed {seed}" if seed is not None else ""),
            expected=f"one of the seeds {', '.join(map(str, settings.seeds))}",
            where=str(path),
        )
    done = [job for job in jobs if run.is_done(job)]
    if not done:
        raise RunError(
            f"{jobs[0].name}: not finished" if len(jobs) == 1 else "no training is finished",
            where=str(path),
            mend="go on with `ictrain run` and the same config",
        )
    return Chosen(run, settings, done[0], _weights(run, _one(done, path)))


def _check_arm(settings: RunSettings, strategy: str | None, path: Path) -> None:
    trained = [name for name, arm in settings.strategies.items() if arm.kind == "trained"]
    if strategy is None or strategy in trained:
        return
    if strategy in settings.strategies:
        kind = settings.strategies[strategy].kind
        raise RunError(
            f"{strategy} is of kind {kind}: nothing was trained",
            expected=f"one of {', '.join(trained)}",
            where=str(path),
        )
    raise RunError(f"no strategy {strategy!r}", where=str(path), mend=nearest(strategy, trained))


def _one(done: list[Job], path: Path) -> Job:
    if len(done) > 1:
        arms, seeds = ({getattr(job, part) for job in done} for part in ("arm", "seed"))
        options = [f"--strategy, one of {', '.join(sorted(arms))}"] * (len(arms) > 1)
        options += [f"--seed, one of {', '.join(map(str, sorted(seeds)))}"] * (len(seeds) > 1)
        raise RunError(
            f"{len(done)} trained models", where=str(path), mend=f"say {'; and '.join(options)}"
        )
    return done[0]


def _weights(run: RunFolder, job: Job) -> Path:
    for name, file in (("adapter", "adapter_config.json"), ("model", "config.json")):
        if (run.job(job) / name / file).is_file():
            return run.job(job) / name
    raise RunError(
        f"{job.name}: neither adapter/ nor model/", where=str(run.job(job)), mend="run it again"
    )
