"""One process equals two: the loss is divided by the global count, whoever holds the prompts."""

import json
import shutil
import signal
import socket
import time

import pytest
import torch
from safetensors.torch import load_file

from ictrain.errors import ConfigError
from ictrain.training.loop import _check_processes
from ictrain.training.packing import target_id
from tests.training.forked import FORK, start_server
from tests.training.process_child import SETTINGS, child, recorded, training
from tests.training.training_kit import RandomBatches

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _server():
    start_server()


def two(out, way):
    """Exit codes of two processes over gloo, which write into out."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    out.mkdir(exist_ok=True)
    both = [FORK.Process(target=child, args=(str(out), rank, port, way)) for rank in (0, 1)]
    for process in both:
        process.start()
    for process in both:
        process.join(300)
    return [process.exitcode for process in both]


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    out = tmp_path_factory.mktemp("one")
    with recorded(out / "seen-0.pt"):
        training(out / "run")
    return out


@pytest.fixture(scope="module", params=["together", "sharded"])
def both(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param)
    assert two(out, request.param) == [0, 0]
    for rank in (0, 1):
        assert set(seen(out, rank)["sharded"]) == {request.param == "sharded"}
    return out


def seen(out, rank):
    return torch.load(out / f"seen-{rank}.pt")


def rows(out):
    lines = (out / "run/train.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def weights(out):
    return load_file(out / "run/adapter/adapter_model.safetensors")


def test_an_odd_batch_is_split_and_each_target_is_computed_once(one, both):
    """A process that waits for the other's third prompt computes one of its own for nothing."""
    for step in range(SETTINGS.steps):
        expected = [target_id(prompt) for prompt in RandomBatches(5).batch(step)]
        for rank in (0, 1):
            parts = [ids for s, ids in seen(both, rank)["targets"] if s == step]
            mine = expected[rank::2]
            assert parts[-len(mine) // 2 :] == [mine[i : i + 2] for i in range(0, len(mine), 2)]
    assert [row["targets"] for row in rows(both)] == [row["targets"] for row in rows(one)]
    assert [row["tokens"] for row in rows(both)] == [row["tokens"] for row in rows(one)]


def test_loss_and_gradients_are_those_of_one_process(one, both):
    for key in ("loss", "gradient_norm"):
        assert [r[key] for r in rows(both)] == pytest.approx([r[key] for r in rows(one)], rel=1e-6)
    runs = (seen(one, 0), seen(both, 0), seen(both, 1))
    for expected, *found in zip(*(run["gradients"] for run in runs), strict=True):
        assert expected.keys() == found[0].keys()
        for name, gradient in expected.items():
            for other in found:
                torch.testing.assert_close(other[name], gradient, rtol=1e-6, atol=1e-6)


def test_the_adapter_is_that_of_one_process(one, both):
    mine, theirs = weights(one), weights(both)
    assert mine.keys() == theirs.keys()
    for name, weight in mine.items():
        torch.testing.assert_close(theirs[name], weight, rtol=0, atol=1e-6)


def test_one_process_goes_on_where_two_stopped_and_the_other_way_round(one, both, tmp_path):
    """A checkpoint is whole, whoever wrote it."""
    for source, way in ((both, None), (one, "sharded" if "sharded" in both.name else "together")):
        out = tmp_path / source.name
        shutil.copytree(source, out)
        (out / "run/result.json").unlink()
        if way is None:
            training(out / "run")
        else:
            assert two(out, way) == [0, 0]
        assert len(rows(out)) == SETTINGS.steps
        for name, weight in weights(one).items():
            torch.testing.assert_close(weights(out)[name], weight, rtol=0, atol=1e-6)


def test_a_killed_process_is_an_error_and_not_a_hang(tmp_path):
    began = time.monotonic()
    assert two(tmp_path / "out", "killed at 3") == [1, -signal.SIGKILL]
    assert time.monotonic() - began < 200
    told = (tmp_path / "out/told").read_text()
    assert told.startswith("step 4: another process of this training has ended; ")
    assert "\n" not in told
    assert not (tmp_path / "out/run/result.json").exists()
    assert (tmp_path / "out/run/checkpoints/step-000002").is_dir()


def test_processes_that_nothing_connects_are_refused(tmp_path, monkeypatch):
    """On a machine without GPU accelerate would let each train the whole, in the same folder."""
    for name, value in {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ACCELERATE_USE_CPU", raising=False)
    with pytest.raises(ConfigError, match=r"2 processes were launched.*set ACCELERATE_USE_CPU=1"):
        training(tmp_path / "run")


def test_a_process_without_a_prompt_is_refused():
    with pytest.raises(ConfigError, match=r"1 prompts for 2 processes; expected at least one each"):
        _check_processes(1, 2)
