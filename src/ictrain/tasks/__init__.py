"""Tasks: pool, tests, near-duplicates and metrics, as one declaration per task."""

from __future__ import annotations

from pathlib import Path

from ictrain.metrics import metric_name
from ictrain.tasks.alignment.task import AlignmentSettings, dictionary_file, load_alignment
from ictrain.tasks.base import TaskData, TestSet
from ictrain.tasks.pairs import PairsSettings, load_pairs, pair_files

__all__ = [
    "AlignmentSettings",
    "PairsSettings",
    "TaskData",
    "TestSet",
    "load_task",
    "metric_names",
    "names_of_tests",
    "task_files",
]


def task_files(settings: AlignmentSettings | PairsSettings) -> dict[str, Path]:
    """The files that a task is read from, by their part in it."""
    if isinstance(settings, PairsSettings):
        return pair_files(settings)
    return {"task/dictionary": dictionary_file(settings)}


def metric_names(settings: AlignmentSettings | PairsSettings) -> list[str]:
    """The scores that the task's rows will have."""
    if isinstance(settings, PairsSettings):
        return [metric_name(name) for name in settings.metrics]
    return ["acceptance", "exact_match"]


def names_of_tests(settings: AlignmentSettings | PairsSettings, split: str) -> list[str]:
    """The test sets of a split."""
    if isinstance(settings, PairsSettings):
        return ["dev"] if split == "dev" else list(settings.tests)
    names = ["id", "ood", "changed"]
    return [f"dev_{name}" for name in names] if split == "dev" else names


def load_task(settings: AlignmentSettings | PairsSettings, seed: int) -> TaskData:
    """One draw of a task: targets, pool, dev and test sets.

    Raises:
        DataError: in the files, by file and line.
        ConfigError: settings that do not fit together.
    """
    if isinstance(settings, PairsSettings):
        return load_pairs(settings, seed)
    return load_alignment(settings, seed)
