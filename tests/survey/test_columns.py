from __future__ import annotations

import uuid

import pytest

from ictrain.errors import DataError
from ictrain.readers import Columns
from ictrain.survey.columns import guess, looks_at


def guessed(rows, **given):
    found = guess(looks_at(rows), rows, given.get("input"), given.get("output"), "file")
    return found.input, found.output


def several(make, number=40):
    return [make(i) for i in range(number)]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda i: {"output": f"y {i}", "input": f"x {i}"}, ("input", "output")),
        (lambda i: {"Answer": f"y {i}", "Question": f"x {i}"}, ("Question", "Answer")),
        (lambda i: {"tgt": f"y {i}", "src": f"x {i}", "note": f"n {i}"}, ("src", "tgt")),
        (lambda i: {"nr": f"q{i:04}", "frage": f"was ist {i}", "antwort": f"das {i}"},
         ("frage", "antwort")),
        (lambda i: {"translation": {"en": f"cat {i}", "de": f"Katze {i}"}},
         ("translation.en", "translation.de")),
        (lambda i: {"messages": [{"role": "system", "content": "Be kind."},
                                 {"role": "user", "content": f"what is {i}"},
                                 {"role": "assistant", "content": f"it is {i}"}]},
         ("messages.1.content", "messages.2.content")),
        (lambda i: {"text": f"a review {i}", "label": i % 2}, ("text", "label")),
        (lambda i: {"instruction": f"do {i}", "input": "", "output": f"done {i}"},
         ("instruction", "output")),
        (lambda i: {"review": f"a b {i}", "stars": i % 5}, ("review", "stars")),
        (lambda i: {"key": str(uuid.UUID(int=i)), "a": f"one {i}", "b": f"two {i}"}, ("a", "b")),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_name_or_by_what_they_hold(make, expected):
    assert guessed(several(make)) == expected


def test_what_is_given_is_taken_and_the_rest_guessed():
    rows = several(lambda i: {"input": f"x {i}", "output": f"y {i}", "other": f"z {i}"})
    assert guessed(rows, output="other") == ("input", "other")
    assert guessed(rows, input="other", output="input") == ("other", "input")
    assert guessed(rows, input="output") == ("output", "input")
    with pytest.raises(DataError, match=r"no column 'othr'; did you mean 'other'"):
        guessed(rows, input="othr")
    with pytest.raises(DataError, match="cannot tell"):
        guessed(rows, input="other", output="other")


def test_one_column_is_not_enough():
    with pytest.raises(DataError, match=r"--input COLUMN --output COLUMN; columns: text, id"):
        guessed(several(lambda i: {"text": f"x {i}", "id": i}))


def columns_of(rows) -> Columns:
    return guess(looks_at(rows), rows)


def test_ids_are_taken_only_where_they_are_whole_and_different():
    rows = several(lambda i: {"id": i, "input": f"x {i}", "output": "y"})
    assert columns_of(rows).id == "id"
    rows[3]["id"] = 2
    assert columns_of(rows).id == "-"
    rows[3]["id"] = None
    assert columns_of(rows).id == "-"
    rows = several(lambda i: {"uid": f"u{i}", "input": f"x {i}", "output": "y"})
    assert columns_of(rows).id == "uid"
    rows = several(lambda i: {"input": f"x {i}", "output": "y"})
    assert columns_of(rows).id == "id"


def test_numbers_are_taken_as_text_only_where_they_stand():
    rows = several(lambda i: {"input": f"x {i}", "output": i})
    assert columns_of(rows).numbers == "text"
    rows = several(lambda i: {"input": f"x {i}", "output": "y", "n": i})
    assert columns_of(rows).numbers == "refuse"


def test_looks_say_what_a_column_holds():
    rows = several(lambda i: {"a": f"id-{i}", "b": None if i % 2 else "two words", "c": [1]}, 100)
    looks = {look.path: look for look in looks_at(rows)}
    assert looks["a"].looks_like_an_id
    assert (looks["b"].kind, looks["b"].filled, looks["b"].values) == ("text", 0.5, 1)
    assert not looks["b"].looks_like_an_id
    assert looks["c"].kind == "list"
