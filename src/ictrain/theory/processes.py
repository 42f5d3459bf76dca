"""Independent pieces of work on several cores, one thread each, so that counts do not matter."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any

import torch

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
    """
    if workers <= 1:
        with _one_thread():
            return [_told(_call(job), i, done) for i, job in enumerate(jobs, 1)]
    # Not forked: a process forked after torch's threads have started may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_alone) as pool:
        futures = [pool.submit(_call, job) for job in jobs]
        for count, future in enumerate(as_completed(futures), 1):
            future.result()
            done(count)
        return [future.result() for future in futures]


def _told(result: Any, count: int, done: Callable[[int], None]) -> Any:
    done(count)
    return result


def _call(job: Job) -> Any:
    function: Callable[..., Any]
    function, *arguments = job
    return function(*arguments)


def _alone() -> None:
    torch.set_num_threads(1)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
