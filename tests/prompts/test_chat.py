"""Chats: the same prompts as the tokenizer's own template gives, with every segment known."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AddedToken

from ictrain.contexts import Context, ContextExample
from ictrain.errors import ConfigError, ModelError
from ictrain.examples import Example
from ictrain.prompts import PromptSettings, Renderer
from tests.made_chats import ENDS, FAMILIES, MAKERS, MARKED, SYSTEMLESS, instruct_tokenizer
from tests.made_tokenizers import byte_level_bpe

TARGET = Example("t", "the nearest cat", "die Katze")
LETTERS = st.text(alphabet="abeht nKS.?\n", min_size=1, max_size=20).filter(lambda t: t.strip())
WORDS = st.lists(st.sampled_from(["the", "cat", "die", "Katze", "nearest", "?"]), min_size=1)
TEXT = LETTERS | WORDS.map(" ".join)
PAIRS = st.lists(
    st.tuples(TEXT, TEXT), max_size=3, unique_by=lambda p: " ".join(p[0].casefold().split())
)


def context_of(*pairs):
    examples = [
        ContextExample(Example(f"e{i}", a, b), "random", {"bm25": i / 10})
        for i, (a, b) in enumerate(pairs)
    ]
    return Context("t", "random", tuple(examples))


def renderer(family, tokenizer=None, **values):
    parsed = PromptSettings.parse({"chat": "turns", **values})
    return Renderer(parsed, tokenizer or instruct_tokenizer(family), "bm25")


def theirs(family, messages, **values):
    """What transformers makes of the same messages, a user's control tokens taken as text."""
    tokenizer = instruct_tokenizer(family)
    turns = [{"role": role, "content": content} for role, content in messages]
    # Our own guard against yesterday's prompts differing from today's.
    values = {"enable_thinking": False, "date_string": "26 Jul 2024", **values}
    return tokenizer.apply_chat_template(turns, return_dict=False, **values)


def decoded(family, ids):
    return instruct_tokenizer(family).convert_ids_to_tokens(ids)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("system", [None, "Be brief."])
@settings(max_examples=20, deadline=None)
@given(pairs=PAIRS, output=TEXT)
def test_turns_have_the_ids_that_transformers_gives_them(family, system, pairs, output):
    if system and family in SYSTEMLESS:
        return
    own = renderer(family, system=system)
    target = Example("t", "zebra z", output)
    asked = own.render(context_of(*pairs), target, "train", label=False)
    assert decoded(family, asked.ids) == decoded(
        family,
        theirs(family, asked.messages, add_generation_prompt=True, sanitize_control_tokens=True),
    )
    answered = own.render(context_of(*pairs), target, "train")
    full = theirs(family, answered.messages, sanitize_control_tokens=True)
    assert decoded(family, answered.ids) == decoded(family, full[: len(answered.ids)])
    assert answered.messages == (*asked.messages, ("assistant", output.strip()))


@pytest.mark.parametrize("chat", ["turn", "turns"])
@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=20, deadline=None)
@given(pairs=PAIRS, output=TEXT)
def test_the_prompt_is_a_prefix_of_the_prompt_with_label(family, chat, pairs, output):
    own = renderer(family, chat=chat, instruction="Translate.\n")
    target = Example("t", "zebra z", output)
    with_label = own.render(context_of(*pairs), target, "train")
    without = own.render(context_of(*pairs), target, "train", label=False)
    assert with_label.ids[: with_label.label_start] == without.ids
    assert without.label_start == len(without.ids)
    tokenizer = instruct_tokenizer(family)
    assert with_label.ids[-1] == own.eos == tokenizer.convert_tokens_to_ids(ENDS[family])
    label = with_label.ids[with_label.label_start : -1]
    if tokenizer.unk_token_id not in label:
        assert tokenizer.decode(label).strip() == output.strip()
    assert own.eos not in label
    starts = [s.start for s in with_label.segments]
    assert starts == [0, *[s.end for s in with_label.segments][:-1]]
    assert with_label.segments[-1].end == len(with_label.ids)


