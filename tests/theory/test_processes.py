"""Ctrl-C while workers compute: everything ends at once, and nobody reads a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.processes import ids_in_session, until, workers_of

MAIN = "from ictrain.cli import main; main()"


@pytest.fixture
def started(tmp_path):
    """A whole `ictrain theory`, minutes of work, in a session of its own."""
    command = [sys.executable, "-c", MAIN, "theory", "--workers", "2", "--out", tmp_path / "page"]
    with (tmp_path / "err").open("wb") as err, (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen(command, stderr=err, stdout=out, start_new_session=True)
    yield process
    for left in ids_in_session(process.pid):
        os.kill(left, signal.SIGKILL)
    process.wait()


def test_ctrl_c_ends_all_at_once(started, tmp_path):
    until(lambda: len(workers_of(started.pid)) == 2, 60)
    time.sleep(8)
    os.killpg(started.pid, signal.SIGINT)
    assert started.wait(20) == 130
    until(lambda: not ids_in_session(started.pid), 5)
    assert (tmp_path / "err").read_text() == "ictrain: stopped\n"
    assert not (tmp_path / "page").exists()
