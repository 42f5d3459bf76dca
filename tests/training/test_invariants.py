"""Ways of training that must be the same: parts of a batch, memory savings, number formats."""

import pytest
import torch

from ictrain.models import AdapterSettings, add_adapter
from ictrain.training import TrainingSettings, train
from tests.training.training_kit import EOS, TOKENIZER, RandomBatches, adapted, prompt, small_model


def losses(tmp_path, name, model=None, batches=None, **values):
    rows = []
    settings = TrainingSettings(**{"steps": 4, "batch_size": 4, "learning_rate": 1e-2} | values)
    model = model or adapted(dropout=0.0)
    batches = batches or RandomBatches()
    train(
        model,
        TOKENIZER,
        batches,
        settings,
        tmp_path / name,
        progress=False,
        callbacks=[rows.append],
    )
    return [row.loss for row in rows] + [row.gradient_norm for row in rows]


@pytest.mark.parametrize(
    "values",
    [
        {"micro_batch": 1},  # transformers #34191: means of unequal counts were averaged
        {"micro_batch": 2},
        {"micro_tokens": 20},
        {"packing": "padded"},
        {"packing": "padded", "micro_batch": 1},
        {"gradient_checkpointing": True},
        {"gradient_checkpointing": True, "micro_batch": 2},
    ],
    ids=str,
)
def test_the_same_training_in_another_way(tmp_path, values):
    whole = losses(tmp_path, "whole")
    torch.testing.assert_close(losses(tmp_path, "other", **values), whole, rtol=1e-4, atol=1e-5)


def test_gradient_checkpointing_draws_the_same_dropout(tmp_path):
    plain = losses(tmp_path, "plain", adapted(dropout=0.3))
    saved = losses(tmp_path, "saved", adapted(dropout=0.3), gradient_checkpointing=True)
    torch.testing.assert_close(saved, plain, rtol=1e-5, atol=1e-6)


def test_dropout_differs_from_step_to_step_and_from_seed_to_seed(tmp_path):
    class Same(RandomBatches):
        def batch(self, step):
            return super().batch(0)

    rate = {"learning_rate": 1e-12, "steps": 2}
    one = losses(tmp_path, "one", adapted_with_effect(), Same(), **rate)
    two = losses(tmp_path, "two", adapted_with_effect(), Same(), seed=1, **rate)
    assert one[0] != one[1]
    assert one[:2] != two[:2]


def adapted_with_effect():
    model = adapted(dropout=0.5)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.1)
    return model


@pytest.mark.parametrize("values", [{"precision": "bfloat16"}, {}], ids=["autocast", "weights"])
def test_bfloat16_is_close(tmp_path, values):
    model = small_model()
    if not values:
        model = model.to(torch.bfloat16)
    model = add_adapter(model, AdapterSettings(r=4, dropout=0.0), 0)
    half = losses(tmp_path, "half", model, **values)
    torch.testing.assert_close(half, losses(tmp_path, "whole"), rtol=0.05, atol=0.05)


def test_every_weight_can_be_trained(tmp_path):
    model = add_adapter(small_model(), AdapterSettings(peft="none"), 0)
    before = [weight.clone() for weight in model.parameters()]
    settings = TrainingSettings(steps=3, batch_size=4, learning_rate=1e-2)
    result = train(model, TOKENIZER, RandomBatches(), settings, tmp_path / "run", progress=False)
    assert result.folder.name == "model"
    assert (result.folder / "model.safetensors").is_file()
    assert not any(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_eos_is_learned_though_it_is_the_pad_token(tmp_path):
    """trl #734: the fine-tuned model never stops."""

    class Copy(RandomBatches):
        def batch(self, step):
            return [prompt([0, 5 + i, 9, 5 + i, EOS], 3, f"t{i}") for i in range(4)]

    model = add_adapter(small_model(), AdapterSettings(r=4, dropout=0.0), 0)
    settings = TrainingSettings(steps=60, batch_size=4, learning_rate=3e-2)
    result = train(model, TOKENIZER, Copy(), settings, tmp_path / "run", progress=False)
    with torch.no_grad():
        answer = model(input_ids=torch.tensor([[0, 6, 9, 6]])).logits[0].argmax(-1).tolist()
    assert answer[2:] == [6, EOS]
    assert result.final_loss < 0.5


def test_the_callers_random_state_threads_and_attention_are_left(tmp_path):
    model = adapted()
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    settings = TrainingSettings(steps=1, batch_size=4, threads=threads + 1)
    train(model, TOKENIZER, RandomBatches(), settings, tmp_path / "run", progress=False)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert model.config._attn_implementation == "sdpa"
    assert not model.training
