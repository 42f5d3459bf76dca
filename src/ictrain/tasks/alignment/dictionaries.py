"""Dictionaries: symbol -> automaton; what a base knows, a task fixes, or a test changes.

- the default dictionary ships with a base, which knows it by heart;
- a task's dictionary agrees with the default one on a share of the symbols;
- a changed dictionary agrees with none of some others, so that only a context can tell it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ictrain.errors import ConfigError, DataError
from ictrain.files import write_atomic
from ictrain.randomness import rng, stable_hash
from ictrain.tasks.alignment.automata import Automaton, AutomatonSettings
from ictrain.tasks.alignment.symbols import LETTERS, SYMBOLS

_TRIES = 1000


class Dictionary(Mapping[str, Automaton]):
    """An immutable mapping from symbols to automata; a missing symbol is a DataError."""

    def __init__(self, automata: Mapping[str, Automaton]) -> None:
        self._automata = dict(automata)

    def __getitem__(self, symbol: str) -> Automaton:
        if symbol not in self._automata:
            raise DataError(f"symbol {symbol!r} is not in the dictionary")
        return self._automata[symbol]

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._automata

    def __iter__(self) -> Iterator[str]:
        return iter(self._automata)

    def __len__(self) -> int:
        return len(self._automata)

    def save(self, path: Path) -> None:
        """Writes the dictionary as JSON, one symbol to a line."""
        lines = [f"{json.dumps(s)}: {json.dumps(a.to_rows())}" for s, a in self._automata.items()]
        write_atomic(path, "{\n" + ",\n".join(lines) + "\n}\n")

    @classmethod
    def load(cls, path: Path) -> Dictionary:
        """Reads a saved dictionary.

        Raises:
            DataError: no such file, or not a dictionary.
        """
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
            items = list(values.items())
        except OSError as error:
            raise DataError(f"cannot read: {error.strerror}", where=str(path)) from None
        except (ValueError, AttributeError):
            raise DataError("not a dictionary in JSON", where=str(path)) from None
        return cls({s: Automaton.from_rows(rows, f"{path}, {s}") for s, rows in items})

    def agreeing(self, other: Dictionary, length: int) -> list[str]:
        """The symbols for which some word of this length is right in both."""
        both = [s for s in self if s in other]
        return [s for s in both if self[s].shares_word(other[s], length)]


def draw_dictionary(
    seed: int,
    purpose: str,
    settings: AutomatonSettings,
    symbols: Sequence[str] = SYMBOLS,
    *,
    unlike: Iterable[Dictionary] = (),
    length: int = 2,
) -> Dictionary:
    """A random dictionary; a symbol's automaton depends on nothing but (seed, purpose, symbol).

    Args:
        unlike: dictionaries with which the new one shares no word of `length` letters.

    Raises:
        ConfigError: the settings leave no room for a dictionary unlike those.
    """
    others = tuple(unlike)
    automata = {}
    for symbol in symbols:
        known = [other[symbol] for other in others if symbol in other]
        for attempt in range(_TRIES):
            automaton = Automaton.draw(rng(seed, purpose, attempt, stable_hash(symbol)), settings)
            if not any(automaton.shares_word(old, length) for old in known):
                break
        else:
            raise ConfigError(
                f"no automaton for {symbol!r} unlike {len(known)} others",
                expected="settings with more letters or less branching",
            )
        automata[symbol] = automaton
    return Dictionary(automata)


def task_dictionary(
    seed: int,
    purpose: str,
    settings: AutomatonSettings,
    default: Dictionary,
    *,
    share: float = 0.3,
    length: int = 2,
) -> Dictionary:
    """A task's dictionary: it agrees with the default one on a share of the symbols, on no other.

    Raises:
        ConfigError: a share outside 0..1.
    """
    if not 0 <= share <= 1:
        raise ConfigError(f"share {share}", expected="a number from 0 to 1")
    symbols = list(default)
    fresh = draw_dictionary(seed, purpose, settings, symbols, unlike=[default], length=length)
    kept = rng(seed, f"{purpose}/kept").permutation(len(symbols))[: round(share * len(symbols))]
    return Dictionary({**fresh, **{symbols[i]: default[symbols[i]] for i in kept.tolist()}})


def letter_table(dictionary: Dictionary, length: int) -> NDArray[np.int64]:
    """int64 [symbols, length]: the letters 0..25 of each symbol's word.

    Raises:
        DataError: an automaton with more than one word of this length.
    """
    rows = []
    for symbol, automaton in dictionary.items():
        state, row = 0, []
        for _ in range(length):
            if len(automaton.arcs[state]) > 1:
                raise DataError(f"symbol {symbol!r} has several words", expected="branching 1")
            letter, state = automaton.arcs[state][0]
            row.append(LETTERS.index(letter))
        rows.append(row)
    return np.array(rows, dtype=np.int64)
