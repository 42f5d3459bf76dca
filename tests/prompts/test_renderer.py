from __future__ import annotations

import copy
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.contexts import Context, ContextExample
from ictrain.errors import ConfigError, ContextError, DataError, ModelError
from ictrain.examples import Example
from ictrain.prompts import PromptSettings, Renderer, TooLong
from tests.made_tokenizers import KINDS

TRANSLATION = PromptSettings(
    instruction="Translate from English to German.\n",
    instruction_with_context="Here are {k} translations from English to German.\n",
    example="Example {index}:\nSource: {input}\nTarget: {output}\n\n",
    target="Source: {input}\nTarget: {output}",
)
PLAIN = PromptSettings()
TARGET = Example("t", "the nearest cat", "die Katze")

_made = cache(lambda kind: KINDS[kind]())


def tokenizer(kind):
    return copy.deepcopy(_made(kind))


def context_of(*pairs, target_id="t", role="random", scores=None):
    scores = scores or [0.1 * i for i in range(len(pairs))]
    examples = [
        ContextExample(Example(f"e{i}", a, b), role, {"bm25": s})
        for i, ((a, b), s) in enumerate(zip(pairs, scores, strict=True))
    ]
    return Context(target_id, "random", tuple(examples))


def renderer(kind, prompt=PLAIN, **values):
    return Renderer(prompt.model_copy(update=values), tokenizer(kind), "bm25")


TEXT = st.text(alphabet="abeht nKS.?", min_size=1, max_size=30).filter(lambda t: t.strip())


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("prompt", [PLAIN, TRANSLATION], ids=["plain", "translation"])
@settings(max_examples=25, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(TEXT, TEXT), max_size=4, unique_by=lambda p: " ".join(p[0].casefold().split())
    )
)
def test_the_prompt_is_a_prefix_of_the_prompt_with_label(kind, prompt, pairs):
    context = context_of(*pairs)
    own = renderer(kind, prompt)
    target = Example("t", "zebra", TARGET.output)
    with_label = own.render(context, target, "train")
    without = own.render(context, target, "train", label=False)
    assert with_label.ids[: with_label.label_start] == without.ids
    assert without.label_start == len(without.ids)
    assert with_label.ids[-1] == own.eos
    assert with_label.ids[with_label.label_start : -1] == own.encode(f" {target.output}")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_segments_cover_the_ids_and_say_whose_they_are(kind):
    rendered = renderer(kind, TRANSLATION).render(
        context_of(("the cat", "die Katze"), ("the mat", "die Matte")), TARGET, "train"
    )
    assert [s.start for s in rendered.segments] == [0, *[s.end for s in rendered.segments][:-1]]
    assert rendered.segments[-1].end == len(rendered.ids)
    assert [s.example_id for s in rendered.segments if s.part == "input"] == ["e0", "e1"]
    assert rendered.segments[-1].part == "label"
    assert rendered.segments[-1].start == rendered.label_start
    assert rendered.k_drawn == rendered.k_rendered == 2


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_at_most_one_bos_and_it_stands_first(kind):
    own = renderer(kind)
    rendered = own.render(context_of(("a cat", "x")), TARGET, "train")
    bos = tokenizer(kind).bos_token_id
    expected = kind in ("byte_level_bpe", "unigram_with_bos")
    assert (own.bos is not None) == expected
    assert rendered.ids.count(bos) == int(expected)
    assert renderer(kind, bos="never").bos is None


def test_a_bos_inside_a_text_is_refused():
    with pytest.raises(ModelError, match="second BOS"):
        renderer("byte_level_bpe").render(context_of(("a <|bos|> cat", "x")), TARGET, "train")


def test_golden_ids_and_text():
    """Changes of the renderer that would part training from serving show here."""
    own = renderer("characters", TRANSLATION)
    rendered = own.render(context_of(("a cat", "Katze")), TARGET, "train")
    assert rendered.text == (
        "Here are 1 translations from English to German.\n"
        "Example 1:\nSource: a cat\nTarget: Katze\n\n"
        "Source: the nearest cat\nTarget: die Katze"
    )
    unknown = tokenizer("characters").unk_token_id
    letters = [
        t if i != unknown else "?" for t, i in zip(rendered.text, rendered.ids, strict=False)
    ]
    assert "".join(letters[-9:]) == "die Katze"
    assert len(rendered.ids) == len(rendered.text) + 1


def test_the_instruction_without_context_is_another_one():
    own = renderer("characters", TRANSLATION)
    assert own.render(context_of(), TARGET, "serve").text.startswith("Translate from")


