"""`accelerate launch -m ictrain run`: all processes train, the first does the rest."""

import json
import os
import socket
import subprocess
import sys

import pytest

from ictrain.config import load_config
from ictrain.errors import ConfigError
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import run_job
from ictrain.experiments.run import run
from ictrain.rows import read_rows
from tests.experiments.test_run import written
from tests.experiments.together_child import child
from tests.training.forked import FORK, start_server

ARMS = ("base", "zero", "contrastive")


def answers(out):
    found = {arm: read_rows(out / "small" / arm / "seed-0" / "rows.parquet") for arm in ARMS}
    return {arm: [(r.prompt, r.output, r.stopped) for r in rows] for arm, rows in found.items()}


def losses(out, arm):
    lines = (out / "small" / arm / "seed-0" / "train.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A config, and beside it what one process makes of it."""
    folder = tmp_path_factory.mktemp("together")
    path = written(folder)
    run(load_config(path, ["probes.items=0"]), folder / "alone", lambda line: None)
    return path


def check(case, out):
    """Equal answers to equal prompts, from equal trainings."""
    alone = case.parent / "alone"
    assert answers(out) == answers(alone)
    for arm in ARMS[1:]:
        assert losses(out, arm) == pytest.approx(losses(alone, arm), rel=1e-5)


@pytest.mark.slow
def test_launched_processes_train_together_and_one_speaks(case):
    launch = "accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1"
    command = f"{launch} --mixed_precision no --dynamo_backend no -m ictrain run".split()
    out = case.parent / "launched"
    done = subprocess.run(
        [sys.executable, "-m", *command, str(case), "--out", str(out)],
        env={**os.environ, "ACCELERATE_USE_CPU": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "data", *(f"[{i}/3] {arm}, seed 0" for i, arm in enumerate(ARMS, 1)), "the page",
    ]  # fmt: skip
    assert sorted(p.name for p in (out / "small/zero/seed-0/probes").iterdir())
    check(case, out)


@pytest.mark.slow
def test_processes_that_share_the_weights_end_in_the_same_rows(case):
    start_server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    out = case.parent / "shared"
    both = [FORK.Process(target=child, args=(str(case), str(out), r, port)) for r in (0, 1)]
    for process in both:
        process.start()
    for process in both:
        process.join(300)
    assert [process.exitcode for process in both] == [0, 0]
    check(case, out)


def test_probes_of_shared_weights_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("ictrain.experiments.job.shares_weights", lambda: True)
    folder = RunFolder(tmp_path / "runs" / "small")
    with pytest.raises(ConfigError, match=r"probes.items: .*; set probes.items=0, or launch"):
        run_job(load_config(written(tmp_path)), folder, Job("zero", 0))
