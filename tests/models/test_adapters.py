"""Adapters: where they go, that a seed decides them, and that plain peft reads them."""

import json
import logging

import peft
import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from ictrain.errors import ConfigError, ModelError
from ictrain.models import (
    AdapterSettings,
    add_adapter,
    load_adapter,
    resolve_targets,
    save_adapter,
    targets,
    weights_digest,
)
from ictrain.models.adapters import peft_quiet

SHAPE = {
    "vocab_size": 20,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": None,
}
IDS = torch.tensor([[0, 5, 6, 7, 8]])


def base(kind="llama"):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **SHAPE)).eval()


def with_effect(model):
    """As after training: the second factor of LoRA begins at 0."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.3)
    return model.eval()


def logits(model):
    with torch.no_grad():
        return model(input_ids=IDS).logits


QKV = ["k_proj", "q_proj", "v_proj"]


@pytest.mark.parametrize(
    ("kind", "qkv", "attention"),
    [
        ("llama", QKV, [*QKV, "o_proj"]),
        ("qwen2", QKV, [*QKV, "o_proj"]),
        ("qwen3", QKV, [*QKV, "o_proj"]),
        ("mistral", QKV, [*QKV, "o_proj"]),
        ("gemma", QKV, [*QKV, "o_proj"]),
        ("gemma2", QKV, [*QKV, "o_proj"]),
        ("gemma3_text", QKV, [*QKV, "o_proj"]),
        ("phi3", ["qkv_proj"], ["qkv_proj", "o_proj"]),
        ("gpt_neox", ["query_key_value"], ["query_key_value", "attention.dense"]),
        ("gpt2", ["attn.c_attn"], ["attn.c_attn", "attn.c_proj"]),
    ],
)
def test_attention_is_found_in_each_architecture(kind, qkv, attention, caplog):
    targets._say_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert resolve_targets(base(kind), "attention-qkv") == qkv
    assert resolve_targets(base(kind), "attention") == sorted(attention)
    assert caplog.text.count("in one") == (len(qkv) == 1)  # said once, however many jobs there are
    for where in ("attention-qkv", "attention", "all-linear"):
        model = add_adapter(base(kind), AdapterSettings(r=2, targets=where), 0)
        wrapped = {n for n, m in model.named_modules() if isinstance(m, peft.tuners.lora.LoraLayer)}
        assert wrapped
        assert not any("lm_head" in n or "embed_out" in n for n in wrapped)
        if where != "all-linear":
            assert all("attn" in n or "attention" in n for n in wrapped)
        for name, weight in model.named_parameters():
            assert weight.requires_grad == ("lora_" in name)


def test_what_reads_images_gets_no_adapter(tmp_path):
    """Gemma 3 from 4B on: text alone would never train it, and several processes would wait."""
    text = SHAPE | {"num_key_value_heads": 2, "head_dim": 8}
    eyes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "image_size": 28}
    eyes["num_attention_heads"] = 2
    config = AutoConfig.for_model("gemma3", text_config=text, vision_config=eyes)
    model = AutoModelForCausalLM.from_config(config)
    assert resolve_targets(model, "attention") == sorted([*QKV, "o_proj"])
    adapted = add_adapter(model, AdapterSettings(r=2, targets="all-linear"), 0)
    wrapped = [n for n, m in adapted.named_modules() if isinstance(m, peft.tuners.lora.LoraLayer)]
    assert len(wrapped) == 2 * 7
    assert all("language_model" in name for name in wrapped)
    save_adapter(adapted, tmp_path / "one")
    save_adapter(adapted, tmp_path / "two")
    stored = [(tmp_path / n / "adapter_config.json").read_text() for n in ("one", "two")]
    assert stored[0] == stored[1]
    names = json.loads(stored[0])["exclude_modules"]
    assert names == sorted(names)


def test_all_linear_takes_the_mlp_too():
    assert resolve_targets(base(), "all-linear") == sorted(
        [*QKV, "o_proj", "gate_proj", "up_proj", "down_proj"]
    )


def test_an_unknown_module_is_told_with_the_nearest_and_all():
    with pytest.raises(ConfigError, match=r"no module 'q_prj'; did you mean 'q_proj'") as caught:
        add_adapter(base(), AdapterSettings(targets=("v_proj", "q_prj")), 0)
    assert all(name in str(caught.value) for name in ("k_proj", "gate_proj", "adapter.targets"))
    assert resolve_targets(base(), ("v_proj", "q_proj")) == ["q_proj", "v_proj"]


def test_attention_with_unknown_names_is_told_with_all():
    model = base()
    for layer in model.model.layers:
        layer.self_attn.mystery = layer.self_attn.__dict__["_modules"].pop("q_proj")
    with pytest.raises(ConfigError, match="expected a list of some of down_proj, gate_proj"):
        resolve_targets(model, "attention-qkv")


def test_the_seed_alone_decides_the_first_weights():
    one, two, other = (
        add_adapter(base(), AdapterSettings(r=2), seed).state_dict() for seed in (0, 0, 1)
    )
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_plain_peft_reads_what_is_saved(tmp_path):
    model = with_effect(add_adapter(base(), AdapterSettings(r=2), 0))
    save_adapter(model, tmp_path / "adapter")
    with peft_quiet():
        read = peft.PeftModel.from_pretrained(base(), tmp_path / "adapter").eval()
    assert torch.equal(logits(read), logits(model))
    assert torch.equal(logits(load_adapter(base(), tmp_path / "adapter")), logits(model))
    assert not torch.equal(logits(base()), logits(model))
    config = json.loads((tmp_path / "adapter/adapter_config.json").read_text())
    assert config["target_modules"] == QKV


def test_all_weights_are_saved_and_read(tmp_path):
    model = add_adapter(base(), AdapterSettings(peft="none"), 0)
    assert all(weight.requires_grad for weight in model.parameters())
    with torch.no_grad():
        model.get_input_embeddings().weight[5] += 1
    save_adapter(model, tmp_path / "model")
    assert torch.equal(logits(load_adapter(base(), tmp_path / "model")), logits(model))


def test_what_cannot_be_read_is_told_on_one_line(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "none"):
        with pytest.raises(ModelError, match=r"no adapter_config.json and no config.json"):
            load_adapter(base(), folder)
    save_adapter(add_adapter(base(), AdapterSettings(r=2), 0), tmp_path / "adapter")
    with pytest.raises(ModelError, match="take the base model that") as caught:
        load_adapter(base("gpt2"), tmp_path / "adapter")
    assert "\n" not in str(caught.value)
    (tmp_path / "adapter/adapter_model.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelError, match="cannot load"):
        load_adapter(base(), tmp_path / "adapter")


def test_a_digest_tells_weights_apart():
    one, two = base(), base()
    assert weights_digest(one) == weights_digest(two)
    with torch.no_grad():
        two.get_input_embeddings().weight[0, 0] += 1e-6
    assert weights_digest(one) != weights_digest(two)
    assert weights_digest(one) != weights_digest(base().to(torch.bfloat16))
