import ctypes
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from ictrain import files
from ictrain.errors import RunError
from ictrain.files import (
    append_jsonl,
    new_folder,
    read_jsonl,
    write_atomic,
    write_json,
)


def test_written_is_read_and_nothing_is_left_aside(tmp_path):
    path = tmp_path / "new" / "a.txt"
    write_atomic(path, "é")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]
    assert oct(path.stat().st_mode)[-3:] == "644"
    write_json(path, {"b": 1, "a": "é"})
    assert path.read_text() == '{\n  "a": "é",\n  "b": 1\n}\n'


FULL = """
import resource, signal, sys
from pathlib import Path
from ictrain.errors import RunError
from ictrain.files import new_folder, write_atomic
folder = Path(sys.argv[1])
for attempt in ("file", "folder"):
    try:
        if attempt == "file":
            write_atomic(folder / "a.txt", b"x" * 3_000_000)
        else:
            with new_folder(folder / "run") as aside:
                (aside / "big").write_bytes(b"x" * 3_000_000)
    except RunError as error:
        print(error)
"""


@pytest.fixture
def full_disk(tmp_path):
    """A disk of 1 MB, where this process may mount one."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = tmp_path / "disk"
    folder.mkdir()
    done = libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, b"size=1m")
    if done != 0:
        pytest.skip("may not mount a disk here; the next test limits the size of files instead")
    yield folder
    libc.umount2(str(folder).encode(), 2)


def test_on_a_full_disk_the_old_files_stay(full_disk):
    write_atomic(full_disk / "a.txt", "old")
    with new_folder(full_disk / "run") as aside:
        (aside / "small").write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(full_disk)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("the disk is full; free some space and run the same command") == 2
    assert str(full_disk / "a.txt") in done.stdout
    assert (full_disk / "a.txt").read_text() == "old"
    assert (full_disk / "run" / "small").read_text() == "old"
    assert sorted(p.name for p in full_disk.iterdir()) == ["a.txt", "run"]
    write_atomic(full_disk / "a.txt", "room again")  # what was half written is gone


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    """A limit on file sizes stands in for the full disk where none can be mounted."""
    write_atomic(tmp_path / "a.txt", "old")

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    done = subprocess.run(
        [sys.executable, "-B", "-c", FULL, str(tmp_path)],
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("cannot write: File too large") == 2
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


KILLED = """
import sys
from pathlib import Path
from ictrain.files import write_atomic
path, n = Path(sys.argv[1]), 0
while True:
    n += 1
    write_atomic(path, (str(n % 10) * 2_000_000))
    print(n, flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.007])
def test_a_kill_leaves_a_whole_file(tmp_path, delay):
    path = tmp_path / "a.txt"
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
    )
    for _ in range(3):
        child.stdout.readline()
    time.sleep(delay)
    os.kill(child.pid, signal.SIGKILL)
    told = int((child.communicate()[0] or "3\n").split()[-1])
    text = path.read_text()
    assert len(text) == 2_000_000
    assert set(text) in ({str(told % 10)}, {str((told + 1) % 10)})  # the last told is not lost


def test_a_new_folder_appears_whole_or_not_at_all(tmp_path):
    run = tmp_path / "sub" / "run"
    with new_folder(run) as aside:
        (aside / "a").write_text("1")
        assert not run.exists()
    assert [p.name for p in run.iterdir()] == ["a"]

    def fail():
        with new_folder(run) as again:
            (again / "b").write_text("2")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [p.name for p in run.iterdir()] == ["a"]
    with new_folder(run) as again:
        (again / "c").write_text("3")
    assert [p.name for p in run.iterdir()] == ["c"]
    assert [p.name for p in run.parent.iterdir()] == ["run"]


def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    for attempt in (
        lambda: write_atomic(tmp_path / "file" / "a", "x"),
        lambda: append_jsonl(tmp_path / "file" / "a", {}),
        lambda: new_folder(tmp_path / "file" / "a").__enter__(),
    ):
        with pytest.raises(RunError, match="cannot write: ") as caught:
            attempt()
        assert str(tmp_path / "file") in str(caught.value)


