"""One process equals two: the loss is divided by the global count, whoever holds the prompts."""

import json
import os
import socket
from pathlib import Path

import pytest

from ictrain.training import TrainingSettings, train
from tests.training.forked import FORK, start_server
from tests.training.training_kit import TOKENIZER, RandomBatches, adapted

SETTINGS = TrainingSettings(steps=4, batch_size=5, learning_rate=1e-2, micro_batch=2, threads=1)


def child(out, rank, port):
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "1"}
    training(Path(out))


def training(out):
    train(adapted(dropout=0.0), TOKENIZER, RandomBatches(5), SETTINGS, out, progress=False)


def rows(out):
    lines = (out / "train.jsonl").read_text().splitlines()
    return [(row["loss"], row["gradient_norm"]) for row in map(json.loads, lines)]


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path):
    start_server()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    both = [FORK.Process(target=child, args=(str(tmp_path / "two"), r, port)) for r in (0, 1)]
    for process in both:
        process.start()
    for process in both:
        process.join(300)
    assert [process.exitcode for process in both] == [0, 0]
    training(tmp_path / "one")
    for one, two in zip(rows(tmp_path / "one"), rows(tmp_path / "two"), strict=True):
        assert two == pytest.approx(one, rel=1e-4)
