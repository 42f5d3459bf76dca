"""Guards of a run that have no natural way to fail: each is driven into failing here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ictrain.config import load_config
from ictrain.contexts import CellUse
from ictrain.errors import IctrainError, RunError
from ictrain.experiments import job as job_module
from ictrain.experiments import run as run_module
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import run_job
from ictrain.experiments.record import machine, versions
from ictrain.prompts import Renderer
from tests.experiments.test_run import config  # noqa: F401  a fixture
from tests.prompts.test_renderer import PLAIN, TARGET, context_of, tokenizer


def test_a_mixture_whose_near_cell_is_random_is_told_after_training():
    near = CellUse(40, 0, {}, {"bm25": [0.1] * 40})
    far = CellUse(40, 0, {}, {"bm25": [0.1] * 40})
    (warning,) = job_module.warnings_of({"one_near": near, "random": far}, "bm25")
    summary = {"rows": 1, "wall_seconds": 1.0, "warnings": [warning]}
    assert "WARNING: the one_near cell cannot be told from random" in run_module._told(summary)
    close = CellUse(40, 0, {}, {"bm25": [0.9] * 40})
    assert job_module.warnings_of({"one_near": close, "random": far}, "bm25") == []


@pytest.mark.parametrize("change", ["settings", "data"])
def test_a_half_done_training_is_not_continued_on_something_else(config, change):  # noqa: F811
    """Checkpoints, and the finished adapter, belong to one config and one pool."""
    folder, job = RunFolder(config.parent / "runs" / "mine"), Job("zero", 0)
    run_job(load_config(config), folder, job)
    (folder.job(job) / "job.json").unlink()
    overrides = ["context.tau=3"] if change == "settings" else []
    if change == "data":
        data = config.parent / "train.jsonl"
        data.write_text(data.read_text().replace("ANT", "AUNT", 1))
    with pytest.raises(RunError, match="job" if change == "settings" else "pool"):
        run_job(load_config(config, overrides), folder, job)


def test_a_label_without_eos_is_refused():
    own = Renderer(PLAIN, tokenizer("characters"), "bm25")
    honest = own._writer.pieces

    def endless(*given):
        *rest, label = honest(*given)
        return [*rest, replace(label, ids=label.ids[:-1])]

    own._writer.pieces = endless
    with pytest.raises(IctrainError, match="last label is not EOS"):
        own.render(context_of(), TARGET, "train")


def test_the_record_names_versions_and_machine():
    assert versions()["torch"][0].isdigit()
    assert machine()["cores"] >= 1
