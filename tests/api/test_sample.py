"""A context for one input that somebody asks about now."""

import pytest

import ictrain
from ictrain.errors import ConfigError, ContextError
from ictrain.prompts import PromptSettings
from tests.api.kit import make_folder
from tests.made_tokenizers import byte_level_bpe
from tests.support import pool_of


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    folder = make_folder(tmp_path_factory.mktemp("user"))
    return ictrain.Contexts(folder / "pairs.jsonl", epsilon=0)


def overlap(a, b):
    left, right = set(a.split()), set(b.split())
    return len(left & right) / len(left | right)


def test_the_most_similar_examples_with_roles_and_similarities(contexts):
    context = contexts.sample("ant bee", k=4)
    assert context.k == 4
    assert {e.role for e in context.examples} <= {"similar", "exact"}
    for e in context.examples:
        assert e.similarities["overlap"] == pytest.approx(overlap("ant bee", e.example.input))
        assert e.similarities["bm25"] > 0
    kept = min(e.similarities["bm25"] for e in context.examples)
    inside = {e.example.id for e in context.examples}
    index = contexts.source.similarities["bm25"]
    rest = [e.input for e in contexts.data.pool if e.id not in inside]
    assert index.pairs(["ant bee"] * len(rest), rest).max() <= kept


def test_an_equal_input_is_wanted_here_and_named(contexts):
    known = pool_of(40).examples[7]
    context = contexts.sample(known.input.upper(), k=3)
    roles = {e.example.id: e.role for e in context.examples}
    assert roles[known.id] == "exact"
    assert known.output in contexts.prompt(known.input, k=3)


@pytest.mark.parametrize(("mode", "roles"), [("random", ["random"] * 3), ("none", [])])
def test_other_modes(contexts, mode, roles):
    context = contexts.sample("ant bee", k=3, mode=mode)
    assert [e.role for e in context.examples] == roles


def test_one_similar_among_random_ones(contexts):
    roles = [e.role for e in contexts.sample("ant bee", k=5, mode="one_similar").examples]
    assert sorted(roles) in (["near"] + ["random"] * 4, ["exact"] + ["random"] * 4)


def test_the_same_question_gets_the_same_context(contexts):
    first = contexts.sample("ant bee", k=3, mode="random")
    assert contexts.sample("ant bee", k=3, mode="random") == first
    assert contexts.sample("ant cat", k=3, mode="random").examples != first.examples


def test_the_prompt_is_the_context_and_the_input(contexts):
    context = contexts.sample("ant bee", k=2)
    lines = [f"{e.example.input}: {e.example.output}\n" for e in context.examples]
    assert contexts.prompt("ant bee", k=2) == "".join([*lines, "ant bee:"])


def test_with_a_tokenizer_the_window_holds_and_the_ids_are_those_that_training_has(contexts):
    tokenizer = byte_level_bpe()
    whole = contexts.render("ant bee", tokenizer, k=6)
    assert (
        tokenizer.decode(whole.ids)
        == "<|bos|>" + whole.text
        == "<|bos|>" + contexts.prompt("ant bee", k=6)
    )
    contexts.prompt_settings = PromptSettings(max_tokens=60)
    try:
        cut = contexts.render("ant bee", tokenizer, k=6, room=10)
        assert len(cut.ids) <= 50
        assert 0 < cut.k_rendered == 6 - len(cut.dropped) < 6
    finally:
        contexts.prompt_settings = PromptSettings()


def test_bad_input_is_told_on_one_line(contexts):
    with pytest.raises(ConfigError, match="did you mean 'similar'"):
        contexts.sample("ant", mode="similr")
    with pytest.raises(ConfigError, match="expected a mode that needs no output"):
        contexts.sample("ant", mode="one_paraphrase")
    with pytest.raises(ConfigError, match="k is 0"):
        contexts.sample("ant", k=0)
    with pytest.raises(ContextError, match="40 distinct inputs"):
        contexts.sample("ant", k=41)
