"""Files that survive a kill: written aside, flushed, renamed; JSONL grows by whole lines."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ictrain.errors import RunError


def _explain(error: OSError, path: Path) -> RunError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return RunError(
            "the disk is full",
            where=str(path),
            mend="free some space and run the same command again: it goes on where it stopped",
        )
    return RunError(f"cannot write: {error.strerror}", where=str(path))


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomic(path: Path, data: bytes | str) -> None:
    """Puts data at path in one step: a reader, or a kill, sees the old file or the new one.

    Raises:
        RunError: a full disk or a folder that cannot be written; the old file stays.
    """
    path = Path(path)
    content = data.encode() if isinstance(data, str) else data
    name = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as part:
            name = part.name
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise _explain(error, path) from error


def write_json(path: Path, value: Any) -> None:
    """Writes value as indented JSON, in one step."""
    write_atomic(path, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n")


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to be filled aside; it appears at path, whole, when the block ends without error.

    What a kill left aside when path was last written is removed.

    Raises:
        RunError: a full disk or a folder that cannot be written; an older folder at path stays.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_left_over(path)
        aside, lock = _locked_aside(path)
    except OSError as error:
        raise _explain(error, path) from error
    try:
        yield aside
        for file in sorted(aside.rglob("*")):
            if file.is_file():
                with file.open("rb") as handle:
                    os.fsync(handle.fileno())
        aside.chmod(0o755)
        _swap(aside, path)
    except OSError as error:
        raise _explain(error, path) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        os.close(lock)


def _locked_aside(path: Path) -> tuple[Path, int]:
    """A new folder beside path, and the handle by which it stays locked while this process lives.

    Before it is locked another process may take it for a left-over: then there is a next one. A
    file system without locks has left-overs that stay.
    """
    while True:
        aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
        lock = os.open(aside, os.O_RDONLY)
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        if aside.exists():
            return aside, lock
        os.close(lock)


def _remove_left_over(path: Path) -> None:
    """Removes the folders aside of path that no living process has locked."""
    name = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}\.part")
    for left in path.parent.iterdir():
        if name.fullmatch(left.name) and left.is_dir() and not left.is_symlink():
            with contextlib.suppress(OSError):
                _remove_unlocked(left)


def _remove_unlocked(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(handle)


def _swap(aside: Path, path: Path) -> None:
    old = path.with_name(f".{path.name}.old")
    if path.exists():
        shutil.rmtree(old, ignore_errors=True)
        path.rename(old)
    aside.rename(path)
    shutil.rmtree(old, ignore_errors=True)
    _flush_folder(path.parent)


def append_jsonl(path: Path, row: dict[str, Any]) -> None:
    """Appends one row and flushes it to the disk before it returns.

    What a kill left of an unfinished last line is cut off first: it was never reported as written,
    and a row behind it would be lost with it.
    """
    line = json.dumps(row, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            _cut_unfinished(file)
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _explain(error, path) from error


def _cut_unfinished(file: IO[bytes]) -> None:
    """Cuts a file behind its last line end."""
    end = file.seek(0, os.SEEK_END)
    if not end:
        return
    file.seek(end - 1)
    if file.read(1) != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The whole rows of a log; a last line that a kill cut short is left out.

    Raises:
        RunError: another line is not JSON, by its number.
    """
    if not path.exists():
        return []
    # Only b"\n" ends a line: str.splitlines would also cut a text at U+2028 or U+0085.
    *lines, _ = path.read_bytes().split(b"\n")
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            rows.append(json.loads(line))
        except ValueError:
            raise RunError(
                "a line that is not JSON", where=f"{path}:{number}", mend="remove the line"
            ) from None
    return rows


def digest(*parts: Any) -> str:
    """32 hex digits over the canonical JSON of the parts: a cache key, or a version."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_free(path: Path, force: bool, mark: str) -> None:
    """Refuses a folder that is there, unless it is empty or may be replaced.

    Args:
        path: what new_folder is to make.
        force: an older one may be replaced, but only one that holds the file named mark.

    Raises:
        RunError: path is taken.
    """
    path = Path(path)
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not path.is_dir() or (force and not (path / mark).exists()):
        found = "holds something else" if path.is_dir() else "is a file"
        raise RunError(found, where=str(path), mend="name another folder")
    if not force:
        raise RunError("is there already", where=str(path), mend="name another folder, or --force")
