"""Probabilistic finite automata (PFA) over letters: each source symbol owns one.

An automaton has states 0..n. From state 0 a word is walked: every transition emits its letter. The
letters that leave a state are distinct, so (state, letter) fixes the next state and to accept a
piece is a deterministic walk. With a branching of 1 the automaton is a fixed string.

Source: Agarwal & Sarawagi, 'The missing alignment link of in-context learning on sequences'
(ICML 2025), appendix B.2; the IC-Train paper, appendix C.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from pydantic import Field, model_validator

from ictrain.errors import ConfigError, DataError
from ictrain.settings import Settings
from ictrain.tasks.alignment.symbols import LETTERS

Arc = tuple[str, int]
"""A letter and the state to which it leads."""


class AutomatonSettings(Settings):
    """How automata are drawn; every pair is (least, most), drawn uniformly.

    The defaults are deterministic strings; branching (1, 4) is the paper's.
    """

    branching: tuple[int, int] = Field(
        default=(1, 1), description="arcs that leave a state, all equally likely"
    )
    states: tuple[int, int] = Field(default=(4, 12), description="states beside the start")
    alphabet: tuple[int, int] = Field(
        default=(4, 18), description="distinct letters of one automaton"
    )

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        for name in ("branching", "states", "alphabet"):
            least, most = getattr(self, name)
            if not 1 <= least <= most:
                raise ConfigError(f"{name} {least}..{most}", expected="1 <= least <= most")
        if self.alphabet[1] > len(LETTERS):
            raise ConfigError(f"an alphabet of {self.alphabet[1]}", expected="at most 26 letters")
        if self.branching[1] > min(self.states[0], self.alphabet[0]):
            raise ConfigError(
                f"branching up to {self.branching[1]}",
                expected="no more than the fewest states and the fewest letters",
            )
        return self


@dataclass(frozen=True)
class Automaton:
    """arcs[state]: what leaves that state, each arc equally likely; state 0 is the start."""

    arcs: tuple[tuple[Arc, ...], ...]

    @classmethod
    def draw(cls, rng: np.random.Generator, settings: AutomatonSettings) -> Automaton:
        """A random automaton: alphabet, then for each state its letters and next states."""
        states = _between(rng, settings.states)
        size = _between(rng, settings.alphabet)
        alphabet = [LETTERS[i] for i in rng.choice(len(LETTERS), size, replace=False)]
        rows = []
        for _ in range(states + 1):
            count = _between(rng, settings.branching)
            letters = rng.choice(size, count, replace=False)
            following = 1 + rng.choice(states, count, replace=False)  # never back to the start
            rows.append(
                tuple(
                    (alphabet[i], int(state)) for i, state in zip(letters, following, strict=True)
                )
            )
        return cls(tuple(rows))

    @classmethod
    def of_word(cls, word: str) -> Automaton:
        """The automaton that says this word (and then its last letter, again and again)."""
        arcs = [((letter, i + 1),) for i, letter in enumerate(word)]
        return cls((*arcs, ((word[-1], len(word)),)))

    @classmethod
    def from_rows(cls, rows: Sequence[Any], where: str = "") -> Automaton:
        """Reads what to_rows wrote.

        Raises:
            DataError: rows that are no automaton.
        """
        try:
            arcs = tuple(tuple((str(a), int(s)) for a, s in row) for row in rows)
        except (TypeError, ValueError):
            arcs = ()
        if not arcs or any(not row or any(not 0 < s < len(arcs) for _, s in row) for row in arcs):
            raise DataError("no automaton", expected="rows of [letter, next state]", where=where)
        return cls(arcs)

    def to_rows(self) -> list[list[list[str | int]]]:
        """For JSON: for each state its arcs [letter, next state]."""
        return [[[letter, state] for letter, state in row] for row in self.arcs]

    def word(self, rng: np.random.Generator, length: int) -> str:
        """A random walk of so many letters from the start."""
        state, letters = 0, []
        for _ in range(length):
            row = self.arcs[state]
            letter, state = row[int(rng.integers(len(row)))] if len(row) > 1 else row[0]
            letters.append(letter)
        return "".join(letters)

    def accepts(self, piece: str) -> bool:
        """Whether the walk from the start can say this piece."""
        state = 0
        for letter in piece:
            state = next((after for said, after in self.arcs[state] if said == letter), -1)
            if state < 0:
                return False
        return True

    def shares_word(self, other: Automaton, length: int) -> bool:
        """Whether some word of this length is accepted by both."""
        pairs = {(0, 0)}
        for _ in range(length):
            pairs = {
                (mine, theirs)
                for a, b in pairs
                for letter, mine in self.arcs[a]
                for said, theirs in other.arcs[b]
                if letter == said
            }
        return bool(pairs)


def _between(rng: np.random.Generator, bounds: tuple[int, int]) -> int:
    return int(rng.integers(bounds[0], bounds[1] + 1))
