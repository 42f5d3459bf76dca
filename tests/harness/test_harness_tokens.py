"""What the harness' own tokenisation makes of our prompts, for tokenizers with and without BOS."""

from __future__ import annotations

import pytest
from lm_eval.models.huggingface import HFLM
from tokenizers import pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM

from ictrain.harness import write_harness
from ictrain.harness.asked import ask
from tests.harness.test_harness_folder import config_in
from tests.made_tokenizers import KINDS
from tests.support import WORDS


def bos_not_put():
    """As Qwen's with a BOS token: it has one, and puts none in front."""
    tokenizer = KINDS["byte_level_bpe"]()
    tokenizer.backend_tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def joining():
    """Its tokens span what we tokenise apart: a model would see other ids here than in training."""
    tokenizer = KINDS["byte_level_bpe"]()
    inner = tokenizer.backend_tokenizer
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    texts = [f"{a} => {b.upper()}\n\n" for a in WORDS for b in WORDS]
    trainer = trainers.BpeTrainer(
        vocab_size=420, show_progress=False, special_tokens=["<|bos|>", "<|eos|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    inner.train_from_iterator(texts, trainer)
    return tokenizer


pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("bos", ["auto", "always", "never"])
@pytest.mark.parametrize(
    "kind", ["byte_level_bpe", "unigram_with_bos", "bos_not_put", "characters", "joining"]
)
def test_the_harness_gives_the_model_our_ids_with_the_argument_that_we_tell(
    kind, bos, tmp_path, monkeypatch
):
    monkeypatch.setitem(KINDS, "bos_not_put", bos_not_put)
    monkeypatch.setitem(KINDS, "joining", joining)
    if (kind, bos) == ("characters", "always"):
        pytest.skip("there is no BOS token to put")
    asked = ask(config_in(tmp_path, kind, **{"prompt.bos": bos}), 0)
    config = LlamaConfig(
        vocab_size=500, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=1, num_key_value_heads=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(tmp_path / "tokenizer")
    told = {"add_bos_token": asked.bos_argument}
    model = HFLM(pretrained=str(tmp_path / "tokenizer"), device="cpu", **told)
    same = 0
    for question in asked.questions:
        ids, _ = model.tok_batch_encode([question.rendered.text])
        same += tuple(ids[0].tolist()) == question.rendered.ids
    assert same == asked.same_ids
    assert (same == len(asked.questions)) == (kind != "joining")
    said = []
    write_harness(asked.settings, tmp_path / "out", say=said.append)
    assert any("WARNING" in line for line in said) == (kind == "joining")
    line = f"{asked.same_ids} of {len(asked.questions)} prompts"
    assert line in (tmp_path / "out" / "README.md").read_text()
