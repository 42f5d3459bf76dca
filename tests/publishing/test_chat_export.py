"""A chat: where an answer ends, and how the card says to ask."""

from __future__ import annotations

import json

import pytest
import torch
from lm_eval.models.huggingface import HFLM
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from ictrain.config import load_config
from ictrain.harness.asked import ask
from ictrain.publishing import ExportSettings, export
from ictrain.rows import read_rows
from tests.made_chats import ENDS, instruct_tokenizer
from tests.small_run import make_job

pytestmark = pytest.mark.filterwarnings("ignore")
CONFIG = """
name: chat
seeds: [0]
task:
  name: pairs
  train: FOLDER/train.jsonl
  tests: {id: FOLDER/test.jsonl}
  max_new_tokens: 12
model: {name: FOLDER/base}
prompt: {chat: CHAT, instruction: "Translate."}
similarity: {retrieval: {method: overlap}, bands: {method: overlap}}
adapter: {r: 4, dropout: 0.0, targets: all-linear}
context: {k: 1-2, neighbours: 4}
training: {steps: 30, batch_size: 6, learning_rate: 2.0e-2}
evaluation: {modes: [none, similar], k: 2}
strategies: {contrastive: {context: {epsilon: 0}}}
"""


def make(folder, family, chat):
    """A base in a folder, its own end of text as the only EOS, and a run on it."""
    tokenizer = instruct_tokenizer(family)
    torch.manual_seed(0)
    shape = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    config = LlamaConfig(
        vocab_size=len(tokenizer), num_attention_heads=2, num_key_value_heads=2,
        max_position_embeddings=512, initializer_range=0.2, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, **shape,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    for name, numbers in [("train", range(20)), ("test", range(20, 26))]:
        pairs = [{"input": f"cat {n} mat", "output": f"die Katze {n % 3}"} for n in numbers]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, pairs)) + "\n")
    text = CONFIG.replace("FOLDER", str(folder)).replace("CHAT", chat)
    return make_job(folder, "contrastive", text)


@pytest.mark.parametrize(("family", "chat"), [("qwen2", "turn"), ("llama3", "turns")])
def test_a_chat_ends_where_training_taught_it_and_the_card_asks_in_its_template(
    family, chat, tmp_path, monkeypatch, capsys
):
    run = make(tmp_path, family, chat)
    out = export(run, tmp_path / "chatty", ExportSettings(), lambda _: None)
    tokenizer = instruct_tokenizer(family)
    decoding = GenerationConfig.from_pretrained(out)
    assert decoding.eos_token_id[0] == tokenizer.convert_tokens_to_ids(ENDS[family])
    assert tokenizer.eos_token_id in decoding.eos_token_id
    assert decoding.max_new_tokens == 12
    rows = read_rows(run / "contrastive" / "seed-0" / "rows.parquet")
    assert any(r.stopped and r.output for r in rows)
    card = (out / "README.md").read_text()
    program = card.split("```python\n")[1].split("\n```")[0]
    prompt = next(r.prompt for r in rows if repr(r.prompt) in program)
    (row,) = [r for r in rows if r.prompt == prompt]
    assert program.splitlines()[-1].endswith(f"# {row.output}")
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "card", "exec"), {})
    assert capsys.readouterr().out.splitlines()[-1] == row.output
    bare = export(run, tmp_path / "bare", ExportSettings(example=False), lambda _: None)
    program = (bare / "README.md").read_text().split("```python\n")[1].split("\n```")[0]
    assert "an input" in program
    assert "cat 2" not in program
    exec(compile(program, "card", "exec"), {})


@pytest.mark.parametrize(
    ("family", "chat"), [("qwen2", "turn"), ("llama3", "turns"), ("gemma", "turn")]
)
def test_the_harness_is_given_the_chat_as_text_and_stops_at_the_end_of_the_turn(
    family, chat, tmp_path
):
    run = make(tmp_path, family, chat)
    asked = ask(load_config(run / "config.yaml"), 0)
    assert asked.stop == [ENDS[family]]
    told = {"add_bos_token": asked.bos_argument}
    model = HFLM(pretrained=str(tmp_path / "base"), device="cpu", **told)
    same = 0
    for question in asked.questions:
        ids, _ = model.tok_batch_encode([question.rendered.text])
        same += tuple(ids[0].tolist()) == question.rendered.ids
    assert same == asked.same_ids == len(asked.questions)
