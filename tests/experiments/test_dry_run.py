"""A dry run tells what the run will do: held against real small runs, and driven into failing."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from ictrain import cli
from ictrain.config import load_config
from ictrain.errors import ConfigError, ContextError, DataError, IctrainError, ModelError, RunError
from ictrain.experiments.dry_run import dry_run
from ictrain.experiments.dry_run.training import chosen
from ictrain.experiments.folder import RunFolder
from ictrain.experiments.run import jobs_of, run
from ictrain.files import read_jsonl
from ictrain.generation import HuggingFaceGenerator
from ictrain.network import in_cache
from ictrain.rows import read_rows
from tests.support import pool_of

CONFIG = """
name: small
seeds: [0, 1]
workers: 1
task:
  name: pairs
  train: FOLDER/train.jsonl
  tests: {id: FOLDER/test.jsonl}
  pools: {id: FOLDER/more.jsonl}
  metrics: [exact_match, token_f1]
  max_new_tokens: 6
  paraphrase: {method: reword, template: "then {input}"}
model:
  tokenizer: made:bpe-300
  scratch: {hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2,
    max_position_embeddings: 96}
adapter: {peft: none}
prompt: {max_tokens: 44}
context: {k: 1-3, neighbours: 8}
training: {steps: 9, batch_size: 4, learning_rate: 1.0e-3, checkpoint_every_steps: 5}
evaluation: {modes: [none, random, one_similar, one_paraphrase, one_unseen], k: 2, sweep: [1, 3]}
probes: {items: 5, points: 3}
strategies:
  base: {kind: base}
  zero: {}
  similar: {context: {min_mean_similarity: 0.3, filter_method: overlap}}
  contrastive: {}
"""


@pytest.fixture
def config(tmp_path) -> Path:
    pools = {"train": pool_of(30, duplicates=3), "test": pool_of(8, seed=9), "more": pool_of(4, 5)}
    for name, pool in pools.items():
        lines = [json.dumps({"input": e.input, "output": e.output}) for e in pool.examples]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG.replace("FOLDER", str(tmp_path)))
    return path


def walked(config: Path, *overrides: str):
    said: list[str] = []
    found = dry_run(load_config(config, overrides), config.parent / "runs", said.append)
    return found, "\n".join(said)


@pytest.fixture
def probed(monkeypatch) -> Counter[str]:
    """Counts what a run's probes ask, by arm."""
    asked: Counter[str] = Counter()
    generate = HuggingFaceGenerator.generate

    def counting(self, requests):
        frames = {frame.function: frame for frame in inspect.stack(0)}
        if {"probe", "noise_floor"} & frames.keys():
            asked[frames["_run_job"].frame.f_locals["job"].arm] += len(set(requests))
        return generate(self, requests)

    monkeypatch.setattr(HuggingFaceGenerator, "generate", counting)
    return asked


def test_a_k_that_no_pool_has_is_told_with_its_arm_before_anything_else(config):
    said: list[str] = []
    settings = load_config(config, ["strategies.similar.context.k=500"])
    for go in (dry_run, run):
        with pytest.raises(ContextError, match=r"context\.k of the arm 'similar': .* k = 500"):
            go(settings, config.parent / "runs", said.append)
    assert said == []


