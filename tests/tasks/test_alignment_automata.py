"""Automata and dictionaries against slow obvious walks."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.errors import ConfigError, DataError
from ictrain.randomness import rng
from ictrain.tasks.alignment import (
    LETTERS,
    SYMBOLS,
    Automaton,
    AutomatonSettings,
    Dictionary,
    draw_dictionary,
    letter_table,
    task_dictionary,
)

PAPER = AutomatonSettings(branching=(1, 4))
STRINGS = AutomatonSettings()


def all_words(automaton, length, state=0):
    """Every word of this length, by walking every path."""
    if length == 0:
        return {""}
    return {
        letter + rest
        for letter, after in automaton.arcs[state]
        for rest in all_words(automaton, length - 1, after)
    }


@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_it_accepts_exactly_the_words_that_it_can_say(seed, length):
    automaton = Automaton.draw(rng(seed, "test"), PAPER)
    words = all_words(automaton, length)
    assert automaton.word(rng(seed, "walk"), length) in words
    own = sorted({letter for row in automaton.arcs for letter, _ in row})[:6]
    for letters in product(own, repeat=min(length, 3)):
        piece = "".join(letters)
        assert automaton.accepts(piece) == (piece in all_words(automaton, len(piece)))


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_a_drawn_automaton_is_as_the_paper_says(seed):
    automaton = Automaton.draw(rng(seed, "test"), PAPER)
    assert 5 <= len(automaton.arcs) <= 13
    assert len({letter for row in automaton.arcs for letter, _ in row}) <= 18
    for row in automaton.arcs:
        assert 1 <= len(row) <= 4
        assert len({letter for letter, _ in row}) == len({after for _, after in row}) == len(row)
        assert all(after != 0 for _, after in row)


@given(st.integers(0, 10**6), st.integers(1, 3))
@settings(max_examples=50, deadline=None)
def test_shared_words_are_found(seed, length):
    first, second = (Automaton.draw(rng(seed, name), PAPER) for name in "ab")
    shared = all_words(first, length) & all_words(second, length)
    assert first.shares_word(second, length) == bool(shared)


def test_without_branching_there_is_one_word():
    automaton = Automaton.draw(rng(0, "test"), STRINGS)
    assert {automaton.word(rng(i, "walk"), 4) for i in range(20)} == all_words(automaton, 4)


def test_all_arcs_are_equally_likely():
    automaton = Automaton((((("a", 1), ("b", 1), ("c", 1))), (("d", 1),)))
    walk = rng(0, "walk")
    counts = np.unique([automaton.word(walk, 1) for _ in range(3000)], return_counts=True)[1]
    assert len(counts) == 3
    assert counts.min() > 900


@given(st.text(LETTERS, min_size=1, max_size=6))
def test_the_automaton_of_a_word_says_it(word):
    automaton = Automaton.of_word(word)
    assert automaton.word(rng(0, "x"), len(word)) == word
    assert Automaton.from_rows(automaton.to_rows()) == automaton


def test_dictionaries_agree_as_told():
    default = draw_dictionary(0, "default", STRINGS)
    task = task_dictionary(1, "task", STRINGS, default, share=0.3)
    changed = draw_dictionary(1, "changed", STRINGS, unlike=[default, task])
    assert len(task.agreeing(default, 2)) == round(0.3 * len(SYMBOLS))
    assert changed.agreeing(default, 2) == changed.agreeing(task, 2) == []
    assert task.agreeing(task, 2) == list(SYMBOLS)


def test_a_symbol_draws_for_itself():
    whole = draw_dictionary(3, "default", PAPER)
    part = draw_dictionary(3, "default", PAPER, SYMBOLS[7:9])
    assert [part[s] for s in part] == [whole[s] for s in SYMBOLS[7:9]]
    assert draw_dictionary(4, "default", PAPER, SYMBOLS[:1])[SYMBOLS[0]] != whole[SYMBOLS[0]]


def test_letter_table_holds_the_words():
    dictionary = draw_dictionary(0, "default", STRINGS)
    table = letter_table(dictionary, 3)
    words = ["".join(LETTERS[i] for i in row) for row in table]
    assert words == [dictionary[s].word(rng(0, "x"), 3) for s in SYMBOLS]
    with pytest.raises(DataError, match="several words"):
        letter_table(draw_dictionary(0, "default", PAPER), 3)


def test_a_dictionary_survives_its_file(tmp_path):
    dictionary = draw_dictionary(0, "default", PAPER, SYMBOLS[:9])
    dictionary.save(tmp_path / "d.json")
    assert dict(Dictionary.load(tmp_path / "d.json")) == dict(dictionary)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "not a dictionary"), ("[1]", "not a dictionary"), ('{"Ka": [[["a", 9]]]}', "automaton")],
)
def test_a_broken_dictionary_is_named(tmp_path, content, message):
    path = tmp_path / "d.json"
    path.write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        Dictionary.load(path)
    assert str(path) in str(caught.value)
    with pytest.raises(DataError, match="cannot read"):
        Dictionary.load(tmp_path / "none.json")


def test_bad_settings_are_refused():
    with pytest.raises(ConfigError, match="branching"):
        AutomatonSettings.parse({"branching": (1, 9)})
    with pytest.raises(ConfigError, match="alphabet"):
        AutomatonSettings.parse({"alphabet": (4, 27)})
    with pytest.raises(ConfigError, match="share"):
        task_dictionary(0, "t", STRINGS, draw_dictionary(0, "d", STRINGS), share=1.2)
    one_word = AutomatonSettings(alphabet=(1, 1), states=(1, 1))
    many = [Dictionary({"Ba": Automaton.of_word(a * 2)}) for a in LETTERS]
    with pytest.raises(ConfigError, match="unlike"):
        draw_dictionary(0, "x", one_word, ["Ba"], unlike=many)
