"""Tasks: pool, tests, near-duplicates and metrics, as one declaration per task.

A new task is one file (a settings class and a function that loads it) and one line in LOADERS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ictrain.files import file_digest
from ictrain.metrics import metric_name
from ictrain.tasks.alignment.task import AlignmentSettings, dictionary_file, load_alignment
from ictrain.tasks.base import TaskData, TestSet
from ictrain.tasks.files import FileTask
from ictrain.tasks.pairs import PairsSettings, load_pairs, pair_digests, pair_files
from ictrain.tasks.parts import Parts
from ictrain.tasks.reading import SPLIT_TEST, read_parts
from ictrain.tasks.semantic_parsing import SemanticParsingSettings, load_semantic_parsing
from ictrain.tasks.splits import Split, SplitSettings, split
from ictrain.tasks.text_to_sql import TextToSqlSettings, load_text_to_sql
from ictrain.tasks.translation import TranslationSettings, load_translation

__all__ = [
    "AlignmentSettings",
    "FileTask",
    "PairsSettings",
    "Parts",
    "SemanticParsingSettings",
    "Split",
    "SplitSettings",
    "TaskData",
    "TestSet",
    "TextToSqlSettings",
    "TranslationSettings",
    "load_task",
    "metric_names",
    "metric_specs",
    "names_of_tests",
    "prompt_defaults",
    "read_parts",
    "split",
    "task_digests",
    "task_files",
]

LOADERS: Mapping[type[FileTask], Callable[[Any, int], TaskData]] = {
    PairsSettings: load_pairs,
    TranslationSettings: load_translation,
    SemanticParsingSettings: load_semantic_parsing,
    TextToSqlSettings: load_text_to_sql,
}


def task_files(settings: AlignmentSettings | FileTask) -> dict[str, Path]:
    """The files on this machine that a task is read from, by their part in it."""
    if isinstance(settings, FileTask):
        return pair_files(settings)
    return {"task/dictionary": dictionary_file(settings)}


def task_digests(settings: AlignmentSettings | FileTask) -> dict[str, str]:
    """A digest of everything that a task is read from, by its part in it: files by their bytes,
    sets of the hub by their examples."""
    found = {part: file_digest(f) for part, f in task_files(settings).items() if f.is_file()}
    if not isinstance(settings, FileTask):
        return found
    return found | pair_digests(settings) | settings.own_digests()


def metric_names(settings: AlignmentSettings | FileTask) -> list[str]:
    """The scores that the task's rows will have."""
    return [metric_name(name) for name in metric_specs(settings)]


def metric_specs(settings: AlignmentSettings | FileTask) -> list[str]:
    """The same as the settings name them: with a file, or a folder."""
    return (
        list(settings.metrics) if isinstance(settings, FileTask) else ["acceptance", "exact_match"]
    )


def names_of_tests(settings: AlignmentSettings | FileTask, which: str) -> list[str]:
    """The test sets of a split."""
    if isinstance(settings, FileTask):
        return ["dev"] if which == "dev" else list(settings.tests) or [SPLIT_TEST]
    names = ["id", "ood", "changed"]
    return [f"dev_{name}" for name in names] if which == "dev" else names


def prompt_defaults(values: Mapping[str, Any], *, turns: bool) -> dict[str, Any]:
    """The prompt that a task brings along, of its section of a config as it was written."""
    for settings in LOADERS:
        if settings.model_fields["name"].default == values.get("name"):
            return settings.prompt_defaults(values, turns=turns)
    return {}


def load_task(settings: AlignmentSettings | FileTask, seed: int) -> TaskData:
    """One draw of a task: targets, pool, dev and test sets.

    Raises:
        DataError: in the files, by file and line.
        ConfigError: settings that do not fit together.
    """
    if isinstance(settings, FileTask):
        return LOADERS[type(settings)](settings, seed)
    return load_alignment(settings, seed)
