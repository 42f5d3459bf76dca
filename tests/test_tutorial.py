"""Every command of the tutorial, in its order, in a copy of examples/: the page cannot rot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "tutorial.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def blocks() -> list[str]:
    """The shell blocks of the page, in order."""
    return _BLOCK.findall(PAGE.read_text(encoding="utf-8"))


def commands() -> list[str]:
    """Their lines, those that go on behind a backslash put together."""
    text = "\n".join(blocks()).replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """What a reader has who follows the page from the top: a folder, and what each command said."""
    place = tmp_path_factory.mktemp("tutorial")
    ignored = shutil.ignore_patterns("runs", "drill*.csv", "my*", "for-trl", "__pycache__")
    shutil.copytree(ROOT / "examples", place / "examples", ignore=ignored)
    tools = place / "bin"
    tools.mkdir()
    for name, arguments in [("python", ""), ("ictrain", "-m ictrain_of_the_tutorial")]:
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        (tools / name).chmod(0o755)
    (place / "ictrain_of_the_tutorial.py").write_text(
        "from ictrain.cli import main\nif __name__ == '__main__':\n    main()\n"
    )
    paths = os.pathsep.join([str(ROOT / "src"), str(place)])
    environment = {
        **os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": paths,
        "HF_HUB_OFFLINE": "1", "COLUMNS": "120", "PYTHONWARNINGS": "",
    }  # fmt: skip
    said: list[tuple[str, str]] = []
    folder, began = place, time.monotonic()
    for command in commands():
        if command.startswith("cd "):
            folder = folder / command.removeprefix("cd ")
            assert folder.is_dir(), command
            continue
        done = subprocess.run(
            ["bash", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True,
            timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        said.append((command, done.stdout + done.stderr))
    return folder, said, time.monotonic() - began


@pytest.mark.slow
def test_every_command_runs_and_says_nothing_alarming(session):
    folder, said, _ = session
    assert len(said) >= 8
    for command, text in said:
        assert "Traceback" not in text, command
        assert "WARNING" not in text, f"{command}\n{text}"
        assert "MISSING" not in text, command
    assert list(folder.glob("runs/*/report/index.html"))


@pytest.mark.slow
def test_what_the_page_shows_of_a_commands_output_is_what_it_says(session):
    """Blocks marked as text hold lines of the command before them; … stands for what differs."""
    _, said, _ = session
    text = "\n".join(out for _, out in said)
    shown = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert shown
    flat = " ".join(text.split())
    for block in shown:
        for line in block.splitlines():
            for piece in line.split("…"):
                words = " ".join(piece.split())
                assert words in flat, f"not said by any command: {line!r}"


def test_every_ictrain_command_is_told_of():
    told = {line.split()[1] for line in commands() if line.startswith("ictrain ")}
    assert {"init", "run", "contexts", "report", "evaluate", "export"} <= told


def test_the_page_names_what_is_in_the_folder():
    text = PAGE.read_text(encoding="utf-8")
    for name in ("train.csv", "test.csv", "corrections.csv", "later.csv", "shop.sqlite",
                 "shop.yaml", "reader.yaml", "execution.py"):  # fmt: skip
        assert name in text, name
        assert (ROOT / "examples" / "bike_shop" / name).exists()
