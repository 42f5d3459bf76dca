from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.errors import ConfigError
from ictrain.examples import Example, normalise
from ictrain.tasks import SplitSettings, split

WORDS = st.lists(st.sampled_from(["ant", "bee", "cat", "dog", "eel"]), min_size=1, max_size=5)
TEXT = st.tuples(WORDS, st.sampled_from(["", " ", "  "]), st.booleans()).map(
    lambda t: (t[1] or " ").join(t[0]).upper() if t[2] else (t[1] or " ").join(t[0])
)
INPUTS = st.lists(TEXT, max_size=40)
SHARES = st.builds(
    SplitSettings,
    dev=st.floats(0, 0.45),
    test=st.floats(0, 0.45),
    seed=st.integers(0, 3),
    near=st.sampled_from([None, 0.5, 0.8]),
)


def examples(inputs, first=0):
    return [Example(str(i), text, "x") for i, text in enumerate(inputs, first)]


def parts_of(made):
    return {e.id: name for name in ("train", "dev", "test") for e in getattr(made, name)}


@settings(deadline=None)
@given(INPUTS, SHARES)
def test_every_example_is_in_one_part_and_keeps_its_place(inputs, shares):
    items = examples(inputs)
    made = split(items, shares)
    found = [*made.train, *made.dev, *made.test]
    assert sorted(found, key=lambda e: int(e.id)) == items
    for part in (made.train, made.dev, made.test):
        assert list(part) == sorted(part, key=lambda e: int(e.id))


@settings(deadline=None)
@given(INPUTS, SHARES)
def test_no_group_stands_in_two_parts(inputs, shares):
    items = examples(inputs)
    part = parts_of(split(items, shares))
    for a in items:
        for b in items:
            one, two = (frozenset(normalise(e.input).split()) for e in (a, b))
            near = shares.near is not None and len(one & two) / len(one | two) >= shares.near
            if near or normalise(a.input) == normalise(b.input):
                assert part[a.id] == part[b.id]


@settings(deadline=None)
@given(INPUTS, INPUTS, SHARES)
def test_rows_that_are_added_move_no_other_group(inputs, more, shares):
    shares = shares.model_copy(update={"near": None})
    before = parts_of(split(examples(inputs), shares))
    both = examples(more, len(inputs)) + examples(inputs)  # before the others, at that
    after = parts_of(split(both, shares))
    assert {name: after[name] for name in before} == before


@settings(deadline=None)
@given(INPUTS, SHARES)
def test_a_part_that_is_given_leaves_the_other_as_it_was(inputs, shares):
    items = examples(inputs)
    made = split(items, shares)
    assert split(items, shares, test=False).dev == made.dev
    assert split(items, shares, dev=False).test == made.test
    assert split(items, shares, dev=False).dev == split(items, shares, test=False).test == ()


def test_near_rows_that_are_added_move_only_the_group_that_they_join():
    inputs = [f"a{i} b{i} c{i} d{i} e{i}" for i in range(300)]
    shares = SplitSettings(near=0.5)
    before = parts_of(split(examples(inputs), shares))
    after = parts_of(split(examples([*inputs, "a0 b0 c0 d0 new"]), shares))
    assert {name for name in before if before[name] != after[name]} <= {"0"}


@pytest.mark.parametrize("near", [None, 0.8])
def test_shares_are_about_right(near):
    made = split(examples(f"{i} apples" for i in range(10_000)), SplitSettings(near=near))
    # The standard deviation of a share of 0.1 of 10,000 groups is 0.003.
    assert len(made.dev) / 10_000 == pytest.approx(0.1, abs=0.015)
    assert len(made.test) / 10_000 == pytest.approx(0.1, abs=0.015)


def test_the_split_is_the_same_for_ever():
    """A split that changed with a release would leak the tests of finished runs into training."""
    made = split(examples(f"question {i}" for i in range(30)), SplitSettings(dev=0.2, test=0.2))
    assert " ".join(e.id for e in made.test) == "1 7 12 14 16 18 24"
    assert " ".join(e.id for e in made.dev) == "3 8 9 20 25"


def test_the_seed_of_the_split_moves_it():
    items = examples(f"question {i}" for i in range(50))
    found = {tuple(parts_of(split(items, SplitSettings(seed=s))).values()) for s in range(4)}
    assert len(found) == 4


def test_shares_leave_something_to_train_on():
    with pytest.raises(ConfigError, match="expected together less than 1"):
        SplitSettings.parse({"dev": 0.5, "test": 0.5})