@pytest.mark.slow
def test_its_figures_are_those_of_the_run(config, probed):
    found, said = walked(config, "seeds=[0]")
    settings = load_config(config, ["seeds=[0]"])
    run(settings, config.parent / "runs", lambda _: None)
    folder = RunFolder(config.parent / "runs" / "small")
    record = folder.record()
    first = record["jobs"][0]
    assert found.jobs == len(record["jobs"])
    assert found.done == 0
    assert found.facts == first["facts"]
    assert json.loads(json.dumps(found.overlap)) == first["overlap"]
    assert json.loads(json.dumps(found.data)) == record["data"]
    dropped = 0
    for job in jobs_of(settings):
        summary, training = folder.summary(job), found.arms[job.arm].training
        rows = [r for r in read_rows(folder.job(job) / "rows.parquet") if r.strategy == job.arm]
        assert found.questions == len(rows)
        for mode, one in found.asked["id"].items():
            mine = [row for row in rows if row.mode == mode]
            assert one.asked == len(mine)
            assert one.longest == max((row.prompt_tokens for row in mine), default=0)
            assert one.dropped == sum(row.k_drawn - row.k_rendered for row in mine)
            assert one.too_long == sum(row.outcome == "too_long" for row in mine)
        lost = sum(one.too_long for one in found.asked["id"].values())
        told = any("questions are left out of the figures" in text for text in summary["warnings"])
        assert told == bool(lost)
        swept = read_rows(folder.job(job) / "sweep.parquet")
        assert sum(a.asked for t in found.swept.values() for m in t.values() for a in m.values()) \
            == len(swept)  # fmt: skip
        assert found.answers == sum(row.outcome == "ok" for row in [*rows, *swept])
        if training is None:
            assert job.arm == "base"
            continue
        assert training.targets == summary["survivors"]
        assert training.cut == summary["cut_targets"]
        assert training.filtered == summary["filtered_targets"]
        assert training.epochs == summary["epochs"]
        assert training.whole
        assert training.total("tokens") == summary["tokens"]
        assert training.total("labelled") == summary["labelled_tokens"]
        assert training.total("dropped") == summary["dropped_examples"]
        dropped += training.total("dropped")
        log = read_jsonl(folder.job(job) / "train.jsonl")
        measured = [(s.step, s.tokens, s.labelled, s.dropped) for s in training.measured]
        assert measured == [(r["step"], r["tokens"], r["labelled"], r["dropped"]) for r in log]
        cells = {cell: use["contexts"] for cell, use in summary["cells"].items()}
        drawn = [context.cell for context in training.contexts]
        assert cells == {cell: drawn.count(cell) for cell in cells}
        assert found.arms[job.arm].warnings == tuple(summary["warnings"])
    assert {name: arm.probes for name, arm in found.arms.items()} == probed
    assert dropped > 0, "the window should be too small for some contexts, or nothing is tested"
    assert found.arms["similar"].training.filtered > 0
    assert not found.missing
    assert "nothing is trained" in said
    assert re.search(r"\n +low \d+%, medium \d+%, high \d+%; the closest has the very output", said)


def test_it_asks_for_as_many_near_duplicates_as_the_training(config, monkeypatch):
    """Counted where they are made, over a training of several epochs and a part of one."""
    from ictrain.experiments.folder import Job
    from ictrain.experiments.job import batches_of, bench_of

    found, _ = walked(config, "training.steps=20")
    settings = load_config(config, ["training.steps=20"])
    bench = bench_of(settings, RunFolder(config.parent / "runs" / "x"), Job("contrastive", 0))
    asked: list[str] = []
    make = bench.data.near_duplicate

    def counting(target, generator):
        asked.append(target.id)
        return make(target, generator)

    monkeypatch.setattr("ictrain.training.drawn._BLOCK", 1)  # no target is drawn for nothing
    object.__setattr__(bench.data, "near_duplicate", counting)
    batches, _ = batches_of(bench)
    for step in range(20):
        batches.batch(step)
    training = found.arms["contrastive"].training
    assert training.epochs > 2
    assert (training.asked, training.asked_targets) == (len(asked), len(set(asked)))
    assert found.arms["zero"].training.asked == 0


def test_nothing_but_a_cache_is_written(config):
    walked(config)
    written = [p for p in (config.parent / "runs").rglob("*") if p.is_file()]
    assert all("cache" in path.parts for path in written)


def test_a_finished_run_is_seen_and_another_config_refused(config):
    settings = load_config(config, ["strategies.similar=", "strategies.contrastive=", "probes="])
    run(settings, config.parent / "runs", lambda _: None)
    before = {p: p.read_bytes() for p in (config.parent / "runs").rglob("*") if p.is_file()}
    found, said = walked(config, "strategies.similar=", "strategies.contrastive=", "probes=")
    assert (found.done, found.jobs) == (4, 4)
    assert "4 of 4 jobs done" in said
    assert (
        before.items()
        <= {p: p.read_bytes() for p in (config.parent / "runs").rglob("*") if p.is_file()}.items()
    )
    with pytest.raises(RunError, match="holds a run of another config"):
        walked(config, "training.steps=8")
    with (config.parent / "more.jsonl").open("a") as file:
        file.write('{"input": "something new", "output": "x"}\n')
    with pytest.raises(RunError, match=r"task/pools\.id has changed"):
        walked(config, "strategies.similar=", "strategies.contrastive=", "probes=")


