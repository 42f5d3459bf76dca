"""The families that users have: adapters, packing, number formats and generation on each."""

import pytest
import torch

from ictrain.errors import ModelError
from ictrain.generation import HuggingFaceGenerator, Request
from ictrain.generation.batching import scale_change
from ictrain.models import AdapterSettings, ModelSettings, add_adapter, load_model
from ictrain.training import TrainingSettings, check_isolation, train
from ictrain.training.attention import segment_attention
from ictrain.training.isolation import base_of
from ictrain.training.loss import packed_loss, padded_loss
from tests.generation.tiny import by_hand
from tests.models.test_loading import save_tokenizer
from tests.training.training_kit import EOS, TOKENIZER, RandomBatches, random_prompt, small_model

CPU = torch.device("cpu")
SOFT_CAPS = {"attn_logit_softcapping": 0.05, "sliding_window": 4}
FAMILIES = {
    "llama": ("llama", {}),
    "qwen2": ("qwen2", {}),
    "qwen3": ("qwen3", {}),
    "mistral": ("mistral", {"sliding_window": 4}),
    "phi3": ("phi3", {"sliding_window": 4}),
    "gemma": ("gemma", {}),
    "gemma2": ("gemma2", SOFT_CAPS),
    "gemma3": (
        "gemma3_text",
        {"sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"]},
    ),
}
PROMPTS = [random_prompt(i) for i in range(6)]
families = pytest.mark.parametrize("family", FAMILIES)


def adapted(family, dtype=torch.float32):
    """With an adapter that has an effect; its second factor begins at 0."""
    kind, extra = FAMILIES[family]
    model = add_adapter(small_model(kind, **extra).to(dtype), AdapterSettings(r=4, dropout=0), 0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.3, generator=generator)
    return model.eval()


def with_gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def packed(model):
    with segment_attention(base_of(model)):
        return packed_loss(model, PROMPTS, CPU)


@families
def test_packing_equals_padding_in_loss_and_gradient_or_is_refused(family):
    model = adapted(family)
    alone = sum(padded_loss(model, [p], CPU).item() for p in PROMPTS)
    plain = padded_loss(model, PROMPTS, CPU)
    assert plain.item() == pytest.approx(alone, rel=1e-5)
    if family == "gemma2":
        assert check_isolation(model) == "its attention uses softcap"
        return
    assert check_isolation(model) == ""
    fast = packed(model)
    assert fast.item() == pytest.approx(plain.item(), rel=1e-6)
    slow, quick = with_gradients(model, plain), with_gradients(model, fast)
    assert slow.keys() == quick.keys()
    assert len(slow) == (4 if family == "phi3" else 12)
    for name, gradient in slow.items():
        torch.testing.assert_close(quick[name], gradient, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("without", [{"attn_logit_softcapping": None}, {"sliding_window": 64}])
def test_soft_caps_and_windows_are_honoured(without):
    """They must make a difference, or the tests above would pass without them."""
    capped, other = (small_model("gemma2", **SOFT_CAPS | extra) for extra in ({}, without))
    one, two = (padded_loss(model, PROMPTS, CPU).item() for model in (capped, other))
    assert abs(one - two) > 0.01


@families
def test_generation_is_the_same_one_by_one_and_in_batches(family):
    """Left padding, caches and sliding windows make no difference to greedy answers."""
    model = adapted(family)
    requests = [Request(PROMPTS[i].ids[:-1], n) for i, n in enumerate((9, 3, 9, 1, 6, 9))]
    generator = HuggingFaceGenerator(model, TOKENIZER_OF_IDS)
    together = generator.generate(requests)
    one_by_one = [generator.generate([request])[0] for request in requests]
    assert together == one_by_one
    for request, output in zip(requests, together, strict=True):
        expected = by_hand(model, request.ids, request.max_new_tokens, (EOS,))
        assert (output.ids, output.stopped) == expected


class _Ids:
    """A tokenizer for tests that look at ids alone."""

    eos_token_id = pad_token_id = EOS

    def decode(self, ids, **_):
        return " ".join(map(str, ids))


TOKENIZER_OF_IDS = _Ids()


def test_positions_that_change_their_scale_with_length_are_not_mixed(tmp_path):
    """Phi-3's long variants: transformers gives a whole batch the scale of its longest prompt."""
    rope = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0] * 4}
    rope |= {"long_factor": [4.0] * 4, "factor": 4.0}
    lengths = {"max_position_embeddings": 48, "original_max_position_embeddings": 12}
    model = small_model("phi3", rope_parameters=rope, **lengths)
    assert scale_change(model.config) == 12
    assert scale_change(small_model("phi3").config) is None
    prompts = [random_prompt(i, longest=24) for i in range(12)]
    assert {len(p.ids) > 12 for p in prompts} == {False, True}
    alone = sum(padded_loss(model, [p], CPU).item() for p in prompts)
    assert abs(padded_loss(model, prompts, CPU).item() - alone) > 0.01

    class Fixed:
        batch_size = len(prompts)

        def batch(self, step):
            return prompts

    for packing in ("padded", "packed"):
        rows = []
        settings = TrainingSettings(steps=1, batch_size=len(prompts), packing=packing)
        adapted_model = add_adapter(model, AdapterSettings(r=4, dropout=0), 0)
        train(
            adapted_model, TOKENIZER, Fixed(), settings, tmp_path / packing,
            progress=False, callbacks=[rows.append],
        )  # fmt: skip
        model = adapted_model.unload()
        assert rows[0].loss * rows[0].labelled == pytest.approx(alone, rel=1e-5)
    generator = HuggingFaceGenerator(model, TOKENIZER_OF_IDS)
    requests = [Request(p.ids[:-1], 5) for p in prompts]
    assert generator.generate(requests) == [generator.generate([r])[0] for r in requests]


@families
def test_a_bfloat16_base_trains_adapters_in_float32_and_close_to_float32(family, tmp_path):
    half, whole = adapted(family, torch.bfloat16), adapted(family)
    for name, weight in half.named_parameters():
        assert weight.dtype == (torch.float32 if "lora_" in name else torch.bfloat16)
    assert (check_isolation(half) == "") == (family != "gemma2")
    rows = {"half": [], "whole": []}
    settings = TrainingSettings(steps=3, batch_size=4, learning_rate=1e-3)
    for name, model in (("half", half), ("whole", whole)):
        result = train(
            model, TOKENIZER, RandomBatches(), settings, tmp_path / name,
            progress=False, callbacks=[rows[name].append],
        )  # fmt: skip
        assert result.packed == (family != "gemma2")
    told, expected = ([row.loss for row in rows[name]] for name in ("half", "whole"))
    assert told == pytest.approx(expected, rel=0.02)
    assert all(w.dtype == torch.float32 for n, w in half.named_parameters() if "lora_" in n)


@pytest.mark.parametrize("attn", ["auto", "sdpa"])
def test_a_model_with_soft_caps_is_loaded_with_them_or_not_at_all(tmp_path, attn):
    small_model("gemma2", vocab_size=4, **SOFT_CAPS).save_pretrained(tmp_path)
    save_tokenizer(tmp_path, bos_token="<s>", eos_token="</s>")
    settings = ModelSettings(name=str(tmp_path), attn=attn)
    if attn == "auto":
        model, _ = load_model(settings, 0)
        assert model.config._attn_implementation == "eager"
        return
    with pytest.raises(ModelError, match=r"does not support .*; set model.attn: auto") as caught:
        load_model(settings, 0)
    assert "\n" not in str(caught.value)
