"""Every bar has exactly one number and holds on its side; a claim has one status."""

import dataclasses
import math

import pytest

from ictrain.theory.bars import BARS, Bar, Outcome, outcomes
from ictrain.theory.check import check, outcomes_of
from ictrain.theory.claims import CONDITION, HELD, NOT, Claim
from ictrain.theory.explore import explore
from tests.theory.test_landscape import SGD
from tests.theory.test_table import TINY

ALL = TINY.model_copy(update={"sgd": TINY.fixed.model_copy(update={"scalars": SGD})})
KEYS = [bar.key for bar in BARS]


@pytest.fixture(scope="module")
def checked():
    return check(ALL, fixed=(1,), joint=(2,))


def test_the_check_gives_every_bar_exactly_one_number(checked):
    assert len(set(KEYS)) == len(KEYS)
    assert sorted(outcome.bar.key for outcome in checked) == sorted(KEYS)
    for outcome in checked:
        joint = outcome.bar.plan == "joint"
        assert outcome.seed == (2 if joint else 1)
        assert math.isfinite(outcome.value), outcome.bar.key
    assert not all(outcome.held for outcome in checked)  # sixty steps teach too little


def test_the_quick_form_tells_the_same_as_the_check_where_it_tells_anything(checked):
    found = outcomes_of(explore(ALL, 1, quick=True))
    values = {outcome.bar.key: outcome.value for outcome in checked}
    assert {o.bar.key for o in found} == {b.key for b in BARS if b.plan in ("exact", "fixed")}
    assert all(outcome.value == values[outcome.bar.key] for outcome in found)


def test_numbers_become_outcomes_in_the_order_of_the_bars_and_unknown_ones_are_an_error():
    numbers = {KEYS[5]: 1.0, KEYS[2]: 2.0}
    found = outcomes(3, numbers)
    assert [(o.bar.key, o.seed, o.value) for o in found] == [(KEYS[2], 3, 2.0), (KEYS[5], 3, 1.0)]
    with pytest.raises(KeyError):
        outcomes(3, {"no bar": 1.0})


@pytest.mark.parametrize(
    ("relation", "below", "at", "above"),
    [
        ("<=", True, True, False),
        (">=", False, True, True),
        ("<", True, False, False),
        (">", False, False, True),
    ],
)
def test_a_bar_holds_on_its_side_and_never_for_what_is_no_number(relation, below, at, above):
    bar = Bar("x", "fixed", "words", relation, 2.0)
    held = [Outcome(bar, 0, value).held for value in (1.9, 2.0, 2.1, math.nan)]
    assert held == [below, at, above, False]


@pytest.mark.parametrize(
    ("conditioned", "plain", "status"),
    [(True, True, HELD), (False, True, HELD), (True, False, CONDITION), (False, False, NOT)],
)
def test_a_claims_status(conditioned, plain, status):
    claim = Claim("a", "b", "c", "d", conditioned, plain)
    assert claim.status == status
    assert dataclasses.replace(claim, condition="e").status == status
