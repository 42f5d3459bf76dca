"""The step whose worst band on dev is best is kept, whatever is killed; `last` leaves no trace."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
import yaml

from ictrain.config import RunSettings, load_config
from ictrain.errors import ConfigError
from ictrain.experiments import job as job_module
from ictrain.experiments import select
from ictrain.experiments.folder import Job, RunFolder, fixed, job_digest
from ictrain.experiments.job import run_job
from ictrain.experiments.run import run
from ictrain.probes import ProbeLog, Probing, callback
from ictrain.rows import read_rows
from ictrain.tasks import load_task
from tests.small_run import little

ROOT = Path(__file__).parents[2]
JOB = Job("contrastive", 3)
CHOSEN = {"checkpoint_every_steps": 4, "select": "worst_band"}
WEIGHTS = "adapter/adapter_model.safetensors"


def settings_of(folder, **training):
    values = little({"training": {"checkpoint_every_steps": 4, **training}})
    (folder / "c.yaml").write_text(yaml.safe_dump(values))
    return load_config(folder / "c.yaml")


def done(folder, **training):
    settings = settings_of(folder, **training)
    made = RunFolder(folder / "run")
    run_job(settings, made, JOB)
    return made.job(JOB)


@pytest.fixture(scope="module")
def last(tmp_path_factory):
    return done(tmp_path_factory.mktemp("last"))


def scores_by(monkeypatch, scores):
    """Lets the worst band's score be a known function of the step."""
    real = select.worst_band

    def told(rows, *rest):
        found = real(rows, *rest)
        return select.Worst(scores[rows[0].step], found.band, found.bands, found.left_out)

    monkeypatch.setattr(select, "worst_band", told)


def test_the_best_step_is_kept_and_its_weights_are_those_of_that_step(tmp_path, last, monkeypatch):
    scores_by(monkeypatch, {4: 0.1, 8: 0.9, 12: 0.5})
    job = done(tmp_path, select="worst_band")
    told = json.loads((job / "job.json").read_text())["selected"]
    assert (told["step"], told["score"]) == (8, 0.9)
    assert told["of"] == [{"step": s, "score": x} for s, x in ((4, 0.1), (8, 0.9), (12, 0.5))]
    at_eight = job / "checkpoints" / "step-000008" / "weights" / "adapter_model.safetensors"
    assert (job / WEIGHTS).read_bytes() == at_eight.read_bytes()
    assert (job / WEIGHTS).read_bytes() != (last / WEIGHTS).read_bytes()
    assert {row.step for row in read_rows(job / "rows.parquet")} == {8}
    assert [p.name for p in (job / "selection").glob("step-*")] == ["step-000008"]


def test_looking_changes_nothing_in_the_training(tmp_path, last, monkeypatch):
    scores_by(monkeypatch, {4: 0.1, 8: 0.2, 12: 0.3})
    job = done(tmp_path, select="worst_band")
    assert (job / WEIGHTS).read_bytes() == (last / WEIGHTS).read_bytes()
    assert losses(job) == losses(last)


def losses(job):
    rows = map(json.loads, (job / "train.jsonl").read_text().splitlines())
    return [(row["step"], row["loss"], row["targets"]) for row in rows]


