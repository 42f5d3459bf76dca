"""A whole comparison: arms x seeds as parallel jobs, each done once; then the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ictrain.config import RunSettings, load_config
from ictrain.contexts import MODE_WORDS
from ictrain.errors import IctrainError, RunError
from ictrain.evaluation import over_seeds
from ictrain.experiments.data import data_report, lines_of
from ictrain.experiments.folder import Job, RunFolder, input_digests, job_digest
from ictrain.experiments.job import run_job, train_along
from ictrain.experiments.paraphrasing.first import ask_first
from ictrain.experiments.record import command, machine, versions
from ictrain.experiments.watch import watched
from ictrain.metrics import signatures
from ictrain.processes import from_main, is_main, several
from ictrain.tasks import metric_specs
from ictrain.workers import at_once, run_all

Say = Callable[[str], None]


def jobs_of(settings: RunSettings) -> list[Job]:
    """Seeds outside, arms inside, so that whole seeds are complete early."""
    return [Job(arm, seed) for seed in settings.seeds for arm in settings.strategies]


def run(settings: RunSettings, out: Path, say: Say = print) -> Path:
    """Does all jobs that are not done yet and writes the record and the page.

    Args:
        settings: the comparison.
        out: the folder that holds runs.
        say: gets lines for the user.

    Under `accelerate launch` all processes train each model together, one job after the other; the
    first one does the rest alone.

    Returns:
        The page.

    Raises:
        IctrainError: of the first job that failed; all finished jobs are kept.
    """
    folder = RunFolder(Path(out) / settings.name)
    if not is_main():
        for job in from_main():
            train_along(settings, folder, job)
        return folder.path / "report" / "index.html"
    with folder.owned():
        folder.claim(settings)
        jobs = jobs_of(settings)
        started = time.perf_counter()
        earlier = folder.record()
        record = _record(settings)
        record["created"] = earlier.get("created", record["created"])
        record["data"] = earlier.get("data") or data_report(settings, folder.path / "cache")
        folder.write_record({**earlier, **record})
        todo = [job for job in jobs if not folder.is_done(job)]
        if len(todo) < len(jobs):
            say(f"{len(jobs) - len(todo)} of {len(jobs)} jobs are done already")
        for line in lines_of(record["data"]) if todo else []:
            say(line)
        asked = ask_first(settings, folder, say) if todo else []
        record["paraphrases"] = [*earlier.get("paraphrases", []), *asked]
        folder.write_record({**earlier, **record})
        from_main(todo)
        _do(settings, folder, todo, say)
        record["jobs"] = [folder.summary(job) for job in jobs]
        record["test_sets"] = record["jobs"][0].get("test_sets", {})
        record["overlap"] = _overlap(record["jobs"])
        spent = time.perf_counter() - started if todo else 0.0
        record["seconds"] = earlier.get("seconds", 0.0) + spent
        folder.write_record(record)
        return report(settings, folder, record)


def report(settings: RunSettings, folder: RunFolder, record: dict[str, Any]) -> Path:
    """The page of a run, from its rows and record alone."""
    from ictrain.report import write_report

    done = [job for job in jobs_of(settings) if folder.is_done(job)]
    probes = [row for job in done for row in folder.probes(job)]
    kept = [row for job in done for row in folder.kept_probes(job)]
    return write_report(
        folder.rows(done), record, folder.path / "report", settings.analysis,
        probes=probes, sweep=folder.sweep(done), kept=kept,
    )  # fmt: skip


def report_again(folder: Path) -> Path:
    """The page of a finished or unfinished run, made anew from what is there.

    Raises:
        RunError: not a run's folder, or none of its jobs is done.
    """
    run_folder = RunFolder(Path(folder))
    if not (run_folder.path / "config.yaml").exists():
        raise RunError("no config.yaml", expected="a run's folder", where=str(folder))
    settings = load_config(run_folder.path / "config.yaml")
    done = [job for job in jobs_of(settings) if run_folder.is_done(job)]
    if not done:
        raise RunError("none of its jobs is done", where=str(folder), mend="run it first")
    record = run_folder.record()
    record["jobs"] = [run_folder.summary(job) for job in done]
    return report(settings, run_folder, record)


def _do(settings: RunSettings, folder: RunFolder, todo: list[Job], say: Say) -> None:
    if not todo:
        return
    workers = 1 if several() else min(settings.workers or at_once(), len(todo))
    if workers > 1:
        threads = f"{settings.threads} thread{'s' * (settings.threads > 1)}"
        say(f"{len(todo)} jobs on {workers} processes of {threads} each")
    with watched(settings, folder, todo, say) as tell:

        def done(count: int, place: int, summary: dict[str, Any]) -> None:
            tell(f"[{count}/{len(todo)}] {todo[place].name}: {_told(summary)}")

        run_all(
            [(_named, settings, folder, job) for job in todo],
            workers,
            done,
            threads=settings.threads,
            names=[job.name for job in todo],
            mend="run the same command again: finished jobs are kept (less memory: workers=1)",
        )


def _named(settings: RunSettings, folder: RunFolder, job: Job) -> dict[str, Any]:
    """A job whose errors say which one it is. It may be ended at any moment, and goes on from its
    last checkpoint."""
    try:
        return run_job(settings, folder, job)
    except IctrainError as error:
        raise RunError(str(error), where=job.name) from error


def _told(summary: dict[str, Any]) -> str:
    steps = f"{summary['steps']} steps, " if summary.get("steps") else ""
    warnings = "".join(f"; WARNING: {text}" for text in summary.get("warnings", []))
    answers = summary.get("answers", summary["rows"]) + summary.get("sweep_rows", 0)
    return f"{steps}{answers} answers, {summary['wall_seconds']:.0f} s{warnings}"


def _overlap(jobs: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By test set, over the seeds."""
    by_seed = {job["seed"]: job["overlap"] for job in jobs if "overlap" in job}
    names = list(next(iter(by_seed.values()))) if by_seed else []
    return {name: over_seeds([one[name] for one in by_seed.values()]) for name in names}


def _record(settings: RunSettings) -> dict[str, Any]:
    arms = settings.strategies
    return {
        "name": settings.name,
        "description": settings.description,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command(),
        "config": settings.model_dump(mode="json"),
        "hashes": {
            "inputs": input_digests(settings),
            "jobs": {job.name: job_digest(settings, job) for job in jobs_of(settings)},
        },
        "versions": versions(),
        "metrics": signatures(metric_specs(settings.task)),
        "machine": machine(),
        "jobs": [],
        "deviations": list(settings.deviations),
        "notes": list(settings.notes),
        "test_sets": {},
        "modes": dict(MODE_WORDS),
        "strategies": {name: arm.description for name, arm in arms.items() if arm.description},
    }
