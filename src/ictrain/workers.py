"""Independent jobs on several processes, which all end whenever the process that asked ends.

Ctrl-C ends them at once and without a word from them; a parent that is killed leaves none behind;
one that is killed itself is told in one line.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Protocol

from ictrain.errors import RunError

Job = tuple[Any, ...]
"""A function and its arguments; all must pickle, and so must what it returns or raises."""
Done = Callable[[int, int, Any], None]
"""Told of each job that ended: how many have, its place among the jobs, and what it returned."""


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def at_once() -> int:
    """Trainings that run at once if nobody says how many: one on each core, one on a GPU, whose
    memory each of them would want for itself."""
    import torch

    return 1 if torch.cuda.is_available() else cores()


def _silent(count: int, place: int, result: Any) -> None:
    del count, place, result


def run_all(
    jobs: Sequence[Job],
    workers: int,
    done: Done = _silent,
    *,
    threads: int = 1,
    names: Sequence[str] = (),
    mend: str = "run it again; with one worker it needs less memory",
) -> list[Any]:
    """The results in the order of jobs; one worker, or one job, means this process.

    Args:
        jobs: independent of one another.
        workers: processes.
        done: called in this process, in the order in which jobs end.
        threads: of each process. Small models gain nothing from two, and threads that wait for a
            core that another process has made whole runs five times slower.
        names: of the jobs, to say which ones a killed worker may have been at.
        mend: what to do then.

    Raises:
        RunError: a worker process was killed.
        Exception: the first that a job raises; jobs that are at work are ended.
    """
    with crew(min(workers, len(jobs)), threads=threads, mend=mend) as run:
        return run(jobs, done, names)


class Crew(Protocol):
    """Runs jobs; see run_all."""

    def __call__(
        self, jobs: Sequence[Job], done: Done = _silent, names: Sequence[str] = ()
    ) -> list[Any]:
        """The results in the order of jobs."""


@contextmanager
def crew(
    workers: int,
    *,
    threads: int = 1,
    mend: str = "run it again; with one worker it needs less memory",
) -> Iterator[Crew]:
    """Processes that stay for several calls, since each spends seconds on its imports.

    Arguments, and what goes wrong, as with run_all; any error ends all processes.
    """
    if workers <= 1:
        with _threads(threads):
            yield _here
        return
    with _environment(threads), _pool(workers) as pool:

        def run(jobs: Sequence[Job], done: Done = _silent, names: Sequence[str] = ()) -> list[Any]:
            futures: list[Future[Any]] = []
            try:
                futures += _submitted(pool, jobs, threads)
                places = {future: place for place, future in enumerate(futures)}
                for count, future in enumerate(as_completed(futures), 1):
                    done(count, places[future], future.result())
            except BrokenProcessPool as error:
                lost = [n for n, future in zip(names, futures, strict=False) if _is_lost(future)]
                where = " or ".join(lost[:workers])  # jobs are begun in their order
                raise RunError("a worker process was killed", where=where, mend=mend) from error
            return [future.result() for future in futures]

        yield run


def _here(jobs: Sequence[Job], done: Done = _silent, names: Sequence[str] = ()) -> list[Any]:
    del names
    return [_one(job, place, done) for place, job in enumerate(jobs)]


def _one(job: Job, place: int, done: Done) -> Any:
    result = _call(job)
    done(place + 1, place, result)
    return result


def _call(job: Job) -> Any:
    function: Callable[..., Any]
    function, *arguments = job
    return function(*arguments)


def _is_lost(future: Future[Any]) -> bool:
    return not future.done() or isinstance(future.exception(), BrokenProcessPool)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """An executor that any error ends at once; its own `with` block would wait for its jobs."""
    others = set(multiprocessing.active_children())
    # Not forked: a process that is forked after torch's threads have started may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_start)
    try:
        yield pool
    except BaseException:
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, jobs: Sequence[Job], threads: int) -> list[Future[Any]]:
    """Starts the workers with SIGINT blocked, which they inherit; here it arrives afterwards.

    A worker spends seconds on imports before its initializer runs; a Ctrl-C then would print a
    traceback for each.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return [pool.submit(_work, threads, job) for job in jobs]
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start() -> None:
    # Ctrl-C reaches every process of a terminal; the parent alone answers it, and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _work(threads: int, job: Job) -> Any:
    # Most jobs come with torch. It has taken its number of threads from the environment, but never
    # more than there are cores.
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)
    return _call(job)


def _end_with_parent() -> None:
    """A worker must not go on beside those that are started after its parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """What workers inherit: torch, too, reads its number of threads when it is imported."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    # A worker that is ended leaves a lock to the system's care; nobody needs to read of it.
    quiet = "ignore:resource_tracker:UserWarning"
    warnings = os.environ.get("PYTHONWARNINGS")
    wanted = {
        **dict.fromkeys(names, str(threads)),
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONWARNINGS": f"{warnings},{quiet}" if warnings else quiet,
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """In this process, for a while."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
