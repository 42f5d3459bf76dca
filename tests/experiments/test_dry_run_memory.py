"""The memory estimate against what autograd really keeps for the backward pass."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from ictrain.experiments.dry_run.memory import Load, heaviest, of_answers, of_training
from ictrain.models import AdapterSettings, add_adapter
from ictrain.prompts.rendered import Rendered, Segment
from ictrain.training import TrainingSettings
from ictrain.training.attention import segment_attention
from ictrain.training.isolation import base_of
from ictrain.training.loss import packed_loss, padded_loss

SHAPE = {"hidden_size": 128, "intermediate_size": 352, "num_hidden_layers": 3,
         "num_attention_heads": 4, "vocab_size": 1000}  # fmt: skip


def prompts(sizes, labelled=10) -> list[Rendered]:
    made = []
    for size in sizes:
        start = size - labelled
        segments = (Segment(0, start, "target"), Segment(start, size, "label"))
        made.append(Rendered(tuple(range(3, 3 + size)), segments, start, "", 0, 0))
    return made


def kept(model, run) -> int:
    """Bytes of different tensors that a forward pass keeps, parameters left out."""
    known = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    found: dict[int, int] = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor

    model.train()
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        run()
    return sum(found.values())


@pytest.mark.parametrize("peft", ["none", "lora"])
@pytest.mark.parametrize("packing", ["packed", "padded"])
def test_activations_are_of_the_right_size(peft, packing):
    torch.manual_seed(0)
    model = add_adapter(LlamaForCausalLM(LlamaConfig(**SHAPE)), AdapterSettings(peft=peft), 0)
    settings = TrainingSettings(packing=packing)
    batch = prompts([60, 80, 100, 120])
    estimate = of_training(model, settings, heaviest(batch, settings))

    def run():
        device = torch.device("cpu")
        if packing == "padded":
            return padded_loss(model, batch, device)
        with segment_attention(base_of(model)):
            return packed_loss(model, batch, device)

    measured = kept(model, run)
    assert 0.5 < (estimate.activations + estimate.logits) / measured < 2


def test_parts_of_a_batch_are_in_memory_one_after_another():
    batch = prompts([50, 100, 70, 30])
    assert heaviest(batch, TrainingSettings()) == Load(250, 40)
    assert heaviest(batch, TrainingSettings(micro_batch=2)) == Load(150, 20)
    assert heaviest(batch, TrainingSettings(micro_tokens=100)) == Load(100, 20)
    assert heaviest(batch, TrainingSettings(packing="padded")) == Load(400, 400)


def test_recomputing_and_number_formats_take_less():
    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(**SHAPE)).requires_grad_(True)
    load = Load(1000, 100)
    plain = of_training(model, TrainingSettings(), load)
    assert plain.weights == 4 * sum(w.numel() for w in model.parameters())
    assert plain.optimiser == 3 * plain.weights
    assert plain.adapter == 0
    assert plain.total == sum(
        (plain.weights, plain.optimiser, plain.activations, plain.logits, plain.adapter)
    )
    again = of_training(model, TrainingSettings(gradient_checkpointing=True), load)
    half = of_training(model, TrainingSettings(precision="bfloat16"), load)
    assert again.activations < plain.activations / 2
    assert half.activations == plain.activations / 2


def test_keys_and_values_of_grouped_heads():
    with torch.device("meta"):
        model = LlamaForCausalLM(LlamaConfig(**SHAPE | {"num_key_value_heads": 2}))
    assert of_answers(model, 1000) == 1000 * 3 * 2 * 2 * 32 * 4
