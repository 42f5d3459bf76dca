"""Makes the example: an invented bicycle shop's database, and questions about it with their SQL.

    python generator/make.py    # writes shop.sqlite and the CSV files in the folder above

Everything is a function of SEED through ictrain.randomness, so the files come out the same to the
byte on every machine. The shop, its people, its bicycles and all figures are invented.

    train.csv         questions as staff asked them in the first year
    test.csv          others of the same year
    corrections.csv   what users added after training: a table and two words that are new
    later.csv         other questions that need to know what corrections.csv says
"""

from __future__ import annotations

import csv
import io
import itertools
import sqlite3
import sys
from pathlib import Path

import numpy as np
from database import SCHEMA, rows_of
from questions import EARLY, LATE, Kind, dressed

from ictrain.files import write_atomic
from ictrain.randomness import rng

SEED = 7
_SQLITE_VERSION = 3040001
"""Stands in the file's header; a fixed one, because the library writes its own there."""


Pair = tuple[str, str]
"""Question and SQL."""


def main(folder: Path) -> None:
    """Writes all files into the folder."""
    content = database()
    write_atomic(folder / "shop.sqlite", content)
    for name, pairs in all_pairs(content).items():
        write_atomic(folder / f"{name}.csv", as_csv(pairs))


def database() -> bytes:
    """The SQLite file."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(f"PRAGMA page_size = 4096; {SCHEMA}")
    for table, rows in rows_of(SEED).items():
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
    connection.commit()
    connection.execute("VACUUM")
    content = bytearray(connection.serialize())
    content[96:100] = _SQLITE_VERSION.to_bytes(4, "big")
    return bytes(content)


def all_pairs(content: bytes) -> dict[str, list[Pair]]:
    """Pairs by file; no question stands twice, and no file asks for SQL that its partner has."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(content)
    return {
        **split(drawn(EARLY, 560, connection, "early"), 80, "train", "test"),
        **split(drawn(LATE, 110, connection, "late"), 48, "corrections", "later"),
    }


def drawn(
    kinds: list[Kind], number: int, connection: sqlite3.Connection, purpose: str
) -> list[Pair]:
    """Pairs whose SQL gives a result: kinds by their weight, wording and values at random."""
    shares = np.array([kind.weight for kind in kinds])
    found: dict[str, Pair] = {}
    for attempt in itertools.count():
        if len(found) == number:
            return list(found.values())
        draw = rng(SEED, f"bike-shop/{purpose}", 0, attempt)
        kind = kinds[int(draw.choice(len(kinds), p=shares / shares.sum()))]
        question, sql = kind.ask(draw, connection)
        if question not in found and gives_something(sql, connection):
            found[question] = (dressed(question, draw), sql)
    raise AssertionError("unreachable")


def split(pairs: list[Pair], number: int, first: str, second: str) -> dict[str, list[Pair]]:
    """Puts `number` pairs into the second file; all pairs of one SQL go to the same file."""
    queries = list(dict.fromkeys(sql for _, sql in pairs))
    order = rng(SEED, f"bike-shop/split/{second}").permutation(len(queries))
    held: set[str] = set()
    for place in order.tolist():
        if sum(sql in held for _, sql in pairs) < number:
            held.add(queries[place])
    return {
        first: [pair for pair in pairs if pair[1] not in held],
        second: [pair for pair in pairs if pair[1] in held][:number],
    }


def gives_something(sql: str, connection: sqlite3.Connection) -> bool:
    """Whether there is a row, and a value in it."""
    rows = connection.execute(sql).fetchall()
    return bool(rows) and any(value is not None for row in rows for value in row)


def as_csv(pairs: list[Pair]) -> str:
    """A CSV text with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([("question", "sql"), *pairs])
    return text.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent)
