"""Files as a new user has them: German mgeoquery, and Spider's questions without databases."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ictrain.config import load_config
from ictrain.experiments.run import run
from ictrain.survey import Request, init, look, model_of
from ictrain.survey.cautions import cautions
from ictrain.survey.proposal import propose
from ictrain.tasks import load_task

ROOT = Path(__file__).parents[2]


def file(name: str) -> str:
    folder = Path(os.environ.get("ICTRAIN_DATA") or ROOT.parent / "shared" / "data")
    path = folder / name
    if not path.is_file() and os.environ.get("CI"):
        pytest.fail(f"the data set is not there: {path}")
    if not path.is_file():
        pytest.skip(f"the data set is not there: {path}; set ICTRAIN_DATA to its folder")
    return str(path)


def request(train: str, test: str) -> Request:
    model, template = model_of("scratch")
    return Request(train=file(train), model=model, template=template, tests={"test": file(test)})


def assert_a_page_follows(config: Path) -> None:
    """From the config that init wrote to the page, with all but the numbers of steps and items."""
    few = ["training.steps=2", "task.max_test_items=4", "workers=1", "context.k=1-2", "seeds=[0]"]
    few.append("strategies={base: {kind: base}, zero: {}, contrastive: {}}")
    page = run(load_config(config, few), config.parent / "runs", lambda _: None)
    assert "Accuracy against similarity" in page.read_text(encoding="utf-8")


def test_german_questions_go_from_init_to_the_page(tmp_path):
    folder = "semparse/mgeoquery"
    wanted = request(f"{folder}/de.train.jsonl.gz", f"{folder}/de.test.jsonl.gz")
    said: list[str] = []
    init(wanted, tmp_path / "de.yaml", False, said.append)
    text = "\n".join(said)
    assert "the inputs do not look English" in text
    assert "items of test have an input that stands in train too" in text
    assert load_config(tmp_path / "de.yaml").task.paraphrase is not None
    assert_a_page_follows(tmp_path / "de.yaml")


def test_sql_without_its_schemas_is_told_and_goes_to_the_page(tmp_path):
    folder = "sql/text_only"
    survey = look(request(f"{folder}/spider_train.jsonl.gz", f"{folder}/spider_dev.jsonl.gz"))
    text = "\n".join(cautions(survey, propose(survey)))
    assert "hold a word that stands neither in their input nor in any output" in text
    assert survey.unknown_words["test"].share > 0.5
    init(survey.request, tmp_path / "sql.yaml", False, lambda _: None)
    data = load_task(load_config(tmp_path / "sql.yaml").task, 0)
    assert len(data.tests["test"].examples) == 500
    assert len(data.train) > 6000
    assert_a_page_follows(tmp_path / "sql.yaml")
