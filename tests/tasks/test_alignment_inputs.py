"""Inputs, near-duplicates, outputs and acceptance of the alignment family."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.errors import ConfigError, DataError
from ictrain.examples import normalise
from ictrain.randomness import rng
from ictrain.tasks.alignment import (
    LETTERS,
    SYMBOLS,
    Automaton,
    AutomatonSettings,
    Dictionary,
    Family,
    draw_dictionary,
    draw_input,
    exact_repeat,
    inserted,
    join,
    near_duplicate,
    pool_symbols,
    split,
    symbol_weights,
)

WORDS = Dictionary({"Ba": Automaton.of_word("ab"), "Ca": Automaton.of_word("cd")})
PAPER = AutomatonSettings(branching=(1, 4))
SEEDS = st.integers(0, 10**6)


def jaccard(one, two):
    return len(set(one.split()) & set(two.split())) / len(set(one.split()) | set(two.split()))


def test_symbols_are_distinct_whatever_the_case_and_no_letters():
    assert len(SYMBOLS) == len({normalise(s) for s in SYMBOLS}) == 256
    assert all(s[0].isupper() and s[1].islower() and len(s) == 2 for s in SYMBOLS)


def test_the_words_are_reversed_by_default():
    assert Family().output("Ba Ca", WORDS, rng(0, "x")) == "cdab"
    assert Family(order="same").output("Ba Ca", WORDS, rng(0, "x")) == "abcd"
    assert Family(size=3, order=(1, 2, 0)).words(["Ba", "Ca", "Da"]) == ("Ca", "Da", "Ba")


@pytest.mark.parametrize(
    ("output", "accepted", "exact"),
    [
        (" cdab", [True, True], True),
        ("cdabx", [True, True], False),
        ("cda", [True, False], False),
        ("xdab", [False, True], False),
        ("abcd", [False, False], False),
        ("", [False, False], False),
    ],
)
def test_acceptance_by_place(output, accepted, exact):
    family = Family()
    assert family.acceptance(output, "Ba Ca", WORDS) == accepted
    assert family.accuracy(output, "Ba Ca", WORDS) == sum(accepted) / 2
    assert family.exact(output, "Ba Ca", WORDS) == exact


@given(SEEDS, st.sampled_from([(3, 2), (2, 4), (2, 2)]), st.sampled_from(["same", "reversed"]))
@settings(max_examples=40, deadline=None)
def test_every_output_is_accepted(seed, shape, order):
    family = Family(size=shape[0], length=shape[1], order=order, automata=PAPER)
    dictionary = draw_dictionary(seed, "d", family.automata, SYMBOLS[:25])
    text = draw_input(rng(seed, "input"), SYMBOLS[:25], family.size, "zipf")
    output = family.output(text, dictionary, rng(seed, "output"))
    assert len(output) == shape[0] * shape[1]
    assert family.exact(output, text, dictionary)
    assert "".join(family.pieces(output, family.size)) == output


@given(SEEDS, st.integers(2, 4))
@settings(max_examples=60, deadline=None)
def test_near_duplicates_keep_the_symbols(seed, size):
    text = draw_input(rng(seed, "input"), SYMBOLS, size)
    other = near_duplicate(text, rng(seed, "near"))
    assert other != text
    assert Counter(split(other)) == Counter(split(text))
    more = inserted(text, rng(seed, "insert"), SYMBOLS)
    assert len(split(more)) == size + 1
    assert [s for s in split(more) if s in split(text)] == list(split(text))
    assert jaccard(text, more) == size / (size + 1)
    assert exact_repeat(text) == text


def test_one_symbol_has_no_other_order():
    assert near_duplicate("Ba", rng(0, "x")) == "Ba"
    assert near_duplicate("Ba Ba", rng(0, "x")) == "Ba Ba"


def test_inputs_follow_their_distribution():
    draws = rng(0, "inputs")
    counts = Counter(s for _ in range(2000) for s in split(draw_input(draws, SYMBOLS, 2, "zipf")))
    weights = symbol_weights(256, "zipf")
    assert weights[0] / weights[3] == 2
    assert counts[SYMBOLS[0]] > 3 * counts[SYMBOLS[30]]
    assert all(len(set(split(draw_input(draws, SYMBOLS[:2], 2)))) == 2 for _ in range(20))


@given(st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=5))
def test_split_undoes_join(symbols):
    assert split(join(symbols)) == tuple(symbols)


def test_bad_input_is_named():
    with pytest.raises(DataError, match="'xx'"):
        split("Ba xx")
    with pytest.raises(DataError, match="without symbols"):
        split(" ")
    with pytest.raises(DataError, match="not in the dictionary"):
        Family().output("Ba Da", WORDS, rng(0, "x"))
    with pytest.raises(DataError, match="3 symbols"):
        Family(size=3, order=(1, 2, 0)).words(["Ba", "Ca"])
    with pytest.raises(ConfigError, match="order"):
        Family.parse({"size": 3, "order": (0, 1, 1)})
    with pytest.raises(ConfigError, match="at least 2"):
        draw_input(rng(0, "x"), SYMBOLS[:1], 2)
    with pytest.raises(ConfigError, match="no symbol outside"):
        inserted("Ba Ca", rng(0, "x"), ["Ba", "Ca"])


def test_pools_of_symbols():
    chosen = pool_symbols(25, rng(0, "pool"))
    assert len(set(chosen)) == 25
    assert chosen == pool_symbols(25, rng(0, "pool"))
    assert set(LETTERS).isdisjoint(chosen)
    with pytest.raises(ConfigError, match="257"):
        pool_symbols(257, rng(0, "pool"))
