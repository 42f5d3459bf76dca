"""Whole runs of the real thing, small: processes, kills, resumption, folders of another config."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ictrain.config import load_config
from ictrain.errors import RunError
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import run_job
from ictrain.experiments.run import jobs_of, report_again, run
from ictrain.rows import read_rows
from tests.support import pool_of

CONFIG = """
name: small
seeds: [0]
workers: 1
task:
  name: pairs
  train: FOLDER/train.jsonl
  tests: {id: FOLDER/test.jsonl}
  max_new_tokens: 6
  unseen: {method: reword, template: "now {input}"}
  paraphrase: {method: reword, template: "then {input}"}
model:
  tokenizer: made:bpe-300
  scratch: {hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2}
adapter: {peft: none}
context: {k: 1-2, neighbours: 8}
training: {steps: 6, batch_size: 4, learning_rate: 1.0e-3, checkpoint_every_steps: 2}
evaluation: {modes: [none, random, one_similar], k: 2}
probes: {items: 5, points: 4}
strategies: {base: {kind: base}, zero: {}, contrastive: {}}
"""


@pytest.fixture
def config(tmp_path) -> Path:
    return written(tmp_path)


def written(folder: Path) -> Path:
    for name, examples in [("train", pool_of(30).examples), ("test", pool_of(8, seed=9).examples)]:
        lines = [json.dumps({"input": e.input, "output": e.output}) for e in examples]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    path = folder / "small.yaml"
    path.write_text(CONFIG.replace("FOLDER", str(folder)))
    return path


def command(config: Path, *arguments: str) -> list[str]:
    out = str(config.parent / "runs")
    code = "from ictrain.cli import main; main()"
    return [sys.executable, "-c", code, "run", str(config), "--out", out, *arguments]


def contents(folder: Path) -> dict[str, bytes]:
    kept = [
        p
        for p in folder.rglob("*")
        if p.is_file()
        and (p.name in ("rows.parquet", "model.safetensors") or p.parent.name == "probes")
    ]
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in kept if "checkpoints" not in p.parts
    }


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_and_ends_in_the_same_bytes(config):
    """Killed with all its workers once a training has a checkpoint; then run again."""
    settings = load_config(config)
    whole = RunFolder(config.parent / "runs" / "whole")
    for job in jobs_of(settings):
        run_job(settings, whole, job)
    first = subprocess.Popen(command(config), start_new_session=True, stdout=subprocess.DEVNULL)
    folder = config.parent / "runs" / "small"
    deadline = time.monotonic() + 120
    while not list(folder.glob("*/seed-0/checkpoints/step-*")) and first.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    done = [job for job in jobs_of(settings) if RunFolder(folder).is_done(job)]
    before = {job: (RunFolder(folder).job(job) / "rows.parquet").stat().st_mtime_ns for job in done}
    said: list[str] = []
    page = run(settings, config.parent / "runs", said.append)
    assert len(said) >= len(jobs_of(settings)) - len(done)
    for job, stamp in before.items():
        assert (RunFolder(folder).job(job) / "rows.parquet").stat().st_mtime_ns == stamp
    one, two = contents(whole.path), contents(folder)
    # Two trainings at four steps each, and the base once.
    assert sum("probes" in name for name in one) == 2 * 4 + 1
    assert one.keys() == two.keys()
    for name in one:
        assert one[name] == two[name], name
    record = json.loads((folder / "record.json").read_text())
    assert {job["strategy"] for job in record["jobs"]} == {"base", "zero", "contrastive"}
    assert page == folder / "report" / "index.html"
    assert "contrastive" in page.read_text()


def test_a_job_keeps_rows_summary_and_costs(config):
    settings = load_config(config)
    folder = RunFolder(config.parent / "runs" / "one")
    summary = run_job(settings, folder, Job("contrastive", 0))
    rows = read_rows(folder.job(Job("contrastive", 0)) / "rows.parquet")
    assert len(rows) == summary["rows"] == 3 * 8
    assert summary["steps"] == 6
    assert summary["unique_targets"] <= 24
    assert summary["tokens"] > summary["labelled_tokens"] > 0
    assert set(summary["cells"]) <= {"random", "similar", "one_near"}
    assert folder.is_done(Job("contrastive", 0))
    base = run_job(settings, folder, Job("base", 0))
    references = {r.strategy for r in read_rows(folder.job(Job("base", 0)) / "rows.parquet")}
    assert references == {"base", "copy_nearest", "copy_random"}
    assert base["rows"] == 3 * 8 + 2 * 2 * 8
    page = report_again_after_claim(settings, folder)
    assert "contrastive" in page.read_text()


def report_again_after_claim(settings, folder):
    folder.claim(settings)
    folder.write_record({"name": settings.name})
    return report_again(folder.path)


def test_a_folder_of_another_config_is_refused_and_named(config):
    settings = load_config(config)
    folder = RunFolder(config.parent / "runs" / "mine")
    folder.claim(settings)
    folder.claim(load_config(config, ["seeds=[0,1]", "workers=1"]))  # more seeds may join
    with pytest.raises(RunError, match=r"another config: .*steps was 6 and is 7.*name="):
        folder.claim(load_config(config, ["training.steps=7"]))


def test_a_worker_ends_with_its_parent_and_a_job_has_one_worker(config):
    """Killed alone, a parent would leave workers that train beside those of the next run."""
    arguments = ["workers=2", "name=orphans", "training.steps=100000"]
    parent = subprocess.Popen(
        command(config, *arguments), start_new_session=True, stdout=subprocess.DEVNULL
    )
    folder = RunFolder(config.parent / "runs" / "orphans")
    deadline = time.monotonic() + 120
    try:
        while not list(folder.path.glob("*/seed-0/checkpoints/step-*")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        job = Job("zero", 0)
        with pytest.raises(RunError, match="another process"), folder.owned(job):
            pass
        parent.kill()
        parent.wait()
        with folder.owned(job):  # within its patience every worker has ended
            pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)


def test_ctrl_c_ends_a_run_at_once_with_one_line(config):
    parent = subprocess.Popen(
        command(config, "workers=2", "name=stopped", "training.steps=100000"),
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    folder = config.parent / "runs" / "stopped"
    deadline = time.monotonic() + 120
    while not list(folder.glob("*/seed-0/train.jsonl")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(parent.pid, signal.SIGINT)
    _, said = parent.communicate(timeout=30)
    assert parent.returncode == 130
    assert said.splitlines()[-1] == "ictrain: stopped; the same command goes on from here"
    assert "Traceback" not in said


def test_data_that_changed_is_refused_by_file(config):
    """Else finished jobs on the old data would stand beside new ones on the new data."""
    settings = load_config(config)
    folder = RunFolder(config.parent / "runs" / "mine")
    folder.claim(settings)
    folder.claim(settings)
    data = config.parent / "train.jsonl"
    data.write_text(data.read_text().replace("ANT", "aunt", 1))
    with pytest.raises(RunError, match="task/train has changed since this run began"):
        folder.claim(settings)


def test_two_processes_do_not_share_a_folder(config):
    folder = RunFolder(config.parent / "runs" / "mine")
    other = RunFolder(folder.path)
    with folder.owned(), pytest.raises(RunError, match="another process"), other.owned():
        pass


def test_report_of_what_is_no_run(tmp_path):
    with pytest.raises(RunError, match=r"no config\.yaml"):
        report_again(tmp_path)
