"""MTOP in XSemPLR's own layout: all languages of an utterance in one object."""

from __future__ import annotations

import json

import pytest

from ictrain.config import RunSettings
from ictrain.errors import ConfigError
from ictrain.experiments.data import data_report
from ictrain.tasks import load_task

ROWS = [
    {
        "id": str(i),
        "mr": {
            "slot_intent": {"en": f"[IN:CALL [SL:WHO {w} ] ]", "es": f"[IN:CALL [SL:WHO {e} ] ]"}
        },
        "question": {"en": f"call {w}", "es": f"llama a {e}"},
    }
    for i, (w, e) in enumerate([("mum", "mamá"), ("Ann", "Ana"), ("home", "casa"), ("Joe", "Pepe")])
]


def settings_of(tmp_path, rows, language="es", **task):
    for name, part in (("dev", rows[:3]), ("test", rows[3:])):
        (tmp_path / f"{name}.json").write_text(json.dumps(part), encoding="utf-8")
    files = {"train": str(tmp_path / "dev.json"), "tests": {"test": str(tmp_path / "test.json")}}
    columns = {"input": "question.es", "output": "mr.slot_intent.es"}
    values = {"name": "semantic_parsing", "language": language, "columns": columns, **files, **task}
    arms = {"base": {"kind": "base"}}
    return RunSettings.parse({"name": "r", "task": values, "strategies": arms})


def test_a_language_is_read_out_of_the_papers_layout(tmp_path):
    settings = settings_of(tmp_path, ROWS)
    data = load_task(settings.task, 0)
    assert sorted((e.input, e.output) for e in data.train) == [
        ("llama a Ana", "[IN:CALL [SL:WHO Ana ] ]"),
        ("llama a casa", "[IN:CALL [SL:WHO casa ] ]"),
        ("llama a mamá", "[IN:CALL [SL:WHO mamá ] ]"),
    ]
    assert [m.name for m in data.metrics] == [
        "exact_match", "normalised_exact_match", "tree_accuracy"
    ]  # fmt: skip
    assert data.alike("", "[IN:A ]", "[IN:A ]") == 1
    assert settings.prompt.instruction == "Translate the Spanish utterance into its parse.\n"


def test_golds_that_are_no_tree_are_counted(tmp_path):
    rows = json.loads(json.dumps(ROWS))
    rows[1]["mr"]["slot_intent"]["es"] = "[IN:CALL [SL:WHO Ana ]"
    settings = settings_of(tmp_path, rows)
    assert data_report(settings, None)["warnings"][0] == (
        "1 of 3 parses of train are no tree; the first: 1, '[IN:CALL [SL:WHO Ana ]'"
    )
    facts = load_task(settings.task, 0).facts
    assert facts["train_golds_that_are_no_tree"] == 1
    assert "test_golds_that_are_no_tree" not in facts


def test_an_unknown_language_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown language 'Spansh'.*'Spanish'"):
        settings_of(tmp_path, ROWS, language="Spansh")
