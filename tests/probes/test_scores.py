from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictrain.metrics.alike import overlap, word_overlap
from ictrain.probes.scores import Slot, copied_place, copy_score, follows, icl_score
from ictrain.tasks.alignment import Family


def exact(source, hypothesis, reference):
    return float(hypothesis == reference)


def test_similarities_are_asked_as_source_hypothesis_reference():
    asked = []

    def spy(source, hypothesis, reference):
        asked.append((source, hypothesis, reference))
        return 0.5

    slots = [Slot("a", 0.5, marked=True), Slot("b", 0.5)]
    icl_score("x", "answer", slots, spy)
    assert asked == [("x", "answer", "a"), ("x", "answer", "b")]
    asked.clear()
    copy_score("x", "answer", slots, spy)
    assert asked == [("x", "answer", "b")]


def test_icl_weights_labels_by_similarity_and_takes_negative_ones_as_nothing():
    slots = [Slot("a", 0.6), Slot("b", 0.2), Slot("a", -0.9)]
    assert icl_score("x", "a", slots, exact) == pytest.approx(0.75)
    assert icl_score("x", "b", slots, exact) == pytest.approx(0.25)
    assert icl_score("x", "a", [Slot("a", 0.0), Slot("a", -1.0)], exact) == 0
    assert icl_score("x", "a", [], exact) == 0


def test_an_answer_from_the_weights_is_copying_for_the_paper_and_not_for_the_strict_form():
    # The shuffle has moved the gold label 'g' from the marked input to another slot.
    slots = [Slot("b", 0.9, marked=True), Slot("g", 0.1), Slot("c", 0.0)]
    assert copy_score("x", "g", slots, exact) == 1
    assert copy_score("x", "g", slots, exact, gold=["g"]) == 0
    assert copy_score("x", "c", slots, exact, gold=["g"]) == 1


def test_following_the_shuffle_is_no_copying():
    slots = [Slot("b", 0.9, marked=True), Slot("g", 0.1)]
    assert copy_score("x", "b", slots, exact) == 0
    assert follows("x", "b", slots, exact) == 1
    assert follows("x", "g", slots, exact) == 0


def test_nothing_is_said_where_nothing_can_be_told():
    assert copy_score("x", "a", [Slot("g", 1.0, marked=True)], exact) is None
    assert copy_score("x", "a", [Slot("b", 1.0, True), Slot("g", 0.0)], exact, gold=["g"]) is None
    assert follows("x", "a", [Slot("a", 0.0)], exact) is None
    assert follows("x", "a", [Slot("a", 1.0, marked=True), Slot("a", 0.0)], exact) is None


def test_the_copied_place_is_told_only_where_it_is_one():
    slots = [Slot("a", 0.0), Slot("b", 0.0), Slot("b", 0.0)]
    assert copied_place("x", "a", slots, exact) == 0
    assert copied_place("x", "b", slots, exact) is None
    assert copied_place("x", "c", slots, exact) is None


TEXT = st.lists(st.sampled_from(["a", "b", "c"]), max_size=6).map(" ".join)


@given(TEXT, TEXT)
def test_word_overlap_is_symmetric_within_0_and_1_and_blind_to_order(first, second):
    found = word_overlap("x", first, second)
    assert 0 <= found <= 1
    assert found == word_overlap("x", second, first)
    assert found == word_overlap("x", " ".join(reversed(first.split())), second)
    assert (found == 1) == (sorted(first.split()) == sorted(second.split()))


def test_overlap_counts_each_word_once():
    assert overlap(["a", "a"], ["a"]) == pytest.approx(2 / 3)
    assert overlap([], ["a"]) == 0


def test_outputs_of_the_alignment_task_are_alike_by_their_words_in_whatever_order():
    family = Family()
    assert family.alike("Ka To", "rijj", "jjri") == 1
    assert family.alike("Ka To", "rixx", "jjri") == 0.5
    assert family.alike("Ka To", "ri", "jjri") == pytest.approx(2 / 3)
    assert family.alike("Ka To", "", "jjri") == 0
