"""A whole run with a paraphraser behind an API: asked first, read afterwards, told everywhere."""

import json
import re
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest
import yaml

import ictrain
from ictrain.config import load_config
from ictrain.errors import ConfigError, ContextError, ModelError, RunError
from ictrain.experiments.bench import bench_of
from ictrain.experiments.dry_run import dry_run
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import batches_of
from ictrain.experiments.look import look_at_contexts
from ictrain.experiments.paraphrasing.bar import shown
from ictrain.experiments.paraphrasing.command import paraphrase
from ictrain.experiments.paraphrasing.wanted import needs_of
from ictrain.experiments.run import jobs_of, run
from ictrain.experiments.tune.command import all_wanted, seeds_of
from ictrain.files import read_jsonl
from ictrain.paraphrase.asked import BudgetError, Kept
from ictrain.rows import read_rows
from ictrain.tasks import load_task
from tests.faulty_server import Fault, FaultyServer
from tests.paraphrase.kit import all_good, asked_in, good, times_answered, times_asked

CONFIG = """
name: small
seeds: [1, 2]
workers: 1
task:
  name: pairs
  train: FOLDER/train.jsonl
  tests: {id: FOLDER/test.jsonl}
  max_new_tokens: 6
  paraphrase:
    {method: llm, url: "URL", model: small-one, per_call: 4, backoff_s: 0.01, timeout_s: 2,
     price: {prompt: 1.0, completion: 4.0}}
model:
  tokenizer: made:bpe-300
  scratch: {hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2}
adapter: {peft: none}
prompt: {example: "{input} => {output}\\n", max_tokens: 256}
context: {k: 1-3, neighbours: 8}
training: {steps: 5, batch_size: 4, learning_rate: 1.0e-3}
evaluation: {modes: [none, random, one_paraphrase], k: 2}
probes: {items: 2, points: 2}
strategies: {contrastive: {context: {epsilon: 0.5}}}
"""
THINGS = ["ants", "bees", "cats", "dogs", "eels", "foxes", "gnus", "hens"]
TRAIN = [f"how many {t} are in the {p}" for t, p in product(THINGS, ("house", "garden", "river"))]
TESTS = [f"how many {t} are there today" for t in THINGS[:4]]


