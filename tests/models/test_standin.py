import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictrain.contexts import Context, ContextExample
from ictrain.examples import Example
from ictrain.models.standin import BytesTokenizer
from ictrain.prompts import PromptSettings, Renderer

CONTEXT = Context(
    "t", "random", (ContextExample(Example("e", "ein Haus", "a house"), "random", {"bm25": 0.0}),)
)
TARGET = Example("t", "ein Hund", "a dog <end of turn>")


@given(st.text(), st.text())
def test_ids_are_equal_where_texts_are(first, second):
    encode = BytesTokenizer().encode
    assert (encode(first) == encode(second)) == (first == second)
    assert len(encode(first)) == -(-len(first.encode()) // 4)
    assert BytesTokenizer.eos_token_id not in encode(first)


@pytest.mark.parametrize(
    ("chat", "roles"),
    [("none", []), ("turn", ["user"]), ("turns", ["user", "assistant", "user"])],
)
def test_it_renders_every_kind_of_prompt(chat, roles):
    renderer = Renderer(PromptSettings(chat=chat), BytesTokenizer(), "bm25")
    found = renderer.render(CONTEXT, TARGET, "benchmark", label=False)
    assert [role for role, _ in found.messages] == roles
    assert "ein Haus" in found.text
    assert "ein Hund" in found.text
    assert "a dog" not in found.text
    whole = renderer.render(CONTEXT, TARGET, "benchmark")
    assert whole.ids[: len(found.ids)] == found.ids
