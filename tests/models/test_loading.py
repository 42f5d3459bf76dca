"""Loading a base and its tokenizer, and what is told when that fails."""

import sys
from types import SimpleNamespace

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from ictrain.errors import ConfigError, ModelError
from ictrain.models import ModelSettings, load_model, load_tokenizer

SHAPE = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}


def save_tokenizer(folder, words=("a", "b", "<s>", "</s>"), **special):
    plain = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="a"))
    PreTrainedTokenizerFast(tokenizer_object=plain, **special).save_pretrained(folder)
    return str(folder)


@pytest.fixture
def tokenizer(tmp_path):
    return save_tokenizer(tmp_path / "tokenizer", bos_token="<s>", eos_token="</s>")


@pytest.fixture
def stored(tmp_path, tokenizer):
    model, _ = load_model(ModelSettings(scratch=SHAPE, tokenizer=tokenizer), seed=3)
    model.save_pretrained(tmp_path / "model")
    save_tokenizer(tmp_path / "model", bos_token="<s>", eos_token="</s>")
    return str(tmp_path / "model")


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_model_from_scratch_depends_on_its_seed_alone(tokenizer):
    settings = ModelSettings(scratch=SHAPE, tokenizer=tokenizer)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    one, _ = load_model(settings, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    two, _ = load_model(settings, seed=0)
    other, _ = load_model(settings, seed=1)
    assert same(one, two)
    assert not same(one, other)
    assert (one.config.vocab_size, one.config.eos_token_id) == (4, 3)
    assert not one.training


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_folder_is_loaded(stored, tokenizer, dtype):
    model, loaded = load_model(ModelSettings(name=stored, dtype=dtype), seed=9)
    made, _ = load_model(ModelSettings(scratch=SHAPE, tokenizer=tokenizer, dtype=dtype), seed=3)
    assert same(model, made)
    assert model.dtype == getattr(torch, dtype)
    assert loaded.eos_token_id == 3


def test_the_packages_own_base_is_found(stored, monkeypatch):
    monkeypatch.setitem(sys.modules, "ictrain.base", SimpleNamespace(small_base=lambda: stored))
    model, tokenizer = load_model(ModelSettings(), seed=0)
    assert model.config.hidden_size == 16
    assert tokenizer.eos_token == "</s>"


def test_without_the_packages_own_base_that_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "ictrain.base", None)
    with pytest.raises(ModelError, match=r"'package:small': this installation has no small base"):
        load_model(ModelSettings(), seed=0)


def test_a_missing_pad_token_is_eos_and_a_present_one_stays(tmp_path, tokenizer):
    loaded = load_tokenizer(ModelSettings(name=tokenizer))
    assert loaded.pad_token_id == loaded.eos_token_id
    own = save_tokenizer(tmp_path / "own", eos_token="</s>", pad_token="b")
    assert load_tokenizer(ModelSettings(name=own)).pad_token_id == 1


def test_a_tokenizer_without_eos_is_refused(tmp_path):
    folder = save_tokenizer(tmp_path / "endless")
    with pytest.raises(ModelError, match=r"no EOS token; set tokenizer.eos_token"):
        load_tokenizer(ModelSettings(name=folder))


@pytest.mark.parametrize("name", ["no/such-model-anywhere", "nothing here", "{empty}"])
def test_an_unknown_model_is_told_on_one_line(tmp_path, monkeypatch, name):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (tmp_path / "empty").mkdir()
    place = name.format(empty=tmp_path / "empty")
    with pytest.raises(ModelError, match="cannot load the tokenizer") as caught:
        load_model(ModelSettings(name=place), seed=0)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(place)


def test_more_tokens_than_embeddings_are_refused(stored, tmp_path):
    larger = save_tokenizer(tmp_path / "large", ("a", "b", "c", "d", "</s>"), eos_token="</s>")
    with pytest.raises(ModelError, match="5 tokens but 4 embeddings"):
        load_model(ModelSettings(name=stored, tokenizer=larger), seed=0)


def test_settings_from_scratch_are_checked(tokenizer):
    with pytest.raises(ConfigError, match="set tokenizer to a tokenizer's folder"):
        ModelSettings.parse({"scratch": SHAPE}, "model")
    for key, told in (("hiden_size", "did you mean 'hidden_size'"), ("model_type", "unknown 'x'")):
        with pytest.raises(ConfigError, match=told):
            load_model(ModelSettings(scratch={key: "x"}, tokenizer=tokenizer), seed=0)
    odd = SHAPE | {"model_type": "qwen3", "head_dim": 8, "num_key_value_heads": 32}
    with pytest.raises(ConfigError, match=r"model.scratch: no such model: The size of") as caught:
        load_model(ModelSettings(scratch=odd, tokenizer=tokenizer), seed=0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["/no/such/folder", "./here", "runs/demo/base", "~/models/one"])
def test_a_path_that_leads_nowhere_is_told_as_a_path(name, tmp_path, monkeypatch):
    """The hub's own message speaks of repositories, the network and log-ins."""
    monkeypatch.chdir(tmp_path)  # whoever ran the demo has one of them
    for load in (load_tokenizer, lambda s: load_model(s.model_copy(update={"tokenizer": None}), 0)):
        with pytest.raises(ModelError) as error:
            load(ModelSettings(name=name))
        assert str(error.value).startswith(f"{name}: no such folder; expected a model's folder")
        assert "network" not in str(error.value)
