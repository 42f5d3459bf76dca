"""A user's folder, made on the spot: pairs.jsonl, test.jsonl, config.yaml and my-model."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tests.made_tokenizers import byte_level_bpe
from tests.support import pool_of

CONFIG = """
name: mine
seeds: [3, 4]
task:
  name: pairs
  train: FOLDER/pairs.jsonl
  tests: {id: FOLDER/test.jsonl}
  max_new_tokens: 8
  metrics: [exact_match, token_f1]
  paraphrase: {method: reword, template: "then {input}"}
model: {name: FOLDER/my-model}
prompt: {instruction: "Shout.\\n", example: "{input} => {output}\\n", max_tokens: 200}
context: {k: 1-3, neighbours: 8}
training: {steps: 6, batch_size: 4}
evaluation: {modes: [none, random, one_similar], k: 2}
strategies: {base: {kind: base}, zero: {}, similar: {}, contrastive: {}}
"""


def write_pairs(path: Path, examples) -> None:
    lines = [json.dumps({"id": e.id, "input": e.input, "output": e.output}) for e in examples]
    path.write_text("\n".join(lines) + "\n")


def tiny_model(tokenizer, **changes):
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=1024,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            **changes,
        )
    )


def make_folder(folder: Path, train=40, test=24) -> Path:
    """A user's folder; 24 test inputs, enough for intervals."""
    write_pairs(folder / "pairs.jsonl", pool_of(train).examples)
    fresh = pool_of(train + test).examples[train:]
    write_pairs(folder / "test.jsonl", fresh)
    (folder / "config.yaml").write_text(CONFIG.replace("FOLDER", str(folder)))
    tokenizer = byte_level_bpe()
    tokenizer.save_pretrained(folder / "my-model")
    tiny_model(tokenizer).save_pretrained(folder / "my-model")
    return folder
