"""`ictrain init` as a user types it."""

from __future__ import annotations

import json

import pytest

from ictrain import cli
from ictrain.config import load_config
from ictrain.experiments.run import run
from ictrain.survey import is_instruct
from ictrain.tasks import read_parts
from tests.survey.made import questions, write


def init(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["ictrain", "init", *arguments])
    try:
        cli.main()
    except SystemExit as ended:
        return ended.code or 0
    return 0


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "pairs.jsonl", questions(160))


def test_it_prints_a_survey_and_writes_a_config_that_runs_to_the_page(pairs, monkeypatch, capsys):
    assert init(monkeypatch, pairs, "--model", "scratch", "--out", "my.yaml") == 0
    said = capsys.readouterr().out
    for heading in (
        "Columns of",
        "Rows",
        "What the parts share",
        "Lengths",
        "Closest example",
        "What one_near would draw",
        "Proposed",
        "What to know",
        "written: my.yaml",
    ):
        assert heading in said  # fmt: skip
    assert max(len(line) for line in said.splitlines() if not line.startswith("  !")) < 200
    few = ["training.steps=2", "task.max_test_items=4", "workers=1", "context.k=1-2", "seeds=[0]"]
    page = run(load_config("my.yaml", few), "runs", lambda _: None)
    assert page.exists()
    record = json.loads((page.parent.parent / "record.json").read_text())
    assert {job["strategy"] for job in record["jobs"]} == {"base", "zero", "random", "contrastive"}


def test_a_file_that_is_there_is_replaced_only_by_force(pairs, monkeypatch, capsys, tmp_path):
    (tmp_path / "config.yaml").write_text("mine")
    assert init(monkeypatch, pairs, "--model", "scratch") == 1
    told = capsys.readouterr().err
    assert told == (
        "ictrain: config.yaml: it exists already; --force replaces it, --out names another\n"
    )
    assert (tmp_path / "config.yaml").read_text() == "mine"
    assert init(monkeypatch, pairs, "--model", "scratch", "--force") == 0
    assert load_config(tmp_path / "config.yaml").name == "config"


def test_mistakes_are_one_line_and_leave_no_file(pairs, monkeypatch, capsys, tmp_path):
    same = write(tmp_path / "same.jsonl", [{"input": "x", "output": f"{i}"} for i in range(40)])
    for arguments, said in [
        (["no.csv"], "no.csv: no such file"),
        ([pairs, "--input", "inptu"], "no column 'inptu'; did you mean 'input'?"),
        ([pairs, "--test", "a.csv", "--test", "b.csv"], "expected --test NAME=FILE"),
        ([pairs, "--similarity", "cosine"], "expected auto, overlap or dense"),
        ([same, "--out", "c.yaml"], "the 40 rows have one and the same input"),
        ([pairs, "--test", pairs], "every input of the test set 'test' stands in the training"),
    ]:
        assert init(monkeypatch, *arguments, "--model", "scratch") == 1
        told = capsys.readouterr().err
        assert said in told
        assert told.count("\n") == 1
    assert not (tmp_path / "config.yaml").exists()


@pytest.mark.parametrize("part", ["input", "output"])
def test_one_endless_row_leaves_a_config_that_runs(part, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    rows = questions(120)
    for place in range(8):  # its text decides in which part it lands
        odd = {"input": f"endless {place}", "output": "x"}
        odd[part] = f"{odd[part]} " + "wort " * 40_000
        source = write(tmp_path / "long.jsonl", [*rows, odd])
        assert init(monkeypatch, source, "--model", "scratch", "--force") == 0
        said = capsys.readouterr().out
        settings = load_config("config.yaml", ["workers=1"])
        bare = settings.task.model_copy(update={"max_characters": None})
        if any(len(e.input) + len(e.output) > 99_999 for e in read_parts(bare).train):
            break
    else:
        pytest.fail("none of them landed in train")
    assert "leaves them out by task.max_characters" in said
    monkeypatch.setattr("sys.argv", ["ictrain", "run", "config.yaml", "--dry-run"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code, capsys.readouterr().err


def test_a_model_from_scratch_is_told_to_have_nothing_to_keep(pairs, monkeypatch, capsys):
    assert init(monkeypatch, pairs, "--model", "scratch") == 0
    assert "has no in-context learning to keep" in capsys.readouterr().out
    assert init(monkeypatch, pairs, "--force") == 0
    assert "has no in-context learning to keep" not in capsys.readouterr().out


def test_test_sets_have_names(pairs, monkeypatch, tmp_path):
    test = write(tmp_path / "t.jsonl", questions(220)[160:])
    arguments = [pairs, "--test", f"id={test}", "--test", f"ood={test}", "--model", "scratch"]
    assert init(monkeypatch, *arguments) == 0
    settings = load_config("config.yaml")
    assert list(settings.task.tests) == ["id", "ood"]
    assert (settings.analysis.id_test, settings.analysis.ood_test) == ("id", "ood")
    assert settings.seeds == (0, 1, 2)


def test_a_model_that_cannot_be_had_still_gives_a_config(pairs, monkeypatch, capsys):
    assert init(monkeypatch, pairs) == 0
    assert "lengths are estimates" in capsys.readouterr().out
    settings = load_config("config.yaml")
    assert settings.model.name == "Qwen/Qwen2.5-0.5B"
    assert settings.strategies["zero"].adapter.peft == "lora"


def test_an_instruct_model_is_asked_in_its_chat(pairs, monkeypatch):
    assert init(monkeypatch, pairs, "--model", "Qwen/Qwen2.5-0.5B-Instruct") == 0
    assert load_config("config.yaml").prompt.chat == "turn"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Qwen/Qwen2.5-0.5B", False), ("google/gemma-3-1b-it", True), ("models/my-chat", True),
     ("org-chat/base", False), ("meta-llama/Llama-3.2-1B-Instruct", True), ("bigbit/model", False)],
)  # fmt: skip
def test_instruct_models_are_known_by_their_names(name, expected):
    assert is_instruct(name) is expected
