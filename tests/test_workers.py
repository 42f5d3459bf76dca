"""Jobs on several processes: what comes back, and that nothing outlives the process that asked."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from ictrain.errors import ConfigError, RunError
from ictrain.workers import at_once, cores, run_all
from tests.processes import ids_in_session, until, workers_of


def fail():
    raise ConfigError("found x", expected="y", where="here", mend="do z")


def when_there(path):
    until(path.exists, 60)


def test_a_gpu_is_given_one_training_at_a_time(monkeypatch):
    for there, expected in ((True, 1), (False, cores())):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert at_once() == expected


def test_results_come_in_the_order_of_jobs_and_are_told_as_they_come(tmp_path):
    """The first job waits for something that happens when all others have been told."""
    told, sign = [], tmp_path / "sign"
    jobs = [(when_there, sign), *((divmod, 7, n) for n in (2, 3, 4))]

    def done(count, place, result):
        told.append((count, place, result))
        if count == 3:
            sign.touch()

    found = run_all(jobs, 2, done)
    assert found == [None, (3, 1), (2, 1), (1, 3)]
    assert [count for count, _, _ in told] == [1, 2, 3, 4]
    assert {place: result for _, place, result in told} == dict(enumerate(found))
    assert told[-1][1] == 0


def test_workers_find_their_threads_before_they_import_torch(monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "ignore:mine")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    before, names = dict(os.environ), ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "PYTHONWARNINGS")
    jobs = [(torch.get_num_threads,), (os.getpid,), *((os.getenv, name) for name in names)]
    count, process, *found = run_all(jobs, 2, threads=3)
    assert count == 3
    assert process != os.getpid()
    assert found == ["3", "3", "ignore:mine,ignore:resource_tracker:UserWarning"]
    assert dict(os.environ) == before


def test_a_killed_worker_is_one_line_that_names_the_jobs_at_work():
    jobs, names = [(time.sleep, 60), (os._exit, 1), (divmod, 7, 2)], ["one", "two", "three"]
    with pytest.raises(RunError) as caught:
        run_all(jobs, 2, names=names, mend="take a walk")
    assert str(caught.value) == "one or two: a worker process was killed; take a walk"


def test_an_error_in_a_job_ends_the_others_and_nobody_elses_processes():
    context = multiprocessing.get_context("spawn")
    stranger = context.Process(target=time.sleep, args=(120,))
    stranger.start()
    try:
        started = time.monotonic()
        with pytest.raises(ConfigError) as caught:
            run_all([(fail,), (time.sleep, 120)], 2)
        assert time.monotonic() - started < 90
        assert str(caught.value) == "here: found x; expected y; do z"
        assert multiprocessing.active_children() == [stranger]
    finally:
        stranger.kill()
        stranger.join()


@pytest.mark.parametrize(("jobs", "workers"), [(2, 1), (1, 8), (0, 8)])
def test_one_worker_or_one_job_means_this_process_and_gives_its_threads_back(jobs, workers):
    before, told = torch.get_num_threads(), []
    torch.set_num_threads(2)
    try:
        found = run_all([(os.getpid,)] * jobs, workers, lambda *ended: told.append(ended))
        assert found == [os.getpid()] * jobs
        assert told == [(n + 1, n, os.getpid()) for n in range(jobs)]
        assert run_all([(torch.get_num_threads,)], 1) == [1]
        assert torch.get_num_threads() == 2
        with pytest.raises(ConfigError, match="found x"):
            run_all([(fail,)], 1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


ASLEEP = """
import time
from ictrain.workers import at_once, cores, run_all
if __name__ == "__main__":
    try:
        run_all([(time.sleep, 600), (time.sleep, 0), (time.sleep, 0)], 2)
    except KeyboardInterrupt:
        raise SystemExit(130)
else:
    time.sleep(3)  # a worker that imports torch takes its time to start
"""


@pytest.fixture
def asleep(tmp_path):
    """A process with a worker at work and an idle one, in a session of its own."""
    script = tmp_path / "asleep.py"
    script.write_text(ASLEEP)
    with (tmp_path / "err").open("wb") as err:
        process = subprocess.Popen([sys.executable, script], stderr=err, start_new_session=True)
    until(lambda: len(workers_of(process.pid)) == 2, 60)
    yield process
    for left in ids_in_session(process.pid):
        os.kill(left, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("after", [1, 6], ids=["as they start", "as they work"])
def test_ctrl_c_ends_all_at_once_and_no_worker_says_a_word(after, asleep, tmp_path):
    """A terminal sends it to all of them; here the workers get it first, and leave it be."""
    time.sleep(after)
    workers = set(workers_of(asleep.pid))
    for worker in workers:
        os.kill(worker, signal.SIGINT)
    time.sleep(0.5)
    assert set(workers_of(asleep.pid)) == workers
    os.killpg(asleep.pid, signal.SIGINT)
    assert asleep.wait(20) == 130
    until(lambda: not ids_in_session(asleep.pid), 5)
    assert (tmp_path / "err").read_text() == ""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("after", [1, 6], ids=["as they start", "as they work"])
def test_workers_end_with_a_parent_that_is_killed(how, after, asleep, tmp_path):
    time.sleep(after)
    os.kill(asleep.pid, how)
    assert asleep.wait(5) == -how
    until(lambda: not ids_in_session(asleep.pid), 30)
    assert "Traceback" not in (tmp_path / "err").read_text()
