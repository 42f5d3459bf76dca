"""How a model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator

from ictrain.contexts import MODES
from ictrain.errors import ConfigError, nearest
from ictrain.settings import Settings
from ictrain.statistics import BANDS


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
    half: Literal["search", "held_back"] | None = Field(
        default=None,
        description="of dev, by each item's input: ictrain tune searches on one half and judges on "
        "the other; all of it if empty",
    )
    worst_over: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="the bands that ictrain tune and training.select look at, by dev set, e.g. "
        "{dev: [low, medium, high, none]}; if empty low, medium and high of the fixed task's",
    )
    batch_tokens: int = Field(
        default=16384, ge=1, description="tokens in memory at once when answers are generated"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for mode in self.modes:
            if mode not in MODES:
                raise ConfigError(f"unknown mode {mode!r}", mend=nearest(mode, MODES))
        if self.half is not None and self.split != "dev":
            raise ConfigError(f"half {self.half!r} of the test sets", expected="split: dev")
        for bands in self.worst_over.values():
            for band in bands:
                if band not in (*BANDS, "none"):
                    raise ConfigError(
                        f"unknown band {band!r}", mend=nearest(band, (*BANDS, "none"))
                    )
        if self.sweep and min(self.sweep) < 1:
            raise ConfigError(f"sweep {list(self.sweep)}", expected="whole numbers from 1 on")
        return self

    def counted(self, dev: Sequence[str], id_test: str) -> dict[str, tuple[str, ...]]:
        """The bands that make the worst one, by dev set.

        Args:
            dev: the names of all dev sets.
            id_test: the test set of the fixed task.
        """
        if self.worst_over:
            return dict(self.worst_over)
        own = next((name for name in (id_test, f"dev_{id_test}") if name in dev), dev[0])
        return {own: BANDS}

    def swept(self) -> list[EvaluationSettings]:
        """These settings with each other number of examples, in modes that have any."""
        modes = tuple(m for m in self.modes if m != "none" and not m.endswith("_shuffled"))
        counts = sorted(set(self.sweep) - {self.k}) if modes else []
        return [self.model_copy(update={"k": k, "modes": modes, "sweep": ()}) for k in counts]
