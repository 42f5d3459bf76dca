"""Tasks: pool, tests, near-duplicates and metrics, as one declaration per task."""

from __future__ import annotations

from pathlib import Path

from ictrain.tasks.alignment.task import AlignmentSettings, dictionary_file, load_alignment
from ictrain.tasks.base import TaskData, TestSet
from ictrain.tasks.pairs import PairsSettings, load_pairs, pair_files

__all__ = ["AlignmentSettings", "PairsSettings", "TaskData", "TestSet", "load_task", "task_files"]


def task_files(settings: AlignmentSettings | PairsSettings) -> list[Path]:
    """The files that a task is read from."""
    if isinstance(settings, PairsSettings):
        return pair_files(settings)
    return [dictionary_file(settings)]


def load_task(settings: AlignmentSettings | PairsSettings, seed: int) -> TaskData:
    """One draw of a task: targets, pool, dev and test sets.

    Raises:
        DataError: in the files, by file and line.
        ConfigError: settings that do not fit together.
    """
    if isinstance(settings, PairsSettings):
        return load_pairs(settings, seed)
    return load_alignment(settings, seed)