STOPS = {
    "template": (["prompt.example=no fields"], ConfigError, "each exactly once"),
    "metric": (["task.metrics=[exact_macth]"], ConfigError, "exact_match"),
    "pool too small for k": (["context.k=40"], ContextError, "at least k = 40"),
    "pool too small for the largest k": (["context.k=[1, 40]"], ContextError, "at least k = 40"),
    "pool too small for questions": (["evaluation.k=60"], ContextError, "at least k ="),
    "no paraphraser": (["task.paraphrase="], ContextError, "no paraphraser"),
    "filter takes all": (
        ["strategies.similar.context.min_mean_similarity=0.99"], DataError, "mean similarity above",
    ),
    "too long": (["prompt.max_tokens=8"], DataError, "longer than the window"),
    "no such file": (["task.train=nowhere.jsonl"], DataError, "no such file"),
    "key of the model": (["model.scratch.hiden_size=8"], ConfigError, "hidden_size"),
    "shape of the model": (["model.scratch.num_attention_heads=3"], IctrainError, "model.scratch"),
    "adapter": (
        ["adapter.peft=lora", "adapter.targets=[q_prj]"], ConfigError, "did you mean 'q_proj'",
    ),
    "window in training": (
        ["model.scratch.max_position_embeddings=20", "strategies.base=", "probes="],
        RunError,
        "but the model has 20 positions",
    ),
    "window in evaluation": (
        ["model.scratch.max_position_embeddings=60", "task.max_new_tokens=30",
         "prompt.max_tokens=90", "context.k=1", "evaluation.k=4", "probes="],
        ModelError, "at most 60 in all",
    ),
    "window in probes": (
        ["probes.k=12", "prompt.max_tokens=100", "context.k=1"], ModelError, "at most 96 in all",
    ),
    "bos": (["model.tokenizer=FOLDER/nobos", "prompt.bos=always"], ModelError, "BOS"),
}  # fmt: skip


@pytest.mark.parametrize("name", STOPS)
def test_what_would_stop_the_run_stops_it(config, name, tmp_path):
    overrides, kind, message = STOPS[name]
    if name == "bos":
        from tests.made_tokenizers import unigram

        unigram(bos=False).save_pretrained(tmp_path / "nobos")
    overrides = [o.replace("FOLDER", str(tmp_path)) for o in overrides]
    with pytest.raises(kind, match=re.escape(message)) as dry:
        walked(config, *overrides)
    with pytest.raises(IctrainError) as real:
        run(load_config(config, overrides), config.parent / "runs", lambda _: None)
    # Which of several prompts that are too long is named first may differ.
    assert (dry.value.expected or dry.value.found) in str(real.value)


def test_a_metric_that_fails_on_garbled_answers_stops_it(config, tmp_path):
    (tmp_path / "own.py").write_text(
        "def strict(output, example):\n"
        "    assert output, 'nothing said'\n"
        "    return 0.5 * (output == example.output)\n"
    )
    with pytest.raises(DataError, match="the metric failed: AssertionError: nothing said"):
        walked(config, f"task.metrics=[{tmp_path}/own.py:strict]")
    (tmp_path / "own.py").write_text("def strict(output, example): return 0.5")
    _, said = walked(config, f"task.metrics=[{tmp_path}/own.py:strict]")
    assert "strict gives less than 1 to 8 of 8 gold outputs" in said


