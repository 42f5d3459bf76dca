"""Tasks: pool, tests, near-duplicates and metrics, as one declaration per task."""

from __future__ import annotations

from pathlib import Path

from ictrain.files import file_digest
from ictrain.metrics import metric_name
from ictrain.tasks.alignment.task import AlignmentSettings, dictionary_file, load_alignment
from ictrain.tasks.base import TaskData, TestSet
from ictrain.tasks.pairs import PairsSettings, load_pairs, pair_digests, pair_files
from ictrain.tasks.parts import SPLIT_TEST, Parts, read_parts
from ictrain.tasks.splits import Split, SplitSettings, split

__all__ = [
    "AlignmentSettings",
    "PairsSettings",
    "Parts",
    "Split",
    "SplitSettings",
    "TaskData",
    "TestSet",
    "load_task",
    "metric_names",
    "names_of_tests",
    "read_parts",
    "split",
    "task_digests",
    "task_files",
]


def task_files(settings: AlignmentSettings | PairsSettings) -> dict[str, Path]:
    """The files on this machine that a task is read from, by their part in it."""
    if isinstance(settings, PairsSettings):
        return pair_files(settings)
    return {"task/dictionary": dictionary_file(settings)}


def task_digests(settings: AlignmentSettings | PairsSettings) -> dict[str, str]:
    """A digest of everything that a task is read from, by its part in it: files by their bytes,
    sets of the hub by their examples."""
    found = {part: file_digest(f) for part, f in task_files(settings).items() if f.is_file()}
    return found | (pair_digests(settings) if isinstance(settings, PairsSettings) else {})


def metric_names(settings: AlignmentSettings | PairsSettings) -> list[str]:
    """The scores that the task's rows will have."""
    if isinstance(settings, PairsSettings):
        return [metric_name(name) for name in settings.metrics]
    return ["acceptance", "exact_match"]


def names_of_tests(settings: AlignmentSettings | PairsSettings, which: str) -> list[str]:
    """The test sets of a split."""
    if isinstance(settings, PairsSettings):
        return ["dev"] if which == "dev" else list(settings.tests) or [SPLIT_TEST]
    names = ["id", "ood", "changed"]
    return [f"dev_{name}" for name in names] if which == "dev" else names


def load_task(settings: AlignmentSettings | PairsSettings, seed: int) -> TaskData:
    """One draw of a task: targets, pool, dev and test sets.

    Raises:
        DataError: in the files, by file and line.
        ConfigError: settings that do not fit together.
    """
    if isinstance(settings, PairsSettings):
        return load_pairs(settings, seed)
    return load_alignment(settings, seed)
