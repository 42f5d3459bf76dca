"""The check that packed prompts stay apart fires when they do not (trl #805, axolotl #3796)."""

import logging

import pytest
import torch

from ictrain.errors import ModelError
from ictrain.training import TrainingSettings, attention, check_isolation, train
from ictrain.training.isolation import use_packing
from ictrain.training.loss import packed_loss, padded_loss
from tests.training.training_kit import (
    TOKENIZER,
    RandomBatches,
    adapted,
    random_prompt,
    small_model,
)


@pytest.mark.parametrize("kind", ["llama", "qwen2", "qwen3", "mistral", "gpt2", "gpt_neox"])
def test_known_architectures_are_isolated(kind):
    assert check_isolation(small_model(kind)) == ""


def test_an_adapter_is_seen_through():
    assert check_isolation(adapted()) == ""


def test_a_leak_is_found(monkeypatch):
    monkeypatch.setattr(attention, "runs", lambda bounds: [(0, 1, bounds[-1])])
    assert "another prompt" in check_isolation(small_model())


def test_positions_that_run_on_are_found(monkeypatch):
    model = small_model()
    forward = model.forward
    monkeypatch.setattr(
        model, "forward", lambda *a, **k: forward(*a, **{**k, "position_ids": None})
    )
    # Without positions the model counts on across prompts: rotary ones shift, which changes nothing
    # that attention sees, but absolute ones would be wrong.
    assert check_isolation(model) == ""
    absolute = small_model("gpt2")
    inner = absolute.forward
    monkeypatch.setattr(
        absolute, "forward", lambda *a, **k: inner(*a, **{**k, "position_ids": None})
    )
    assert "not those of the prompt alone" in check_isolation(absolute)


def test_soft_caps_are_padded_and_said_so(tmp_path, caplog):
    model = small_model("gemma2")
    assert "softcap" in check_isolation(model)
    with caplog.at_level(logging.WARNING):
        assert not use_packing(model, "auto")
    assert "padded, not packed: its attention uses softcap" in caplog.text
    with pytest.raises(ModelError, match="cannot pack: its attention uses softcap"):
        use_packing(model, "packed")
    settings = TrainingSettings(steps=1, batch_size=4)
    result = train(adapted("gemma2"), TOKENIZER, RandomBatches(), settings, tmp_path / "run")
    assert not result.packed


def test_attention_that_cannot_be_exchanged_is_padded(monkeypatch):
    model = small_model()
    monkeypatch.setattr(model, "_can_set_attn_implementation", lambda: False)
    assert check_isolation(model) == "its attention cannot be exchanged"


def test_a_forward_pass_that_drops_the_segments_is_padded(monkeypatch):
    model = small_model()
    forward = model.forward

    def without(*args, segment_bounds=None, **kwargs):
        return forward(*args, **kwargs)

    monkeypatch.setattr(model, "forward", without)
    assert check_isolation(model) == "it does not pass segments on"


def test_the_check_leaves_the_models_mode():
    model = small_model().train()
    check_isolation(model)
    assert model.training


@pytest.mark.skipif(not torch.cuda.is_available(), reason="varlen attention needs CUDA")
@pytest.mark.parametrize("kind", ["llama", "qwen3", "mistral"])
def test_varlen_attention_on_cuda_is_isolated_and_equals_padded(kind):
    extra = {"sliding_window": 4} if kind == "mistral" else {}
    model = small_model(kind, **extra).to("cuda", torch.bfloat16)
    assert check_isolation(model) == ""
    prompts = [random_prompt(i) for i in range(6)]
    with attention.segment_attention(model):
        packed = packed_loss(model, prompts, model.device)
    assert packed.item() == pytest.approx(
        padded_loss(model, prompts, model.device).item(), rel=0.02
    )
