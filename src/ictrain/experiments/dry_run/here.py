"""What of a task's data is on this machine, and the run without what is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ictrain.config import RunSettings
from ictrain.errors import AbsentError
from ictrain.tasks import FileTask, TaskData, load_task
from ictrain.tasks.reading import read_part


@dataclass(frozen=True)
class Here:
    """What a dry run can be walked on.

    Attributes:
        settings: the run's, without the test sets that are not here.
        data: None where targets, pool or databases are not here.
        rows: of the parts that are here, where some are not.
        missing: parts that are not here, each with what to do, on a line.
        without: the parts themselves.
    """

    settings: RunSettings
    data: TaskData | None
    rows: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def load_what_is_here(settings: RunSettings) -> Here:
    """The first seed's data; parts that are only absent are left out and told.

    Raises:
        IctrainError: whatever is wrong with what is here.
    """
    task = settings.task
    try:
        return Here(settings, load_task(task, settings.seeds[0]))
    except AbsentError as error:
        if not isinstance(task, FileTask):
            raise
        rows, absent = _parts_of(task)
        if not absent:  # what the task is read from beside its pairs
            return Here(settings, None, rows, (f"task: {error}",), ("task",))
    missing = tuple(f"{', '.join(parts)}: {told}" for told, parts in absent.items())
    without = tuple(part for parts in absent.values() for part in parts)
    left = _without(settings, task, without)
    if left is None:
        return Here(settings, None, rows, missing, without)
    try:
        return Here(left, load_task(left.task, left.seeds[0]), rows, missing, without)
    except AbsentError as error:
        return Here(left, None, rows, (*missing, f"task: {error}"), (*without, "task"))


def _parts_of(task: FileTask) -> tuple[dict[str, int], dict[str, list[str]]]:
    """How many rows each part has that is here; the others by what is said of them."""
    rows: dict[str, int] = {}
    absent: dict[str, list[str]] = {}
    for part, source in task.parts().items():
        try:
            rows[part] = len(read_part(task, part, source))
        except AbsentError as error:
            absent.setdefault(str(error), []).append(part)
    return rows, absent


def _without(settings: RunSettings, task: FileTask, absent: tuple[str, ...]) -> RunSettings | None:
    """The run on what is left; None where that is no run."""
    # With the wrong pool a test set would be another one.
    gone = {part.partition(".")[2] for part in absent if "." in part}
    tests = {name: source for name, source in task.tests.items() if name not in gone}
    if {"train", "pool"} & set(absent) or (task.tests and not tests):
        return None
    changed = {
        "tests": tests,
        "pools": {name: source for name, source in task.pools.items() if name not in gone},
        "dev": None if "dev" in absent else task.dev,
        "reading": {
            part: how
            for part, how in task.reading.items()
            if part not in absent and part.partition(".")[2] not in gone
        },
    }
    probed = tuple(name for name in settings.probes.test_sets if name not in gone)
    none_left = bool(settings.probes.test_sets) and not probed
    probes = {"test_sets": probed} | ({"items": 0} if none_left else {})
    return settings.model_copy(
        update={
            "task": task.model_copy(update=changed),
            "probes": settings.probes.model_copy(update=probes),
        }
    )
