"""How far the asking is: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Say = Callable[[str], None]
_EVERY = 10.0
"""Seconds between two lines."""


@contextlib.contextmanager
def shown(label: str, unit: str, say: Say) -> Iterator[Callable[[int, int], None]]:
    """What to tell (done, of) to.

    Args:
        label: stands before it.
        unit: what is counted.
        say: gets lines where there is no terminal.
    """
    if not sys.stderr.isatty():
        yield _lines(label, unit, say)
        return
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _lines(label: str, unit: str, say: Say) -> Callable[[int, int], None]:
    last = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            say(f"    {label}: {done:,} of {of:,} {unit}")

    return tell
