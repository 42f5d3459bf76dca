"""A real kill -9 anywhere, then the same command again: the bytes of a run that was left alone.

The children are forked from one server process that has imported torch, so that each costs a
fraction of a second.
"""

import json
import signal

import pytest

from tests.training.forked import FORK, start_server
from tests.training.kill_child import POINTS, child


@pytest.fixture(scope="module", autouse=True)
def _server():
    start_server()


def run(out, point=""):
    process = FORK.Process(target=child, args=(str(out), point))
    process.start()
    process.join(300)
    return process.exitcode


def losses(out):
    lines = (out / "train.jsonl").read_text().splitlines()
    return [(row["step"], row["loss"], row["targets"]) for row in map(json.loads, lines)]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "run"
    assert run(out) == 0
    return out


@pytest.mark.slow
@pytest.mark.parametrize("point", ["between steps", *POINTS])
def test_killed_and_gone_on(uninterrupted, tmp_path, point):
    out = tmp_path / "run"
    assert run(out, point) == -signal.SIGKILL
    assert not (out / "result.json").exists()
    assert run(out) == 0
    weights = "adapter/adapter_model.safetensors"
    assert (out / weights).read_bytes() == (uninterrupted / weights).read_bytes()
    assert losses(out) == losses(uninterrupted)
    assert not list(out.rglob(".*"))
