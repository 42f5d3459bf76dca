"""How `ictrain tune` searches."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from ictrain.contexts import CELLS
from ictrain.errors import ConfigError, nearest
from ictrain.settings import Settings

SEARCHED = ("cells", "epsilon", "tau", "k", "learning_rate")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class TuneSettings(Settings):
    """What `ictrain tune` searches, and for how long. All defaults are ours."""

    strategy: str = Field(default="contrastive", description="the arm that is tuned")
    trials: int = Field(
        default=16, ge=2, description="candidates; the first is the arm as the config has it"
    )
    budget: str | int | float | None = Field(
        default=None,
        description="e.g. 30m or 2h, over all calls of one tune: then no further training is "
        "begun, and room is left for the last comparison",
    )
    sampler: Literal["tpe", "random"] = Field(
        default="tpe", description="who proposes candidates: optuna's TPE, or chance"
    )
    search: tuple[str, ...] = Field(
        default=("cells", "epsilon", "tau", "k"),
        min_length=1,
        description="of cells, epsilon, tau, k and learning_rate; the others stay as they are",
    )
    cells: tuple[str, ...] = Field(
        default=("random", "similar", "one_near"),
        min_length=2,
        description="the cells whose weights are searched; they share what the others leave",
    )
    epsilon: tuple[float, float] = Field(
        default=(0.0, 0.5), description="from, to; stays as it is without a paraphraser"
    )
    tau: tuple[float, float] = Field(default=(0.5, 8.0), description="from, to, by its logarithm")
    k: tuple[int, int] | None = Field(
        default=None,
        description="the range within which a range is searched; if empty from 1 to the largest "
        "of the arm's k and evaluation.k",
    )
    learning_rate: tuple[float, float] | None = Field(
        default=None, description="from, to; if empty a quarter to four times the arm's"
    )
    rungs: int = Field(
        default=2,
        ge=1,
        description="lengths of training, the last with all steps; a rung that is too short "
        "ranks candidates by how fast they begin (docs/decisions/007-tune.md)",
    )
    reduction: int = Field(
        default=3, ge=2, description="one in so many goes on, to so many times the steps"
    )
    startup: int = Field(default=5, ge=1, description="candidates by chance, before TPE has a say")
    together: int = Field(
        default=2,
        ge=1,
        description="candidates proposed at once, from what is known before; the same number gives "
        "the same tune, however many processes work at it",
    )
    finalists: int = Field(
        default=1, ge=1, description="how many of the best are measured anew beside the config's"
    )
    final_seeds: int = Field(
        default=4, ge=1, description="fresh seeds of that measurement; with one nothing is better"
    )
    seed: int = Field(
        default=0, ge=0, description="of the search; the run's own seeds are left for the run"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        _known(self.search, SEARCHED, "search")
        _known(self.cells, CELLS, "cells")
        for name in ("epsilon", "tau", "k", "learning_rate"):
            span = getattr(self, name)
            lowest = {"epsilon": 0, "k": 1}.get(name, 1e-300)
            if span is not None and not (lowest <= span[0] <= span[1]):
                raise ConfigError(f"{name} from {span[0]:g} to {span[1]:g}", expected="low, high")
        if self.epsilon[1] > 1:
            raise ConfigError(f"epsilon up to {self.epsilon[1]:g}", expected="at most 1")
        self.budget_seconds()
        return self

    def budget_seconds(self) -> float | None:
        """The budget in seconds; None without one.

        Raises:
            ConfigError: not a time.
        """
        if self.budget is None:
            return None
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd]?)\s*", str(self.budget))
        if not found or not float(found[1]):
            raise ConfigError(f"budget {self.budget!r}", expected="a time such as 90s, 30m or 2h")
        return float(found[1]) * _UNITS[found[2] or "s"]


def _known(names: tuple[str, ...], known: tuple[str, ...], where: str) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(f"unknown {name!r}", where=where, mend=nearest(name, known))
    if len(set(names)) < len(names):
        raise ConfigError(f"{where} {list(names)}", expected="each once")
