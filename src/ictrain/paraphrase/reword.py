"""Other words around the same question: the output stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from ictrain.contexts import NearDuplicate
from ictrain.errors import ConfigError
from ictrain.examples import Example
from ictrain.settings import Settings


class RewordSettings(Settings):
    """A rule: other words around the same question; nothing is paid for."""

    method: Literal["reword"] = Field(
        default="reword", description="the input stands in a frame of words"
    )
    template: str = Field(
        default="tell me {input}", description="the new input, around the old one"
    )
    also: tuple[str, ...] = Field(
        default=(),
        description="further frames of words: one of all is drawn for each near-duplicate",
    )

    @property
    def frames(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((self.template, *self.also)))

    @model_validator(mode="after")
    def _frames(self) -> Self:
        for frame in self.frames:
            if "{input}" not in frame or frame.strip() == "{input}":
                raise ConfigError(f"template is {frame!r}", expected="words around {input}")
        return self


def reword(frames: Sequence[str]) -> NearDuplicate:
    """A near-duplicate whose input is one of the frames with {input} filled in."""
    return partial(_reword, tuple(frames))


def _reword(frames: Sequence[str], target: Example, generator: np.random.Generator) -> Example:
    number = int(generator.integers(len(frames))) if len(frames) > 1 else 0
    text = frames[number].replace("{input}", target.input)
    return Example(f"{target.id}#reworded{number or ''}", text, target.output, target.meta)
