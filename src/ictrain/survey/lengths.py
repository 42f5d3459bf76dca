"""How long rows are, and the prompts that they make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ictrain.examples import Example
from ictrain.randomness import rng
from ictrain.survey.tokens import CHARACTERS, LONGEST_TEXT, Tokens

_ROWS, _PROMPTS = 2000, 1000


@dataclass(frozen=True)
class Lengths:
    """Percentiles of lengths in tokens."""

    median: int
    p95: int
    p99: int
    longest: int

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> Lengths:
        """Of at least one count."""
        found = np.percentile(counts, (50, 95, 99), method="inverted_cdf")  # of lengths that are
        middle, high, highest = (int(length) for length in found)
        return cls(middle, high, highest, int(counts.max()))


@dataclass(frozen=True)
class Measured:
    """Lengths of a part's rows, of the prompts that they make, and how many rows were measured.

    Attributes:
        inputs, outputs: int64 [measured].
        characters: int64 [measured], of both together.
        frame: tokens of an example's template around input and output.
        around: tokens of a prompt that belong to no example, its EOS included.
    """

    inputs: NDArray[np.int64]
    outputs: NDArray[np.int64]
    characters: NDArray[np.int64]
    frame: int
    around: int

    @property
    def alone(self) -> NDArray[np.int64]:
        """int64 [measured]: each row as a target without context, its answer included."""
        return self.inputs + self.outputs + self.frame + self.around

    def prompt(self, k: int, window: int | None = None) -> Lengths:
        """Of prompts with k random examples, the target's answer included.

        Args:
            k: examples.
            window: rows that do not fit it even alone are in no prompt; None takes all.
        """
        alone = self.alone
        fitting = alone if window is None or alone.min() > window else alone[alone <= window]
        places = rng(0, "survey/prompts").integers(0, len(fitting), size=(_PROMPTS, k + 1))
        return Lengths.of((fitting[places] - self.around).sum(axis=1) + self.around)

    def characters_of(self, window: int) -> int | None:
        """About the most characters of a row that fits the window; None if all rows fit.

        No measured row that does not fit has so few.
        """
        longer = self.characters[self.alone > window]
        if not len(longer):
            return None
        below = self.characters[self.characters < longer.min()]
        return min(int(longer.min()) - 1, math.ceil(int(below.max(initial=0)) / 100) * 100)


def measure(examples: Sequence[Example], tokens: Tokens, template: str) -> Measured:
    """Counts on a sample of up to 2,000 rows, the longest ones always among them.

    Args:
        examples: of one part.
        tokens: the counter.
        template: of a context example.
    """
    chosen = _sample(examples)
    inputs = tokens.count([e.input for e in chosen])
    outputs = tokens.count([e.output for e in chosen])
    frame = tokens.count([template.replace("{input}", "").replace("{output}", "")])
    characters = np.array([len(e.input) + len(e.output) for e in chosen], dtype=np.int64)
    return Measured(inputs, outputs, characters, int(frame[0]), tokens.around + 1)


def _sample(examples: Sequence[Example]) -> list[Example]:
    if len(examples) <= _ROWS and sum(len(e.input) + len(e.output) for e in examples) < CHARACTERS:
        return list(examples)
    longest = {max(range(len(examples)), key=lambda i: len(examples[i].input)),
               max(range(len(examples)), key=lambda i: len(examples[i].output))}  # fmt: skip
    order = [*longest, *rng(0, "survey/rows").permutation(len(examples)).tolist()]
    kept: dict[int, None] = {}
    left = CHARACTERS
    for place in order:
        if len(kept) >= _ROWS or (left <= 0 and len(kept) >= 50):
            break
        kept.setdefault(place)
        e = examples[place]
        left -= min(len(e.input), LONGEST_TEXT) + min(len(e.output), LONGEST_TEXT)
    return [examples[place] for place in kept]
