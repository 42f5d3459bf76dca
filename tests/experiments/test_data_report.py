"""What a run tells of its data before it trains, and where that is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ictrain.config import load_config
from ictrain.experiments.data import data_report
from ictrain.experiments.folder import RunFolder
from ictrain.experiments.run import run
from tests.experiments.test_run import config  # noqa: F401

ROOT = Path(__file__).parents[2]


@pytest.fixture
def leaky(config):  # noqa: F811
    folder = config.parent
    lines = (folder / "train.jsonl").read_text().splitlines()
    with (folder / "test.jsonl").open("a") as file:
        file.write(lines[0] + "\n" + json.dumps({"input": "no output"}) + "\n")
    return config


def test_leaks_and_skipped_rows_are_told_and_recorded(leaky):
    only_base = ["strategies={base: {kind: base}}", "task.on_bad_row=skip"]
    settings = load_config(leaky, only_base)
    said: list[str] = []
    page = run(settings, leaky.parent / "runs", said.append)
    assert said[0] == "data: train 30, id 9"
    assert said[1].startswith("WARNING: 1 bad row is left out of")
    assert any("items of id have an input that stands in train too" in line for line in said)
    record = RunFolder(leaky.parent / "runs" / "small").record()
    assert record["data"]["parts"]["id"]["items"] == 9
    assert record["data"]["warnings"] == [
        line.removeprefix("WARNING: ") for line in said if line.startswith("WARNING: ")
    ]
    html = page.read_text(encoding="utf-8")
    assert "What the files share" in html
    assert "bad row is left out of" in html
    again: list[str] = []
    run(settings, leaky.parent / "runs", again.append)
    assert not any("WARNING" in line for line in again)
    assert RunFolder(leaky.parent / "runs" / "small").record()["data"] == record["data"]


def test_a_task_that_is_made_has_no_files_to_report():
    settings = load_config(ROOT / "configs" / "demo.yaml")
    assert data_report(settings, None) == {}
