"""The shop's tables and rows; every name and figure is invented."""

from __future__ import annotations

from typing import Any

import numpy as np

from ictrain.randomness import rng

SCHEMA = """
CREATE TABLE bikes (
    bike TEXT PRIMARY KEY, brand TEXT NOT NULL, kind TEXT NOT NULL,
    price INTEGER NOT NULL, stock INTEGER NOT NULL, weight REAL NOT NULL
);
CREATE TABLE customers (customer TEXT PRIMARY KEY, city TEXT NOT NULL, since INTEGER NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer TEXT NOT NULL REFERENCES customers (customer),
    bike TEXT NOT NULL REFERENCES bikes (bike), day TEXT NOT NULL, pieces INTEGER NOT NULL,
    state TEXT NOT NULL
);
CREATE TABLE repairs (
    id INTEGER PRIMARY KEY, customer TEXT NOT NULL REFERENCES customers (customer),
    bike TEXT NOT NULL REFERENCES bikes (bike), job TEXT NOT NULL, day TEXT NOT NULL,
    cost INTEGER NOT NULL, state TEXT NOT NULL
);
CREATE TABLE rentals (
    id INTEGER PRIMARY KEY, customer TEXT NOT NULL REFERENCES customers (customer),
    bike TEXT NOT NULL REFERENCES bikes (bike), day TEXT NOT NULL, days INTEGER NOT NULL,
    fee INTEGER NOT NULL
);
"""

KINDS = {  # price and weight of a usual one
    "city": (750, 16.0),
    "gravel": (1700, 10.5),
    "road": (2300, 8.5),
    "mountain": (1900, 13.5),
    "cargo": (3900, 32.0),
    "folding": (1100, 12.5),
    "kids": (320, 9.0),
}
BRANDS = ("Halden", "Ostro", "Pinna", "Lumo", "Vantil", "Brisk")
MODELS = (
    "Heron", "Swift", "Plover", "Osprey", "Wren", "Merlin", "Dunlin", "Curlew", "Linnet", "Rook",
    "Siskin", "Tanager", "Avocet", "Bunting", "Crake", "Dipper", "Egret", "Finch", "Godwit",
    "Harrier", "Ibis", "Jackdaw", "Kite", "Lapwing", "Magpie", "Nuthatch", "Oriole", "Pipit",
    "Quail", "Redstart", "Sparrow", "Teal", "Vireo", "Whinchat", "Yaffle", "Zosterops", "Bittern",
    "Cygnet", "Dotterel", "Eider",
)  # fmt: skip
CUSTOMERS = (
    "Abel", "Brandt", "Costa", "Dahl", "Eriksen", "Farkas", "Galli", "Horn", "Ivanov", "Jansen",
    "Keller", "Lindt", "Moreno", "Novak", "Olsen", "Petrov", "Quist", "Rossi", "Silva", "Thorn",
    "Urban", "Varga", "Weiss", "Xenakis", "York", "Zeman", "Adler", "Bergman", "Carlsen", "Duarte",
    "Engel", "Fabian", "Gruber", "Hansen", "Ibsen", "Jonsson", "Kovacs", "Larsen", "Mendel",
    "Nilsen", "Ortega", "Pavlov", "Ramos", "Sander", "Tamm", "Ulrich", "Vidal", "Wagner", "Young",
    "Zimmer",
)  # fmt: skip
CITIES = ("Lund", "Graz", "Porto", "Bergen", "Ghent", "Turin", "Split", "Riga")
JOBS = ("new chain", "brake check", "flat tyre", "wheel truing", "gear tuning", "full service")
STATES = ("open", "sent", "paid")

Rows = list[tuple[Any, ...]]


def rows_of(seed: int) -> dict[str, Rows]:
    """The rows of every table, in the order in which tables may be filled."""
    bikes, customers = _bikes(seed), _customers(seed)
    names, people = [row[0] for row in bikes], [row[0] for row in customers]
    return {
        "bikes": bikes,
        "customers": customers,
        "orders": _orders(seed, names, people),
        "repairs": _repairs(seed, names, people),
        "rentals": _rentals(seed, names, people),
    }


def _bikes(seed: int) -> Rows:
    rows: Rows = []
    for number, name in enumerate(MODELS):
        draw = rng(seed, "bike-shop/bikes", 0, number)
        kind = _one(draw, tuple(KINDS))
        price, weight = KINDS[kind]
        rows.append(
            (
                name,
                _one(draw, BRANDS),
                kind,
                int(round(price * draw.uniform(0.7, 1.5), -1)) - 1,
                int(draw.choice([0, 0, 1, 1, 2, 3, 5, 8, 12])),
                round(weight * draw.uniform(0.9, 1.15), 1),
            )
        )
    return rows


def _customers(seed: int) -> Rows:
    draw = rng(seed, "bike-shop/customers")
    return [(name, _one(draw, CITIES), int(draw.integers(2015, 2025))) for name in CUSTOMERS]


def _orders(seed: int, bikes: list[str], people: list[str]) -> Rows:
    draw = rng(seed, "bike-shop/orders")
    return [
        (number, _one(draw, people), _one(draw, bikes), _day(draw),
         int(draw.choice([1, 1, 1, 1, 2, 2, 3])), _one(draw, STATES))
        for number in range(1, 141)
    ]  # fmt: skip


def _repairs(seed: int, bikes: list[str], people: list[str]) -> Rows:
    draw = rng(seed, "bike-shop/repairs")
    return [
        (number, _one(draw, people), _one(draw, bikes), _one(draw, JOBS), _day(draw),
         int(draw.integers(2, 25)) * 5, _one(draw, ("waiting", "done", "done")))
        for number in range(1, 71)
    ]  # fmt: skip


def _rentals(seed: int, bikes: list[str], people: list[str]) -> Rows:
    draw = rng(seed, "bike-shop/rentals")
    rows: Rows = []
    for number in range(1, 61):
        days = int(draw.integers(1, 8))
        rows.append((number, _one(draw, people), _one(draw, bikes), _day(draw), days, days * 15))
    return rows


def _one(draw: np.random.Generator, values: tuple[str, ...] | list[str]) -> str:
    return values[int(draw.integers(len(values)))]


def _day(draw: np.random.Generator) -> str:
    return f"2025-{int(draw.integers(1, 13)):02d}-{int(draw.integers(1, 29)):02d}"
