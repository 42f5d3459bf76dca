"""Language, leaks, prompts and replies, without a server."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictrain.errors import ConfigError
from ictrain.examples import Example, PoolSnapshot, normalise
from ictrain.languages import script_of
from ictrain.paraphrase import make_paraphraser, paraphrase_settings
from ictrain.paraphrase.asked import Checker, Kept, Near, add_rows
from ictrain.paraphrase.asked.cache import Cost
from ictrain.paraphrase.asked.check import Answer, gist, leaks
from ictrain.paraphrase.asked.language import guess, other_language
from ictrain.paraphrase.asked.prompt import ids_of, instruction_of, messages_of
from ictrain.paraphrase.asked.reply import read_reply
from ictrain.similarity import build_index

LLM = {"method": "llm", "url": "http://here/v1", "model": "m"}
SAID = {
    "en": "We have not seen what the committee has said of it.",
    "de": "Wir haben nicht gesehen, was der Ausschuss über die Sache gesagt hat.",
    "es": "No hemos visto lo que la comisión ha dicho de los casos.",
    "fr": "Nous ne savons pas ce que la commission a dit sur les affaires.",
    "lt": "Mes nematome, kad komisija jau būtų apie tai kalbėjusi, bet tai yra svarbu.",
    "hi": "हमने नहीं देखा कि समिति ने क्या कहा",
    "ta": "குழு என்ன சொன்னது என்று நாங்கள் பார்க்கவில்லை",
}


@pytest.mark.parametrize("own", SAID)
def test_another_language_is_told_by_script_and_function_words(own):
    for other, text in SAID.items():
        assert other_language(SAID[own], text, None, "words") == (own != other)
        assert other_language("?", text, own, "words") == (own != other)
        assert not other_language(SAID[own], text, own, "off")


def test_by_script_alone_only_scripts_differ():
    assert not other_language(SAID["en"], SAID["de"], None, "script")
    assert other_language(SAID["en"], SAID["hi"], None, "script")
    assert (script_of("Ωmega is αβγδ"), script_of("12 !")) == ("LATIN", "")


def test_few_words_are_no_evidence():
    assert guess("Berlin Hauptbahnhof") == ""
    assert not other_language("hello there", "Guten Morgen", None, "words")


def test_an_unknown_language_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'German'"):
        paraphrase_settings({**LLM, "language": "Germann"})


def test_the_gist_is_the_words():
    assert gist("Hello,  WORLD!") == gist("hello world")
    assert gist("क्या?") == gist("क्या") != gist("क्यों")
    assert gist("?!") == "?!"


@pytest.mark.parametrize(
    ("source", "output", "text", "leak"),
    [
        ("is it good", "yes", "yes, is it good", True),
        ("is it good", "no", "I know not if it is good", False),  # 'no' only within a word
        ("is yes a word", "yes", "might yes be a word", False),  # the sentence says it itself
        ("good day", "Guten Tag", "good day (Guten Tag!)", True),
        ("good day", "Guten Tag", "a good day", False),
    ],
)
def test_a_leak_is_the_output_as_whole_words(source, output, text, leak):
    assert leaks(source, [output], text) is leak


def test_the_prompt_names_count_and_language():
    told = instruction_of(paraphrase_settings({**LLM, "count": 3, "language": "ta"}))
    assert "write 3 diverse paraphrases of its sentence, in Tamil." in told
    assert "in the sentence's own language" in instruction_of(paraphrase_settings(LLM))
    assert "{" not in told
    own = paraphrase_settings({**LLM, "instruction": "JSON of {count} in {language}, as {id: []}"})
    assert instruction_of(own) == "JSON of 5 in in the sentence's own language, as {id: []}"


def test_ids_are_of_the_sentence_and_not_of_its_place():
    one, two = ids_of(["a b", "c d"]), ids_of(["c d", "e"])
    assert set(one.values()) == {"a b", "c d"}
    assert [n for n, s in one.items() if s == "c d"] == [n for n, s in two.items() if s == "c d"]
    (_, _), (role, text) = messages_of(paraphrase_settings(LLM), one)
    assert (role, json.loads(text)) == ("user", one)


def test_ids_stay_apart_where_hashes_begin_alike(monkeypatch):
    monkeypatch.setattr("ictrain.paraphrase.asked.prompt.digest", lambda text: "abcdef" + text * 6)
    assert ids_of(["aa", "bb"]) == {"sabcdef": "aa", "sabcdefbb": "bb"}


@pytest.mark.parametrize(
    ("text", "lists", "wrong", "problem"),
    [
        ('{"a": ["x"], "b": ["y"]}', {"a": ["x"], "b": ["y"]}, {}, ""),
        ('{"a": ["x"]}', {"a": ["x"]}, {"b": "its id is missing"}, ""),
        ('{"a": ["x", "y"], "b": ["z', {"a": ["x", "y"]}, {"b": "broken JSON"}, "broken JSON"),
        ("{", {}, {"a": "broken JSON", "b": "broken JSON"}, "broken JSON"),
        ("no", {}, {"a": "no JSON", "b": "no JSON"}, "no JSON"),
        ("", {}, {"a": "no JSON", "b": "no JSON"}, "no JSON"),
        ("[1]", {}, {"a": "no JSON", "b": "no JSON"}, "no JSON"),
        ('{"a": "x", "b": null}', {"a": ["x"], "b": [None]}, {}, ""),
        ('{"a": ["x"], "a": ["y"], "b": []}', {"b": []}, {"a": "its id came twice"}, ""),
        ('{"a": ["\\ud800"], "b": ["z"]}', {"a": ["\ud800"], "b": ["z"]}, {}, ""),
    ],
)
def test_replies_are_read_id_by_id(text, lists, wrong, problem):
    read = read_reply(text, ["a", "b"])
    assert (read.lists, read.wrong, read.problem) == (lists, wrong, problem)


def test_a_reply_of_deep_nesting_is_only_broken():
    assert read_reply('{"a": ' + "[" * 100_000, ["a"]).problem == "broken JSON"


def test_a_near_duplicate_is_read_and_never_asked_for(tmp_path):
    settings = paraphrase_settings({**LLM, "cache": str(tmp_path / "p.sqlite")})
    make = make_paraphraser(settings, [])
    target, generator = Example("1", "is it good", "yes"), np.random.default_rng(0)
    assert make(target, generator) is None  # and no file was made
    assert list(tmp_path.iterdir()) == []
    store = Kept(settings).store
    store.keep({"is it good": ["it is good, is it", "yes, is it good"]}, Cost(1))
    made = make(target, generator)
    # What gives this target's output away is left out, even where it was fine for another's.
    assert (made.id, made.input, made.output) == ("1#asked-0", "it is good, is it", "yes")
    other = {make(Example("2", "is it good", "no"), np.random.default_rng(n)).input
             for n in range(9)}  # fmt: skip
    assert other == {"it is good, is it", "yes, is it good"}


def test_a_runs_own_file_decides_for_that_run(tmp_path):
    settings = paraphrase_settings({**LLM, "cache": str(tmp_path / "p.sqlite")})
    kept = Kept(settings)
    kept.store.keep({"is it good": ["one", "two"]}, Cost(1))
    file = tmp_path / "paraphrases.jsonl"
    rows = {("is it good", "yes", ""): (Near("three"),), ("why", "so", ""): ()}
    add_rows(file, kept.name, rows, {("why", "so", ""): "refused"})
    own = Kept(settings, table=file)
    generator = np.random.default_rng(0)
    assert own(Example("1", "is it good", "yes"), generator).input == "three"
    assert own(Example("2", "why", "so"), generator) is None
    assert own.near(Example("2", "why", "so")) == ()  # asked for in vain
    assert own.near(Example("3", "is it good", "no")) is None  # not asked for
    lines = file.read_text().splitlines()
    assert [json.loads(line).get("given_up") for line in lines] == [None, "refused"]
    add_rows(file, kept.name, {("new", "n", ""): (Near("newer", "m", {"hint": "h"}),)}, {})
    newer = own(Example("4", "new", "n", {"hint": "x", "db_id": "d", "alt_sql": "o"}), generator)
    assert (newer.input, newer.output, dict(newer.meta)) == (
        "newer",
        "m",
        {"hint": "h", "db_id": "d"},
    )
    other = Kept(paraphrase_settings({**LLM, "model": "other"}), table=file)
    assert other(Example("1", "is it good", "yes"), generator) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"url": "here"}, "expected http"),
        ({"similarity_range": [0.9, 0.1]}, "a smaller number first"),
        ({"instruction": "Write five."}, "the word JSON"),
        ({"tmperature": 1}, "did you mean 'temperature'"),
        ({"count": 0}, "greater than or equal to 1"),
        ({"similarity": {"method": "bm26"}}, "did you mean 'bm25'"),
    ],
)
def test_wrong_settings_get_one_line(change, message):
    with pytest.raises(ConfigError, match=message) as caught:
        paraphrase_settings({**LLM, **change})
    assert "\n" not in str(caught.value)


@given(text=st.text(), sentences=st.lists(st.text(min_size=1), min_size=1, max_size=5, unique=True))
def test_no_answer_breaks_the_reading(text, sentences):
    ids = ids_of(sentences)
    for answer in (text, "{" + text, f'{{"{next(iter(ids))}": {text}}}'):
        read = read_reply(answer, ids)
        assert {*read.lists, *read.wrong} == {*ids}
        assert not {*read.lists} & {*read.wrong}


@given(sentences=st.lists(st.text(min_size=1), min_size=1, max_size=6, unique=True))
def test_any_sentence_comes_to_the_model_whole_and_its_answer_back_to_it(sentences):
    ids = ids_of(sentences)
    assert sorted(ids.values()) == sorted(sentences)
    told = messages_of(paraphrase_settings(LLM), ids)[1][1]
    answer = {name: [text] for name, text in json.loads(told).items()}
    read = read_reply(json.dumps(answer), ids)
    assert {ids[name]: texts for name, texts in read.lists.items()} == {s: [s] for s in sentences}
    assert read.wrong == {}


@given(
    source=st.text(min_size=1),
    output=st.text(),
    found=st.lists(st.text() | st.none() | st.integers()),
)
def test_what_is_taken_is_a_writable_text_other_than_the_sentence(source, output, found):
    settings = paraphrase_settings({**LLM, "similarity_range": [-0.1, 1]})
    index = build_index(settings.similarity, PoolSnapshot.of([Example("1", "a", "b")]))
    ((texts, wrong),) = Checker(settings, index).good([Answer(source, [output], found)])
    assert len(texts) + sum(wrong.values()) == len(found)
    assert len({normalise(text) for text in texts}) == len(texts)
    for text in texts:
        assert text.encode()
        assert normalise(text) != normalise(source)
        assert not leaks(source, [output], text)
