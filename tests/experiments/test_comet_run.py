"""A run whose rows have COMET beside other metrics, and one whose checkpoint is not there."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import yaml

from ictrain.config import load_config
from ictrain.errors import ConfigError, RunError
from ictrain.examples import Example
from ictrain.experiments.dry_run import dry_run
from ictrain.experiments.run import run
from ictrain.harness.scoring import description, reads_meta, scorer
from ictrain.metrics import get_metric
from ictrain.metrics.comet import scorer as loaded
from ictrain.rows import read_rows
from ictrain.tasks import load_task
from tests.made_comet import CASES, TRIPLES, make_checkpoint

CONFIG = {
    "name": "translated",
    "seeds": [0],
    "workers": 1,
    "task": {
        "name": "translation",
        "target_language": "German",
        "train": "FOLDER/train.jsonl",
        "tests": {"id": "FOLDER/test.jsonl"},
        "metrics": ["chrf", "comet:FOLDER/comet"],
        "max_new_tokens": 4,
    },
    "model": {
        "tokenizer": "made:bpe-300",
        "scratch": {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
                    "num_attention_heads": 2, "max_position_embeddings": 512},
    },
    "prompt": {"max_tokens": 480},
    "context": {"k": 1, "neighbours": 4},
    "evaluation": {"modes": ["none", "random"], "k": 1},
    "analysis": {"metric": "comet"},
    "strategies": {"base": {"kind": "base"}},
}  # fmt: skip


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("ICTRAIN_COMET", raising=False)
    loaded.scorer.cache_clear()
    pairs = list({src: {"input": src, "output": ref} for src, _, ref in TRIPLES[:18]}.values())
    for name, part in {"train": pairs[4:], "test": pairs[:4]}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(p) + "\n" for p in part))
    make_checkpoint(tmp_path / "comet", CASES["as wmt22-comet-da"])
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(CONFIG).replace("FOLDER", str(tmp_path)))
    return path


def test_rows_record_and_page_have_comet(config, tmp_path):
    said = []
    page = run(load_config(config), tmp_path / "runs", said.append)
    folder = tmp_path / "runs" / "translated"
    rows = read_rows(folder / "base" / "seed-0" / "rows.parquet")
    metric = get_metric(f"comet:{tmp_path}/comet")
    lines = (tmp_path / "test.jsonl").read_text("utf-8").splitlines()
    sources = {f"id:{n}": json.loads(line)["input"] for n, line in enumerate(lines, 1)}
    assert len(rows) > len(sources)
    gold = [Example(row.target_id, sources[row.target_id], row.reference) for row in rows]
    expected = metric.score_all([row.output for row in rows], gold)
    assert [row.scores["comet"] for row in rows] == pytest.approx(expected, abs=1e-6)
    assert all("comet" not in row.stats for row in rows)
    record = json.loads((folder / "record.json").read_text())
    assert record["metrics"]["comet"] == metric.signature
    assert "nc:6" in record["metrics"]["chrf"]
    assert "metrics/comet/model.ckpt" in record["hashes"]["inputs"]
    assert "comet" in page.read_text()
    make_checkpoint(tmp_path / "comet", replace(CASES["as wmt22-comet-da"], old_buffers=False))
    with pytest.raises(RunError, match=r"metrics/comet/\S+ has changed"):
        run(load_config(config), tmp_path / "runs", said.append)


def test_a_dry_run_tells_what_is_missing_and_the_run_stops_before_it_trains(config, tmp_path):
    settings = load_config(config, ["task.metrics=[chrf,comet]"])
    said = []
    found = dry_run(settings, tmp_path / "runs", said.append)
    assert [line for line in found.missing if "no COMET checkpoint" in line] == found.missing
    assert len(found.missing) == 1
    assert found.asked
    assert "hf download Unbabel/wmt22-comet-da" in "\n".join(said)
    with pytest.raises(ConfigError, match="no COMET checkpoint"):
        run(settings, tmp_path / "runs", said.append)
    assert not list((tmp_path / "runs").rglob("job.json"))
    there = dry_run(load_config(config), tmp_path / "runs", said.append)
    assert there.missing == []


def test_lm_eval_gets_the_same_score(config, tmp_path):
    settings = load_config(config)
    metrics = [get_metric(name) for name in settings.task.metrics]
    assert not reads_meta(metrics)
    told = description(SimpleNamespace(metrics=metrics), settings.task, 0, tmp_path)
    assert told["task"] is None
    (tmp_path / "metrics.json").write_text(json.dumps(told))
    src, mt, ref = TRIPLES[1]
    question = {"target_id": "1", "input": src, "reference": ref, "meta": ""}
    found = scorer(tmp_path)(question, mt)
    assert found["comet"] == pytest.approx(metrics[1].score(mt, Example("1", src, ref)))
    assert set(found) == {"chrf_of_sentences", "comet"}


def test_iwl_and_icl_are_by_comet_and_copying_is_not(config, tmp_path):
    """As in the paper; the arm's answers are bad, so the figures are COMET's of bad answers."""
    more = ["task.paraphrase={method: reword}", "probes={items: 3, points: 2}",
            "strategies={random: {training: {steps: 2, batch_size: 2}}}"]  # fmt: skip
    data = load_task(load_config(config, more).task, 0)
    triples = [("a", "ein Haus", "ein Haus"), ("a", "", "ein Haus")]
    assert data.agreement(triples) == pytest.approx(
        get_metric(f"comet:{tmp_path}/comet").score_all(
            [h for _, h, _ in triples], [Example("1", s, r) for s, _, r in triples]
        )
    )
    run(load_config(config, more), tmp_path / "runs", lambda _: None)
    files = [*(tmp_path / "runs" / "translated").glob("random/seed-0/probes/step-*.json")]
    assert files
    for file in files:
        values = [item["values"] for item in json.loads(file.read_text())["items"]]
        assert min(v["icl"] for v in values) < 0  # which this checkpoint gives, and chrF cannot
        assert min(v["iwl"] for v in values) < 0
        assert all(v["copy"] >= 0 for v in values if "copy" in v)
