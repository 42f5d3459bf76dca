"""Live progress of the jobs at work: read from their logs, since they run in other processes."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ictrain.config import RunSettings
from ictrain.experiments.folder import ASKING, Job, RunFolder

Say = Callable[[str], None]
_TAIL = 65536
_EVERY = {"terminal": 1.0, "lines": 20.0}


@contextlib.contextmanager
def watched(
    settings: RunSettings, folder: RunFolder, jobs: Sequence[Job], say: Say
) -> Iterator[Say]:
    """Shows how far the running jobs are; gives back what to say lines with meanwhile."""
    if not sys.stderr.isatty():
        with _repeating(_EVERY["lines"], lambda: _lines(settings, folder, jobs, say)):
            yield say
        return
    console = Console(stderr=True)
    with Live(console=console, transient=True, auto_refresh=False) as live:

        def show() -> None:
            live.update(_table(settings, folder, jobs), refresh=True)

        with _repeating(_EVERY["terminal"], show):
            yield lambda line: live.console.print(line, markup=False, highlight=False)


@contextlib.contextmanager
def _repeating(seconds: float, do: Callable[[], None]) -> Iterator[None]:
    ended = threading.Event()

    def loop() -> None:
        while not ended.wait(seconds):
            do()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _lines(settings: RunSettings, folder: RunFolder, jobs: Sequence[Job], say: Say) -> None:
    for job, text in _states(settings, folder, jobs):
        say(f"    {job.name}: {text}")


def _table(settings: RunSettings, folder: RunFolder, jobs: Sequence[Job]) -> Table:
    table = Table.grid(padding=(0, 2))
    for job, text in _states(settings, folder, jobs):
        table.add_row(job.name, text)
    return table


def _states(settings: RunSettings, folder: RunFolder, jobs: Sequence[Job]) -> list[tuple[Job, str]]:
    training = [
        (job, describe(row, settings.strategies[job.arm].training.steps))
        for job, row in running(folder, jobs)
    ]
    return [*training, *asking(folder, jobs)]


def asking(folder: RunFolder, jobs: Sequence[Job]) -> list[tuple[Job, str]]:
    """The jobs that got an answer in the last half minute, and how many they have."""
    found = []
    for job in jobs:
        file = folder.job(job) / ASKING
        with contextlib.suppress(OSError, ValueError, KeyError):
            if not folder.is_done(job) and time.time() - file.stat().st_mtime < 30:
                told = json.loads(file.read_text("utf-8"))
                found.append((job, f"{told['done']:,} of {told['of']:,} answers"))
    return found


def running(folder: RunFolder, jobs: Sequence[Job]) -> list[tuple[Job, dict[str, Any]]]:
    """The jobs whose log grew in the last half minute, with its last row."""
    found = []
    for job in jobs:
        log = folder.job(job) / "train.jsonl"
        with contextlib.suppress(OSError):
            if not folder.is_done(job) and time.time() - log.stat().st_mtime < 30:
                row = last_row(log)
                found += [(job, row)] if row else []
    return found


def last_row(log: Path) -> dict[str, Any] | None:
    """The last whole row of a log, without reading all of it."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        *lines, _ = file.read().split(b"\n")
    for line in reversed(lines):
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            return row if isinstance(row, dict) else None
    return None


def describe(row: dict[str, Any], steps: int) -> str:
    """Step, loss, useful tokens per second, and the time that is left."""
    done = int(row["step"])
    left = row["elapsed"] / done * (steps - done)
    return (
        f"step {done}/{steps}  loss {row['loss']:.3f}  {row['tokens_per_second']:,.0f} tokens/s  "
        f"{left:.0f} s left"
    )
