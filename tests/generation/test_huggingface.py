import copy
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model

from ictrain.errors import ModelError
from ictrain.generation import HuggingFaceGenerator, Output, Request, model_digest
from ictrain.generation.batching import batches
from tests.generation.tiny import EOS, by_hand, model_of, tokenizer_of

# peft asks transformers 5.23 by a name that goes away in v6
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def model():
    return model_of().eval()


def requests_of(n, seed=0, longest=60, new=(1, 5, 12)):
    draw = random.Random(seed)
    return [
        Request(
            tuple(draw.randrange(3, 64) for _ in range(draw.randint(1, longest))), draw.choice(new)
        )
        for _ in range(n)
    ]


class Spy:
    """Records the calls of model.generate and lets them through."""

    def __init__(self, monkeypatch, model):
        self.calls, inner = [], model.generate

        def generate(**kwargs):
            self.calls.append(kwargs)
            return inner(**kwargs)

        monkeypatch.setattr(model, "generate", generate)


def test_batches_give_the_tokens_of_the_slow_way_in_the_callers_order(model):
    requests = requests_of(60)
    outputs = HuggingFaceGenerator(model, tokenizer_of(), token_budget=600).generate(requests)
    stops = 0
    for request, output in zip(requests, outputs, strict=True):
        ids, stopped = by_hand(model, request.ids, request.max_new_tokens)
        assert (output.ids, output.stopped) == (ids, stopped)
        stops += stopped
    assert 3 < stops < 57  # both ends were seen
    assert len({o.ids for o in outputs}) > 20  # and the model is no constant


def test_equal_requests_are_asked_once_and_batches_are_padded_on_the_left(model, monkeypatch):
    spy = Spy(monkeypatch, model)
    requests = [Request((5, 6, 7), 3), Request((8,), 3), Request((5, 6, 7), 3)]
    outputs = HuggingFaceGenerator(model, tokenizer_of()).generate(requests)
    assert outputs[0] == outputs[2]
    (call,) = spy.calls
    assert call["input_ids"].shape == (2, 3)
    assert call["attention_mask"].tolist() == [[1, 1, 1], [0, 0, 1]]


def test_prompts_of_one_length_are_not_padded(model, monkeypatch):
    spy = Spy(monkeypatch, model)
    requests = [Request((5, 6, i), 3) for i in range(3, 9)]
    HuggingFaceGenerator(model, tokenizer_of()).generate(requests)
    assert spy.calls[0]["attention_mask"].all()


def test_the_models_own_decoding_defaults_do_not_leak(model):
    requests = requests_of(12, seed=3)
    plain = HuggingFaceGenerator(model, tokenizer_of()).generate(requests)
    odd = copy.deepcopy(model)
    odd.generation_config.update(
        do_sample=True, temperature=3.0, top_k=5, repetition_penalty=50.0, no_repeat_ngram_size=1,
        min_new_tokens=9, suppress_tokens=[3, 4, 5], forced_eos_token_id=7, num_beams=3,
    )  # fmt: skip
    told = odd.generation_config.to_dict()
    assert HuggingFaceGenerator(odd, tokenizer_of()).generate(requests) == plain
    assert odd.generation_config.to_dict() == told  # given back as it was


def test_a_stop_token_of_the_model_counts_as_well(model):
    other = copy.deepcopy(model)
    other.generation_config.eos_token_id = [EOS, 20, 21, 22, 23, 24, 25]
    requests = requests_of(30, seed=5)
    for request, output in zip(
        requests, HuggingFaceGenerator(other, tokenizer_of()).generate(requests), strict=True
    ):
        expected = by_hand(model, request.ids, request.max_new_tokens, (EOS, *range(20, 26)))
        assert (output.ids, output.stopped) == expected


@pytest.mark.parametrize("pad", [False, True])
def test_a_padding_token_is_not_needed_and_nothing_is_set(model, pad):
    tokenizer = tokenizer_of(pad)
    before = tokenizer.pad_token
    requests = requests_of(8, seed=1)
    expected = [by_hand(model, r.ids, r.max_new_tokens) for r in requests]
    found = HuggingFaceGenerator(model, tokenizer).generate(requests)
    assert [(o.ids, o.stopped) for o in found] == expected
    assert tokenizer.pad_token == before


def test_modes_are_restored_and_dropout_is_off(model):
    tuned = get_peft_model(
        copy.deepcopy(model), LoraConfig(r=2, lora_dropout=0.9, target_modules=["q_proj"])
    )
    for name, weight in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    requests = requests_of(8, seed=2)
    tuned.eval()
    expected = [by_hand(tuned, r.ids, r.max_new_tokens) for r in requests]
    tuned.train()
    tuned.base_model.model.model.layers[0].eval()
    modes = [m.training for m in tuned.modules()]
    kept = [tuned.generation_config, tuned.base_model.model.generation_config]
    found = HuggingFaceGenerator(tuned, tokenizer_of()).generate(requests)
    assert [(o.ids, o.stopped) for o in found] == expected
    assert [m.training for m in tuned.modules()] == modes
    assert [tuned.generation_config, tuned.base_model.model.generation_config] == kept


