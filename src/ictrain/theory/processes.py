"""Independent pieces of work on several cores, one thread each, so that counts do not matter."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

import torch

from ictrain.errors import RunError

Job = tuple[Any, ...]
"""A function and its arguments; all must pickle."""


def _silent(count: int) -> None:
    del count


def run_all(jobs: Sequence[Job], workers: int, done: Callable[[int], None] = _silent) -> list[Any]:
    """The results in the order of jobs; one worker means this process.

    Args:
        jobs: independent of one another.
        workers: processes.
        done: told how many jobs are done, after each.

    Raises:
        RunError: a worker process was killed.
    """
    if workers <= 1:
        with _one_thread():
            return [_told(_call(job), i, done) for i, job in enumerate(jobs, 1)]
    # A worker that is ended leaves a lock to the system's care; nobody needs to read of it.
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker:UserWarning"
    # Not forked: a process forked after torch's threads have started may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)
    try:
        futures = _submitted(pool, jobs)
        for count, future in enumerate(as_completed(futures), 1):
            future.result()
            done(count)
        return [future.result() for future in futures]
    except BaseException as error:
        # Waiting for a job, as leaving a `with` block would, could take minutes.
        for worker in multiprocessing.active_children():
            worker.terminate()
        if isinstance(error, BrokenProcessPool):
            raise RunError(
                "a worker process was killed", mend="with less memory: --workers 1"
            ) from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, jobs: Sequence[Job]) -> list[Future[Any]]:
    """Starts the workers with SIGINT blocked, which they inherit; here it arrives afterwards.

    A worker spends seconds on imports before its initializer runs; a Ctrl-C then would print a
    traceback for each.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return [pool.submit(_call, job) for job in jobs]
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _told(result: Any, count: int, done: Callable[[int], None]) -> Any:
    done(count)
    return result


def _call(job: Job) -> Any:
    function: Callable[..., Any]
    function, *arguments = job
    return function(*arguments)


def _start_worker() -> None:
    # Ctrl-C reaches every process of a terminal; the parent alone answers it, and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)


def _end_with_parent() -> None:
    """A worker whose parent was killed must not go on."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
