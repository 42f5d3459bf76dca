import pytest

from ictrain.contexts import Context
from ictrain.errors import ModelError
from ictrain.examples import Example
from ictrain.models import ModelSettings, load_tokenizer
from ictrain.prompts import PromptSettings, Renderer


def test_a_tokenizer_that_cannot_write_a_text_is_told_on_one_line():
    """The small base knows letters and a few signs; its tokenizer has no unknown token."""
    renderer = Renderer(PromptSettings(), load_tokenizer(ModelSettings()), "bm25")
    target = Example("t", "wie viele Fahrräder?", "3")
    with pytest.raises(ModelError, match="the tokenizer cannot write"):
        renderer.render(Context("t", "none"), target, "benchmark")
