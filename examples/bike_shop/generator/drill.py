"""Makes drill.csv: questions in words without meaning, to learn reading from.

    python generator/drill.py    # writes drill*.csv into the folder above

Each of many conventions draws its own words for question, table and columns, and has a few pairs
that differ in one name. By heart there is nothing to gain: in the next convention the same words
mean something else. What pays is to find the pair of the same convention in the context, to take
its SQL, and to put the question's own name into it. A model that was trained on this reads its
context and knows nothing of the shop but its words and names; it stands in for a language model
where none is at hand.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from database import BRANDS, CITIES, CUSTOMERS, JOBS, KINDS, MODELS
from make import SEED, Pair, as_csv
from questions import MONTHS, PRICES, dressed

from ictrain.files import write_atomic
from ictrain.randomness import rng

CONVENTIONS, PAIRS = 6000, 4
HELD_OUT = 60
"""Conventions of the test: one pair is asked, two stand in the pool."""
NAMES = (*MODELS, *CUSTOMERS, *CITIES, *BRANDS, *KINDS, *JOBS)
_WORDS = """
    account answer apple arrow average bag balance basket bell bike bikes blue board boat book box
    brand bridge bring broken brown brush bucket build button buyers buy call candle car card
    cash chair cheapest cheese city clean clock cloud coat coin cold colour corner cost costs count
    cup customer customers date day dearest deep desk did dinner do does dog door dress drive dry
    early egg empty engine euros evening expensive farm fast fee fees field film fire first fish
    flag floor flower fold food forest form four free fresh front fruit full garden gate get glass
    gold grass green group guest hall hand happy hat have heavy height hill hold home horse hotel
    hour house hundred ice inch island jar job kept key kind kitchen lamp large last late
    latest law leaf left less letter light line list live local lock long lunch machine made make
    makes many map market match meal member metal milk mill minute mirror money month moon morning
    most mountain much music name names near needle new night noise north number offer oil old open
    orange order ordered orders our owner page paint paper park part past people pen pencil person
    picture pieces pipe place plan plant plate pocket pool post price prices print quick rain reach
    red regulars rent rentals rented repair repairs rest revenue rice ring river road rock roof room
    rope round sale salt sand school screen sea seat second sell sent shape sheet ship shoe shop
    short side sign silver since size sky small snow soap sold song sound south space spoon spring
    star start state station steel stock stone store storm street sugar summer sun table tall
    task tax tea team ten test ticket time tin tool top tower town toy trade train tree trip truck
    turn under valley value village visit wait waiting wall water wave week weigh weight west wheel
    which who wide wind window wine winter wire wood word work world year yellow young
"""
WORDS = _WORDS.split()
SMALL_WORDS = (
    "the", "of the", "how many", "which", "list the", "what is", "in", "by", "number of", "from",
    "who", "are", "a", "did", "for a", "our",
)  # fmt: skip
WORDINGS = (
    "{s1} {n1} {s2} {n2} {name}",
    "{s1} {name} {n1} {s2} {n2}",
    "{n1} {n2} {s1} {name}",
    "{s1} {n1} {n2} {s2} {name}",
    "{s1} {name} {n1} {n2} {s2} {n3}",
    "{n1} {s1} {n2} {s2} {name} {n3}",
)
QUERIES = (
    "SELECT {a} FROM {table} WHERE {b} = '{name}'",
    "SELECT {a} FROM {table} WHERE {b} = '{name}'",
    "SELECT count(*) FROM {table} WHERE {b} = '{name}'",
    "SELECT {made}({a}) FROM {table} WHERE {b} = '{name}'",
    "SELECT {a} FROM {table} WHERE {b} = '{name}' AND {c} {sign} {number}",
    "SELECT {a} FROM {table} WHERE {b} = '{name}' AND {c} = '{n2}'",
    "SELECT {a} FROM {table} WHERE {b} = '{name}' ORDER BY {c} DESC LIMIT 1",
    "SELECT {made}({a}) FROM {table} JOIN {c} USING ({a}) WHERE {b} = '{name}'",
)
ABOUT_MONTHS = (
    "SELECT {a} FROM {table} WHERE {b} LIKE '{month}%'",
    "SELECT count(*) FROM {table} WHERE {b} LIKE '{month}%'",
)
ABOUT_NUMBERS = (
    "SELECT {a} FROM {table} WHERE {b} {sign} {name}",
    "SELECT count(*) FROM {table} WHERE {b} {sign} {name} AND {c} = '{n2}'",
)
NUMBERS = ("0", "1", "2", "2019", *map(str, PRICES))


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
    """Pairs of one convention, each about another name, month or number."""
    draw = rng(SEED, "bike-shop/drill", 0, number)
    chosen = [WORDS[i] for i in draw.permutation(len(WORDS))[:7].tolist()]
    words = dict(zip(("table", "n1", "n2", "n3", "a", "b", "c"), chosen, strict=True))
    words |= {"s1": _one(draw, SMALL_WORDS), "s2": _one(draw, SMALL_WORDS)}
    words |= {"made": _one(draw, ("sum", "avg")), "sign": _one(draw, ("=", "<", "<=", ">"))}
    words |= {"number": _one(draw, NUMBERS)}
    queries, names = _subject(draw)
    wording, query = _one(draw, WORDINGS), _one(draw, queries)
    asked = [names[i] for i in draw.permutation(len(names))[:pairs].tolist()]
    return [
        (dressed(wording.format(name=name, **words), draw),
         query.format(name=name, month=_written(name), **words))
        for name in asked
    ]  # fmt: skip


def _subject(draw: np.random.Generator) -> tuple[Sequence[str], Sequence[str]]:
    """Queries, and what their questions differ in."""
    kind = draw.random()
    if kind < 0.15:
        return ABOUT_MONTHS, MONTHS
    return (ABOUT_NUMBERS, NUMBERS) if kind < 0.3 else (QUERIES, NAMES)


def _written(name: str) -> str:
    """A month as the database writes it."""
    return f"2025-{MONTHS.index(name) + 1:02d}" if name in MONTHS else ""


def _one(draw: np.random.Generator, values: Sequence[str]) -> str:
    return values[int(draw.integers(len(values)))]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent)