def test_the_space_before_an_output_belongs_to_it():
    """Under byte-level BPE a mask by length of 'prompt + space' would hide the first token."""
    own = renderer("byte_level_bpe")
    rendered = own.render(context_of(), TARGET, "train")
    first = tokenizer("byte_level_bpe").decode([rendered.ids[rendered.label_start]])
    assert first.startswith(" ")
    assert not rendered.text[: rendered.text.index(" die")].endswith(" ")


def test_whole_examples_are_dropped_least_similar_first():
    pairs = [("one cat", "a"), ("two cats", "b"), ("three cats", "c")]
    context = context_of(*pairs, scores=[0.5, 0.1, 0.9])
    full = renderer("characters").render(context, TARGET, "train")
    for room, dropped in [(0, ()), (1, ("e1",)), (20, ("e1", "e0")), (35, ("e1", "e0", "e2"))]:
        own = renderer("characters", max_tokens=len(full.ids) - room)
        rendered = own.render(context, TARGET, "train")
        assert rendered.dropped == dropped
        assert rendered.k_rendered == rendered.k_drawn - len(dropped)
        assert rendered.ids[rendered.label_start :] == full.ids[full.label_start :]
        size = len(full.ids) - full.label_start
        bare = own.render(context, TARGET, "train", label=False, room=size)
        assert bare.dropped == dropped


def test_a_target_is_never_cut():
    with pytest.raises(TooLong, match=r"target 't': 27 tokens.*max_tokens = 20"):
        renderer("characters", max_tokens=20).render(context_of(("a", "b")), TARGET, "train")


@pytest.mark.parametrize("purpose", ["train", "benchmark"])
def test_a_leak_is_refused_at_render_time_by_input_and_by_id(purpose):
    own = renderer("characters")
    by_input = context_of(("The  nearest CAT", "x"))
    by_id = Context("t", "random", (ContextExample(Example("t", "other", "x"), "random", {}),))
    for context in (by_input, by_id):
        with pytest.raises(ContextError, match="is the target itself"):
            own.render(context, TARGET, purpose)
        own.render(context, TARGET, "serve")


def test_one_input_twice_in_a_context_is_refused():
    with pytest.raises(ContextError, match="stands twice"):
        renderer("characters").render(context_of(("a b", "x"), ("A  b", "y")), TARGET, "serve")


def test_braces_in_the_data_are_only_text():
    rendered = renderer("characters").render(
        context_of(("{output} {k}", "{input}")), TARGET, "train"
    )
    assert rendered.text.startswith("{output} {k}: {input}\n")


def test_a_tokenizer_without_eos_is_refused():
    from transformers import PreTrainedTokenizerFast

    bare = PreTrainedTokenizerFast(tokenizer_object=tokenizer("characters").backend_tokenizer)
    with pytest.raises(ModelError, match="no EOS token"):
        Renderer(PLAIN, bare, "bm25")


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ("{input}:", "{input} and {output}"),
        ("{output} {input}", "before"),
        ("{input} {output} {x}", "{x}"),
        ("{input {output}", "braces"),
    ],
)
def test_wrong_templates_get_one_line(example, message):
    with pytest.raises(ConfigError) as caught:
        PromptSettings.parse({"example": example}, "prompt")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


WITH_META = PromptSettings(
    instruction="-- {meta.schema}\n",
    example="{meta.hint}: {input} = {output}\n",
    target="{meta.hint}? {input} = {output}",
)


def test_fields_of_meta_are_the_targets_in_front_and_each_examples_own_in_its_block():
    e = Example("e", "a", "b", {"hint": "{output} {meta.schema}"})
    context = Context("t", "random", (ContextExample(e, "random", {}),))
    target = Example("t", "x", "y", {"schema": "{k} {input}", "hint": 7})
    text = renderer("characters", WITH_META).render(context, target, "train").text
    assert text == "-- {k} {input}\n{output} {meta.schema}: a = b\n7? x = y"


def test_a_field_of_meta_that_is_not_there_names_the_example_and_the_nearest():
    target = Example("t9", "x", "y", {"shema": "..", "hint": ""})
    with pytest.raises(DataError, match=r"'t9'.*meta\.schema.*shema"):
        renderer("characters", WITH_META).render(Context("t9", "none"), target, "train")


@pytest.mark.parametrize("field", ["{meta}", "{meta.a.b}", "{meta.}", "{meta[a]}", "{input.meta}"])
def test_nothing_else_of_an_example_can_be_asked_for(field):
    with pytest.raises(ConfigError, match=r"\{meta\.NAME\}|each exactly once"):
        PromptSettings.parse({"example": f"{{input}} {field} {{output}}"}, "prompt")