@pytest.fixture
def serve(tmp_path):
    """A config file and the server that it asks."""
    servers = []

    def made(answer=all_good, faults=lambda _prompt, _times: None) -> tuple[Path, FaultyServer]:
        servers.append(FaultyServer(answer, faults))
        for name, texts in (("train", TRAIN), ("test", TESTS)):
            lines = [json.dumps({"input": t, "output": f"count {t.split()[2]}"}) for t in texts]
            (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
        text = CONFIG.replace("FOLDER", str(tmp_path)).replace("URL", servers[-1].url)
        (tmp_path / "small.yaml").write_text(text)
        return tmp_path / "small.yaml", servers[-1]

    yield made
    for server in servers:
        server.close()


def ran(config: Path, *overrides: str, draws: bool = False):
    said: list[str] = []
    settings = load_config(config, overrides)
    with pytest.MonkeyPatch.context() as patch:
        if not draws:  # its figures take most of the time
            patch.setattr("ictrain.experiments.run.report", lambda *_: None)
        page = run(settings, config.parent / "runs", said.append)
    return RunFolder(config.parent / "runs" / settings.name), "\n".join(said), page


def drawn(config: Path, *overrides: str):
    """By job, the contexts of all its steps, as its own code draws them."""
    settings = load_config(config, overrides)
    folder = RunFolder(config.parent / "runs" / settings.name)
    found = {}
    for seed in settings.seeds:
        bench = bench_of(settings, folder, Job("contrastive", seed))
        batches, _ = batches_of(bench)
        steps = range(bench.arm.training.steps)
        found[seed] = [context for step in steps for context, _ in batches.drawn(step)]
    return found


def test_a_run_asks_for_what_its_epochs_draw_and_its_tests_need_and_for_no_more(serve):
    config, server = serve()
    folder, said, _ = ran(config)
    used = {
        context.target_id
        for contexts in drawn(config).values()
        for context in contexts
        for e in context.examples
        if e.role == "paraphrase"
    }
    ids = {e.id: e.input for e in load_task(load_config(config).task, 1).train}
    wanted = {ids[i] for i in used} | set(TESTS)
    assert 8 < len(wanted) < len(TRAIN)
    assert times_asked(server) == dict.fromkeys(wanted, 1)
    assert f"paraphrases: {len(wanted)} sentences, by small-one at {server.url}: about" in said
    (told,) = folder.record()["paraphrases"]
    assert (told["sentences"], told["without"]) == (len(wanted), 0)
    assert told["calls"] == sum(server.asked.values())
    assert told["money"] == pytest.approx(
        (told["prompt_tokens"] + 4 * told["completion_tokens"]) / 1e6
    )
    rows = [r for r in read_rows(folder.job(Job("contrastive", 1)) / "rows.parquet")
            if r.mode == "one_paraphrase"]  # fmt: skip
    assert len(rows) == len(TESTS)
    assert all(row.context_roles.count("paraphrase") == 1 for row in rows)
    assert any(frame in row.prompt for row in rows for frame in ("so then", "say now", "once more"))


def test_what_is_wanted_is_known_by_seed_and_settings_alone(serve):
    """Nothing that an API does or fails to do changes who is to get one."""
    config, _ = serve()
    settings = load_config(config)
    folder = RunFolder(config.parent / "runs" / "small")
    (before,) = needs_of(settings, folder)
    ran(config)
    (after,) = needs_of(settings, folder)
    assert before.targets == after.targets
    fewer = load_config(config, ["seeds=[1]", "evaluation.modes=[none]", "probes.items=0"])
    (part,) = needs_of(fewer, folder)
    assert {t.input for t in part.targets} < {t.input for t in before.targets}
    assert not {t.input for t in part.targets} & set(TESTS)
    probed = load_config(config, ["seeds=[1]", "evaluation.modes=[none]"])
    (more,) = needs_of(probed, folder)
    assert len({t.input for t in more.targets} & set(TESTS)) == 2
    assert needs_of(load_config(config, ["task.paraphrase={method: reword}"]), folder) == []
    none = ["evaluation.modes=[none]", "probes.items=0", "strategies={zero: {}}"]
    assert needs_of(load_config(config, none), folder) == []


def test_a_target_without_one_keeps_its_other_examples_and_is_told_of(serve):
    config, _ = serve()
    ran(config, "name=whole")
    whole = drawn(config, "name=whole")
    lost = {c.target_id for c in whole[1] if any(e.role == "paraphrase" for e in c.examples)}
    by_id = {e.id: e.input for e in load_task(load_config(config).task, 1).train}
    poor = by_id[min(lost)]
    config, server = serve(lambda p: "no" if poor in asked_in(p).values() else all_good(p))
    folder, said, page = ran(config, draws=True)
    assert (
        f"WARNING: 1 of {len(times_asked(server))} sentences got no valid paraphrase: no JSON (1)"
        in said
    )
    assert "have none: nothing could be asked, or no valid answer came" in said
    for seed, contexts in drawn(config).items():
        for mine, before in zip(contexts, whole[seed], strict=True):
            if by_id[mine.target_id] != poor or all(
                e.role != "paraphrase" for e in before.examples
            ):
                assert mine == before
                continue
            natural = [e.example.id for e in before.examples if e.role != "paraphrase"]
            assert {*natural} <= {e.example.id for e in mine.examples}
            assert (mine.k, mine.cell) == (before.k, before.cell)
            assert all(e.role != "paraphrase" for e in mine.examples)
    summary = folder.summary(Job("contrastive", 1))
    assert summary["without_paraphrase"] == 1
    assert folder.record()["paraphrases"][0]["without"] == 1
    text = page.read_text(encoding="utf-8")
    assert "got no valid paraphrase" in text


def test_jobs_only_read_and_a_run_goes_on_with_what_it_began_with(serve):
    config, server = serve()
    folder, _, _ = ran(config)
    asked = sum(server.asked.values())
    table = (folder.path / "paraphrases.jsonl").read_text()
    (config.parent / "runs" / "paraphrases.sqlite").unlink()
    for job in jobs_of(load_config(config)):
        (folder.job(job) / "job.json").unlink()
    server.close()
    again, said, _ = ran(config)
    assert (again.path / "paraphrases.jsonl").read_text() == table
    assert "paraphrases:" not in said  # not even looked up: the server is gone, and the cache
    assert sum(server.asked.values()) == asked


def test_a_new_arm_asks_only_for_what_it_adds(serve):
    config, server = serve()
    few = "strategies={contrastive: {context: {epsilon: 0.2}}}"
    folder, _, _ = ran(config, few)
    before = times_asked(server)
    lines = len(read_jsonl(folder.path / "paraphrases.jsonl"))
    more = few.replace("0.2}}}", "0.2}}, other: {context: {name: contrastive, epsilon: 0.9}}}")
    folder, said, _ = ran(config, more)
    after = times_asked(server)
    assert set(after.values()) == {1}
    added = len(after) - len(before)
    assert added > 0
    assert f"paraphrases: {added} sentences, by" in said
    assert len(read_jsonl(folder.path / "paraphrases.jsonl")) == lines + added
    assert len(folder.record()["paraphrases"]) == 2


def test_another_run_pays_nothing_for_the_same(serve):
    config, server = serve()
    ran(config)
    asked = sum(server.asked.values())
    _, said, _ = ran(config, "name=other", "training.learning_rate=0.01")
    assert "of them kept" in said
    assert "all are kept: 0 calls" in said
    assert sum(server.asked.values()) == asked


def test_a_budget_stops_a_run_before_its_jobs_and_more_of_it_goes_on(serve):
    config, server = serve()
    with pytest.raises(BudgetError, match=r"expected at most 2, the budget"):
        ran(config, "task.paraphrase.budget.calls=2", "task.paraphrase.concurrency=1")
    folder = RunFolder(config.parent / "runs" / "small")
    assert not any(folder.is_done(job) for job in jobs_of(load_config(config)))
    assert not (folder.path / "paraphrases.jsonl").exists()
    assert sum(server.asked.values()) == 2
    # Patience, prices and budget may change while the run's config stays the same.
    folder, said, _ = ran(config, "task.paraphrase.budget.calls=99", "task.paraphrase.timeout_s=9")
    assert "8 of them kept" in said
    assert set(times_asked(server).values()) == {1}
    with pytest.raises(RunError, match=r"task\.paraphrase\.count was 5 and is 4"):
        ran(config, "task.paraphrase.count=4", "task.paraphrase.at_least=3")


def test_an_api_that_refuses_stops_the_run_on_one_line(serve):
    config, server = serve(faults=lambda *_: Fault(401, '{"error": {"message": "who?"}}'))
    said: list[str] = []
    with pytest.raises(ModelError, match=r"401: who\?; put a valid key into .* OPENAI_API_KEY"):
        run(load_config(config), config.parent / "runs", said.append)
    assert any("0 of " in line and "sentences have theirs, kept in" in line for line in said)
    assert sum(server.asked.values()) <= 4  # the concurrency


def test_a_model_that_gives_nothing_at_all_stops_the_run(serve):
    config, _ = serve(lambda _: "{}")
    with pytest.raises(ModelError, match=r"no valid paraphrase in 8 answers: its id is missing"):
        ran(config)


@pytest.fixture
def dry(serve):
    def walk(*overrides: str):
        config, server = serve()
        said: list[str] = []
        found = dry_run(load_config(config, overrides), config.parent / "runs", said.append)
        return config, server, found, "\n".join(said)

    return walk


def test_a_dry_run_tells_calls_tokens_and_price_and_asks_nothing(dry):
    config, server, found, said = dry()
    assert not server.asked
    (line,) = found.paraphrases
    assert line in "paraphrases: " + said.split("paraphraser   ")[1]
    assert "0 calls of a language model" not in said
    assert "[to be asked for]" in said
    assert found.asked["id"]["one_paraphrase"].asked == len(TESTS)
    sentences = int(line.split()[1])
    ran(config)
    assert sentences == len(times_asked(server))
    calls = int(line.split("about ")[1].split()[0])
    assert calls == sum(server.asked.values()) == -(-sentences // 4)


def test_rules_still_cost_nothing(dry):
    _, server, found, said = dry("task.paraphrase={method: reword, template: 'now {input}'}")
    assert (found.paraphrases, server.asked) == ([], {})
    assert "made by rules: 0 calls of a language model" in said


def test_the_command_estimates_asks_and_shows_samples(serve):
    config, server = serve()
    settings, out = load_config(config), config.parent / "runs"
    said: list[str] = []
    paraphrase(settings, out, True, said.append)
    assert not server.asked
    assert "nothing was asked" in said[-1]
    assert not (out / "small" / "config.yaml").exists()
    said.clear()
    paraphrase(settings, out, False, said.append)
    text = "\n".join(said)
    asked = len(times_asked(server))
    assert f"with paraphrases{asked:>17,}" in text
    shown = [line.strip() for line in text.splitlines() if line.strip() in TRAIN + TESTS]
    assert len(shown) == min(asked, 20)
    assert f"    ~ {good(shown[0])[0]}" in text
    paraphrase(settings, out, True, said.append)
    assert "all are kept: 0 calls" in "\n".join(said)
    ran(config)  # the run finds all of it
    assert set(times_asked(server).values()) == {1}


def test_the_command_says_when_nobody_has_to_be_asked(serve):
    config, _ = serve()
    settings = load_config(config, ["task.paraphrase={method: reword}"])
    for estimate in (True, False):
        with pytest.raises(ConfigError, match="no model has to be asked"):
            paraphrase(settings, config.parent / "runs", estimate, lambda _: None)


@pytest.mark.slow
def test_the_command_line_killed_in_the_middle_goes_on(serve, tmp_path):
    held = [True]
    config, server = serve(
        faults=lambda _p, _t: Fault(hang_s=60) if held[0] and len(server.answered) >= 2 else None
    )
    command = [sys.executable, "-m", "ictrain", "paraphrase", str(config), "--out",
               str(tmp_path / "runs"), "task.paraphrase.timeout_s=60",
               "task.paraphrase.concurrency=1"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    settings = load_config(config)
    (need,) = needs_of(settings, RunFolder(tmp_path / "elsewhere" / "small"))
    store = Kept(settings.task.paraphrase, runs=tmp_path / "runs").store
    sentences = [w.sentence for w in need.wanted]
    while len(store.find(sentences)) < 8:
        assert process.poll() is None
        time.sleep(0.05)
    while sum(server.asked.values()) < 3:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    held[0] = False
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "8 of them kept" in done.stdout
    told = "1 call was under way when an earlier run was cut off: counted as paid for, at most "
    assert told in done.stdout
    assert times_answered(server) == dict.fromkeys(sentences, 1)


def test_contexts_are_shown_with_what_is_to_come(serve, monkeypatch, tmp_path):
    config, server = serve()
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    look_at_contexts(load_config(config), "contrastive", 1, 0, 3, said.append)
    assert any("near-duplicates are not asked for yet: ictrain paraphrase" in s for s in said)
    paraphrase(load_config(config, ["training.steps=6"]), Path("runs"), False, lambda _: None)
    said.clear()
    look_at_contexts(load_config(config), "contrastive", 1, 0, 24, said.append)
    assert not any("not asked for yet" in s for s in said)
    assert server.asked


def test_an_export_reads_what_is_kept_and_says_what_is_not(serve, tmp_path, monkeypatch):
    config, server = serve()
    monkeypatch.chdir(tmp_path)
    contexts = ictrain.Contexts.from_config(config, strategy="contrastive", seed=1)
    told = r"runs/paraphrases.sqlite: no near-duplicate was asked for yet; ictrain paraphrase CONF"
    with pytest.raises(ContextError, match=told):
        contexts.export(tmp_path / "out", "trl")
    paraphrase(load_config(config), Path("runs"), False, lambda _: None)
    before, said = sum(server.asked.values()), list[str]()
    contexts.export(tmp_path / "one", "trl", epochs=1, say=said.append)
    whole = (tmp_path / "one").rglob("*.jsonl")
    assert any(frame in file.read_text() for file in whole for frame in ("say now", "so then"))
    assert any(
        line.startswith("WARNING: ") and "have none" in line for line in said
    )  # 5 of 6 steps
    assert sum(server.asked.values()) == before


def test_a_tune_asks_once_for_what_any_candidate_may_draw(serve):
    config, server = serve()
    over = ["tune.epsilon=[0.0, 0.9]", "evaluation.modes=[none, one_paraphrase]",
            "task.split={dev: 0.2, test: 0}", "task.dev=null"]  # fmt: skip
    settings = load_config(config, over)
    whole = all_wanted(settings, seeds_of(settings))
    folder = RunFolder(config.parent / "runs" / "small-tune")
    (need,) = needs_of(whole, folder)
    superset = {t.input for t in need.targets}
    arm = settings.strategies["contrastive"]
    for epsilon, mode, cells in (
        (0.1, "insert", None),
        (0.9, "within_one_near", {"one_near": 1.0}),
        (0.9, "insert", {"random": 0.1, "similar": 0.9}),
    ):
        context = arm.context.model_copy(
            update={"epsilon": epsilon, "epsilon_mode": mode, "cells": cells}
        )
        one = settings.model_copy(
            update={
                "seeds": tuple(seeds_of(settings)),
                "strategies": {"contrastive": arm.model_copy(update={"context": context})},
                "evaluation": whole.evaluation,
                "probes": whole.probes,
            }
        )
        (drawn_by,) = needs_of(one, folder)
        assert {t.input for t in drawn_by.targets} <= superset
    assert not server.asked


def test_a_run_from_before_each_rule_had_its_own_settings_goes_on(serve):
    config, _ = serve()
    settings = load_config(config, ["task.paraphrase={method: literal_swap}"])
    folder = RunFolder(config.parent / "runs" / "small")
    folder.claim(settings)
    stored = yaml.safe_load((folder.path / "config.yaml").read_text())
    assert stored["task"]["paraphrase"] == {"method": "literal_swap"}
    stored["task"]["paraphrase"]["template"] = "tell me {input}"
    (folder.path / "config.yaml").write_text(yaml.safe_dump(stored))
    folder.check(settings)
    assert load_config(folder.path / "config.yaml") == settings
    with pytest.raises(RunError, match=r"another config: task\.paraphrase\."):
        folder.check(load_config(config))


def test_how_far_it_is_is_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch, capsys):
    said: list[str] = []
    monkeypatch.setattr("ictrain.experiments.paraphrasing.bar._EVERY", 0.0)
    with shown("paraphrases", "sentences", said.append) as tell:
        tell(4, 12)
    assert said == ["    paraphrases: 4 of 12 sentences"]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    said.clear()
    with shown("paraphrases", "sentences", said.append) as tell:
        tell(4, 12)
    assert said == []
    drawn_bar = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", capsys.readouterr().err)
    assert re.search(r"paraphrases .*4/12", drawn_bar)
