from __future__ import annotations

import contextlib
import json
import os
import pickle
import resource
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from ictrain.errors import DataError
from ictrain.sql import Databases, Executor, SqlLimits, child, pipes, run_many
from tests.sql.kit import SHOP, make_database, state_of

COUNT = "SELECT count(*) FROM shop"
LIMITS = json.loads(SqlLimits().plain())


@pytest.fixture
def file(tmp_path):
    return make_database(tmp_path / "databases")


def bomb(n: int) -> str:
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {n})"
    return f"{numbers} SELECT sum(i) FROM n"


def test_one_process_serves_many_queries(file):
    with Executor() as executor:
        executor.run(file, COUNT)
        process = executor._process
        for _ in range(50):
            assert executor.run(file, COUNT).rows == ((8,),)
        assert executor._process is process


def test_instructions_are_counted_and_not_timed(file):
    """The same count each time, and a budget one step below it is too little."""
    with Executor(SqlLimits(instructions=10_000_000)) as executor:
        steps = {executor.run(file, bomb(100_000)).steps for _ in range(3)}
    assert len(steps) == 1
    (needed,) = steps
    assert needed > 500_000
    for budget, status in ((needed, "ok"), (needed - 10_000, "time_out")):
        with Executor(SqlLimits(instructions=budget)) as executor:
            assert executor.run(file, bomb(100_000)).status == status


def test_a_process_that_was_killed_between_queries_is_replaced(file):
    with Executor() as executor:
        executor.run(file, COUNT)
        os.kill(executor._process.pid, signal.SIGKILL)
        executor._process.wait()
        assert executor.run(file, COUNT).ok


def killing(executor, numbers):
    """From now on each query's process gets one of the signals before it can answer."""
    left, answer = list(numbers), executor._answer

    def killed(process, deadline):
        if left:
            os.kill(process.pid, left.pop(0))
            process.wait()
            os.read(process.stdout.fileno(), 10**6)  # had it been quicker than the signal
        return answer(process, deadline)

    executor._answer = killed
    return left


@pytest.mark.parametrize(
    ("number", "status", "accident"),
    [
        (signal.SIGSEGV, "invalid", True),
        (signal.SIGKILL, "too_large", True),
        (signal.SIGXCPU, "time_out", False),
    ],
)
def test_a_process_that_dies_over_a_query_says_why(file, number, status, accident):
    with Executor() as executor:
        left = killing(executor, [number] * 2)
        found = executor.run(file, COUNT)
        assert (found.status, found.accident) == (status, accident)
        assert len(left) == (0 if accident else 1)
        left.clear()
        assert executor.run(file, COUNT).ok


def test_a_query_whose_process_was_killed_is_asked_once_more(file):
    with Executor() as executor:
        left = killing(executor, [signal.SIGKILL])
        found = executor.run(file, COUNT)
        assert (found.rows, found.accident, left) == (((8,),), False, [])


def test_a_query_that_hangs_is_ended_by_the_clock(file):
    with Executor(SqlLimits(seconds=0.3)) as executor:
        executor.run(file, COUNT)
        os.kill(executor._process.pid, signal.SIGSTOP)
        started = time.monotonic()
        found = executor.run(file, COUNT)
        assert found.status == "time_out"
        assert time.monotonic() - started < 3
        assert executor.run(file, COUNT).ok


@pytest.mark.parametrize("signalled", [signal.SIGALRM, signal.SIGINT])
def test_an_interrupted_query_leaves_no_answer_behind(file, signalled):
    """Whoever goes on after Ctrl-C or an alarm gets the answers to what is asked then."""

    class Interrupted(BaseException):
        pass

    def interrupt(*_):
        raise Interrupted

    before = signal.signal(signalled, interrupt)
    try:
        with Executor() as executor:
            executor.run(file, COUNT)
            timer = threading.Timer(0.15, os.kill, (os.getpid(), signalled))
            timer.start()
            with pytest.raises(Interrupted):
                executor.run(file, bomb(2_000_000))
            timer.join()
            assert executor._process is None
            for word in ("one", "two"):
                assert executor.run(file, f"SELECT '{word}'").rows == ((word,),)
    finally:
        signal.signal(signalled, before)


def test_an_answer_to_another_query_is_no_answer(file):
    """Even where an old answer is still in the pipe, it is never taken for the next one."""
    with Executor() as executor:
        executor.run(file, COUNT)
        pipes.send(
            executor._process, 99, json.dumps({"file": str(file), "sql": "SELECT 'old'"}).encode(),
            time.monotonic() + 5,
        )  # fmt: skip
        assert ("old",) not in executor.run(file, "SELECT 'new'").rows
        assert executor.run(file, "SELECT 'newer'").rows == (("newer",),)


def test_a_process_that_does_not_read_blocks_nobody(file):
    """A statement longer than a pipe holds, to a process that was stopped."""
    with Executor(SqlLimits(seconds=0.3)) as executor:
        executor.run(file, COUNT)
        process = executor._process
        end = threading.Timer(5, process.kill)  # so that the test ends whatever happens
        end.start()
        os.kill(process.pid, signal.SIGSTOP)
        started = time.monotonic()
        found = executor.run(file, f"SELECT '{'x' * 90_000}'")
        assert (found.status, found.reason) == ("time_out", "no answer in 0.3 seconds")
        assert time.monotonic() - started < 3
        end.cancel()
        assert executor.run(file, COUNT).ok


