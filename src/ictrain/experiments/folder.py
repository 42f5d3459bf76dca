"""A run's folder: one config, one owner at a time, jobs that are done once and for all."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ictrain.analysis.dynamics import ProbeRow
from ictrain.config import Arm, RunSettings, dump_config
from ictrain.errors import RunError
from ictrain.files import digest, file_digest, write_atomic, write_json
from ictrain.generation import PATIENCE
from ictrain.metrics import check_named
from ictrain.models import model_folder
from ictrain.paraphrase import free_settings
from ictrain.probes import Measured, ProbeLog
from ictrain.rows import Row, read_rows
from ictrain.tasks import metric_specs, task_digests

_FREE = {"seeds", "workers", "threads", "notes", "deviations", "description", "analysis", "tune"}
"""Settings that may change when a run goes on: they alter no job that is already there."""
_UNSAID: dict[str, dict[str, Any]] = {
    "evaluation": {"half": None, "worst_over": {}},
    "training": {"select": "last"},
}
"""Settings that at these values change nothing, so that runs from before they were there go on."""


ASKING = "asking.json"
"""Of a job at work: how many answers there are, and of how many."""
_PATIENCE = 5.0
"""Seconds to wait for a lock: workers of a run that was just killed need a moment to end."""


@dataclass(frozen=True, order=True)
class Job:
    """One (arm, seed) of a comparison."""

    arm: str
    seed: int

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.arm}, seed {self.seed}"


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps everything."""

    path: Path

    def job(self, job: Job) -> Path:
        """The folder of one job."""
        return self.path / job.arm / f"seed-{job.seed}"

    def is_done(self, job: Job) -> bool:
        """Whether the job's rows and summary are there; the summary is written last."""
        return (self.job(job) / "job.json").exists() and (self.job(job) / "rows.parquet").exists()

    def summary(self, job: Job) -> dict[str, Any]:
        """What a finished job says of itself."""
        value: dict[str, Any] = json.loads((self.job(job) / "job.json").read_text())
        return value

    def rows(self, jobs: list[Job]) -> list[Row]:
        """The rows of finished jobs, in their order."""
        return [row for job in jobs for row in read_rows(self.job(job) / "rows.parquet")]

    def sweep(self, jobs: list[Job]) -> list[Row]:
        """The rows of finished jobs with other numbers of examples; empty without a sweep."""
        files = [self.job(job) / "sweep.parquet" for job in jobs]
        return [row for file in files if file.exists() for row in read_rows(file)]

    def probes(self, job: Job) -> list[ProbeRow]:
        """What a job's model was while it was trained; empty where it was not probed."""
        read = ProbeLog(self.job(job) / "probes").read().items()
        return [row for step, found in read for row in _rows(job, step, found)]

    def kept_probes(self, job: Job) -> list[ProbeRow]:
        """What the weights of a finished job are whose step was chosen; empty of any other job,
        and where they were not probed."""
        chosen = self.summary(job).get("selected")
        if not chosen:
            return []
        found = ProbeLog(self.job(job) / "probes").read_kept(chosen["step"])
        return _rows(job, chosen["step"], found)

    def claim(self, settings: RunSettings) -> None:
        """Takes the folder for these settings, or goes on with a run that has the same ones.

        Raises:
            RunError: the folder belongs to a run with other settings, naming the first difference.
            ConfigError, ModelError: a metric lacks what it needs.
        """
        self.check(settings)
        # Before inputs are written down: what is fetched afterwards would count as a change.
        check_named(metric_specs(settings.task))
        write_json(self.path / "inputs.json", input_digests(settings))
        write_atomic(self.path / "config.yaml", dump_config(settings))

    def check(self, settings: RunSettings) -> None:
        """Refuses what claim would refuse, and writes nothing."""
        file = self.path / "config.yaml"
        if file.exists():
            old = _stored_config(file)
            different = _difference(fixed(old), fixed(settings.model_dump(mode="json")))
            if different:
                raise RunError(
                    f"holds a run of another config: {different}",
                    where=str(self.path),
                    mend="give this run another name (name=...), or remove the folder",
                )
        self._check_inputs(settings)

    def _check_inputs(self, settings: RunSettings) -> None:
        """Finished jobs must not stand beside jobs on other data or another base."""
        file = self.path / "inputs.json"
        if file.exists():
            old, now = json.loads(file.read_text(encoding="utf-8")), input_digests(settings)
            changed = sorted(
                name for name in old.keys() | now.keys() if old.get(name) != now.get(name)
            )
            if changed:
                raise RunError(
                    f"{changed[0]} has changed since this run began",
                    where=str(self.path),
                    mend="give this run another name (name=...), or remove the folder",
                )

    def owned(self, job: Job | None = None) -> contextlib.AbstractContextManager[None]:
        """Keeps a second process out of the folder, or out of one job's folder.

        Raises:
            RunError: another process is at work there.
        """
        return _locked(self.path if job is None else self.job(job))

    def record(self) -> dict[str, Any]:
        """record.json; empty before the first run."""
        file = self.path / "record.json"
        value: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return value

    def write_record(self, record: dict[str, Any]) -> None:
        """record.json, in one step."""
        write_json(self.path / "record.json", record)


