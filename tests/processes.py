"""Watching real processes from outside: who is alive, and whether something happens in time."""

from __future__ import annotations

import time
from pathlib import Path


def ids_in_session(session):
    """Living processes of a session, as Popen's start_new_session makes one."""
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


def workers_of(session):
    """Of run_all; told from the resource tracker by their command lines."""
    found = []
    for one in ids_in_session(session):
        try:
            command = Path(f"/proc/{one}/cmdline").read_bytes()
        except OSError:
            continue
        found += [one] if b"spawn_main" in command else []
    return found