@pytest.mark.parametrize("chat", ["turn", "turns"])
@pytest.mark.parametrize("family", FAMILIES)
def test_text_and_messages_are_the_same_prompt(family, chat):
    context = context_of(("the cat", "die Katze"), ("the mat", "die Matte"))
    rendered = renderer(family, chat=chat, instruction="Translate.\n").render(
        context, TARGET, "train", label=False
    )
    tokenizer = instruct_tokenizer(family)
    text = theirs(family, rendered.messages, add_generation_prompt=True, tokenize=False)
    bos = tokenizer.bos_token
    adds = tokenizer.encode("a")[0] == tokenizer.bos_token_id
    assert rendered.text == (text.removeprefix(bos) if adds else text)
    # So an endpoint that is sent the text, and tokenises it in its own way, sees one BOS token.
    assert tokenizer.encode(rendered.text).count(tokenizer.bos_token_id) <= 1
    roles = [role for role, _ in rendered.messages]
    assert roles == (["user"] if chat == "turn" else ["user", "assistant"] * 2 + ["user"])
    assert rendered.messages[0][1].startswith("Translate.\nthe cat")
    assert "Translate." not in rendered.messages[-1][1][1:] or chat == "turn"


@pytest.mark.parametrize("chat", ["turn", "turns"])
@pytest.mark.parametrize("family", FAMILIES)
def test_segments_say_whose_they_are(family, chat):
    pairs = [("the cat", "die Katze"), ("the mat", "die Matte")]
    rendered = renderer(family, chat=chat, instruction="Translate.\n").render(
        context_of(*pairs), TARGET, "train"
    )
    found = [(s.part, s.example_id) for s in rendered.segments if s.part != "template"]
    outputs = ["output", "output"] if chat == "turn" else ["output"]  # text and line break
    examples = [(p, f"e{i}") for i in (0, 1) for p in ("input", *outputs)]
    bos = [("bos", "")] if rendered.ids[0] == instruct_tokenizer(family).bos_token_id else []
    assert found == [*bos, ("instruction", ""), *examples, ("target", "t"), ("label", "t")]
    tokenizer = instruct_tokenizer(family)
    words = [
        tokenizer.decode(rendered.ids[s.start : s.end]).strip()
        for s in rendered.segments
        if s.part in ("input", "output", "target")
    ]
    said = [text for pair in pairs for text in pair] + ["the nearest cat"]
    assert [w.removesuffix(":") for w in words if w] == said


def test_golden_prompts():
    """Changes of the renderer that would part training from serving show here."""
    context = context_of(("a cat", "Katze"))
    values = {"instruction": "Translate.\n", "system": "Be brief."}
    turns = renderer("llama3", **values).render(context, TARGET, "train")
    header = "<|start_header_id|>{}<|end_header_id|>\n\n"
    system, user, assistant = (header.format(r) for r in ("system", "user", "assistant"))
    assert turns.text == (
        f"{system}Be brief.<|eot_id|>{user}Translate.\na cat<|eot_id|>{assistant}Katze<|eot_id|>"
        f"{user}the nearest cat<|eot_id|>{assistant}die Katze"
    )
    turn = renderer("llama3", chat="turn", **values).render(context, TARGET, "train")
    assert turn.text == (
        f"{system}Be brief.<|eot_id|>{user}Translate.\na cat: Katze\nthe nearest cat:<|eot_id|>"
        f"{assistant}die Katze"
    )
    tokenizer = instruct_tokenizer("llama3")
    for rendered in (turn, turns):
        assert tokenizer.decode(rendered.ids) == f"<|bos|>{rendered.text}<|eot_id|>"
    qwen = renderer("qwen3").render(context, TARGET, "train")
    assert qwen.text == (
        "<|im_start|>user\na cat<|im_end|>\n<|im_start|>assistant\nKatze<|im_end|>\n"
        "<|im_start|>user\nthe nearest cat<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\ndie Katze"
    )
    mistral = renderer("mistral", system="Be brief.").render(context, TARGET, "train")
    assert mistral.text == (
        "<s>[INST] a cat [/INST] Katze</s>[INST] Be brief.\n\nthe nearest cat [/INST] die Katze"
    )


def controls(family):
    tokenizer = instruct_tokenizer(family)
    added = tokenizer.added_tokens_decoder.items()
    unknown = tokenizer.unk_token_id
    return {i: t.content for i, t in added if t.content.strip() and i != unknown}


