"""Every knob of the minimal model, and the setting in which its claims were measured."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ictrain.errors import ConfigError
from ictrain.settings import Settings

CELLS = ("random", "similar", "one_near", "graded")
"""What one sequence's context can be; a mixture gives each a weight."""


class Problem(Settings):
    """Inputs, contexts and the target function; see docs/theory.md, equations 1 to 3.

    Attributes:
        d: dimension of the unit sphere that inputs lie on; the target's centre is computed to 1e-12
            up to 100,000, and at a million no longer.
        k: context examples.
        delta: a near example has similarity (inner product) from 1 - delta to 1.
        r: a far example has similarity at most r.
        p: weight of random contexts in the two mixtures of two cells.
        graded_low: least similarity of a graded example; the largest is 1.
        linear, ridge, omega: the target's linear part, its cosine part, and that one's frequency.
    """

    d: int = Field(8, ge=2, le=100_000)
    k: int = Field(8, ge=1, le=1_000_000)
    delta: float = Field(0.0015, ge=1e-9, lt=1)
    r: float = Field(0.5, ge=0, lt=1)
    p: float = Field(0.5, gt=0, lt=1)
    graded_low: float = Field(0.5, ge=0, lt=1)
    linear: float = Field(0.8, ge=0, le=1e3)
    ridge: float = Field(0.6, ge=1e-3, le=1e3)
    omega: float = Field(4.0, ge=1e-3, le=1e3)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.r >= 1 - self.delta:
            raise ConfigError(
                f"r is {self.r:g} and 1 - delta is {1 - self.delta:g}",
                expected="r < 1 - delta, so that near and far examples do not overlap",
            )
        return self


class Optimiser(Settings):
    """How parameters are stepped; which one decides two of the paper's claims (docs/theory.md).

    Attributes:
        name: adam (beta1 .9, beta2 .999), or sgd without momentum.
        learning_rate: constant.
    """

    name: Literal["adam", "sgd"] = "adam"
    learning_rate: float = Field(0.05, gt=0, le=1e3)


_Scalar = Annotated[float, Field(ge=-1e3, le=1e3)]


class Plan(Settings):
    """One way to train: three scalars, and the estimator beside them where it is learned.

    Attributes:
        steps, batch: of training; a batch is drawn with replacement from the regime's pool.
        scalars: steps alpha, beta and gamma.
        estimator: steps the learned estimator; none where a fixed one is given.
        hidden: units of the learned estimator, a ReLU network of one hidden layer.
        start: alpha, beta and gamma at step 0; attention is saturated at 40 already.
    """

    steps: int = Field(2000, ge=1, le=10_000_000)
    batch: int = Field(256, ge=1, le=10_000_000)
    scalars: Optimiser = Optimiser()
    estimator: Optimiser | None = None
    hidden: int = Field(64, ge=1, le=1_000_000)
    start: tuple[_Scalar, _Scalar, _Scalar] = (0.0, 0.0, 0.0)


PLANS = {"fixed": False, "sgd": False, "joint": True, "joint_adam": True}
"""Plans, and whether the estimator is learned."""


