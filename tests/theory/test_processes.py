"""Ctrl-C and kills while workers compute: everything ends at once, and nobody reads a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ictrain.errors import RunError
from ictrain.theory.processes import run_all

MAIN = "from ictrain.cli import main; main()"


def ids_in_session(session):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(stat.parent.name))
    return found


def until(met, seconds):
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)


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


def workers_of(session):
    """Told from the resource tracker by their command lines."""
    found = []
    for one in ids_in_session(session):
        try:
            command = Path(f"/proc/{one}/cmdline").read_bytes()
        except OSError:
            continue
        found += [one] if b"spawn_main" in command else []
    return found


@pytest.mark.parametrize("after", [0, 8], ids=["as they start", "as they compute"])
def test_ctrl_c_ends_all_at_once(after, started, tmp_path):
    until(lambda: len(workers_of(started.pid)) == 2, 60)
    time.sleep(after)
    os.killpg(started.pid, signal.SIGINT)
    assert started.wait(20) == 130
    until(lambda: not ids_in_session(started.pid), 5)
    assert (tmp_path / "err").read_text() == "ictrain: stopped\n"
    assert not (tmp_path / "page").exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_parent(how, started, tmp_path):
    until(lambda: len(workers_of(started.pid)) == 2, 60)
    time.sleep(8)
    os.kill(started.pid, how)
    assert started.wait(5) == -how
    until(lambda: not ids_in_session(started.pid), 15)
    assert "Traceback" not in (tmp_path / "err").read_text()


def test_a_killed_worker_is_one_line():
    with pytest.raises(RunError, match="a worker process was killed; with less memory"):
        run_all([(os._exit, 1), (time.sleep, 60)], 2)


def test_an_error_in_a_job_ends_the_others():
    started = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        run_all([(divmod, 1, 0), (time.sleep, 60)], 2)
    assert time.monotonic() - started < 40


def test_results_come_in_the_order_of_jobs():
    told = []
    assert run_all([(divmod, 7, n) for n in (2, 3, 4)], 2, told.append) == [(3, 1), (2, 1), (1, 3)]
    assert told == [1, 2, 3]
