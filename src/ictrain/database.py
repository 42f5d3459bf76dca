"""SQLite files that several threads and processes share, opened alike by every cache."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ictrain.errors import RunError


@contextmanager
def opened(
    path: Path, schema: str, *, what: str, wait_s: float = 60.0
) -> Iterator[sqlite3.Connection]:
    """A connection to the file at path, made when missing, closed at the end.

    The journal stays SQLite's default, a rollback journal: the switch to a write-ahead log fails at
    once ("database is locked", without waiting) where two do it in the same moment, and such a log
    does not work on a network file system. Commits are on the disk when they return.

    Args:
        path: the file; its folder is made too.
        schema: one CREATE TABLE IF NOT EXISTS.
        what: what the file holds, for the message.
        wait_s: seconds to wait for another that writes.

    Raises:
        RunError: the file cannot be read or written, or whatever SQLite raises inside the block.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=wait_s)) as base:
            base.execute("PRAGMA synchronous = FULL")
            base.execute(schema)
            yield base
    except (sqlite3.Error, OSError) as error:
        raise RunError(
            f"the cache of {what} cannot be used: {error}",
            where=str(path),
            mend="free some space, or delete the file: it will be made anew",
        ) from error
