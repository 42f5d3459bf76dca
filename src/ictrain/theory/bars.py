"""The bars that the minimal model must clear, and what a seed measured against each of them.

They were set once, on seeds 0 to 4 (fixed estimator) and 0 to 3 (learned one), and are not moved
for any other seed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True)
class Bar:
    """One measured number and its bound.

    Attributes:
        name: as docs/theory.md numbers it; several bars may share one.
        plan: 'exact', 'fixed', 'joint' or 'sgd': what the number is of.
        words: what is measured.
        relation, bound: what the number must be.
    """

    name: str
    plan: str
    words: str
    relation: str
    bound: float

    @property
    def key(self) -> str:
        """Names it among all."""
        return f"{self.name} {self.plan}: {self.words}"


@dataclass(frozen=True)
class Outcome:
    """A bar on one seed."""

    bar: Bar
    seed: int
    value: float

    @property
    def held(self) -> bool:
        """Whether the number is where it must be; a number that is none is not."""
        return bool(_HOLDS[self.bar.relation](self.value, self.bar.bound))


TABLE_BARS: tuple[tuple[str, str, str, float, float], ...] = (
    ("1", "random-trained on random: loss / epsilon", "<=", 1.05, 1.05),
    ("1", "random-trained on random: self mass", ">=", 0.93, 0.93),
    ("1b", "random-trained on one_near: loss / contrastive's", ">=", 10, 10),
    ("1b", "random-trained on one_near: near mass", "<=", 0.10, 0.10),
    ("2", "similar-trained on similar: loss / mean label's", "<=", 1.1, 1.1),
    ("2", "similar-trained on similar: self mass", "<=", 0.02, 0.02),
    ("2b", "similar-trained on random: loss / epsilon", ">=", 2, 2),
    ("2b", "similar-trained on random: self mass", "<=", 0.05, 0.05),
    ("3", "one_near-trained on one_near: loss / near label's", "<=", 1.15, 1.15),
    ("3", "one_near-trained on one_near: near mass", ">=", 0.93, 0.93),
    ("3b", "one_near-trained on random: loss / epsilon", ">=", 2, 2),
    ("3b", "one_near-trained on random: mass on the closest", ">=", 0.3, 0.3),
    ("4", "random_similar-trained on random: loss / epsilon", "<=", 1.1, 1.1),
    ("4", "random_similar-trained on similar: loss / mean label's", "<=", 1.15, 1.15),
    ("4", "random_similar-trained on similar: EOC mass", ">=", 0.9, 0.9),
    ("4b", "random_similar-trained on one_near: loss / contrastive's", ">=", 10, 10),
    ("4b", "random_similar-trained on one_near: near mass", "<=", 0.10, 0.10),
    ("5", "contrastive on random: loss / best of the five", "<=", 1.2, 1.25),
    ("5", "contrastive on one_near: loss / best of the five", "<=", 1.2, 1.25),
    ("5", "contrastive on similar: loss / best of the five", "<=", 1.2, 1.25),
    ("5m", "contrastive on random: self mass", ">=", 0.90, 0.90),
    ("5m", "contrastive on one_near: near mass", ">=", 0.85, 0.85),
    ("5m", "contrastive on similar: context mass", ">=", 0.95, 0.95),
)
"""Name, words, relation, and the bounds beside the fixed and with the learned estimator."""
_OTHER = (
    Bar("V1", "exact", "full transformer = formula", "<=", 1e-12),
    Bar("V1", "exact", "compact transformer = formula", "<=", 1e-12),
    Bar("V2", "exact", "gradients = autograd on the formula", "<=", 1e-12),
    Bar("V2", "exact", "gradients = autograd through the transformer", "<=", 1e-12),
    Bar("V2", "exact", "estimator's two terms = autograd and their sum", "<=", 1e-12),
    Bar("V2", "exact", "gradients = finite differences", "<=", 1e-7),
    *(
        Bar("V3", "exact", f"ray {ray}: gradient at t = 40", "<=", 1e-6)
        for ray in ["1", "2a", "3", "5"]
    ),
    Bar("V3", "exact", "ray 2b: gradient at t = 40 / (8 L^2 delta)", "<=", 1),
    Bar("V3", "exact", "ray 2b: gradient at t = 40", ">", 0),
    Bar("V4", "fixed", "(A), strict: 2 L^2 delta / epsilon", "<", 1),
    Bar("V4", "fixed", "(A), strict: epsilon / 2 L^2 (1 - r)", "<", 1),
    Bar("V4", "fixed", "(A), measured: near label's error / epsilon", "<", 1),
    Bar("V4", "fixed", "(A), measured: epsilon / far mean label's error", "<", 1),
    Bar("V4", "joint", "(A), strict: 2 L^2 delta / epsilon", "<", 1),
    Bar("V4", "joint", "(A), measured: epsilon / far mean label's error", "<", 1),
    Bar("4d", "sgd", "random_similar-trained on similar: EOC mass", "<=", 0.1),
    Bar("4d", "sgd", "random_similar-trained on one_near: loss / contrastive's", "<", 8),
    Bar("6a", "joint", "similar-trained estimator: MSE / random-trained one's", ">=", 2),
    Bar("6a", "joint", "one_near-trained estimator: MSE / random-trained one's", ">=", 1.7),
    Bar("6b", "joint", "random_similar-trained estimator: MSE / random-trained one's", "<=", 1.15),
    Bar("6b", "joint", "contrastive-trained estimator: MSE / random-trained one's", "<=", 1.15),
    Bar("6c", "joint", "similar-trained estimator: change of MSE after a tenth", "<=", 0.01),
    Bar("6c", "joint", "one_near-trained estimator: change of MSE after a tenth", "<=", 0.01),
    Bar("6d", "joint", "contrastive: share of signal from random rows", ">=", 0.99),
    Bar("6d", "joint", "random_similar: share of signal from random rows", ">=", 0.99),
    Bar("7", "fixed", "independent noise, random contexts: self mass", "<=", 0.85),
    Bar("7", "fixed", "independent noise, random contexts: loss / epsilon", "<", 0.9),
)
BARS: tuple[Bar, ...] = (
    *_OTHER,
    *(
        Bar(name, plan, words, relation, bound)
        for name, words, relation, *bounds in TABLE_BARS
        for plan, bound in zip(("fixed", "joint"), bounds, strict=True)
    ),
)
_BY_KEY = {bar.key: bar for bar in BARS}


def outcomes(seed: int, numbers: Mapping[str, float]) -> list[Outcome]:
    """Numbers, each under its bar's key, as outcomes in the order of BARS.

    Raises:
        KeyError: a number that no bar is set for.
    """
    for key in numbers:
        _BY_KEY[key]
    return [Outcome(bar, seed, numbers[bar.key]) for bar in BARS if bar.key in numbers]