def test_a_request_is_written_whole_however_little_goes_at_once(file, monkeypatch):
    write = os.write
    monkeypatch.setattr(pipes.os, "write", lambda handle, data: write(handle, data[:1000]))
    with Executor() as executor:
        text = "x" * 90_000
        assert executor.run(file, f"SELECT '{text}'").rows == ((text,),)


def test_a_thousand_open_files_are_no_hindrance(file):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1_200:
        pytest.skip("this system allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1_200), hard))
    try:
        with contextlib.ExitStack() as stack, Executor() as executor:
            while (handle := os.open(os.devnull, os.O_RDONLY)) < 1_100:
                stack.callback(os.close, handle)
            stack.callback(os.close, handle)
            assert executor.run(file, COUNT).rows == ((8,),)
            assert executor._process.stdout.fileno() > 1_024
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_process_may_write_nothing_and_open_nothing(file):
    """What the operating system enforces, should SQLite fail to."""
    with Executor(SqlLimits(memory_mib=256)) as executor:
        executor.run(file, COUNT)
        process = Path(f"/proc/{executor._process.pid}")
        if not process.is_dir():
            pytest.skip("this system does not show the limits of a process")
        lines = (process / "limits").read_text().splitlines()
        found = {line[:26].strip(): line[26:46].strip() for line in lines}
        assert found["Max file size"] == "0"
        assert found["Max core file size"] == "0"
        assert found["Max processes"] == "0"
        assert found["Max address space"] == str(256 * 2**20)
        assert int(found["Max cpu time"]) <= 33
        assert (process / "environ").read_text() == ""
        assert (process / "cwd").readlink() == Path("/")


def test_no_file_can_be_opened_while_a_query_runs(file, monkeypatch):
    from ictrain.sql import child

    seen = []

    def spy(connection, sql, limits):
        with pytest.raises(OSError, match="Too many open files"):
            file.read_bytes()
        seen.append(sql)
        return []

    monkeypatch.setattr(child, "_rows", spy)
    limits = {**SqlLimits().model_dump(), "memory": 2**29}
    assert child.answer_to(str(file), COUNT, limits)["status"] == "ok"
    assert seen == [COUNT]
    assert file.read_bytes()


@pytest.mark.parametrize("cell", ["''", "NULL", "x''", "printf('%.*c', 100, 'x')", "zero"])
def test_a_result_may_have_so_many_bytes(file, cell):
    """Each cell counts as eight at the least, because here even an empty text takes room."""
    cell = "0.5" if cell == "zero" else cell
    sql = f"SELECT {', '.join([cell] * 100)} FROM shop a, shop b, shop c LIMIT 250"
    with Executor(SqlLimits(result_bytes=150_000)) as executor:
        found = executor.run(file, sql)
        assert (found.status, found.reason) == ("too_large", "more than 150,000 bytes of result")
        assert executor.run(file, sql.replace("LIMIT 250", "LIMIT 10")).ok


def test_text_that_is_not_utf8_is_read_with_a_mark(tmp_path):
    script = "CREATE TABLE t (a TEXT); INSERT INTO t VALUES (CAST(x'ff6162' AS TEXT))"
    file = make_database(tmp_path, "odd", script)
    with Executor() as executor:
        assert executor.run(file, "SELECT a FROM t").rows == (("\ufffdab",),)


def test_a_copy_starts_a_process_of_its_own(file):
    with Executor(SqlLimits(rows=5)) as executor, pickle.loads(pickle.dumps(executor)) as copy:
        executor.run(file, COUNT)
        assert copy.run(file, COUNT).rows == ((8,),)
        assert copy._process.pid != executor._process.pid
        assert copy.run(file, "SELECT * FROM shop").status == "too_large"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_does_not_read_its_parents_answers(file):
    with Executor() as executor:
        executor.run(file, COUNT)
        before = executor._process.pid
        pid = os.fork()
        if pid == 0:
            right = executor.run(file, COUNT).ok and executor._process.pid != before
            executor.close()
            os._exit(0 if right else 1)
        assert os.waitpid(pid, 0)[1] == 0
        assert executor.run(file, COUNT).ok
        assert executor._process.pid == before


def test_many_run_at_once_in_their_order(file):
    asked = [(file, f"SELECT {i}") for i in range(40)]
    found = [e.rows[0][0] for e in run_many(asked, SqlLimits(), workers=3)]
    assert found == list(range(40))
    assert list(run_many([], SqlLimits())) == []


def test_a_folder_with_signs_of_a_uri_in_its_name(tmp_path):
    folder = tmp_path / "a?mode=rwc&x=%41#b c"
    make_database(folder)
    with Executor() as executor:
        assert executor.run(Databases(folder).path("bikes"), COUNT).rows == ((8,),)


def test_a_broken_database_fails_its_query_alone(tmp_path, file):
    broken = tmp_path / "broken.sqlite"
    data = bytearray(file.read_bytes())
    data[100:4096] = b"\xff" * 3996
    broken.write_bytes(data)
    with Executor() as executor:
        assert executor.run(broken, COUNT).status == "invalid"
        assert executor.run(tmp_path / "none.sqlite", COUNT).status == "invalid"
        assert not (tmp_path / "none.sqlite").exists()
        assert executor.run(file, COUNT).ok


@pytest.mark.parametrize(
    "name",
    ["../secret", "..", ".", "", " ", "/etc/passwd", "bikes/../../secret", "a\x00b", "a\nb",
     "..\\secret", ".hidden", "~", "bikes/bikes", "secret\x00.sqlite"],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    make_database(tmp_path / "databases")
    make_database(tmp_path, "secret")
    (tmp_path / "secret.sqlite").write_bytes((tmp_path / "secret/secret.sqlite").read_bytes())
    with pytest.raises(DataError, match=r"name of a database|no such database"):
        Databases(tmp_path / "databases").path(name)


@pytest.mark.parametrize("what", ["file", "folder", "/dev/zero", "fifo"])
def test_what_is_no_file_of_the_folder_is_refused(tmp_path, what):
    inside = tmp_path / "databases"
    make_database(inside)
    outside = make_database(tmp_path / "elsewhere", "x")
    place = inside / "x"
    if what == "folder":
        place.symlink_to(outside.parent)
    else:
        place.mkdir()
        link = place / "x.sqlite"
        if what == "fifo":
            os.mkfifo(link)
        else:
            link.symlink_to(outside if what == "file" else what)
    with pytest.raises(DataError, match=r"leads out of the folder|no SQLite database"):
        Databases(inside).path("x")


def test_databases_are_found_in_both_layouts(tmp_path):
    make_database(tmp_path, "one")
    (tmp_path / "two.db").write_bytes((tmp_path / "one" / "one.sqlite").read_bytes())
    found = Databases(tmp_path)
    assert found.names() == ["one", "two"]
    assert found.path("two").name == "two.db"
    with pytest.raises(DataError, match="did you mean 'one'"):
        found.path("onee")
    with pytest.raises(DataError, match="no such folder"):
        Databases(tmp_path / "none")


def test_a_journal_that_would_be_rolled_back_is_not_passed_over(tmp_path):
    """Half of a write that was cut off stands in the file: a reader that may not write would see
    it."""
    file = make_database(tmp_path)
    journal = file.with_name("bikes.sqlite-journal")
    journal.write_bytes(b"")
    assert Databases(tmp_path).path("bikes") == file.resolve()
    journal.write_bytes(b"\xd9\xd5\x05\xf9 \xa1c\xd7")
    with pytest.raises(DataError, match=r"last changes stand in bikes\.sqlite-journal"):
        Databases(tmp_path).path("bikes")


def test_a_database_that_had_a_log_is_read_without_one(tmp_path):
    """Opened otherwise than immutable it would want its files for locks beside it."""
    file = make_database(tmp_path)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    before = state_of(tmp_path)
    with Executor(SqlLimits()) as executor:
        assert executor.run(file, "SELECT count(*) FROM shop").rows == ((8,),)
    assert state_of(tmp_path) == before


def test_the_connection_by_itself_can_neither_write_nor_run_what_a_schema_hides(tmp_path):
    """Without authorizer and limits of the process: each layer holds alone."""
    file = make_database(tmp_path, script=f"{SHOP}CREATE VIEW hidden AS SELECT effect();")
    connection = child.opened(str(file), LIMITS, child.Watch(10**9))
    with closing(connection):
        connection.execute("PRAGMA query_only = OFF")
        with pytest.raises(sqlite3.OperationalError, match="readonly database"):
            connection.execute("DELETE FROM shop")
        connection.create_function("effect", 0, lambda: 1)
        assert connection.execute("SELECT effect()").fetchall() == [(1,)]
        with pytest.raises(sqlite3.OperationalError, match="unsafe use of effect"):
            connection.execute("SELECT * FROM hidden")


def test_a_description_asks_no_more_than_it_needs(tmp_path):
    watch = child.Watch(10**9)
    connection = child.opened(str(make_database(tmp_path)), LIMITS, watch)
    with closing(connection):
        assert [name for name, *_ in child._held(connection, watch)] == ["shop", "sale", "dear"]
        for sql in ("PRAGMA journal_mode = DELETE", "ATTACH ':memory:' AS a", "DELETE FROM shop",
                    "SELECT load_extension('x')", "PRAGMA query_only = OFF"):  # fmt: skip
            with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
                connection.execute(sql)


def test_changes_that_stand_in_a_log_are_not_passed_over(tmp_path):
    file = make_database(tmp_path)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("DELETE FROM shop")
        connection.commit()
        before = state_of(tmp_path)
        with pytest.raises(DataError, match=r"last changes stand in bikes\.sqlite-wal"):
            Databases(tmp_path).path("bikes")
        assert state_of(tmp_path) == before
