"""What a user says of a strategy, and the mixture of cells that it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from ictrain.errors import ConfigError, nearest
from ictrain.settings import Settings

CELLS = ("zero", "random", "similar", "diverse", "one_near", "paraphrase")
"""zero: no context; random: k uniform; similar: the top k; diverse: a top k whose members differ
(maximal marginal relevance); one_near: one weighted by similarity, the others random; paraphrase: a
synthetic near-duplicate, the others random."""

STRATEGIES: Mapping[str, Callable[[float], dict[str, float]]] = {
    "zero": lambda _: {"zero": 1.0},
    "random": lambda _: {"random": 1.0},
    "similar": lambda _: {"similar": 1.0},
    "diverse": lambda _: {"diverse": 1.0},
    "one_near": lambda _: {"one_near": 1.0},
    "random_similar": lambda p: {"random": p, "similar": 1 - p},
    "contrastive": lambda p: {"random": p, "similar": p, "one_near": 1 - 2 * p},
}
"""A strategy is a rule from the shorthand p to named cells (paper, section 4 and appendix D)."""

_DEFAULT_P = {"contrastive": 0.25, "random_similar": 0.5}
_DEFAULT_EPSILON = {"contrastive": 0.25}


class StrategySettings(Settings):
    """How contexts are drawn in training; values marked [ours] are lost from the paper's text."""

    name: str = Field(
        description="zero, random, similar, diverse, one_near, random_similar or contrastive"
    )
    k: int | tuple[int, ...] | str = Field(
        default="1-8",
        description="examples per context, drawn anew for each target: a number, a list, or a "
        "range such as 1-8 [ours: 1-8]",
    )
    p: float | None = Field(
        default=None,
        description="shorthand for the cells: contrastive is random p, similar p, one_near 1-2p "
        "[ours: 0.25]; random_similar is random p, similar 1-p [ours: 0.5]",
    )
    cells: dict[str, float] | None = Field(
        default=None, description="the mixture itself, by cell, instead of p; sums to 1"
    )
    epsilon: float | None = Field(
        default=None,
        description="share of targets that get a synthetic near-duplicate "
        "[ours: 0.25 for contrastive, else 0]",
    )
    epsilon_mode: Literal["insert", "cell", "within_one_near"] = Field(
        default="insert",
        description="insert: it takes one slot of whatever context was drawn; cell: a cell of its "
        "own, the others scaled by 1-epsilon; within_one_near: it replaces the similar example "
        "of the one_near cell [all three ours]",
    )
    paraphrase_changed: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of the near-duplicates in training that say something else, with the "
        "right output for what they say: a paraphraser that drifts (ablation D.5; alignment only)",
    )
    paraphrase_wrong: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of the near-duplicates in training whose output is that of another pool "
        "item: a paraphraser that mislabels (ablation D.5)",
    )
    tau: float = Field(
        default=2.0, gt=0, description="one_near draws with weight score^tau [ours: 2]"
    )
    diversity_lambda: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="diverse: lambda of maximal marginal relevance (Carbonell & Goldstein 1998), "
        "by the similarity of the bands; 1 is closeness to the target alone, 0 is novelty alone "
        "[ours: 0.5]",
    )
    neighbours: int = Field(
        default=64, ge=1, description="K, the closest items that are kept per target [ours: 64]"
    )
    min_mean_similarity: float | None = Field(
        default=None,
        description="keep only targets whose mean similarity to their top k is above this "
        "(the paper's filter of similar contexts; its value is lost)",
    )
    filter_method: str | None = Field(
        default=None, description="the similarity that the filter reads; the retrieval's if empty"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.mixture()
        self.k_values()
        return self

    def k_values(self) -> tuple[int, ...]:
        """The numbers of examples that are drawn from, each with the same chance.

        Raises:
            ConfigError: not a positive number, list or range.
        """
        if isinstance(self.k, int):
            values: tuple[int, ...] = (self.k,)
        elif isinstance(self.k, str):
            values = _range(self.k)
        else:
            values = self.k
        if not values or min(values) < 0 or max(values) < 1:
            raise ConfigError(f"k is {self.k!r}", expected="a positive number, list or range")
        return values

    def resolved_epsilon(self) -> float:
        """The share of targets with a near-duplicate, the strategy's default filled in."""
        return _DEFAULT_EPSILON.get(self.name, 0.0) if self.epsilon is None else self.epsilon

    def resolved_p(self) -> float | None:
        """The shorthand, the strategy's default filled in; None where it says nothing."""
        if self.cells is not None or self.name not in _DEFAULT_P:
            return None
        return _DEFAULT_P[self.name] if self.p is None else self.p

    def mixture(self) -> dict[str, float]:
        """Cells with weights that sum to 1.

        Raises:
            ConfigError: unknown names, weights that do not sum to 1, p or epsilon out of range.
        """
        epsilon = self.resolved_epsilon()
        if not 0 <= epsilon <= 1:
            raise ConfigError(f"epsilon is {epsilon}", expected="a share from 0 to 1")
        cells = self._cells_from_p() if self.cells is None else dict(self.cells)
        for cell, weight in cells.items():
            if cell not in CELLS:
                raise ConfigError(f"unknown cell {cell!r}", mend=nearest(cell, CELLS))
            if weight < 0:
                raise ConfigError(f"cell {cell} weighs {weight}", expected="0 or more")
        total = sum(cells.values())
        if abs(total - 1) > 1e-9:
            raise ConfigError(f"the cells' weights sum to {total:g}", expected="1")
        if self.epsilon_mode == "cell" and epsilon:
            cells = {cell: weight * (1 - epsilon) for cell, weight in cells.items()}
            cells["paraphrase"] = cells.get("paraphrase", 0.0) + epsilon
        return {cell: weight for cell, weight in cells.items() if weight > 0}

    def _cells_from_p(self) -> dict[str, float]:
        if self.name not in STRATEGIES:
            raise ConfigError(
                f"unknown strategy {self.name!r}", mend=nearest(self.name, STRATEGIES)
            )
        p = _DEFAULT_P.get(self.name, 0.0) if self.p is None else self.p
        top = 0.5 if self.name == "contrastive" else 1.0
        if not 0 <= p <= top:
            raise ConfigError(f"p is {p}", expected=f"a share from 0 to {top:g} for {self.name}")
        return STRATEGIES[self.name](p)

    def needs_neighbours(self) -> bool:
        """Whether any cell looks at similarity."""
        return bool({"similar", "diverse", "one_near"} & set(self.mixture()))

    def needs_paraphrases(self) -> bool:
        """Whether any target may get a synthetic near-duplicate."""
        return self.resolved_epsilon() > 0 or "paraphrase" in self.mixture()


def _range(text: str) -> tuple[int, ...]:
    low, _, high = text.partition("-")
    if not (low.strip().isdigit() and (high.strip() or low).strip().isdigit()):
        raise ConfigError(f"k is {text!r}", expected="a number, a list, or a range such as 1-8")
    return tuple(range(int(low), int(high or low) + 1))
