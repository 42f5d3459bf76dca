"""The number of each bar, out of what was measured; keys are those of bars.Bar."""

from __future__ import annotations

import numpy as np

from ictrain.theory.assumption import Assumption
from ictrain.theory.bars import TABLE_BARS
from ictrain.theory.control import Control
from ictrain.theory.exactness import Exactness
from ictrain.theory.rays import DISTANCES, Ray
from ictrain.theory.table import Table


def exact_numbers(exact: Exactness, rays: list[Ray], bound: float) -> dict[str, float]:
    """V1 to V3. bound: 8 L^2 delta."""
    at = DISTANCES.index(40.0)
    gradient = {ray.name: ray.gradient[at] for ray in rays}
    return {
        "V1 exact: full transformer = formula": exact.full,
        "V1 exact: compact transformer = formula": exact.compact,
        "V2 exact: gradients = autograd on the formula": exact.autograd,
        "V2 exact: gradients = autograd through the transformer": exact.through,
        "V2 exact: estimator's two terms = autograd and their sum": exact.terms,
        "V2 exact: gradients = finite differences": exact.finite,
        **{f"V3 exact: ray {r}: gradient at t = 40": gradient[r] for r in ("1", "2a", "3", "5")},
        "V3 exact: ray 2b: gradient at t = 40 / (8 L^2 delta)": gradient["2b"] / bound,
        "V3 exact: ray 2b: gradient at t = 40": gradient["2b"],
    }


def table_numbers(table: Table, facts: Assumption) -> dict[str, float]:
    """Bars 1 to 5m, of the fixed or the joint table."""
    epsilon, at, mass = table.mse("random"), table.at, table.mass
    best = {test: table.loss[:, i].min() for i, test in enumerate(table.tests)}
    values = (
        at("random", "random") / epsilon,
        mass("random", "random", "self"),
        at("random", "one_near") / at("contrastive", "one_near"),
        mass("random", "one_near", "near"),
        at("similar", "similar") / facts.mean,
        mass("similar", "similar", "self"),
        at("similar", "random") / epsilon,
        mass("similar", "random", "self"),
        at("one_near", "one_near") / facts.near,
        mass("one_near", "one_near", "near"),
        at("one_near", "random") / epsilon,
        mass("one_near", "random", "closest"),
        at("random_similar", "random") / epsilon,
        at("random_similar", "similar") / facts.mean,
        mass("random_similar", "similar", "eoc"),
        at("random_similar", "one_near") / at("contrastive", "one_near"),
        mass("random_similar", "one_near", "near"),
        *(
            at("contrastive", test) / float(best[test])
            for test in ("random", "one_near", "similar")
        ),
        mass("contrastive", "random", "self"),
        mass("contrastive", "one_near", "near"),
        mass("contrastive", "similar", "context"),
    )
    rows = zip(TABLE_BARS, values, strict=True)
    return {f"{name} {table.plan}: {words}": value for (name, words, *_), value in rows}


def assumption_numbers(facts: Assumption) -> dict[str, float]:
    """V4 with the fixed estimator."""
    return {
        "V4 fixed: (A), strict: 2 L^2 delta / epsilon": facts.near_bound / facts.epsilon,
        "V4 fixed: (A), strict: epsilon / 2 L^2 (1 - r)": facts.epsilon / facts.far_bound,
        "V4 fixed: (A), measured: near label's error / epsilon": facts.near / facts.epsilon,
        "V4 fixed: (A), measured: epsilon / far mean label's error": facts.epsilon / facts.far_mean,
    }


def joint_numbers(table: Table, facts: Assumption) -> dict[str, float]:
    """V4 and 6 with the learned estimator."""
    epsilon, trace, place = table.mse("random"), table.trace, table.regimes.index
    tenth = int(np.searchsorted(trace.steps, trace.steps[-1] / 10, side="right")) - 1

    def change(regime: str) -> float:
        before, after = (float(trace.mse[i][place(regime)]) for i in (tenth, -1))
        return abs(after - before) / before

    def ratio(regime: str) -> float:
        return table.mse(regime) / epsilon

    def share(regime: str) -> float:
        return float(trace.random_share[-1][place(regime)])

    return {
        "V4 joint: (A), strict: 2 L^2 delta / epsilon": facts.near_bound / epsilon,
        "V4 joint: (A), measured: epsilon / far mean label's error": epsilon / facts.far_mean,
        **{
            f"{name} joint: {regime}-trained estimator: MSE / random-trained one's": ratio(regime)
            for name, regime in (
                ("6a", "similar"),
                ("6a", "one_near"),
                ("6b", "random_similar"),
                ("6b", "contrastive"),
            )
        },
        **{
            f"6c joint: {r}-trained estimator: change of MSE after a tenth": change(r)
            for r in ("similar", "one_near")
        },
        **{
            f"6d joint: {r}: share of signal from random rows": share(r)
            for r in ("contrastive", "random_similar")
        },
    }


def control_numbers(found: Control) -> dict[str, float]:
    """7, the negative control."""
    return {
        "7 fixed: independent noise, random contexts: self mass": found.self_mass,
        "7 fixed: independent noise, random contexts: loss / epsilon": found.loss / found.epsilon,
    }


def sgd_numbers(table: Table) -> dict[str, float]:
    """4d: the other optimiser."""
    ratio = table.at("random_similar", "one_near") / table.at("contrastive", "one_near")
    return {
        "4d sgd: random_similar-trained on similar: EOC mass": table.mass(
            "random_similar", "similar", "eoc"
        ),
        "4d sgd: random_similar-trained on one_near: loss / contrastive's": ratio,
    }
