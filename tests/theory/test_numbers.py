"""Each bar's number is taken from where the bar's words say."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from ictrain.theory.assumption import Assumption
from ictrain.theory.numbers import (
    assumption_numbers,
    control_numbers,
    exact_numbers,
    joint_numbers,
    sgd_numbers,
    table_numbers,
)
from ictrain.theory.rays import DISTANCES
from ictrain.theory.settings import Problem, regimes
from ictrain.theory.table import MASSES, Table
from ictrain.theory.training import Trace
from ictrain.theory.world import TESTS

REGIMES = tuple(regimes(Problem()))
FACTS = Assumption(2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0, 19.0)
MARKS = np.array([0, 1, 5, 20, 49, 50, 51, 99, 100, 500])


def random(*shape):
    return np.random.default_rng(sum(shape)).uniform(0.1, 1, shape)


def made_table(plan):
    """A table in which every number is another one."""
    trace = Trace(
        MARKS, random(10, 5, 3), random(10, 5), random(10, 5), random(10, 5, 2), random(5, 10).T
    )
    shares = random(5, 3, 4), random(5, 3, 2)[..., 0]
    loss = random(5, 3)
    loss[REGIMES.index("contrastive")] *= 10  # the best is another's
    return Table(plan, REGIMES, TESTS, loss, *shares, random(5, 3, 1), random(5), trace)


def told(table, words):
    """What a bar's words ask of a table."""
    regime, test, what = re.fullmatch(r"(\w+?)(?:-trained)? on (\w+): (.*)", words).groups()
    cell = REGIMES.index(regime), TESTS.index(test)
    loss, epsilon = table.loss[cell], table.estimator_mse[REGIMES.index("random")]
    masses = {
        f"{name.replace('eoc', 'EOC')} mass": m
        for name, m in zip(MASSES, table.masses[cell], strict=True)
    }
    return {
        **masses,
        "context mass": sum(table.masses[cell][:2]),
        "mass on the closest": table.closest[cell],
        "loss / epsilon": loss / epsilon,
        "loss / mean label's": loss / FACTS.mean,
        "loss / near label's": loss / FACTS.near,
        "loss / contrastive's": loss / table.loss[REGIMES.index("contrastive"), cell[1]],
        "loss / best of the five": loss / min(table.loss[:, cell[1]]),
    }[what]


@pytest.mark.parametrize("plan", ["fixed", "joint"])
def test_each_number_of_a_table_is_what_its_words_say(plan):
    table = made_table(plan)
    found = table_numbers(table, FACTS)
    assert len(found) == 23
    assert len(set(found.values())) == 23
    for key, value in found.items():
        assert value == pytest.approx(told(table, key.split(f" {plan}: ")[1])), key


def test_each_number_of_plain_sgd_is_what_its_words_say():
    table = made_table("sgd")
    for key, value in sgd_numbers(table).items():
        assert value == pytest.approx(told(table, key.removeprefix("4d sgd: "))), key


def test_each_number_of_the_learned_estimator_is_what_its_words_say():
    table = made_table("joint")
    found, mse = joint_numbers(table, FACTS), table.estimator_mse
    base = mse[REGIMES.index("random")]
    for key, value in found.items():
        if key.startswith("V4"):
            expected = FACTS.near_bound / base if "strict" in key else base / FACTS.far_mean
        else:
            regime, what = re.fullmatch(
                r"6\w joint: (\w+)(?:-trained estimator)?: (.*)", key
            ).groups()
            place = REGIMES.index(regime)
            tenth, end = table.trace.mse[5, place], table.trace.mse[-1, place]  # of step 50, 500
            expected = {
                "MSE / random-trained one's": mse[place] / base,
                "change of MSE after a tenth": abs(end - tenth) / tenth,
                "share of signal from random rows": table.trace.random_share[-1, place],
            }[what]
        assert value == pytest.approx(expected), key


def test_the_other_numbers_are_what_their_words_say():
    ray = {
        name: [10.0 * i + j for j in range(5)]
        for i, name in enumerate(["1", "2a", "2b", "3", "4", "5"])
    }
    rays = [SimpleNamespace(name=name, gradient=tuple(values)) for name, values in ray.items()]
    exact = SimpleNamespace(full=1, compact=2, autograd=3, through=4, terms=5, finite=6)
    found, at = exact_numbers(exact, rays, 8.0), DISTANCES.index(40.0)
    assert list(found.values()) == [1, 2, 3, 4, 5, 6] + [
        ray[n][at] for n in ("1", "2a", "3", "5")
    ] + [
        ray["2b"][at] / 8,
        ray["2b"][at],
    ]
    assert [key.split(": ", 1)[1] for key in found][:6] == [
        "full transformer = formula",
        "compact transformer = formula",
        "gradients = autograd on the formula",
        "gradients = autograd through the transformer",
        "estimator's two terms = autograd and their sum",
        "gradients = finite differences",
    ]
    assert [found[f"V3 exact: ray {n}: gradient at t = 40"] for n in ("3", "2b")] == [33, 23]
    assert list(assumption_numbers(FACTS).values()) == pytest.approx(
        [2 / 11, 11 / 3, 5 / 11, 11 / 13]
    )
    control = SimpleNamespace(self_mass=0.25, loss=3.0, epsilon=4.0)
    assert list(control_numbers(control).values()) == [0.25, 0.75]