@pytest.mark.parametrize("packing", ["auto", "packed"])
def test_packing_that_a_model_cannot_do_is_told_before(config, packing):
    """Gemma 2's soft caps: auto pads, packed stops the run at its first step."""
    gemma = (
        "model.scratch={model_type: gemma2, hidden_size: 16, intermediate_size: 32, "
        "num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 2, head_dim: 8}"
    )
    overrides = [gemma, "model.attn=eager", f"training.packing={packing}"]
    if packing == "auto":
        walked(config, *overrides)
        return
    with pytest.raises(ModelError, match="cannot pack"):
        walked(config, *overrides)


@pytest.mark.parametrize("here", ["nothing", "tokenizer", "both"])
def test_a_model_without_weights_is_enough(config, tmp_path, here):
    """Only what is on this machine is used; what is not is told at the end, and the rest before."""
    from transformers import LlamaConfig

    from tests.made_tokenizers import byte_level_bpe

    name = "nobody/no-such-model"
    overrides = ["model.scratch=", "model.tokenizer=", f"model.name={name}", "adapter="]
    if here != "nothing":
        byte_level_bpe().save_pretrained(tmp_path / "tok")
        overrides[1] = f"model.tokenizer={tmp_path}/tok"
    if here == "both":
        LlamaConfig(
            hidden_size=4096, intermediate_size=11008, num_hidden_layers=32, vocab_size=32000
        ).save_pretrained(tmp_path / "model")
        overrides[2] = f"model.name={tmp_path}/model"
    found, said = walked(config, *overrides)
    trained = found.arms["contrastive"]
    assert trained.training.targets == 30
    assert found.questions == 8 * 4
    assert "LABEL" in said
    assert "another: " in said
    expected = {"nothing": 3, "tokenizer": 2, "both": 1}[here]
    assert ("the folder holds no weights" in said) == (here == "both")
    assert len(found.missing) == said.count("MISSING") == expected
    assert (trained.memory is not None) == (here == "both")
    about = re.search(
        r"tokens        about [\d,]+, [\d,]+ per step; [\d.]+% of them labelled", said
    )
    assert (about is not None) == (here == "nothing")
    assert "labelled" in said
    assert trained.seconds is None
    if here == "both":
        # 6.7 billion weights in float32, and rank 16 on q, k and v of 32 layers with two moments
        assert trained.memory.weights == 4 * 6738415616
        assert trained.memory.adapter == 4 * 32 * 3 * 2 * 16 * 4096
        assert trained.memory.optimiser == 3 * trained.memory.adapter
        assert "6.74 billion parameters" in said


@pytest.mark.skipif(torch.cuda.is_available(), reason="4 bits are possible here")
def test_four_bits_without_a_gpu_are_told_and_not_refused(config, tmp_path):
    """A config for another machine can be looked at here; what no machine can do is refused."""
    from transformers import LlamaConfig

    from tests.made_tokenizers import byte_level_bpe

    LlamaConfig(
        hidden_size=1024, intermediate_size=2816, num_hidden_layers=8, vocab_size=500
    ).save_pretrained(tmp_path / "model")
    byte_level_bpe().save_pretrained(tmp_path / "model")
    overrides = ["model.scratch=", "model.tokenizer=", f"model.name={tmp_path}/model", "probes="]
    plain, _ = walked(config, *overrides, "adapter=")
    found, said = walked(config, *overrides, "adapter=", "model.quantise=4bit")
    assert "MISSING" in said
    assert "4-bit weights need a CUDA GPU" in said
    four, full = (f.arms["contrastive"].memory.weights for f in (found, plain))
    assert 0.125 < four / full < 0.16
    with pytest.raises(ConfigError, match=r"peft: none with model\.quantise: 4bit"):
        walked(config, *overrides, "model.quantise=4bit")


def test_a_broken_folder_is_a_mistake_and_not_an_absence(config, tmp_path):
    (tmp_path / "broken").mkdir()
    with pytest.raises(ModelError, match="does not hold a whole tokenizer"):
        walked(config, "model.scratch=", f"model.tokenizer={tmp_path}/broken")


@pytest.mark.parametrize("offline", [True, False])
def test_a_model_at_a_path_that_leads_nowhere_is_told_on_one_line(config, monkeypatch, offline):
    monkeypatch.setattr("ictrain.experiments.dry_run.model.told_offline", lambda: offline)
    with pytest.raises(ModelError, match=r"^/no/such/folder: no such folder; expected"):
        walked(config, "model.scratch=", "model.tokenizer=", "model.name=/no/such/folder")