def test_everything_is_on_the_disk_before_it_is_renamed(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, files.Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: order.append("fsync") or fsync(fd))
    monkeypatch.setattr(files.Path, "replace", lambda a, b: order.append("rename") or replace(a, b))
    write_atomic(tmp_path / "a", "x")
    assert order == ["fsync", "rename", "fsync"]  # the last is the folder's own
    order.clear()
    append_jsonl(tmp_path / "log", {})
    assert order == ["fsync"]


ROWS = [{"n": 1, "t": "a"}, {"n": 2}]


def log_of(path, rows):
    for row in rows:
        append_jsonl(path, row)
    return path


def test_a_log_grows_by_whole_lines_and_a_cut_last_line_is_left_out(tmp_path):
    assert read_jsonl(tmp_path / "log" / "rows.jsonl") == []
    path, rows = log_of(tmp_path / "log" / "rows.jsonl", ROWS), ROWS
    assert read_jsonl(path) == rows
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        found = read_jsonl(path)
        assert found == rows[: len(found)]
        assert len(found) == whole[:cut].count(b"\n")


FILLING = """
import sys, time
from pathlib import Path
from ictrain.files import new_folder
with new_folder(Path(sys.argv[1])) as aside:
    (aside / "half").write_text("x")
    print(aside, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def filling(tmp_path):
    """Starts processes that are at work on a folder until they are given a line."""
    started = []

    def start(path):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        child = subprocess.Popen([sys.executable, "-c", FILLING, str(path)], **pipes)
        started.append(child)
        return child, files.Path(child.stdout.readline().strip())

    yield start
    for child in started:
        child.kill()
        child.communicate()


def test_what_a_kill_left_aside_is_removed_and_what_a_living_process_writes_is_not(
    tmp_path, filling
):
    (killed, left), (living, kept) = filling(tmp_path / "page"), filling(tmp_path / "page")
    other, elsewhere = filling(tmp_path / "page.2")
    for child in (killed, other):
        child.kill()
        child.wait()
    own = [tmp_path / ".page.part", tmp_path / ".page.mine.part", tmp_path / ".page.abcdefgh.part2"]
    for folder in own:
        folder.mkdir()
    (tmp_path / ".page.abcdefgh.part").symlink_to(own[0])
    before = set(tmp_path.iterdir())
    assert {left, kept, elsewhere} <= before
    with new_folder(tmp_path / "page") as aside:
        assert set(tmp_path.iterdir()) == before - {left} | {aside}
    assert (kept / "half").read_text() == "x"
    living.communicate("\n")
    assert living.returncode == 0
    assert set(tmp_path.iterdir()) == before - {left, kept} | {tmp_path / "page"}
    assert [p.name for p in (tmp_path / "page").iterdir()] == ["half"]


def test_a_folder_that_is_taken_for_a_left_over_before_it_is_locked_is_made_again(
    tmp_path, monkeypatch
):
    lock, taken = files.fcntl.flock, []

    def late(handle, how):
        if not taken:  # another process sweeps between the making and the locking
            taken.append(next(tmp_path.glob(".page.*.part")))
            files._remove_left_over(tmp_path / "page")
            assert not taken[0].exists()
        lock(handle, how)

    monkeypatch.setattr(files.fcntl, "flock", late)
    with new_folder(tmp_path / "page") as aside:
        assert aside != taken[0]
        (aside / "a").write_text("1")
    assert [p.name for p in tmp_path.iterdir()] == ["page"]


def test_without_locks_nothing_is_removed(tmp_path, monkeypatch):
    (tmp_path / ".page.abcdefgh.part").mkdir()

    def fail(handle, how):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(files.fcntl, "flock", fail)
    with new_folder(tmp_path / "page") as aside:
        (aside / "a").write_text("1")
    assert {p.name for p in tmp_path.iterdir()} == {"page", ".page.abcdefgh.part"}


def test_an_old_folder_that_a_kill_left_between_two_renames_goes_with_the_next_write(tmp_path):
    (tmp_path / ".page.old").mkdir()
    with new_folder(tmp_path / "page") as aside:
        (aside / "a").write_text("1")
    assert [p.name for p in tmp_path.iterdir()] == ["page"]
