"""Tasks: pool, tests, near-duplicates and metrics, as one declaration per task."""

from __future__ import annotations

from ictrain.tasks.alignment.task import AlignmentSettings, load_alignment
from ictrain.tasks.base import TaskData, TestSet
from ictrain.tasks.pairs import PairsSettings, load_pairs

__all__ = ["AlignmentSettings", "PairsSettings", "TaskData", "TestSet", "load_task"]


def load_task(settings: AlignmentSettings | PairsSettings, seed: int) -> TaskData:
    """One draw of a task: targets, pool, dev and test sets.

    Raises:
        DataError: in the files, by file and line.
        ConfigError: settings that do not fit together.
    """
    if isinstance(settings, PairsSettings):
        return load_pairs(settings, seed)
    return load_alignment(settings, seed)
