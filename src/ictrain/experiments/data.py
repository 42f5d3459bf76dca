"""What a run's data hold and what its parts share: told at the start, kept in the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ictrain.config import RunSettings
from ictrain.evaluation.leakage import Leakage, leakage, leakage_warnings
from ictrain.experiments.room import check_largest_k
from ictrain.tasks import FileTask, read_parts


def data_report(settings: RunSettings, cache: Path | None) -> dict[str, Any]:
    """Sizes, repeats, leaks and skipped rows of a user's own pairs; empty for a made task.

    Raises:
        DataError: in the files, before anything is trained.
        ContextError: a pool too small for an arm's k.
    """
    task = settings.task
    if not isinstance(task, FileTask):
        return {}
    parts = read_parts(task)
    check_largest_k(settings, parts.pool or parts.train, parts.train, parts.left_out)
    found = leakage(parts, settings.similarity.bands, cache)
    return {
        **found.plain(),
        "skipped": {name: list(told) for name, told in parts.skipped.items()},
        "too_long": dict(parts.too_long),
        "warnings": [
            *parts.left_out(),
            *task.warnings(parts),
            *leakage_warnings(found),
        ],
        "summary": _summary(found),
    }


def _summary(found: Leakage) -> str:
    sizes = []
    for name, part in found.parts.items():
        different = f" ({part.distinct:,} different inputs)" if part.distinct < part.items else ""
        sizes.append(f"{name} {part.items:,}{different}")
    return f"data: {', '.join(sizes)}"


def lines_of(report: dict[str, Any]) -> list[str]:
    """The report for a terminal."""
    if not report:
        return []
    return [report["summary"], *(f"WARNING: {text}" for text in report["warnings"])]
