"""Splits one file into train, dev and test, so that no input stands in two of them.

Every group of equal inputs has one random number of its own, made of the split's seed and the
group's content alone. So the split does not depend on the order of the rows, on the seed of a run
or on the machine, and rows that are added later move no other group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ictrain.errors import ConfigError
from ictrain.examples import Example, normalise
from ictrain.randomness import stable_hash, uniforms
from ictrain.settings import Settings
from ictrain.similarity.linked import linked


class SplitSettings(Settings):
    """Which shares of the training file become dev and test set."""

    dev: float = Field(default=0.1, ge=0, lt=1, description="share; not read if there is a dev")
    test: float = Field(default=0.1, ge=0, lt=1, description="share; not read if there are tests")
    seed: int = Field(default=0, ge=0, description="of the split; a run's seeds do not change it")
    near: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="inputs of this word overlap (Jaccard) or more stay together as well; if "
        "empty, equal ones alone: then near neighbours of test items may stand in the pool, which "
        "is what contexts are for",
    )
    near_by: Literal["words", "characters"] = Field(
        default="words", description="characters: for scripts that put no space between words"
    )

    @model_validator(mode="after")
    def _leaves_training(self) -> Self:
        if self.dev + self.test >= 1:
            raise ConfigError(
                f"dev {self.dev:g} and test {self.test:g}", expected="together less than 1"
            )
        return self


@dataclass(frozen=True)
class Split:
    """The three parts, each in the order of the file."""

    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    test: tuple[Example, ...]


def split(
    examples: Sequence[Example], settings: SplitSettings, *, dev: bool = True, test: bool = True
) -> Split:
    """Every example in exactly one part, every group whole in one of them.

    A group is drawn into the test set when its number lies in [0, test), into the dev set when in
    [test, test + dev).

    Args:
        examples: of one file.
        settings: shares, seed, what makes a group.
        dev, test: without one of them, its groups stay in train; those of the other do not change.
    """
    drawn = uniforms(settings.seed, "pairs/split", 0, _keys(examples, settings), 1)[:, 0]
    below = drawn < settings.test
    to_test = below & test
    to_dev = ~below & (drawn < settings.test + settings.dev) & dev

    def part(chosen: NDArray[np.bool_]) -> tuple[Example, ...]:
        return tuple(examples[i] for i in np.flatnonzero(chosen).tolist())

    return Split(part(~to_test & ~to_dev), part(to_dev), part(to_test))


def _keys(examples: Sequence[Example], settings: SplitSettings) -> NDArray[np.uint64]:
    """uint64 [examples]: of each group, the smallest hash of a normalised input in it."""
    inputs = [normalise(e.input) for e in examples]
    distinct = sorted(set(inputs))
    hashes = np.array([stable_hash(text) for text in distinct], dtype=np.uint64)
    if settings.near is not None:
        labels = linked([_bag(text, settings.near_by) for text in distinct], settings.near)
        smallest = np.full(len(distinct), np.iinfo(np.uint64).max, dtype=np.uint64)
        np.minimum.at(smallest, labels, hashes)
        hashes = smallest[labels]
    place = {text: i for i, text in enumerate(distinct)}
    return hashes[[place[text] for text in inputs]]


def _bag(text: str, by: Literal["words", "characters"]) -> frozenset[str]:
    return frozenset(text.split() if by == "words" else text.replace(" ", ""))
