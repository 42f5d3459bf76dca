"""The examples of docs/api.md, run as they are printed."""

import re
from pathlib import Path

import pytest

from tests.api.kit import make_folder

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.S | re.M)
TITLES = re.findall(
    r"^## ([^\n]*)\n(?:(?!^##).)*?^```python$", PAGE.read_text("utf-8"), re.S | re.M
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(make_folder(tmp_path))
    return tmp_path


def run(number, capsys):
    names = {}
    exec(compile(BLOCKS[number], f"{PAGE.name}: {TITLES[number]}", "exec"), names)
    return names, capsys.readouterr().out


def test_there_are_four_examples_of_at_most_ten_lines():
    assert TITLES == [
        "In TRL's SFTTrainer",
        "In transformers' Trainer",
        "A context for one input",
        "Scoring a model",
    ]
    assert all(block.count("\n") <= 10 for block in BLOCKS)


@pytest.mark.filterwarnings("ignore:.gradient_checkpointing. is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:.pin_memory. argument is set:UserWarning")
@pytest.mark.parametrize("number", [0, 1])
def test_training(number, folder, capsys):
    names, _ = run(number, capsys)
    trainer, dataset = names["trainer"], names["dataset"]
    assert trainer.state.global_step == 15  # 40 targets by 8, three epochs
    assert trainer.state.epoch == 3
    assert dataset.epoch == 2


def test_sampling(folder, capsys):
    names, out = run(2, capsys)
    assert names["context"].k == 4
    assert out.count("->") == 4
    assert out.endswith("a new input:\n")
    assert all(f"{e.example.input}: {e.example.output}" in out for e in names["context"].examples)


def test_scoring(folder, capsys):
    names, out = run(3, capsys)
    head, *lines = out.splitlines()
    assert head.split() == ["none", "low", "medium", "high"]
    assert [line.split()[1] for line in lines] == ["exact_match", "chrf"]
    assert (folder / "scores" / "index.html").stat().st_size > 10_000
    assert len(names["scores"].rows) == 4 * 24


def test_importing_it_waits_for_nothing():
    """torch and transformers take seconds; they come with what needs them."""
    import subprocess
    import sys

    code = "import sys, ictrain; print(sorted({'torch', 'numpy', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
