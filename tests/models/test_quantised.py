"""A base in 4 bits. Where bitsandbytes is installed without CUDA, its own CPU kernels are used."""

import importlib.util
import sys

import pytest
import torch

from ictrain.errors import ConfigError, ModelError
from ictrain.generation import HuggingFaceGenerator, Request
from ictrain.models import (
    AdapterSettings,
    ModelSettings,
    add_adapter,
    load_adapter,
    load_model,
    quantised,
)
from ictrain.training import TrainingSettings, train
from tests.models.test_loading import save_tokenizer
from tests.training.training_kit import EOS, TOKENIZER, VOCABULARY, RandomBatches, small_model

needs_bitsandbytes = pytest.mark.skipif(
    importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed"
)


@pytest.fixture
def stored(tmp_path):
    """Blocks of 64 weights share a scale, so a layer has to hold a few of them."""
    model = small_model("llama", hidden_size=64, intermediate_size=128)
    model.save_pretrained(tmp_path / "base")
    words = ["<s>", "</s>", *(f"w{i}" for i in range(VOCABULARY - 2))]
    save_tokenizer(tmp_path / "base", words, bos_token="<s>", eos_token="</s>", unk_token="w0")
    return ModelSettings(name=str(tmp_path / "base"), quantise="4bit")


@pytest.fixture
def anywhere(monkeypatch):
    if not torch.cuda.is_available():
        monkeypatch.setattr(quantised, "_check", lambda: None)


def test_without_cuda_that_is_said_before_anything_is_loaded(stored, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match=r"model.quantise: 4-bit .* CUDA .*; set model.quantise"):
        load_model(stored, 0)


def test_without_bitsandbytes_that_is_said(stored, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"not installed; pip install 'ictrain\[quantised\]'"):
        load_model(stored, 0)


def test_transformers_is_told_nf4_double_quantised_and_computed_in_bfloat16(anywhere, monkeypatch):
    monkeypatch.setattr(quantised, "_check", lambda: None)
    options = quantised.loading_options(ModelSettings(quantise="4bit"))
    told = options["quantization_config"].to_dict()
    assert told["load_in_4bit"]
    assert told["bnb_4bit_quant_type"] == "nf4"
    assert told["bnb_4bit_use_double_quant"]
    assert told["bnb_4bit_compute_dtype"] == "bfloat16"
    assert options["dtype"] == torch.bfloat16
    assert quantised.loading_options(ModelSettings()) == {"dtype": torch.float32}


def test_quantised_weights_are_not_trained():
    with pytest.raises(ConfigError, match="quantised weights cannot be trained"):
        ModelSettings.parse({"scratch": {}, "tokenizer": "x", "quantise": "4bit"}, "model")
    model = small_model()
    model.is_loaded_in_4bit = True
    with pytest.raises(ConfigError, match=r"adapter.peft: peft: none with model.quantise: 4bit"):
        add_adapter(model, AdapterSettings(peft="none"), 0)


@needs_bitsandbytes
@pytest.mark.filterwarnings("ignore")
def test_an_adapter_is_trained_on_a_base_in_4_bits(stored, anywhere, tmp_path):
    from bitsandbytes.nn import Linear4bit

    model, tokenizer = load_model(stored, 0)
    whole, _ = load_model(stored.model_copy(update={"quantise": "none"}), 0)
    inner = [m for m in model.modules() if isinstance(m, Linear4bit)]
    assert len(inner) == 2 * 7
    assert all(m.weight.dtype == torch.uint8 for m in inner)
    assert (
        HuggingFaceGenerator(model, tokenizer).digest
        != HuggingFaceGenerator(whole, tokenizer).digest
    )
    assert all(p.dtype == torch.float32 for n, p in model.named_parameters() if "norm" in n)
    for embedding in (model.get_input_embeddings(), model.get_output_embeddings()):
        assert embedding.weight.dtype == torch.float32
    runs = {
        "4bit": (model, {}),
        "saving memory": (load_model(stored, 0)[0], {"gradient_checkpointing": True}),
        "float32": (whole, {}),
    }
    losses = {name: trained(base, tmp_path / name, **v) for name, (base, v) in runs.items()}
    told, saving, expected = losses.values()
    assert told[0] == pytest.approx(expected[0], rel=0.1)
    assert told[0] != expected[0]
    assert saving == pytest.approx(told, rel=1e-3)
    assert min(told[-3:]) < told[0]


def trained(base, out, **values):
    """The losses, after the adapter was read onto a fresh base and gave the same answers."""
    rows = []
    model = add_adapter(base, AdapterSettings(r=4, dropout=0, targets="all-linear"), 0)
    assert all(p.dtype == torch.float32 for p in model.parameters() if p.requires_grad)
    settings = TrainingSettings(steps=12, batch_size=4, learning_rate=1e-2, **values)
    result = train(
        model, TOKENIZER, RandomBatches(), settings, out, progress=False, callbacks=[rows.append]
    )
    assert result.packed
    read = load_adapter(model.unload(), out / "adapter")
    asked = [Request((0, 5, 6), 5), Request((0, 7), 5)]
    answers = HuggingFaceGenerator(read, _Ids()).generate(asked)
    assert answers != HuggingFaceGenerator(read.unload(), _Ids()).generate(asked)
    return [row.loss for row in rows]


class _Ids:
    """A tokenizer for answers whose ids alone are looked at."""

    eos_token_id = pad_token_id = EOS

    def decode(self, ids, **_):
        return " ".join(map(str, ids))
