"""The committed ablations: each loads, walks through a dry run, and can be put on a real LLM."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ictrain.config import load_config
from ictrain.contexts import Source, draw_contexts
from ictrain.experiments import asking, job
from ictrain.experiments.dry_run import dry_run
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.run import jobs_of
from ictrain.rows import read_rows
from ictrain.similarity import Hits, neighbour_table
from ictrain.tasks import load_task
from tests.small_run import ALIGNMENT, make_job
from tests.support import pool_of

FOLDER = Path(__file__).parents[2] / "configs" / "ablations"
LLM = FOLDER / "llm.yaml"
CONFIGS = sorted(path for path in FOLDER.glob("*.yaml") if path != LLM)
SMALL = ["task.tests=4", "task.dev=2", "task.fresh_pool=12", "training.steps=12"]


def _few_of_a_grid(settings):
    """The arms but for the inner ones of a large grid, which differ in two numbers."""
    arms, wanted = settings.strategies, {settings.analysis.treatment, settings.analysis.reference}
    ends = [*list(arms)[:3], *list(arms)[-3:]] if len(arms) > 20 else list(arms)
    kept = {name: arm for name, arm in arms.items() if name in {*ends, *wanted}}
    return settings.model_copy(update={"strategies": kept})


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_ablation_walks_through_a_dry_run(path, tmp_path):
    settings = _few_of_a_grid(load_config(path, [*SMALL, "seeds=[0]"]))
    lines: list[str] = []
    dry_run(settings, tmp_path, lines.append, lambda text, *_: text)
    told = "\n".join(lines)
    for name, arm in settings.strategies.items():
        assert f"ARM {name}" in told
        assert arm.description or "@" in name
    assert settings.analysis.treatment in settings.strategies
    assert settings.analysis.reference in settings.strategies
    text = path.read_text()
    assert f"ictrain run configs/ablations/{path.name}" in text
    assert path.stem in (settings.name, settings.name.removeprefix("ablation-"))


def test_d1_holds_the_whole_square_under_each_reading():
    for reading in ("insert", "cell", "within_one_near"):
        settings = load_config(FOLDER / f"d1-{reading.replace('_', '-')}.yaml")
        points = {
            (arm.context.p, arm.context.epsilon)
            for name, arm in settings.strategies.items()
            if "@" in name and arm.context.epsilon_mode == reading
        }
        assert len(points) == 25
        ends = [{min(axis), max(axis)} for axis in zip(*points, strict=True)]
        assert ends == [{0.1, 0.5}, {0.1, 0.5}]
        assert {p for p, _ in points} >= {0.25, 0.333333}
        assert settings.analysis.treatment == "contrastive@p0.25+epsilon0.25"


@pytest.mark.parametrize("seed", [0, 1])
def test_the_separating_case_is_the_theory_s(seed):
    """A similar context is near throughout, a one_near one in one place, whatever the target."""
    settings = load_config(FOLDER / "d3-alike.yaml")
    data = load_task(settings.task, seed)
    similarities = settings.similarity.build(data.pool, None)
    (index,) = similarities.values()
    for name, cells in {
        "random_similar": {"random", "similar"},
        "contrastive_plain": {"random", "similar", "one_near"},
    }.items():
        strategy = settings.strategies[name].context
        table = neighbour_table(index, data.train, "train", strategy.neighbours)
        contexts = draw_contexts(
            strategy, Source(data.pool, similarities), data.train,
            Hits(table.positions, table.scores), seed=seed, epoch=0, purpose="train",
        )  # fmt: skip
        assert {c.cell for c in contexts} == cells
        for context in contexts:
            near = sum(e.similarities["overlap"] == 1 for e in context.examples)
            assert context.k == 4
            assert {"similar": near == 4, "one_near": 1 <= near < 4}.get(context.cell, near < 4)
    assert "one_paraphrase" in settings.evaluation.modes


@pytest.fixture
def over_llm(tmp_path, monkeypatch):
    """An ablation with llm.yaml over it, on a file of pairs with long inputs."""
    shared = [e.input for e in pool_of(60).examples]
    texts = [f"{text} " + " ".join(f"{w}{i}" for w in "uvwxyz") for i, text in enumerate(shared)]
    pairs = [{"input": text, "output": text.upper()} for text in texts]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, pairs)))
    monkeypatch.setenv("PAIRS", str(tmp_path / "pairs.jsonl"))
    return lambda path, *more: load_config(
        path, [f"@{LLM}", "name=x", "model.name=some/model", "training.steps=60", *more]
    )


RATES = {1e-4, 2e-4, 4e-4}
K_OF_ITS_OWN = {"d3-alike": 4, "alves": "0-5"}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_llm_yaml_turns_an_ablation_into_one_for_a_real_llm(path, over_llm):
    """Arms, what they differ in, and what the pool holds stay as they are on the small base."""
    settings, small = over_llm(path), load_config(path)
    assert (settings.task.name, settings.model.name) == ("pairs", "some/model")
    assert (
        settings.task.clusters == small.task.clusters == {"d3-alike": 4, "d4": 1}.get(path.stem, 0)
    )
    assert settings.analysis.treatment == small.analysis.treatment
    assert settings.analysis.reference == small.analysis.reference
    own = [name for name in small.strategies if not name.startswith("drifts")]
    rated = [name for name in own if "@learning_rate" in name]
    assert [n for n in settings.strategies if "@learning_rate" not in n] == [
        n for n in own if n not in rated
    ]
    assert len(jobs_of(settings)) == len(own) * len(small.seeds)
    for name, arm in settings.strategies.items():
        kin, _, _ = name.partition("@learning_rate")
        same = next(
            a for n, a in small.strategies.items() if n.partition("@learning_rate")[0] == kin
        )
        k = K_OF_ITS_OWN.get(path.stem, K_OF_ITS_OWN.get(kin, "1-8"))
        assert arm.context == same.context.model_copy(update={"k": k}), name
        assert arm.kind == same.kind
        assert arm.training.steps == 60
        if name == kin:
            assert arm.training.learning_rate == 2e-4
    for kin in {name.partition("@")[0] for name in rated}:
        found = [a for n, a in settings.strategies.items() if n.startswith(f"{kin}@learning_rate")]
        assert {arm.training.learning_rate for arm in found} == RATES
    wanted = (
        {"attention-qkv", "attention", "all-linear"} if path.stem == "d6" else {"attention-qkv"}
    )
    assert {arm.adapter.targets for arm in settings.strategies.values()} == wanted


def _drawn(settings, name, data):
    similarities = settings.similarity.build(data.pool, None)
    strategy = settings.strategies[name].context
    table = neighbour_table(
        similarities[settings.similarity.retrieval.method], data.train, "train", strategy.neighbours
    )
    return draw_contexts(
        strategy, Source(data.pool, similarities, data.near_duplicate), data.train,
        Hits(table.positions, table.scores), seed=0, epoch=0, purpose="train",
    )  # fmt: skip


def _cluster_of(id):
    return id.partition(".")[0]


def test_with_pairs_the_top_of_d3_alike_is_one_cluster(over_llm):
    settings = over_llm(FOLDER / "d3-alike.yaml", "similarity.bands={method: overlap}")
    data = load_task(settings.task, 0)
    assert len(data.train) == len(data.pool) == 5 * len({_cluster_of(e.id) for e in data.train})
    for name in ("random_similar", "contrastive_plain"):
        contexts = _drawn(settings, name, data)
        assert {c.k for c in contexts} == {4}
        for target, context in zip(data.train, contexts, strict=True):
            own = sum(_cluster_of(e.example.id) == _cluster_of(target.id) for e in context.examples)
            assert {"similar": own == 4, "one_near": own >= 1}.get(context.cell, own < 4)


def test_with_pairs_the_pool_of_d4_has_each_input_twice(over_llm):
    settings = over_llm(FOLDER / "d4.yaml", "similarity={}")
    data = load_task(settings.task, 0)
    assert data.facts["planted"] * 2 == len(data.train) == len(data.pool)
    for target, context in zip(data.train, _drawn(settings, "similar", data), strict=True):
        assert any(_cluster_of(e.example.id) == _cluster_of(target.id) for e in context.examples)


def test_arms_of_a_seed_share_questions_and_each_rows_are_as_if_alone(tmp_path, monkeypatch):
    asked = []
    real = asking.questions
    monkeypatch.setattr(asking, "questions", lambda *a, **k: asked.append(1) or real(*a, **k))
    monkeypatch.setattr(asking, "_ASKED", {})
    made = make_job(tmp_path, "base", ALIGNMENT)
    settings = load_config(tmp_path / "config.yaml")
    folder = RunFolder(made)
    job.run_job(settings, folder, Job("zero", 3))
    assert len(asked) == 1
    job.run_job(settings, folder, Job("base", 4))
    assert len(asked) == 2
    shared = (made / "zero" / "seed-3" / "rows.parquet").read_bytes()
    asking._ASKED.clear()
    (made / "zero" / "seed-3" / "rows.parquet").unlink()
    job.run_job(settings, folder, Job("zero", 3))
    assert len(asked) == 3
    assert (made / "zero" / "seed-3" / "rows.parquet").read_bytes() == shared
    prompts = [
        [(r.mode, r.target_id, r.prompt) for r in read_rows(made / arm / "seed-3" / "rows.parquet")
         if r.strategy == arm]
        for arm in ("base", "zero")
    ]  # fmt: skip
    assert prompts[0] == prompts[1]
