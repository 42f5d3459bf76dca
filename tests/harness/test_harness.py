"""The written tasks, run by lm-evaluation-harness itself, against our own evaluation's rows."""

from __future__ import annotations

import logging
import shutil
import sys

import lm_eval
import pytest
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

from ictrain.analysis import analyse
from ictrain.analysis.tables import band_table
from ictrain.config import load_config
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import bench_of
from ictrain.harness import write_harness
from ictrain.models import load_adapter
from tests.small_run import make_job

pytestmark = pytest.mark.filterwarnings("ignore")  # what other libraries have to say


def silent(_):
    pass


def evaluated(model, folder, name):
    """What the harness makes of a model in memory."""
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    return lm_eval.simple_evaluate(
        model=model, tasks=[name], task_manager=manager, log_samples=True, bootstrap_iters=1
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_job(tmp_path_factory.mktemp("run"), "contrastive")


@pytest.fixture(scope="module")
def written(run, tmp_path_factory):
    """The tasks of a run's config, moved away from where they were written."""
    first = tmp_path_factory.mktemp("tasks") / "first"
    write_harness(load_config(run / "config.yaml"), first, say=silent)
    return shutil.move(first, first.with_name("moved"))


@pytest.fixture(scope="module")
def trained(run):
    """(results of the harness for the contrastive model, its rows)."""
    settings, folder, job = load_config(run / "config.yaml"), RunFolder(run), Job("contrastive", 3)
    bench = bench_of(settings, folder, job)
    model = load_adapter(bench.model, folder.job(job) / "adapter").merge_and_unload()
    return HFLM(pretrained=model, tokenizer=bench.tokenizer, batch_size=32), folder.rows([job])


@pytest.fixture(scope="module")
def results(trained, written):
    return evaluated(trained[0], written, "ictrain-little")


def test_every_prompt_answer_and_score_is_that_of_the_runs_row(results, trained):
    rows = {(r.test_set, r.mode, r.target_id): r for r in trained[1]}
    seen = {}
    for samples in results["samples"].values():
        for sample in samples:
            doc = sample["doc"]
            row = rows[doc["test_set"], doc["mode"], doc["target_id"]]
            seen[row.test_set, row.mode, row.target_id] = row
            assert sample["arguments"][0][0] == row.prompt  # what reached the model, to the letter
            assert sample["resps"][0][0].strip() == row.output
            assert {name: sample[name] for name in row.scores} == row.scores
            assert (doc["s"], doc["band"]) == (row.s, row.band)
    assert seen == rows
    scores = {row.scores["acceptance"] for row in rows.values()}
    assert {0.0, 1.0} < scores  # a model that is sometimes right, or all of this says nothing


def test_bands_and_modes_are_those_of_our_own_tables(results, trained, run):
    settings = load_config(run / "config.yaml").analysis
    found, analysis = results["results"], analyse(trained[1], settings)
    compared = set()
    for cell in analysis.modes:
        value = found[f"ictrain-little-{cell.test_set}-{cell.column}"][f"{cell.metric},none"]
        assert value == pytest.approx(cell.estimate.mean, abs=1e-12)
        compared.add(cell.column)
    for cell in analysis.bands:
        if cell.column != "none":
            name = f"ictrain-little-{cell.test_set}-all-{cell.column}"
            value = found[name][f"{cell.metric},none"]
            assert value == pytest.approx(cell.estimate.mean, abs=1e-12)
            compared.add(cell.column)
    for mode in ("random", "one_similar"):
        alone = settings.model_copy(update={"band_modes": (mode,)})
        for cell in band_table(analysis.frame, alone):
            task = found[f"ictrain-little-{cell.test_set}-{mode}-{cell.column}"]
            assert task[f"{cell.metric},none"] == pytest.approx(cell.estimate.mean, abs=1e-12)
            assert task["sample_len"] == cell.estimate.rows
    assert compared >= {"none", "random", "one_similar", "one_paraphrase", "low", "medium", "high"}


def test_an_empty_band_has_no_number_and_a_full_one_is_counted(results, written, trained):
    counts = {}
    for row in trained[1]:
        key = row.test_set, row.mode, row.band
        counts[key] = counts.get(key, 0) + 1
    assert ("id", "one_paraphrase", "low") not in counts
    assert "ictrain-little-id-one_paraphrase-low" not in results["results"]
    readme = (written / "README.md").read_text()
    line = next(x for x in readme.splitlines() if x.startswith("| one_paraphrase:"))
    assert line.endswith("| – | – | – | 30 |")
    leaves = [name for name in results["results"] if name in results["samples"]]
    assert len(leaves) == len(counts)
    assert sum(results["results"][name]["sample_len"] for name in leaves) == len(trained[1])


def test_the_printed_table_names_test_set_mode_band_and_count(results):
    table = lm_eval.utils.make_table(results)
    assert "id: one_paraphrase" in table
    assert "one_paraphrase: high (30)" in table
    assert "id: high, all modes (± too small)" in table


def test_without_ictrain_the_folder_scores_by_itself(trained, written, monkeypatch):
    monkeypatch.setitem(sys.modules, "ictrain.harness", None)  # an import of it fails from here on
    alone = shutil.copytree(written, written.parent / "alone")
    results = evaluated(trained[0], alone, "ictrain-little-id-one_similar")
    rows = [r for r in trained[1] if (r.test_set, r.mode) == ("id", "one_similar")]
    share = sum(r.output == r.reference for r in rows) / len(rows)
    (value,) = [
        v for k, v in results["results"]["ictrain-little-id-one_similar"].items()
        if k.endswith(",none") and "stderr" not in k
    ]  # fmt: skip
    assert value == share
    assert 0 < share < 1
