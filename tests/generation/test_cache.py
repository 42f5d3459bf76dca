import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ictrain.errors import ModelError, RunError
from ictrain.generation import CachedGenerator, Output, Request


class Echo:
    """Answers with its prompt's last id; asked records what it was asked."""

    def __init__(self, digest="echo"):
        self.digest, self.asked = digest, []

    def generate(self, requests):
        self.asked += requests
        return [Output(r.ids[-1:], f"t{r.ids[-1]}", True) for r in requests]


def requests_of(*lasts):
    return [Request((1, 2, last), 4) for last in lasts]


def test_answers_come_in_order_and_each_is_asked_once(tmp_path):
    path, requests = tmp_path / "sub" / "answers.sqlite", requests_of(5, 3, 5, 4)
    first, second = Echo(), Echo()
    cached = CachedGenerator(first, path)
    assert [o.text for o in cached.generate(requests)] == ["t5", "t3", "t5", "t4"]
    assert sorted(r.ids[-1] for r in first.asked) == [3, 4, 5]
    assert (cached.hits, cached.misses) == (0, 3)
    again = CachedGenerator(second, path)
    more = requests_of(9)
    assert [o.text for o in again.generate(more + requests)] == ["t9", "t5", "t3", "t5", "t4"]
    assert second.asked == more
    assert (again.hits, again.misses) == (3, 1)
    assert again.generate(requests) == cached.generate(requests)
    assert again.generate([]) == []


def test_the_key_is_the_whole_request_and_the_models_digest(tmp_path):
    path, base = tmp_path / "a.sqlite", Request((1, 23), 4)
    CachedGenerator(Echo(), path).generate([base])
    for request, digest in [
        (Request((12, 3), 4), "echo"),
        (Request((1, 23), 5), "echo"),
        (Request((1, 2, 3), 4), "echo"),
        (base, "another model"),
    ]:
        inner = Echo(digest)
        CachedGenerator(inner, path).generate([request])
        assert inner.asked == [request]
    inner = Echo()
    CachedGenerator(inner, path).generate([base])
    assert inner.asked == []  # none of these took its place


def test_only_valid_answers_are_kept(tmp_path):
    class Cut(Echo):
        def generate(self, requests):
            return [Output(o.ids, o.text, False) for o in super().generate(requests)]

    path = tmp_path / "a.sqlite"
    assert CachedGenerator(Cut("x"), path).generate(requests_of(3))[0].text == "t3"
    after = Echo("x")
    CachedGenerator(after, path).generate(requests_of(3))
    assert after.asked == requests_of(3)  # the answer cut short was not replayed

    def refusal(request, output):
        return output.text != "t7"

    for expected in (requests_of(7, 8), requests_of(7)):
        inner = Echo("y")
        CachedGenerator(inner, path, valid=refusal).generate(requests_of(7, 8))
        assert inner.asked == expected


def test_a_row_that_belongs_to_another_request_is_not_believed(tmp_path):
    path = tmp_path / "a.sqlite"
    CachedGenerator(Echo(), path).generate(requests_of(3))
    with sqlite3.connect(path) as base:
        base.execute("UPDATE answers SET request = ?", (json.dumps({"ids": [9]}),))
    base.close()
    inner = Echo()
    CachedGenerator(inner, path).generate(requests_of(3))
    assert inner.asked == requests_of(3)


def test_a_generator_that_loses_answers_is_found_out(tmp_path):
    class Losing(Echo):
        def generate(self, requests):
            return super().generate(requests)[1:]

    with pytest.raises(ModelError, match="1 answers; expected 2"):
        CachedGenerator(Losing(), tmp_path / "a.sqlite").generate(requests_of(1, 2))


def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path):
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"something else" * 500)
    with pytest.raises(RunError, match="delete the file"):
        CachedGenerator(Echo(), path).generate(requests_of(1))


CHILD = """
import sys, time
from pathlib import Path
from ictrain.generation import CachedGenerator, Output, Request

class Slow:
    digest = "slow"
    def generate(self, requests):
        time.sleep(float(sys.argv[3]))
        return [Output(r.ids, "x", True) for r in requests]

numbers = range(*map(int, sys.argv[2].split(",")))
cached = CachedGenerator(Slow(), Path(sys.argv[1]), chunk=2)
print("ready", flush=True)
cached.generate([Request((n,), 4) for n in numbers])
"""


def child(path, numbers, seconds):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), numbers, str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stored(path):
    base = sqlite3.connect(path, timeout=10)
    try:
        return base.execute("SELECT count(*) FROM answers").fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # not yet made
    finally:
        base.close()


def test_a_kill_in_the_middle_loses_nothing_committed(tmp_path):
    path = tmp_path / "a.sqlite"
    process = child(path, "0,1000", 0.02)
    process.stdout.readline()
    deadline = time.monotonic() + 30
    while stored(path) < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    seen = stored(path)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert 10 <= seen < 1000
    assert stored(path) >= seen

    class Slow(Echo):
        digest = "slow"

    inner = Echo("slow")
    CachedGenerator(inner, path).generate([Request((n,), 4) for n in range(1000)])
    assert len(inner.asked) <= 1000 - seen


def test_processes_that_write_at_once_all_get_through(tmp_path):
    path = tmp_path / "a.sqlite"
    processes = [child(path, f"{5 * i},{5 * i + 20}", 0.001) for i in range(4)]
    errors = [p.communicate()[1] for p in processes]
    assert [p.returncode for p in processes] == [0] * 4, errors
    assert stored(path) == 35


def test_threads_that_begin_at_once_all_get_through(tmp_path):
    """Many make the file in the same moment."""
    for round_ in range(20):
        path = tmp_path / f"{round_}.sqlite"
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(
                    lambda i, p=path: CachedGenerator(Echo(), p).generate(requests_of(i)), range(8)
                )
            )
        assert stored(path) == 8
