"""Every verdict turns when the numbers that it is made of do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ictrain.theory.claims import CONDITION, HELD, NOT, claims
from tests.theory.test_explore import found as found

FACTS = {"near": 0.01, "mean": 0.001, "epsilon": 0.36, "far_mean": 1.2, "far": 2.0}
REGIMES = ("random", "similar", "one_near", "random_similar", "contrastive")
# Losses and masses (near, far, EOC, self) as the default setting has them, rounded.
LOSS = [[0.36, 0.355, 0.25], [1.02, 0.08, 0.001], [0.96, 0.01, 0.001], [0.36, 0.356, 0.001],
        [0.362, 0.0102, 0.001]]  # fmt: skip
MASS = {("random", "random"): (0, 0.01, 0, 0.99), ("random", "one_near"): (0.01, 0, 0, 0.99),
        ("similar", "similar"): (0.95, 0, 0.05, 0), ("similar", "random"): (0, 0.95, 0.05, 0),
        ("one_near", "one_near"): (0.98, 0.02, 0, 0), ("random_similar", "similar"): (0, 0, 1, 0),
        ("random_similar", "one_near"): (0.01, 0, 0, 0.99),
        ("contrastive", "random"): (0, 0.04, 0, 0.96),
        ("contrastive", "one_near"): (0.94, 0, 0, 0.06),
        ("contrastive", "similar"): (0.99, 0, 0, 0.01)}  # fmt: skip


def planted(whole, loss=LOSS, masses=MASS, **changes):
    """The findings with the numbers of the default setting, or with others."""
    table = whole.core.fixed
    filled = np.zeros((5, 3, 4))
    for (regime, test), values in masses.items():
        filled[REGIMES.index(regime), table.tests.index(test)] = values
    fixed = dataclasses.replace(table, loss=np.array(loss), masses=filled)
    facts = dataclasses.replace(whole.core.facts, **FACTS)
    control = dataclasses.replace(
        whole.core.control, self_mass=0.74, best_weight={"random": (1.0, 0.77)}
    )
    parts = {"fixed": fixed, "facts": facts, "control": control, **changes}
    return dataclasses.replace(whole, core=dataclasses.replace(whole.core, **parts), rest=None)


def status(findings, name):
    return next(c.status for c in claims(findings) if c.name == name)


def test_the_default_numbers_give_the_known_verdicts(found):
    known = {
        "Case 1": CONDITION,
        "Case 1, brittle": HELD,
        "Case 2": HELD,
        "Case 2, brittle": HELD,
        "Case 3": HELD,
        "Case 4, under adam": HELD,
        "Case 4, worse than the weights": NOT,
        "Case 5": HELD,
        "The limits are optimal": CONDITION,
        "Lipschitz bounds the far error from below": NOT,
    }
    whole = planted(found[0])
    assert {name: status(whole, name) for name in known} == known


@pytest.mark.parametrize(
    ("name", "cell", "loss", "expected"),
    [
        ("Case 1", (0, 0), 0.5, NOT),
        ("Case 1, brittle", (0, 1), 0.1, NOT),
        ("Case 2", (1, 2), 0.01, NOT),
        ("Case 2, brittle", (1, 0), 0.4, NOT),
        ("Case 3", (2, 1), 0.1, NOT),
        ("Case 4, worse than the weights", (3, 1), 0.6, HELD),
        ("Case 5", (4, 0), 0.6, NOT),
    ],
)
def test_another_loss_turns_the_verdict(found, name, cell, loss, expected):
    losses = np.array(LOSS)
    losses[cell] = loss
    assert status(planted(found[0], losses), name) == expected


def test_attention_counts_and_not_the_loss_alone(found):
    masses = MASS | {("random", "one_near"): (0.5, 0, 0, 0.5)}
    assert status(planted(found[0], masses=masses), "Case 1, brittle") == NOT
    masses = MASS | {("random_similar", "similar"): (1, 0, 0, 0)}
    assert status(planted(found[0], masses=masses), "Case 4, under adam") == NOT
    masses = MASS | {("random_similar", "one_near"): (0.9, 0, 0, 0.1)}
    told = [c for c in claims(planted(found[0], masses=masses)) if "worse" in c.name]
    assert "opens to the near example" in told[0].condition


def test_the_third_condition_is_measured_on_both_sides(found):
    third = dataclasses.replace(found[0].core.third, self_mass=1.0, eoc=0.86, near=0.99)
    name = "Case 5's two conditions suffice"
    for change, expected in (({}, CONDITION), ({"eoc": 0.0}, HELD), ({"near": 0.2}, NOT)):
        changed = dataclasses.replace(third, **change)
        assert status(planted(found[0], third=changed), name) == expected


def test_the_full_form_tells_of_both_estimators_and_both_optimisers(found):
    told = {c.name: c for c in claims(found[0])}
    assert len(told) == 19
    long = found[0].rest.long
    for one in (long.start, long.end, long.learned_start, long.learned_end):
        assert f"{one.closest:.2f}" in told["Case 3, brittle"].figure
    assert all(c.status in (HELD, CONDITION, NOT) for c in told.values())


@pytest.mark.parametrize(
    ("early", "late", "expected"), [(0.5, 0.5, HELD), (0.5, 0.1, CONDITION), (0.1, 0.1, NOT)]
)
def test_case_3_is_decided_by_what_is_read_in_the_end(found, early, late, expected):
    rest, long = found[0].rest, found[0].rest.long
    first = dataclasses.replace(long.start, closest=early)
    last = dataclasses.replace(long.end, closest=late)
    changed = dataclasses.replace(
        long, start=first, learned_start=first, end=last, learned_end=last
    )
    whole = dataclasses.replace(found[0], rest=dataclasses.replace(rest, long=changed))
    assert status(whole, "Case 3, brittle") == expected
