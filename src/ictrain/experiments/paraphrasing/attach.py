"""Where a task's asked-for near-duplicates are read from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from ictrain.examples import Example
from ictrain.experiments.folder import RunFolder
from ictrain.paraphrase.asked import Kept
from ictrain.tasks import TaskData

WAYS = ("near_duplicate", "unseen")


def table_of(folder: RunFolder) -> Path:
    """A run's own file of what was asked for: it stays as it was when the run began."""
    return folder.path / "paraphrases.jsonl"


def in_run(data: TaskData, folder: RunFolder) -> TaskData:
    """Reads from the run's own file; from the cache where the run has none yet."""
    table = table_of(folder)
    return _changed(
        data,
        lambda kept: replace(
            kept, table=table if table.exists() else None, runs=folder.path.parent
        ),
    )


def from_cache(data: TaskData, runs: Path, pending: bool = False) -> TaskData:
    """Reads from the cache in the folder that holds runs.

    Args:
        data: a task.
        runs: that folder.
        pending: a text that says so stands for what is not asked for yet.
    """
    return _changed(data, lambda kept: replace(kept, table=None, runs=runs, pending=pending))


def _changed(data: TaskData, change: Callable[[Kept], Kept]) -> TaskData:
    near, unseen = data.near_duplicate, data.unseen
    return replace(
        data,
        near_duplicate=change(near) if isinstance(near, Kept) else near,
        unseen=change(unseen) if isinstance(unseen, Kept) else unseen,
    )


def without_any(kept: object, targets: Iterable[Example]) -> list[Example]:
    """Of these targets those for which nothing valid was got; empty where a rule makes them."""
    return [t for t in targets if not kept.near(t)] if isinstance(kept, Kept) else []
