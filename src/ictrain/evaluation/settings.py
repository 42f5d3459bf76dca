"""How a model is asked."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ictrain.contexts import MODES
from ictrain.errors import ConfigError, nearest
from ictrain.settings import Settings


class EvaluationSettings(Settings):
    """Which context modes, and how many examples."""

    modes: tuple[str, ...] = Field(
        default=("none", "random", "similar", "one_similar", "one_paraphrase"),
        description="context modes; the paper has the last four",
    )
    k: int = Field(default=4, ge=1, description="examples per context [ours: 4]")
    sweep: tuple[int, ...] = Field(
        default=(),
        description="further numbers of examples, e.g. [1, 2, 8, 16]: the modes with context are "
        "asked again with each, for a figure of its own",
    )
    split: Literal["dev", "test"] = Field(
        default="test", description="dev for choosing settings, test for the figures"
    )
    batch_tokens: int = Field(
        default=16384, ge=1, description="tokens in memory at once when answers are generated"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for mode in self.modes:
            if mode not in MODES:
                raise ConfigError(f"unknown mode {mode!r}", mend=nearest(mode, MODES))
        if self.sweep and min(self.sweep) < 1:
            raise ConfigError(f"sweep {list(self.sweep)}", expected="whole numbers from 1 on")
        return self

    def swept(self) -> list[EvaluationSettings]:
        """These settings with each other number of examples, in modes that have any."""
        modes = tuple(m for m in self.modes if m != "none" and not m.endswith("_shuffled"))
        counts = sorted(set(self.sweep) - {self.k}) if modes else []
        return [self.model_copy(update={"k": k, "modes": modes, "sweep": ()}) for k in counts]
