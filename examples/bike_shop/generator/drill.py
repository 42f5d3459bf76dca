"""Makes drill.csv: questions in invented words about invented tables, to learn reading from.

    python generator/drill.py    # writes drill*.csv into the folder above

Each of many conventions has its own words, table and columns, and a few pairs that differ in one
name. By heart there is nothing to gain: the words come up four times and never again. What pays is
to find the pair of the same convention in the context, to take its SQL, and to put the question's
own name into it. A model that was trained on this reads its context and knows nothing of the shop
but names; it stands in for a language model where none is at hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from database import BRANDS, CITIES, CUSTOMERS, KINDS, MODELS
from make import SEED, Pair, as_csv

from ictrain.files import write_atomic
from ictrain.randomness import rng

CONVENTIONS, PAIRS = 1500, 4
HELD_OUT = 60
"""Conventions of the test: one pair is asked, two stand in the pool."""
NAMES = (*MODELS, *CUSTOMERS, *CITIES, *BRANDS, *KINDS)
SYLLABLES = [a + b for a in "bcdfgklmnprstvz" for b in "aeiou"]
SMALL_WORDS = ("the", "of the", "how many", "which", "list", "what is", "in", "by", "number of")
WORDINGS = (
    "{small} {noun} {other} {name}",
    "{small} {name} {noun} {verb}",
    "{noun} {small} {name}",
    "{small} {noun} {verb} {name}",
)
QUERIES = (
    "SELECT {a} FROM {table} WHERE {b} = '{name}'",
    "SELECT count(*) FROM {table} WHERE {b} = '{name}'",
    "SELECT sum({a}) FROM {table} WHERE {b} = '{name}'",
    "SELECT avg({a}) FROM {table} WHERE {b} = '{name}'",
    "SELECT {a} FROM {table} WHERE {b} = '{name}' AND {c} = 0",
    "SELECT {a} FROM {table} WHERE {b} = '{name}' ORDER BY {c} DESC LIMIT 1",
    "SELECT {a} FROM {table} JOIN {c} USING ({b}) WHERE {b} = '{name}'",
)


def main(folder: Path) -> None:
    """Writes drill.csv, drill_test.csv and drill_pool.csv."""
    known = [convention(number, PAIRS) for number in range(CONVENTIONS)]
    fresh = [convention(CONVENTIONS + number, 3) for number in range(HELD_OUT)]
    files = {
        "drill": list({q: (q, sql) for pairs in known for q, sql in pairs}.values()),
        "drill_test": [first for first, *_ in fresh],
        "drill_pool": [pair for _, *others in fresh for pair in others],
    }
    for name, pairs in files.items():
        write_atomic(folder / f"{name}.csv", as_csv(pairs))


def convention(number: int, pairs: int) -> list[Pair]:
    """Pairs of one convention, each about another name."""
    draw = rng(SEED, "bike-shop/drill", 0, number)
    words = {key: _word(draw) for key in ("noun", "verb", "table", "a", "b", "c")}
    words |= {"small": _one(draw, SMALL_WORDS), "other": _one(draw, SMALL_WORDS)}
    wording, query = _one(draw, WORDINGS), _one(draw, QUERIES)
    names = [NAMES[i] for i in draw.permutation(len(NAMES))[:pairs].tolist()]
    return [(wording.format(name=n, **words), query.format(name=n, **words)) for n in names]


def _word(draw: np.random.Generator) -> str:
    return "".join(_one(draw, SYLLABLES) for _ in range(int(draw.integers(2, 4))))


def _one(draw: np.random.Generator, values: tuple[str, ...] | list[str]) -> str:
    return values[int(draw.integers(len(values)))]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent)