def test_a_name_that_the_hub_cannot_have_is_in_no_cache():
    assert not in_cache("/no/such/folder", None)
    assert not in_cache("no name", None)


def test_prompts_are_shown_as_they_are(config):
    """Every token is accounted for, the label is marked, and it is the target's output with EOS."""
    _, said = walked(config, "strategies.similar=", "strategies.zero=")
    block = said[said.index("a prompt of step 1") :].split("  another")[0].splitlines()
    total, labelled = map(int, re.search(r"(\d+) tokens, (\d+) of", block[0]).groups())
    sizes = [int(m.group(1)) for line in block[2:] if (m := re.match(r"    .{16} +(\d+) ", line))]
    assert sum(sizes) == total
    assert sizes[-1] == labelled
    label = next(line for line in block if line.startswith("    LABEL"))
    assert re.search(r"▐·[A-Z ]+</s>▌$", label)
    assert "·" in label
    roles = {line.split()[0] for line in block[2:]}
    assert {"bos", "TARGET", "LABEL"} <= roles
    assert roles & {"near", "similar", "random", "paraphrase"}


def test_colours_only_on_a_terminal(config, monkeypatch):
    from ictrain.experiments.dry_run.paint import Paint, paint_for_stdout

    assert not paint_for_stdout().colours
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint_for_stdout().colours
    monkeypatch.setenv("NO_COLOR", "1")
    assert not paint_for_stdout().colours
    plain, coloured = [], []
    dry_run(load_config(config), config.parent / "runs", plain.append)
    dry_run(load_config(config), config.parent / "runs", coloured.append, Paint(True))
    assert "\x1b" not in "".join(plain)
    label = next(line for line in coloured if "LABEL" in line)
    assert re.search(r"▐\x1b\[30;42m·[A-Z ]+</s>\x1b\[0m▌", label)


@pytest.mark.parametrize(
    ("steps", "batch", "whole"),
    [(1, 1, True), (10, 4, True), (20_000, 2, False), (300, 300, False)],
)
def test_steps_are_chosen_once_each_and_from_the_whole_training(steps, batch, whole):
    found = chosen(steps, batch)
    assert found == sorted(set(found))
    assert 0 <= found[0] <= found[-1] < steps
    assert (len(found) == steps) is whole
    if not whole:
        assert found[-1] >= 0.98 * steps - 1
        assert len(found) * batch <= 1024 + 12 * 256 + 13 * batch


def test_the_command(config):
    answer = CliRunner().invoke(
        cli.app, ["run", str(config), "--dry-run", "--out", str(config.parent / "runs")]
    )
    assert answer.exit_code == 0, answer.output
    assert "IN ALL" in answer.output
    assert not (config.parent / "runs" / "small" / "config.yaml").exists()


def test_a_model_whose_sizes_are_published_gets_its_memory_told(config):
    """Without its config and tokenizer: estimates, and said to be."""
    found, said = walked(
        config, "model.scratch=", "model.tokenizer=", "model.name=meta-llama/Llama-3.2-1B",
        "model.dtype=bfloat16", "adapter=", "prompt.max_tokens=2048",
    )  # fmt: skip
    assert "meta-llama/Llama-3.2-1B (llama): 1.24 billion parameters in bfloat16, 2.3 GiB" in said
    assert "its config is not on this machine: sizes are of the published one" in said
    assert "tokens are estimated by bytes" in said
    memory = found.arms["contrastive"].memory
    assert memory.weights == 2 * 1_235_814_400
    # rank 16 on q (2048 -> 2048), k and v (2048 -> 512) of 16 layers, in float32
    assert memory.adapter == 4 * 16 * 16 * (2 * 2048 + 2 * (2048 + 512))
    assert memory.activations > 0
    assert "memory        about" in said
    assert len(found.missing) == said.count("MISSING") == 3