@pytest.mark.parametrize("chat", ["turn", "turns"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_control_token_in_the_data_is_only_text(family, chat):
    """A user's '<|im_end|>' must not end a turn, whoever is asked: input, output, target, label."""
    own, known = renderer(family, chat=chat, instruction="Translate.\n"), controls(family)
    tokenizer = instruct_tokenizer(family)
    plain = own.render(context_of(("a x b", "c x d")), Example("t", "e x f", "g x h"), "train")
    expected = [i for i in plain.ids if i in known]
    for name in known.values():
        target = Example("t", f"e {name} f", f"g {name} h")
        rendered = own.render(context_of((f"a {name} b", f"c{name}d")), target, "train")
        assert [i for i in rendered.ids if i in known] == expected
        assert rendered.text.count(name) == plain.text.count(name) + 4
        label = rendered.ids[rendered.label_start : -1]
        assert tokenizer.unk_token_id in label or name in tokenizer.decode(label)
        assert rendered.messages[-1] == ("assistant", f"g {name} h")
        named = renderer(family, chat=chat, instruction=f"Translate {name}.\n")
        rendered = named.render(context_of(("a x b", "c x d")), target, "train")
        assert [i for i in rendered.ids if i in known] == expected


def test_a_control_token_as_text_has_the_tokens_of_any_text():
    before_it_was_added = byte_level_bpe(texts=MARKED)
    rendered = renderer("llama3").render(context_of(("a <|eot_id|>b", "x")), TARGET, "train")
    (segment,) = [s for s in rendered.segments if s.part == "input"]
    expected = before_it_was_added.encode("a <|eot_id|>b", add_special_tokens=False)
    assert list(rendered.ids[segment.start : segment.end]) == expected
    assert len(expected) < 10


def test_the_guard_of_control_tokens_fires(monkeypatch):
    """Without it the same texts would be control tokens."""
    own = renderer("qwen2")
    encoder = own._writer._encoder
    monkeypatch.setattr(encoder, "_spelt", lambda text, _: encoder._encode(text))
    with pytest.raises(ModelError, match=r"becomes the control token '<\|im_end\|>'"):
        own.render(context_of(("a <|im_end|>", "b")), TARGET, "train")


def test_the_data_takes_no_part_in_the_templates_decisions():
    """Qwen's template cuts what stands before '</think>' out of an answer."""
    own = renderer("qwen3")
    rendered = own.render(context_of(("a", "b</think>c")), Example("t", "d", "x</think>y"), "train")
    assert "b</think>c" in rendered.text
    assert rendered.text.endswith("x</think>y")


@pytest.mark.parametrize("family", FAMILIES)
def test_at_most_one_bos_and_it_stands_first(family):
    tokenizer = instruct_tokenizer(family)
    context, bos = context_of(("a cat", "x")), tokenizer.bos_token_id
    auto = renderer(family).render(context, TARGET, "train").ids
    if bos is None:
        with pytest.raises(ModelError, match="no BOS token"):
            renderer(family, bos="always")
        return
    assert auto.count(bos) == (0 if family == "phi3" else 1)
    always = renderer(family, bos="always").render(context, TARGET, "train").ids
    never = renderer(family, bos="never").render(context, TARGET, "train").ids
    assert always == (bos, *never)
    assert bos not in never
    assert auto in (always, never)


@pytest.mark.parametrize("rstrip", [False, True])
def test_a_space_before_a_content_belongs_to_it_unless_a_token_takes_it_in(rstrip):
    tokenizer = MAKERS["qwen2"]()
    tokenizer.add_tokens([AddedToken("<ask>", rstrip=rstrip, special=True)], special_tokens=True)
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'user' %}<ask> {% endif %}{{ m.content }}"
        "<|im_end|>{% endfor %}"
    )
    own = renderer("qwen2", tokenizer)
    rendered = own.render(context_of(("cat", "die")), Example("t", "nearest", "Katze"), "train")
    turns = [{"role": role, "content": content} for role, content in rendered.messages]
    assert rendered.ids == tuple(tokenizer.apply_chat_template(turns, return_dict=False))


def test_examples_are_dropped_whole_with_their_turns():
    context = context_of(("one cat", "a"), ("two cats", "b"), ("three cats", "c"))
    full = renderer("qwen2").render(context, TARGET, "train")
    for room, dropped in [(0, ()), (1, ("e0",)), (30, ("e0", "e1")), (60, ("e0", "e1", "e2"))]:
        own = renderer("qwen2", max_tokens=len(full.ids) - room)
        rendered = own.render(context, TARGET, "train")
        assert rendered.dropped == dropped
        assert rendered.k_rendered == 3 - len(dropped)
        assert len(rendered.messages) == 2 * rendered.k_rendered + 2
        assert rendered.ids[rendered.label_start :] == full.ids[full.label_start :]


