from __future__ import annotations

import numpy as np
import pytest

from ictrain.contexts import Context, ContextExample
from ictrain.examples import Example
from ictrain.models import ModelSettings
from ictrain.prompts import PromptSettings, Renderer
from ictrain.survey.lengths import Lengths, measure
from ictrain.survey.tokens import tokens_of
from tests.made_tokenizers import KINDS
from tests.survey.made import questions, scratch

PAIRS = [Example(str(i), r["input"], r["output"]) for i, r in enumerate(questions(200))]
TEXTS = [text for e in PAIRS for text in (e.input, f" {e.output}")]
TEMPLATE = "Input: {input}\nOutput: {output}\n\n"


@pytest.mark.parametrize("kind", ["byte_level_bpe", "unigram_with_bos", "unigram_without_bos"])
@pytest.mark.parametrize("k", [0, 4])
def test_prompts_are_as_long_as_the_renderer_makes_them(kind, k, tmp_path):
    """Within a few tokens of the seams: a survey counts parts, the renderer whole segments."""
    tokenizer = KINDS[kind]()
    tokenizer.save_pretrained(tmp_path)
    tokens = tokens_of(ModelSettings(name=str(tmp_path)), TEXTS)
    assert tokens.exact
    found = measure(PAIRS, tokens, TEMPLATE).prompt(k)
    settings = PromptSettings(example=TEMPLATE, max_tokens=4000)
    renderer = Renderer(settings, tokenizer, "overlap")
    lengths = []
    for i, target in enumerate(PAIRS):
        others = tuple(
            ContextExample(PAIRS[(i + 7 * j) % 200], "random", {}) for j in range(1, k + 1)
        )
        rendered = renderer.render(Context(target.id, "random", others), target, "train")
        lengths.append(len(rendered.ids))
    assert found.median == pytest.approx(np.median(lengths), rel=0.08)
    assert found.p95 == pytest.approx(np.percentile(lengths, 95), rel=0.08)


def test_a_model_that_cannot_be_had_gives_an_estimate_that_says_so():
    tokens = tokens_of(ModelSettings(name="no-such/model"), TEXTS)
    assert not tokens.exact
    assert "ESTIMATED" in tokens.words
    assert "cannot load the tokenizer" in tokens.trouble
    assert tokens.window is None
    assert tokens.count(["abc", "abcd", "नम"]).tolist() == [1, 2, 2]


def test_a_tokenizer_without_eos_is_told(tmp_path):
    tokenizer = KINDS["unigram_without_bos"]()
    tokenizer.eos_token = None
    tokenizer.save_pretrained(tmp_path)
    tokens = tokens_of(ModelSettings(name=str(tmp_path)), TEXTS)
    assert "no EOS token" in tokens.trouble
    assert not tokens.exact


def test_words_that_a_vocabulary_does_not_have_are_counted(tmp_path):
    KINDS["characters"]().save_pretrained(tmp_path)
    assert tokens_of(ModelSettings(name=str(tmp_path)), ["rivers in texas"]).unknown == 0
    found = tokens_of(ModelSettings(name=str(tmp_path)), ["ЖЖЖЖ", "aaaa"])
    assert found.unknown == 0.5


def test_the_small_base_cannot_read_words():
    assert "cannot read these texts" in tokens_of(ModelSettings(), TEXTS).trouble


def test_very_long_texts_are_extrapolated():
    tokens = tokens_of(scratch(), TEXTS)
    short, long = (int(n) for n in tokens.count(["welche stadt " * 1000, "welche stadt " * 16_000]))
    assert long == pytest.approx(16 * short, rel=0.02)


def test_rows_that_fit_no_window_are_in_no_prompt():
    pairs = [*PAIRS, *(Example(f"l{i}", "welche stadt " * 5000, "x") for i in range(20))]
    tokens = tokens_of(scratch(), TEXTS)
    found = measure(pairs, tokens, TEMPLATE)
    assert found.prompt(4).p95 > 10_000
    assert found.prompt(4, 512).p95 < 512
    most = found.characters_of(512)
    assert most is not None
    assert max(len(e.input) + len(e.output) for e in PAIRS) <= most < 60_000
    assert found.characters_of(10**6) is None


def test_a_sample_keeps_the_longest_row():
    pairs = [Example(str(i), f"frage {i}", "x") for i in range(5000)]
    pairs[4321] = Example("long", "wort " * 400, "x")
    tokens = tokens_of(scratch(), TEXTS)
    found = measure(pairs, tokens, TEMPLATE)
    assert len(found.inputs) == 2000
    assert found.inputs.max() == tokens.count(["wort " * 400])[0]


def test_percentiles_are_lengths_that_there_are():
    assert Lengths.of(np.array([1, 2, 3, 100])) == Lengths(2, 100, 100, 100)
    assert Lengths.of(np.arange(1, 1001)) == Lengths(500, 950, 990, 1000)


def test_a_chats_markup_counts(tmp_path):
    tokenizer = KINDS["byte_level_bpe"]()
    tokenizer.chat_template = "{% for m in messages %}<user>{{ m.content }}</user>{% endfor %}"
    tokenizer.save_pretrained(tmp_path)
    model = ModelSettings(name=str(tmp_path))
    plain, chat = tokens_of(model, TEXTS), tokens_of(model, TEXTS, chat=True)
    assert chat.around == len(tokenizer.encode("<user></user>", add_special_tokens=False))
    longer = chat.around - plain.around
    for k in (0, 3):
        lengths = [measure(PAIRS, tokens, TEMPLATE).prompt(k).median for tokens in (plain, chat)]
        assert lengths[1] - lengths[0] == longer