def without(config, part):
    """The config with train.jsonl or more.jsonl behind a variable, and a second test set."""
    file = f"{config.parent}/{part}.jsonl"
    text = config.read_text().replace(file, f'"${{ICTRAIN_NO_{part.upper()}}}/{part}.jsonl"')
    config.write_text(
        text.replace("tests: {id: ", f"tests: {{other: {config.parent}/test.jsonl, id: ")
    )
    return config


def test_a_test_set_that_is_not_here_is_told_and_the_rest_walked_through(config, monkeypatch):
    monkeypatch.delenv("ICTRAIN_NO_MORE", raising=False)
    found, said = walked(without(config, "more"))
    assert set(found.asked) == {"other"}
    assert found.arms["contrastive"].training.targets == 30
    (line,) = found.missing
    assert line.startswith("pools.id: ")
    assert "the variable ICTRAIN_NO_MORE, which is not set; set ICTRAIN_NO_MORE to" in line
    assert said.count("MISSING") == 1
    assert re.search(r"train +33 pairs", said)
    assert "not here: pools.id" in said


def test_without_training_pairs_all_that_needs_none_is_told(config, monkeypatch, tmp_path):
    monkeypatch.setenv("ICTRAIN_NO_TRAIN", str(tmp_path / "nowhere"))
    found, said = walked(
        without(config, "train"), "model.scratch=", "model.tokenizer=", "adapter=",
        "model.name=Qwen/Qwen2.5-7B",
    )  # fmt: skip
    assert any(
        "no such file or folder; set ICTRAIN_NO_TRAIN to where it is" in m for m in found.missing
    )
    assert found.questions == 0
    assert "7.62 billion parameters" in said
    assert "with full windows about" in said
    assert "random 0.25, similar 0.25, one_near 0.5; k 1-3" in said
    assert "▐·<output of target>" in said
    assert "the above is all that needs no data" in said


def test_a_hub_that_does_not_answer_is_asked_for_nothing(config, monkeypatch):
    import ictrain.experiments.hub as module

    asked: list[str] = []
    monkeypatch.setattr(module, "told_offline", lambda: False)
    monkeypatch.setattr(module, "reachable", lambda url: bool(asked.append(url)))
    walked(config)
    assert not asked  # nothing of it is wanted
    found, said = walked(config, "task.tests.id=hf:nobody/no-such-set#test")
    assert len(asked) == 1
    assert "does not answer: only what is on this machine is used" in said
    assert any("tests.id: hf:nobody/no-such-set#test: cannot load it" in m for m in found.missing)


def test_a_paraphraser_that_is_not_here_is_missing(config, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    far = "task.paraphrase={method: llm, url: 'https://a.example/v1', model: m, key: NO_SUCH_KEY}"
    line = "task.paraphrase: no key in the environment variable NO_SUCH_KEY, which a.example may"
    assert any(told.startswith(line) for told in walked(config, far)[0].missing)
    monkeypatch.setenv("NO_SUCH_KEY", "x")
    assert not any("NO_SUCH_KEY" in told for told in walked(config, far)[0].missing)
    monkeypatch.setenv("OPENAI_API_KEY", "x")  # which is not for everybody
    unnamed = "task.paraphrase={method: llm, url: 'https://a.example/v1', model: m}"
    line = "task.paraphrase: no key goes to a.example, which may want one: name its environment"
    assert any(told.startswith(line) for told in walked(config, unnamed)[0].missing)
    near = "task.paraphrase={method: llm, url: 'http://localhost:8000/v1', model: m}"
    assert not any("task.paraphrase" in told for told in walked(config, near)[0].missing)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    local = walked(config, "task.paraphrase={method: local, model: nobody/none}")[0]
    assert (
        "task.paraphrase: nobody/none: its weights are not in the hub's cache of this machine"
        in (local.missing)
    )


def test_a_tokenizer_that_is_to_be_made_of_absent_data_is_not_missing(
    config, monkeypatch, tmp_path
):
    monkeypatch.setenv("ICTRAIN_NO_TRAIN", str(tmp_path / "nowhere"))
    found, _ = walked(without(config, "train"), "model.tokenizer=made:bpe-300")
    assert not any("made:" in line for line in found.missing)