class TheorySettings(Settings):
    """The whole of `ictrain theory`.

    Attributes:
        problem: what is to be learned.
        estimator: the fixed one: coarse, the target's linear part, which is calibrated, or noisy, f
            and independent noise of variance ridge^2, which is not.
        pool, test: sequences in a regime's training pool, and in each test set.
        fixed: training beside the fixed estimator.
        joint: training together with a learned estimator.
        sgd: as fixed, with plain SGD: the optimiser picks another limit.
        joint_adam: as joint, with Adam for the estimator too: it is no longer starved.
        graded_steps: of training with graded examples in the mixture.
        long_steps: of training on one-near contexts until its limit shows.
        grid: steps per side of the simplex of mixtures; 100 make 5151 mixtures, 57 times the work
            of 12.
        grid_seeds: seeds of that experiment, from the run's own seed upwards.
    """

    problem: Problem = Problem()
    estimator: Literal["coarse", "noisy"] = "coarse"
    pool: int = Field(20_000, ge=1, le=10_000_000)
    test: int = Field(8_000, ge=2, le=10_000_000)
    fixed: Plan = Plan()
    joint: Plan = Plan(steps=1500, batch=128, estimator=Optimiser(name="sgd", learning_rate=0.05))
    sgd: Plan = Plan(steps=4000, scalars=Optimiser(name="sgd", learning_rate=0.5))
    joint_adam: Plan = Plan(
        steps=1500, batch=128, estimator=Optimiser(name="adam", learning_rate=0.003)
    )
    graded_steps: int = Field(6000, ge=1, le=10_000_000)
    long_steps: int = Field(20_000, ge=1, le=10_000_000)
    grid: int = Field(12, ge=2, le=100)
    grid_seeds: int = Field(3, ge=1, le=1000)

    @model_validator(mode="before")
    @classmethod
    def _over_defaults(cls, values: Any) -> Any:
        """A plan that is given in part keeps the rest of its own defaults, not those of Plan."""
        if not isinstance(values, Mapping):
            return values
        parts = {name: values[name] for name in PLANS if isinstance(values.get(name), Mapping)}
        defaults = {name: cls.model_fields[name].default.model_dump() for name in parts}
        return {**values, **{name: {**defaults[name], **parts[name]} for name in parts}}

    @model_validator(mode="after")
    def _right_estimators(self) -> Self:
        for name, learned in PLANS.items():
            if (getattr(self, name).estimator is not None) != learned:
                raise ConfigError(
                    f"{name}.estimator is {'missing' if learned else 'given'}",
                    expected="an optimiser" if learned else "none: the estimator is fixed",
                    where=name,
                )
        return self


def regimes(problem: Problem) -> dict[str, dict[str, float]]:
    """The paper's five training regimes, each as weights of cells (section 3, i to v)."""
    p = problem.p
    return {
        "random": {"random": 1.0},
        "similar": {"similar": 1.0},
        "one_near": {"one_near": 1.0},
        "random_similar": {"random": p, "similar": 1 - p},
        "contrastive": {"random": p, "one_near": 1 - p},
    }


THREE_WAY = {"random": 1 / 3, "similar": 1 / 3, "one_near": 1 / 3}
"""The mixture of section 2: Contrastive-Context as the main system trains it."""
GRADED = {"random": 1 / 3, "one_near": 1 / 3, "graded": 1 / 3}
"""Contrastive with graded near examples."""


def check_mixture(weights: Mapping[str, float]) -> None:
    """Refuses weights that are no mixture.

    Raises:
        ConfigError: an unknown cell, a negative weight, or a sum that is not 1.
    """
    unknown = sorted(set(weights) - set(CELLS))
    if unknown:
        raise ConfigError(f"the cell {unknown[0]!r}", expected=f"one of {', '.join(CELLS)}")
    total = sum(weights.values())
    negative = min(weights.values(), default=0) < 0
    if negative or not abs(total - 1) <= 1e-9:  # nan is refused too
        shown = ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
        raise ConfigError(
            f"the weights {shown or '(none)'}",
            expected="weights from 0 on"
            if negative
            else f"weights from 0 that sum to 1, not to {total:g}",
            where="mixture",
        )


class NotCalibrated(UserWarning):
    """An in-weights estimator whose error goes with its own output."""


def warn_uncalibrated(correlation: float) -> None:
    """Warns when an estimator's error is correlated with what it says (docs/theory.md, C2)."""
    if not abs(correlation) <= MOST_CORRELATION:
        warnings.warn(
            f"the estimator is not calibrated: its error and its output correlate by "
            f"{correlation:+.3f}; expected at most {MOST_CORRELATION:g} either way, or the limit "
            "of random contexts (self mass to 1) is not the optimum",
            NotCalibrated,
            stacklevel=3,
        )


MOST_CORRELATION = 0.05
"""Sampling error of a calibrated one is near .01 at 8000 sequences; independent noise gives .5."""
