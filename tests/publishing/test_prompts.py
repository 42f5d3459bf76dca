"""A prompt taken apart is the one it was made of, or it is not taken apart."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ictrain.contexts import Context, ContextExample
from ictrain.examples import Example
from ictrain.prompts import PromptSettings, Renderer
from ictrain.publishing.prompts import first_shown, only_fields, spread, taken_apart, token_ids
from ictrain.rows import Row
from tests.made_chats import FAMILIES, instruct_tokenizer
from tests.made_tokenizers import KINDS

TOKENIZERS = {kind: KINDS[kind]() for kind in ("byte_level_bpe", "characters")}


def row_of(renderer, pairs, question, **changes):
    examples = [Example(str(i), *pair) for i, pair in enumerate(pairs)]
    context = Context("t", "random", tuple(ContextExample(e, "random") for e in examples))
    rendered = renderer.render(context, Example("t", question, "x"), "serve", label=False)
    values = {
        "run": "r", "task": "t", "test_set": "id", "strategy": "s", "seed": 0, "step": 1,
        "mode": "random", "target_id": "t", "context_ids": [], "context_roles": [],
        "similarities": {}, "s": 0.5, "band": "medium", "k_drawn": len(pairs),
        "k_rendered": len(pairs), "prompt_tokens": len(rendered.ids), "prompt": rendered.text,
        "output": "x", "reference": "x", "scores": {"m": 1.0},
    }  # fmt: skip
    return Row(**{**values, **changes}), rendered


def every_way(text, literals):
    """The slow obvious answer: all choices of places for the inner literals."""
    first, *inner, last = literals
    if not text.startswith(first) or not text.endswith(last):
        return []
    end, found = len(text) - len(last), []
    for places in combinations(range(len(first), end + 1), len(inner)):
        starts = [len(first)]
        fits = all(text.startswith(w, at) for w, at in zip(inner, places, strict=True))
        starts += [at + len(w) for w, at in zip(inner, places, strict=True)]
        fields = [text[a:b] for a, b in zip(starts, [*places, end], strict=True)]
        if fits and all(a < b for a, b in zip(starts, [*places, end], strict=True)):
            found.append(tuple(fields))
    return found


@settings(max_examples=400, deadline=None)
@given(
    st.text("ab:", max_size=9),
    st.lists(st.text("b:", min_size=1, max_size=2), min_size=2, max_size=4),
)
def test_fields_are_found_where_there_is_one_way_and_nowhere_else(text, literals):
    ways = every_way(text, literals)
    assert only_fields(text, literals) == (ways[0] if len(ways) == 1 else None)


WORDS = st.text("ab:= \n", min_size=1, max_size=6).filter(lambda t: t.strip())
TEMPLATES = [
    "{input}: {output}\n",
    "{index}. {input}={output}\n\n",
    "{input} {output} ",
    "Q {input}\nA {output};",
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(TEMPLATES),
    st.sampled_from(["", "Do it.\n"]),
    st.sampled_from(sorted(TOKENIZERS)),
    st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3),
    WORDS,
)
def test_what_is_taken_apart_is_what_was_put_together(template, first, kind, pairs, question):
    assume(len({" ".join(p[0].split()) for p in pairs}) == len(pairs))
    prompt = PromptSettings(instruction=first, example=template)
    renderer = Renderer(prompt, TOKENIZERS[kind], "overlap")
    row, rendered = row_of(renderer, pairs, question)
    found = taken_apart(renderer, row)
    if found is not None:
        assert (found.examples, found.question) == (tuple(pairs), question)
        assert found.rendered.ids == rendered.ids


def test_a_prompt_that_can_be_read_in_two_ways_is_not_taken_apart():
    renderer = Renderer(PromptSettings(), TOKENIZERS["byte_level_bpe"], "overlap")
    clear, _ = row_of(renderer, [("cat", "Katze")], "dog")
    assert taken_apart(renderer, clear).examples == (("cat", "Katze"),)
    two, _ = row_of(renderer, [("cat: big", "Katze")], "dog")
    assert taken_apart(renderer, two) is None
    assert token_ids(renderer, two)[0] == renderer.bos  # its text as one piece then
    other, _ = row_of(renderer, [("cat", "Katze")], "dog", prompt_tokens=3)
    assert taken_apart(renderer, other) is None


@pytest.mark.parametrize("chat", ["turn", "turns"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_chat_is_taken_apart_by_its_own_template(family, chat):
    renderer = Renderer(
        PromptSettings.parse({"chat": chat, "instruction": "Translate."}),
        instruct_tokenizer(family),
        "overlap",
    )
    pairs = [("the cat", "die Katze"), ("the mat", "die Matte")]
    row, rendered = row_of(renderer, pairs, "the dog")
    found = taken_apart(renderer, row)
    assert found is not None
    assert (found.examples, found.question) == (tuple(pairs), "the dog")
    assert found.rendered.ids == rendered.ids == token_ids(renderer, row)


def test_the_first_prompt_with_a_close_example_is_shown_and_prompts_are_spread_over_all():
    renderer = Renderer(PromptSettings(), TOKENIZERS["byte_level_bpe"], "overlap")
    rows = [
        row_of(renderer, [(f"cat {n}", "x")], f"dog {n}", mode=mode, target_id=str(n))[0]
        for mode in ("random", "one_similar") for n in range(12)
    ]  # fmt: skip
    assert first_shown(renderer, rows, ("one_similar", "random")).row is rows[12]
    assert first_shown(renderer, rows[:12], ("one_similar",)) is None
    chosen = spread(rows, 4)
    assert len(chosen) == 4
    assert len({r.prompt for r in chosen}) == 4
    assert len(spread(rows[:2], 8)) == 2
