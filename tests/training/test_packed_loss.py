"""Packed training equals the slow obvious padded one, in loss and gradient."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.training.attention import segment_attention
from ictrain.training.isolation import base_of
from ictrain.training.loss import packed_logits, packed_loss, padded_loss
from ictrain.training.packing import pack
from tests.training.training_kit import adapted, random_prompt, small_model

CPU = torch.device("cpu")
ARCHITECTURES = [
    ("llama", {}),
    ("qwen2", {}),
    ("qwen3", {}),
    ("mistral", {"sliding_window": None}),
    ("mistral", {"sliding_window": 4}),
    ("qwen2", {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1}),
    ("phi3", {}),
    ("phi3", {"sliding_window": 4}),
    ("gemma", {}),
    ("gemma2", {"attn_logit_softcapping": None, "sliding_window": 4}),
    ("gemma3_text", {"sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"]}),
    ("gpt_neox", {}),
    ("gpt2", {"attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0}),
    ("granite", {"logits_scaling": 3.0}),
]
PROMPTS = [random_prompt(i) for i in range(6)]
LLAMA = small_model()


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def packed_sum(model, prompts):
    with segment_attention(base_of(model)):
        return packed_loss(model, prompts, CPU)


@pytest.mark.parametrize(("kind", "extra"), ARCHITECTURES, ids=lambda v: str(v))
def test_packed_equals_padded(kind, extra):
    model = small_model(kind, **extra)
    packed, plain = packed_sum(model, PROMPTS), padded_loss(model, PROMPTS, CPU)
    assert packed.item() == pytest.approx(plain.item(), rel=1e-6)
    fast, slow = gradients(model, packed), gradients(model, plain)
    assert fast.keys() == slow.keys()
    for name, gradient in slow.items():
        torch.testing.assert_close(fast[name], gradient, rtol=1e-4, atol=2e-5)


def test_packed_equals_padded_through_an_adapter():
    model = adapted(dropout=0.0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(generator=torch.Generator().manual_seed(1))
    fast = gradients(model, packed_sum(model, PROMPTS))
    slow = gradients(model, padded_loss(model, PROMPTS, CPU))
    assert len(fast) == 12  # A and B of q, k, v in two layers
    for name, gradient in slow.items():
        torch.testing.assert_close(fast[name], gradient, rtol=1e-4, atol=2e-5)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_the_order_of_prompts_does_not_matter(indices, random):
    prompts = [random_prompt(i) for i in indices]
    shuffled = random.sample(prompts, len(prompts))
    with torch.no_grad():
        loss = packed_sum(LLAMA, prompts).item()
        assert packed_sum(LLAMA, shuffled).item() == pytest.approx(loss, rel=1e-5)
        assert padded_loss(LLAMA, prompts, CPU).item() == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize(("kind", "extra"), ARCHITECTURES, ids=lambda v: str(v))
def test_perturbing_a_prompt_leaves_the_others_logits(kind, extra):
    model = small_model(kind, **extra)
    ids = list(PROMPTS[2].ids)
    other = PROMPTS[2].__class__(
        tuple([(i + 7) % 60 for i in ids]), PROMPTS[2].segments, PROMPTS[2].label_start, "", 0, 0
    )
    batches = [pack([*PROMPTS[:2], middle, *PROMPTS[3:]]) for middle in (PROMPTS[2], other)]
    with segment_attention(model), torch.no_grad():
        before, after = (packed_logits(model, batch) for batch in batches)
    untouched = batches[0].owners != 2
    torch.testing.assert_close(before[untouched], after[untouched], rtol=0, atol=1e-6)
    assert (before[~untouched] - after[~untouched]).abs().max() > 1e-3


def test_logits_are_computed_at_labelled_positions_alone():
    batch = pack(PROMPTS)
    with segment_attention(LLAMA), torch.no_grad():
        assert packed_logits(LLAMA, batch).shape == (len(batch.labels), 60)


def test_the_models_own_attention_comes_back():
    with segment_attention(LLAMA):
        assert LLAMA.config._attn_implementation == "ictrain_segments"
    assert LLAMA.config._attn_implementation == "sdpa"