@pytest.mark.parametrize("point", ["in the look", "weights written", "after the last look"])
def test_stopped_and_gone_on_keeps_the_same_step(tmp_path, monkeypatch, point):
    (tmp_path / "whole").mkdir()
    whole = done(tmp_path / "whole", select="worst_band")
    real_append, real_keep = select.append_jsonl, select.Selecting.keep
    asked = []

    def die(*_):
        raise KeyboardInterrupt

    def counting(self, step, real=select.Selecting._look):
        asked.append(step)
        return real(self, step)

    (tmp_path / "stopped").mkdir()
    if point == "in the look":
        monkeypatch.setattr(select, "worst_band", die)
    elif point == "weights written":
        monkeypatch.setattr(select, "append_jsonl", die)
    else:
        monkeypatch.setattr(select.Selecting, "keep", die)
    with pytest.raises(KeyboardInterrupt):
        done(tmp_path / "stopped", select="worst_band")
    monkeypatch.undo()
    monkeypatch.setattr(select.Selecting, "_look", counting)
    again = done(tmp_path / "stopped", select="worst_band")
    assert asked == ([] if point == "after the last look" else [4, 8, 12])
    assert (select.append_jsonl, select.Selecting.keep) == (real_append, real_keep)
    assert (again / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    summaries = [json.loads((j / "job.json").read_text())["selected"] for j in (again, whole)]
    assert summaries[0] == summaries[1]


def test_no_test_item_is_looked_at_while_a_step_is_chosen(tmp_path, monkeypatch):
    seen = []
    real = select.evaluate
    monkeypatch.setattr(
        select, "evaluate", lambda asked, *rest: seen.extend(asked) or real(asked, *rest)
    )
    done(tmp_path, select="worst_band")
    assert seen
    assert {q.test_set for q in seen} == {"dev_id"}
    assert not [q for q in seen if q.mode.endswith("_shuffled")]


def test_a_run_that_selects_nothing_has_no_trace_of_it(tmp_path, last):
    settings = settings_of(tmp_path)
    assert "select" not in (last / "identity.json").read_text()
    assert not (last / "selection").exists()
    values = settings.model_dump(mode="json")
    older = json.loads(json.dumps(values))
    for arm in older["strategies"].values():
        del arm["training"]["select"]
    for key in ("half", "worst_over"):
        del older["evaluation"][key]
    older.pop("tune", None)
    assert fixed(older) == fixed(values)
    chosen = settings_of(tmp_path, select="worst_band")
    assert job_digest(chosen, JOB) != job_digest(settings, JOB)


def test_a_task_without_dev_is_refused_in_one_line_with_a_mend(tmp_path):
    (tmp_path / "pairs.csv").write_text(
        "input,output\n" + "".join(f"word number {i},{i}\n" for i in range(60))
    )
    values = little({"training": CHOSEN, "context": {"epsilon": 0}, "analysis": {"metric": None}})
    values["task"] = {
        "name": "pairs", "train": str(tmp_path / "pairs.csv"), "split": {"dev": 0, "test": 0.2},
    }  # fmt: skip
    settings = RunSettings.parse(values)
    with pytest.raises(ConfigError) as error:
        run_job(settings, RunFolder(tmp_path / "run"), JOB)
    assert "the task has no dev set" in str(error.value)
    assert "training.select=last" in str(error.value)
    assert "\n" not in str(error.value)


def test_too_few_dev_items_are_refused_before_the_first_step(tmp_path):
    values = little({"training": CHOSEN, "task": {"dev": 5}})
    with pytest.raises(ConfigError, match="too few dev items in every band"):
        run_job(RunSettings.parse(values), RunFolder(tmp_path / "run"), JOB)
    assert not list(tmp_path.rglob("train.jsonl"))


def test_without_checkpoints_by_steps_there_is_nothing_to_choose_from(tmp_path):
    with pytest.raises(ConfigError, match="checkpoint_every_steps"):
        settings_of(tmp_path, select="worst_band", checkpoint_every_steps=None)


def test_the_page_says_which_step_was_kept(tmp_path, monkeypatch):
    scores_by(monkeypatch, {4: 0.1, 8: 0.9, 12: 0.5})
    page = run(settings_of(tmp_path, select="worst_band"), tmp_path, lambda _: None)
    text = page.read_text()
    assert "Which step was kept" in text
    assert "<b>8</b>" in text
    plain = tmp_path / "plain"
    plain.mkdir()
    assert "Which step" not in run(settings_of(plain), plain, lambda _: None).read_text()


PROBED = {"probes": {"items": 4, "points": 2, "test_sets": ["id"], "k": 3}}


def probed(folder, **probes):
    """A job whose best step is told by scores_by, probed before and after it."""
    folder.mkdir(exist_ok=True)
    values = little({"training": CHOSEN}, PROBED, {"probes": probes})
    made = RunFolder(folder / "run")
    told = run_job(RunSettings.parse(values), made, JOB)
    return made, told


def test_the_kept_weights_are_probed_once_as_they_were_at_their_step(tmp_path, monkeypatch):
    scores_by(monkeypatch, {4: 0.1, 8: 0.9, 12: 0.5})
    made, told = probed(tmp_path / "between")
    assert told["selected"]["step"] == 8
    names = {p.name for p in (made.job(JOB) / "probes").iterdir()}
    assert names == {*(f"step-{n:06d}.json" for n in (0, 1, 12)), "kept-000008.json"}
    assert {row.step for row in made.probes(JOB)} == {0, 1, 12}  # no place of the curves
    kept = made.kept_probes(JOB)
    assert {row.step for row in kept} == {8}
    # The oracle: a schedule that comes by that step while the model is trained.
    often, _ = probed(tmp_path / "often", every=4)
    assert [row for row in often.probes(JOB) if row.step == 8] == kept == often.kept_probes(JOB)
    assert not list((often.job(JOB) / "probes").glob("kept-*"))


@pytest.mark.parametrize("point", ["before it is asked", "before it is written", "after it"])
def test_stopped_at_the_probe_of_the_kept_weights_it_is_neither_lost_nor_repeated(
    tmp_path, monkeypatch, point
):
    scores = {4: 0.1, 8: 0.9, 12: 0.5}
    scores_by(monkeypatch, scores)
    whole, _ = probed(tmp_path / "whole")

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if point == "before it is asked":
            patch.setattr(Probing, "kept", die)
        elif point == "before it is written":
            patch.setattr(ProbeLog, "write_kept", die)
        else:
            patch.setattr(job_module, "asked_twice", die)
        with pytest.raises(KeyboardInterrupt):
            probed(tmp_path / "stopped")
    asked = []
    real = callback.probe
    monkeypatch.setattr(callback, "probe", lambda *a: asked.append(1) or real(*a))
    again, _ = probed(tmp_path / "stopped")
    assert len(asked) == (0 if point == "after it" else 1)
    assert again.kept_probes(JOB) == whole.kept_probes(JOB) != []
    assert again.probes(JOB) == whole.probes(JOB)


def test_the_page_is_of_the_kept_weights_and_says_so(tmp_path, monkeypatch):
    scores_by(monkeypatch, {4: 0.1, 8: 0.9, 12: 0.5})
    values = little({"training": CHOSEN}, PROBED)
    page = run(RunSettings.parse(values), tmp_path, lambda _: None)
    with (page.parent / "tables" / "verdicts.csv").open(encoding="utf-8") as file:
        assert {row["step"] for row in csv.DictReader(file)} == {"8"}
    text = page.read_text("utf-8")
    assert "By its probes, contrastive as kept after step 8 is on id" in text
    assert "the step that dev chose" in text


def test_a_band_that_has_too_few_items_to_count_is_told(tmp_path):
    told = run_job(settings_of(tmp_path, select="worst_band"), RunFolder(tmp_path / "run"), JOB)
    left_out = told["selected"]["left_out"]
    assert left_out, "the small pool should leave a band of dev with too few items"
    for name, reason in left_out.items():
        assert name not in told["selected"]["bands"]
        assert f"{name} did not count in the choice of the step: {reason}" in told["warnings"]
        assert "an interval needs 20" in reason


def test_the_config_that_stops_against_fading_counts_what_fades(tmp_path):
    """As it stands in docs/choosing.md; by its defaults nothing fresh counts."""
    page = (ROOT / "docs" / "choosing.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"### Where to stop\n.*?```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    (tmp_path / "mine.yaml").write_text(text)
    settings = load_config(tmp_path / "mine.yaml")
    dev = list(load_task(settings.task, 0).dev)
    assert select.counted_of(settings, dev) == {
        "dev_id": ("low", "medium", "high"), "dev_ood": ("high",), "dev_changed": ("high",)
    }  # fmt: skip
    arm = settings.strategies["contrastive"].training
    assert (arm.select, arm.steps % arm.checkpoint_every_steps) == ("worst_band", 0)
    plain = load_config(ROOT / "configs" / "demo.yaml", ["training.select=worst_band"])
    assert select.counted_of(plain, dev) == {"dev_id": ("low", "medium", "high")}
