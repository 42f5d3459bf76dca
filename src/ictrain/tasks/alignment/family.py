"""The alignment family: inputs of m symbols, outputs of m words of l letters in a fixed order.

    input 'Ka To', l = 2, order reversed:   output = word(To) + word(Ka) = 'ri' + 'jj'

Everything is a pure function of its arguments and an explicit generator.
Source: the IC-Train paper, appendix C.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from ictrain.errors import ConfigError, DataError
from ictrain.metrics.alike import overlap
from ictrain.settings import Settings
from ictrain.tasks.alignment.automata import AutomatonSettings
from ictrain.tasks.alignment.dictionaries import Dictionary
from ictrain.tasks.alignment.symbols import SYMBOLS, join, split


class Family(Settings):
    """One family of tasks.

    The defaults are the demo's. The paper's C.4 is Family(size=3, length=2, order='same',
    automata=AutomatonSettings(branching=(1, 4))), and the same with size=2, length=4; there random
    contexts use 25 symbols and similar ones 12 (pool_symbols).
    """

    size: int = Field(default=2, ge=1, description="m, symbols of an input")
    length: int = Field(default=2, ge=1, description="l, letters of a word")
    order: Literal["reversed", "same"] | tuple[int, ...] = Field(
        default="reversed",
        description="of the words: reversed (for m = 2: swapped), same, or a list: word j comes "
        "from the symbol [j]",
    )
    automata: AutomatonSettings = Field(
        default=AutomatonSettings(), description="how each symbol's words are made"
    )

    @model_validator(mode="after")
    def _order_fits(self) -> Self:
        if isinstance(self.order, tuple) and sorted(self.order) != list(range(self.size)):
            raise ConfigError(f"order {self.order}", expected=f"each of 0..{self.size - 1} once")
        return self

    def words(self, symbols: Sequence[str]) -> tuple[str, ...]:
        """The symbols in the order of their words.

        Raises:
            DataError: an explicit order and another number of symbols.
        """
        if self.order == "reversed":
            return tuple(reversed(symbols))
        if self.order == "same":
            return tuple(symbols)
        if len(symbols) != self.size:
            raise DataError(f"input {join(symbols)!r}", expected=f"{self.size} symbols")
        return tuple(symbols[int(i)] for i in self.order)

    def output(self, text: str, dictionary: Dictionary, rng: np.random.Generator) -> str:
        """An output of an input: the only one if automata are deterministic, else a random one.

        Raises:
            DataError: a part of the input that is no symbol of the dictionary.
        """
        return "".join(dictionary[s].word(rng, self.length) for s in self.words(split(text)))

    def pieces(self, output: str, count: int) -> list[str]:
        """An output cut into words; what is missing is '', what is too much is left out."""
        letters = output.strip()
        starts = range(0, count * self.length, self.length)
        return [letters[start : start + self.length] for start in starts]

    def alike(self, source: str, hypothesis: str, reference: str) -> float:
        """F1 of the words of two outputs of source, in whatever order: an input whose symbols
        stand in another order has the same words in another order."""
        count = len(split(source))
        first, second = (
            [piece for piece in self.pieces(text, count) if piece]
            for text in (hypothesis, reference)
        )
        return overlap(first, second)

    def acceptance(self, output: str, text: str, dictionary: Dictionary) -> list[bool]:
        """For each word's place: whether the piece there is whole and accepted by its automaton."""
        symbols = self.words(split(text))
        pieces = self.pieces(output, len(symbols))
        return [
            len(piece) == self.length and dictionary[symbol].accepts(piece)
            for symbol, piece in zip(symbols, pieces, strict=True)
        ]

    def accuracy(self, output: str, text: str, dictionary: Dictionary) -> float:
        """The share of accepted words; letters behind the last word do not count here."""
        accepted = self.acceptance(output, text, dictionary)
        return sum(accepted) / len(accepted)

    def exact(self, output: str, text: str, dictionary: Dictionary) -> bool:
        """Whether all words are accepted and nothing else was said."""
        whole = len(output.strip()) == self.length * len(split(text))
        return whole and all(self.acceptance(output, text, dictionary))


def pool_symbols(
    count: int, rng: np.random.Generator, symbols: Sequence[str] = SYMBOLS
) -> list[str]:
    """Some of the symbols, in random order.

    Raises:
        ConfigError: more than there are.
    """
    if not 1 <= count <= len(symbols):
        raise ConfigError(f"{count} symbols", expected=f"1 to {len(symbols)}")
    return [symbols[i] for i in rng.permutation(len(symbols))[:count].tolist()]