def test_text_is_decoded_without_special_tokens(model, monkeypatch):
    generator = HuggingFaceGenerator(model, tokenizer_of())
    output = generator._output([5, 2, 6, EOS, 9], Request((3,), 9))
    assert output == Output((5, 2, 6), "w2 w3", True)
    assert generator._output([5, 6, EOS], Request((3,), 2)) == Output((5, 6), "w2 w3", False)


def test_what_does_not_fit_is_refused(model):
    generator = HuggingFaceGenerator(model, tokenizer_of())
    assert generator.generate([]) == []
    assert len(generator.generate([Request((3,) * 127, 1)])) == 1
    with pytest.raises(ModelError, match="at most 128"):
        generator.generate([Request((3,) * 127, 2)])
    with pytest.raises(ModelError, match="at least one of each"):
        generator.generate([Request((), 2)])
    with pytest.raises(ModelError, match="at least one of each"):
        generator.generate([Request((3,), 0)])


@given(
    sizes=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 4)), max_size=20),
    budget=st.integers(1, 120),
)
def test_batches_hold_each_distinct_request_once_within_the_budget(sizes, budget):
    requests = [Request((7,) * length, new) for length, new in sizes]
    made = batches(requests, budget)
    flat = [r for batch in made for r in batch]
    assert sorted(flat, key=repr) == sorted(set(requests), key=repr)
    for batch in made:
        widest = max(len(r.ids) + r.max_new_tokens for r in batch)
        assert len(batch) == 1 or widest * len(batch) <= budget
    assert made == batches(list(reversed(requests)), budget)


def adapted_by(model, alpha):
    torch.manual_seed(0)
    config = LoraConfig(r=2, lora_alpha=alpha, target_modules=["q_proj"])
    return get_peft_model(copy.deepcopy(model), config)


def test_the_digest_follows_weights_adapter_tokenizer_and_dtype(model):
    tokenizer = tokenizer_of()
    plain = model_digest(model, tokenizer)
    assert model_digest(copy.deepcopy(model), tokenizer_of()) == plain
    changed = copy.deepcopy(model)
    with torch.no_grad():
        changed.model.layers[1].mlp.up_proj.weight[0, 0] += 1e-6
    adapted, rescaled = (adapted_by(model, alpha) for alpha in (2, 3))
    stretched = model_of(rope_parameters={"rope_type": "default", "rope_theta": 5.0}).eval()
    found = [
        plain,
        model_digest(changed, tokenizer),
        model_digest(copy.deepcopy(model).bfloat16(), tokenizer),
        model_digest(adapted, tokenizer),
        model_digest(rescaled, tokenizer),
        model_digest(stretched, tokenizer),
        model_digest(model, tokenizer_of(pad=True)),
    ]
    assert len(set(found)) == len(found)


def test_padding_calls_do_not_change_the_digest(model):
    tokenizer = tokenizer_of(pad=True)
    before = model_digest(model, tokenizer)
    tokenizer(["w1 w2", "w1"], padding=True, truncation=True, max_length=8)
    assert model_digest(model, tokenizer) == before


def test_a_training_step_changes_the_digest_of_a_generator_in_use(model):
    trained = copy.deepcopy(model)
    generator = HuggingFaceGenerator(trained, tokenizer_of())
    before = generator.digest
    assert generator.digest == before
    for fused in (False, True):
        optimiser = torch.optim.AdamW(trained.parameters(), lr=1e-3, fused=fused)
        trained(torch.tensor([[3, 4, 5]]), labels=torch.tensor([[3, 4, 5]])).loss.backward()
        optimiser.step()
        after = generator.digest
        assert after != before
        assert after == HuggingFaceGenerator(trained, tokenizer_of()).digest
        before = after
    trained.requires_grad_(False)
    frozen = generator.digest
    assert (frozen, generator.digest) == (before, before)
    trained.load_state_dict(model.state_dict())
    assert generator.digest == HuggingFaceGenerator(model, tokenizer_of()).digest
    weight = trained.model.layers[0].self_attn.q_proj.weight
    weight.data += 0.01 * torch.ones_like(weight)  # as peft merges an adapter
    assert generator.digest == HuggingFaceGenerator(trained, tokenizer_of()).digest
    weight.data.copy_(model.model.layers[0].self_attn.q_proj.weight)
    assert generator.digest == HuggingFaceGenerator(model, tokenizer_of()).digest


def test_a_step_that_no_counter_and_no_sample_shows_changes_the_digest(model, monkeypatch):
    """A fused optimiser does not move version counters, and most rows of an embedding stay."""
    monkeypatch.setattr("ictrain.generation.digests._SAMPLE", 1)
    trained = copy.deepcopy(model).requires_grad_(False)
    weight = trained.model.embed_tokens.weight.requires_grad_(True)
    generator = HuggingFaceGenerator(trained, tokenizer_of())
    before = generator.digest
    ids = torch.tensor([[30, 31, 32]])
    trained(ids, labels=ids).loss.backward()
    torch.optim.AdamW([weight], weight_decay=0.0, fused=True).step()
    assert weight[0, 0] == model.model.embed_tokens.weight[0, 0]
    assert generator.digest != before
