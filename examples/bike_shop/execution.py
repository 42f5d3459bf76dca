"""A metric of one's own: does the SQL give the gold's result on the shop's database?

metrics: [execution.py:execution_match]
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

from ictrain.examples import Example

DATABASE = Path(__file__).parent / "shop.sqlite"
_MOST_INSTRUCTIONS = 2_000_000
"""Of SQLite's machine; the dearest gold here takes 2,000. A count stops at the same place on every
machine, which a clock does not."""
_MOST_ROWS = 10_000
_MOST_BYTES = 1_000_000
"""Of one value or one statement: a single instruction cannot run for long either."""
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_STEP = 1_000


def execution_match(output: str, example: Example) -> float:
    """1 when output and gold give the same rows, as a multiset or in order where the gold orders.

    SQL that fails, writes, or takes too long counts 0. An exception would stop the run, so none
    leaves this function but one for a gold that does not run: that is a mistake in the data.
    """
    wanted = _gold(example.output)
    try:
        found = rows(output)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError, ValueError):
        return 0.0
    if re.search(r"\border\s+by\b", example.output, re.IGNORECASE):
        return float(found == list(wanted))
    return float(Counter(found) == Counter(wanted))


@lru_cache(maxsize=4096)
def _gold(sql: str) -> tuple[tuple[Any, ...], ...]:
    return tuple(rows(sql))


def rows(sql: str) -> list[tuple[Any, ...]]:
    """The result of one statement that reads.

    Raises:
        sqlite3.Error: it does not run, does something else than read, or runs too long.
        ValueError: more rows than anybody would read.
    """
    with closing(sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True)) as connection:
        # mode=ro alone would still let ATTACH create another file.
        connection.set_authorizer(_authorise)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
        steps = iter(range(_MOST_INSTRUCTIONS // _STEP))
        connection.set_progress_handler(lambda: next(steps, None) is None, _STEP)
        found = connection.execute(sql).fetchmany(_MOST_ROWS + 1)
    if len(found) > _MOST_ROWS:
        raise ValueError(f"more than {_MOST_ROWS} rows")
    return [tuple(_rounded(value) for value in row) for row in found]


def _authorise(action: int, _: str | None, second: str | None, *__: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if second == "load_extension" else sqlite3.SQLITE_OK
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _rounded(value: Any) -> Any:
    """Sums of floats may differ in the last digits by the order of the rows."""
    return round(value, 6) if isinstance(value, float) else value
