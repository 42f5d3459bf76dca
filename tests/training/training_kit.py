"""Small models, tokenizer stand-ins and hand-made prompts for the tests of training."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from ictrain.models import AdapterSettings, add_adapter
from ictrain.prompts.rendered import Rendered, Segment
from ictrain.randomness import rng

VOCABULARY, EOS = 60, 1
TOKENIZER = SimpleNamespace(eos_token_id=EOS, pad_token_id=EOS, save_pretrained=lambda folder: None)


def prompt(ids, label_start, target="t", dropped=()):
    """A Rendered whose label is ids[label_start:]."""
    segments = (
        Segment(0, label_start, "target", example_id=target),
        Segment(label_start, len(ids), "label", example_id=target),
    )
    return Rendered(tuple(ids), segments, label_start, "", 0, 0, tuple(dropped))


def random_prompt(index, longest=14):
    """A prompt of random tokens (none is EOS but the last) as a function of its index."""
    draw = rng(5, "test prompt", index=index)
    length = int(draw.integers(4, longest + 1))
    ids = [*draw.integers(2, VOCABULARY, length - 1).tolist(), EOS]
    return prompt(ids, length - int(draw.integers(1, 4)), target=f"t{index % 7}")


@dataclass(frozen=True)
class RandomBatches:
    """A pure function of the step."""

    batch_size: int = 4

    def batch(self, step):
        return [random_prompt(step * self.batch_size + i) for i in range(self.batch_size)]


def small_model(kind="llama", seed=0, **extra):
    shape = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "bos_token_id": 0,
        "eos_token_id": EOS,
        "pad_token_id": None,
        "initializer_range": 0.2,
    }
    if kind not in ("gpt2", "gpt_neox"):
        shape["num_key_value_heads"] = 2
    if kind == "qwen3" or kind.startswith("gemma"):
        shape["head_dim"] = 8
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **shape | extra)).eval()


def adapted(kind="llama", seed=0, dropout=0.1, **extra):
    settings = AdapterSettings(r=4, dropout=dropout)
    return add_adapter(small_model(kind, **extra), settings, seed)