def _rows(job: Job, step: int, found: list[Measured]) -> list[ProbeRow]:
    return [
        ProbeRow(job.arm, job.seed, step, one.test_set, one.item, probe, value)
        for one in found
        for probe, value in one.values.items()
    ]


def _stored_config(file: Path) -> dict[str, Any]:
    try:
        old = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        old = None
    if not isinstance(old, dict):
        raise RunError("not a config", where=str(file), mend="remove the run's folder")
    return old


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("w")
    except OSError as error:
        raise RunError(f"cannot write: {error.strerror}", where=str(folder)) from error
    with file as lock:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise RunError(
                        "another process is at work here",
                        where=str(folder),
                        mend="wait for it, or stop it",
                    ) from None
                time.sleep(0.1)
        yield


def fixed(values: dict[str, Any]) -> dict[str, Any]:
    """The part of a config that decides what a job computes."""
    kept = {key: _said(key, v) for key, v in values.items() if key not in _FREE}
    arms = {
        name: {key: _said(key, value) for key, value in arm.items() if key != "description"}
        for name, arm in kept.get("strategies", {}).items()
    }
    return {**kept, "strategies": arms, "task": _task_said(kept.get("task", {}))}


def _task_said(task: dict[str, Any]) -> dict[str, Any]:
    """Without what decides no near-duplicate: patience and prices, and a template of no meaning
    that older runs wrote down."""
    said = dict(task)
    for key in ("paraphrase", "unseen"):
        if isinstance(way := said.get(key), dict):
            free = free_settings(str(way.get("method")))
            said[key] = {k: v for k, v in way.items() if k not in free}
    return said


def _said(section: str, values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    unsaid, free = _UNSAID.get(section, {}), PATIENCE if section == "endpoint" else ()
    said = {k: v for k, v in values.items() if k not in unsaid or v != unsaid[k]}
    return {k: v for k, v in said.items() if k not in free}


def job_digest(settings: RunSettings, job: Job) -> str:
    """Changes with everything that may change the job's rows."""
    values = fixed(settings.model_dump(mode="json"))
    return digest({**values, "strategies": values["strategies"][job.arm]}, job.arm, job.seed)


def input_digests(settings: RunSettings) -> dict[str, str]:
    """SHA-256 of every file that a run reads, by its part in it: data, and a base in a folder.

    By its part and not by its path, so that a folder that is found elsewhere is the same input, and
    another folder behind the same variable is not.
    """
    found = task_digests(settings.task)
    base = model_folder(settings.model)
    files = {} if base is None else {f"model/{p.name}": p for p in sorted(base.iterdir())}
    for name, arm in settings.strategies.items():
        files |= _stored_files(name, arm)
    return found | {part: file_digest(file) for part, file in files.items() if file.is_file()}


def _stored_files(name: str, arm: Arm) -> dict[str, Path]:
    """The files of an arm whose model, or adapter, lies in a folder."""
    base = None if arm.model is None else model_folder(arm.model)
    folders = [base] if base is not None else []
    folders += [Path(arm.weights)] if arm.weights is not None else []
    return {f"{name}/{p.name}": p for f in folders if f.is_dir() for p in sorted(f.iterdir())}


def _difference(old: Any, new: Any, path: str = "") -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys(), key=str):
            if key not in old and path == "strategies":
                continue  # a new arm joins the comparison
            found = _difference(old.get(key), new.get(key), f"{path}.{key}".strip("."))
            if found:
                return found
        return ""
    return "" if old == new else f"{path} was {old!r} and is {new!r}"
