"""Settings of the small base's recipe: its shape and its stages, in steps and never in minutes."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from ictrain.errors import ConfigError
from ictrain.settings import Settings
from ictrain.tasks.alignment import SYMBOLS, AutomatonSettings


class Shape(Settings):
    """The Llama architecture of a base, and what its layer-0 heads start as."""

    layers: int = Field(3, ge=1)
    hidden: int = Field(64, ge=8, multiple_of=2)
    heads: int = Field(8, ge=1)
    head_dim: int = Field(16, ge=4, multiple_of=2)
    intermediate: int = Field(128, ge=8)
    # slow enough for content to be compared across a prompt, fast enough to tell neighbours apart
    rope_theta: float = Field(3000.0, gt=1)
    # this many heads of layer 0 start as '1 token back', '2 tokens back' and so on; 8 reach the
    # third symbol's first letter when words have two letters
    look_back: int = Field(8, ge=0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.look_back > self.heads:
            raise ConfigError(f"look_back {self.look_back}", expected=f"at most {self.heads} heads")
        if self.hidden % self.heads:  # transformers refuses it, whatever head_dim is
            raise ConfigError(f"{self.heads} heads", expected=f"a divisor of hidden {self.hidden}")
        return self


class Stage(Settings):
    """One stage of the curriculum: `steps` steps, or fewer if the probe reaches `until`."""

    name: str
    steps: int = Field(ge=1)
    until: float | None = (
        None  # first-letter accuracy on covered symbols of the fixed probe prompts
    )
    sizes: tuple[int, ...] = (2,)  # m, drawn for each example slot of a batch ...
    size_weights: tuple[float, ...] = (1.0,)  # ... with these weights
    variety: tuple[int, int] = (4, 16)  # fewest and most distinct symbols in a prompt
    known: float = Field(0.5, ge=0, le=1)  # share of a prompt's symbols with their default word
    # fewest and most examples of a prompt, drawn for each batch; each example is learned from those
    # before it, so a base is used to every k below the most, and to no other
    examples: tuple[int, int] = (8, 8)
    batch_examples: int = Field(256, ge=1)  # of all prompts of a batch
    learning_rate: float = Field(3e-3, gt=0)
    warmup: int = Field(0, ge=0)  # steps
    decay: float = Field(0.0, ge=0, le=1)  # last share of the steps, linear decay to 0

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.sizes) != len(self.size_weights):
            raise ConfigError("size_weights", expected="one weight for each of sizes")
        if not 1 <= self.examples[0] <= self.examples[1] <= self.batch_examples:
            raise ConfigError(f"examples {self.examples}", expected="1 <= fewest <= most")
        least, most = self.variety
        if not max(self.sizes) <= least <= most <= len(SYMBOLS):
            raise ConfigError(f"variety {self.variety}", expected="max(sizes) <= fewest <= most")
        if self.decay and self.until is not None:
            raise ConfigError("decay with until", expected="decay only in a stage of fixed steps")
        return self


STAGES = (
    Stage(
        name="one symbol",
        steps=300,
        until=0.95,
        sizes=(1,),
        variety=(2, 4),
        known=0,
        batch_examples=512,
        warmup=100,
    ),
    Stage(
        name="one to three symbols",
        steps=600,
        until=0.95,
        sizes=(1, 2, 3),
        size_weights=(0.1, 0.75, 0.15),
        variety=(3, 10),
        known=0,
    ),
    Stage(
        name="with prior knowledge",
        steps=1000,
        sizes=(1, 2, 3),
        size_weights=(0.1, 0.75, 0.15),
        variety=(4, 24),
        examples=(6, 17),
        decay=0.3,
    ),
)
"""The recipe that ships: first to read a context, then to know the default dictionary as well."""


class BaseSettings(Settings):
    """Everything that decides a base, bit for bit on one machine."""

    seed: int = 0
    length: int = Field(2, ge=1)  # l, letters of a word
    shape: Shape = Shape()
    stages: tuple[Stage, ...] = Field(STAGES, min_length=1)
    automata: AutomatonSettings = AutomatonSettings()  # of the default dictionary
    probe_every: int = Field(50, ge=1)  # steps between looks at the probe
    checkpoint_every: int = Field(200, ge=1)  # steps
    bar: float = Field(0.95, ge=0, le=1)  # least covered and default word accuracy, or it failed
    measured_items: int = Field(512, ge=8)  # prompts of each kind in the measurement