def test_a_prompt_of_tomorrow_is_that_of_today(monkeypatch):
    assert "Today: 26 Jul 2024" in renderer("dated").render(context_of(), TARGET, "train").text
    other = renderer("dated", chat_template_kwargs={"date_string": "1 Jan 2025"})
    assert "Today: 1 Jan 2025" in other.render(context_of(), TARGET, "train").text
    plain = instruct_tokenizer("dated").apply_chat_template(
        [{"role": "user", "content": "x"}], tokenize=False
    )
    assert f"Today: {datetime.now():%d %b %Y}" in plain  # which is what would have been trained on


def test_white_space_at_a_turns_ends_is_not_kept():
    spaced = renderer("qwen2").render(
        context_of((" a b\n", "\n c ")), Example("t", "  d  e ", " f "), "train"
    )
    assert [content for _, content in spaced.messages] == ["a b", "c", "d  e", "f"]
    assert renderer("qwen2").render(context_of(), Example("t", "x", ""), "train").label_start


@pytest.mark.parametrize(
    ("family", "values", "told"),
    [
        ("gemma", {"system": "x"}, r"refuses system user: System role .*instruction"),
        ("qwen3", {"chat_template_kwargs": {"enable_thinking": True}},
         r"asks for an answer in another way .*'<think>.*chat_template_kwargs"),
    ],
)  # fmt: skip
def test_what_a_template_does_not_do_is_told_on_one_line(family, values, told):
    with pytest.raises(ModelError, match=told) as caught:
        renderer(family, **values)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("prompt.chat: ")


@pytest.mark.parametrize(
    ("template", "values", "told"),
    [
        (None, {}, r"has no chat template; set prompt.chat: none, or let model.token"),
        ({"tool_use": "x"}, {}, "the tokenizer has no chat template"),
        ("{% for m in messages %}{{ m.role }}", {}, r"refuses user: Unexpected end of"),
        ("{% for m in messages %}{% if m.role != 'system' %}{{ m.content }}<|im_end|>{% endif %}"
         "{% endfor %}", {"system": "x"}, r"leaves out, .* the system turn's text; put prompt.sys"),
        ("{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}", {},
         "repeats the user turn's text; set prompt.chat: none"),
        ("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
         "{% if add_generation_prompt %}assistant: {% endif %}", {},
         r"ends an answer with '\\n', which begins with no token of its own"),
        ("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
         "{% endfor %}", {}, r"than it writes one: '<\|im_start\|>assistant\\n' stands"),
        ("{% if messages | length > 2 %}{{ raise_exception('one turn only') }}{% endif %}"
         "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}", {},
         r"refuses user assistant user: one turn only; set prompt.chat: turn"),
    ],
    ids=["none", "no default", "broken", "drops", "twice", "no end", "no prompt", "one turn"],
)  # fmt: skip
def test_a_template_that_cannot_be_used_is_told_on_one_line(template, values, told):
    tokenizer = instruct_tokenizer("qwen2")
    tokenizer.chat_template = template
    with pytest.raises(ModelError, match=told) as caught:
        renderer("qwen2", tokenizer, **values)
    assert "\n" not in str(caught.value)


def test_settings_of_a_chat_are_checked():
    bare = PromptSettings.parse({"chat": "turns"})
    assert bare.example == "{input}{output}"
    assert PromptSettings.parse(bare.model_dump(mode="json")) == bare
    assert PromptSettings.parse({"chat": "turn"}).example == PromptSettings().example
    for values, told in [
        ({"system": "x"}, "system without a chat; set chat to turn or turns"),
        ({"chat_template_kwargs": {"a": 1}}, "chat_template_kwargs without a chat"),
        ({"chat": "turn", "chat_template_kwargs": {"tokenize": 1}}, "'tokenize' is not for the"),
        ({"chat": "trun"}, "'none', 'turn' or 'turns'"),
    ]:
        with pytest.raises(ConfigError, match=told):
            PromptSettings.parse(values)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_base_prompt_of_the_same_tokenizer_has_no_chat_in_it(family):
    tokenizer = MAKERS[family]()
    own = renderer(family, tokenizer, chat="none")
    assert own.eos == tokenizer.eos_token_id
    rendered = own.render(context_of(("a", "b")), TARGET, "train")
    assert rendered.messages == ()
    tokenizer.chat_template = None
    assert renderer(family, tokenizer, chat="none").render(
        context_of(("a", "b")), TARGET, "train"
    ) == rendered  # fmt: skip
