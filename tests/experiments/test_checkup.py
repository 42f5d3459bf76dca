"""The check-up on models that are of a kind by construction, behind a live server; and on runs."""

from __future__ import annotations

import csv
import json
import random
import re
import subprocess
import sys

import pytest

from ictrain.config import load_config
from ictrain.errors import ConfigError, RunError
from ictrain.experiments.checkup import Asked, checkup_settings
from ictrain.experiments.folder import RunFolder
from ictrain.experiments.run import jobs_of, run
from ictrain.rows import read_rows
from tests.faulty_server import FAULTS, Fault, FaultyServer
from tests.support import pool_of

CONFIG = """
name: small
seeds: [0]
workers: 1
task:
  name: pairs
  train: FOLDER/train.jsonl
  tests: {test: FOLDER/test.jsonl}
  max_new_tokens: 12
  paraphrase: {method: reword, template: "then {input}"}
model:
  tokenizer: made:bpe-300
  scratch: {hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2}
adapter: {r: 4, targets: all-linear}
prompt: {max_tokens: 512}
similarity: {bands: {method: overlap}}
context: {k: 1-2, neighbours: 8}
training: {steps: 4, batch_size: 4, learning_rate: 1.0e-2}
evaluation: {modes: [none, random, one_similar, one_paraphrase], k: 4}
strategies: {base: {kind: base}, zero: {}, random: {}}
"""


@pytest.fixture
def config(tmp_path):
    parts = [("train", pool_of(60).examples), ("test", pool_of(40, seed=9).examples)]
    for name, examples in parts:
        rows = [{"id": f"{name}{e.id}", "input": e.input, "output": e.output} for e in examples]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(text)
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG.replace("FOLDER", str(tmp_path)))
    return path


def parsed(prompt):
    *blocks, target = prompt.split("\n")
    pairs = [tuple(block.split(": ")) for block in blocks]
    return pairs, target.removesuffix(":")


def likeness(a, b):
    first, second = set(a.split()), set(b.split())
    return len(first & second) / len(first | second)


def lookup(prompt):
    return parsed(prompt)[1].upper()


def nearest(prompt):
    pairs, target = parsed(prompt)
    return max(pairs, key=lambda p: likeness(p[0], target))[1] if pairs else "NOTHING"


def any_label(prompt):
    pairs, _ = parsed(prompt)
    return random.Random(prompt).choice(pairs)[1] if pairs else "NOTHING"


def switch(prompt):
    pairs, target = parsed(prompt)
    close = [p for p in pairs if likeness(p[0], target) > 0.6]
    return close[0][1] if close else target.upper()


def noise(prompt):
    return f"NOISE {random.Random(prompt).random()}"


KINDS = {
    "weights only": lookup,
    "context only": nearest,
    "blind copier": any_label,
    "mixture": switch,
    "undecided": noise,
}


def asked_at(server, **changes):
    return Asked(endpoints=[f"it={server.url}#small-one"], api="completions", **changes)


def table(page, name):
    with (page.parent / "tables" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_a_kind_by_construction_gets_that_verdict(config, kind):
    server = FaultyServer(KINDS[kind])
    settings = checkup_settings(load_config(config), asked_at(server))
    page = run(settings, config.parent / "runs", lambda _: None)
    (told,) = table(page, "verdicts.csv")
    assert (told["strategy"], told["kind"]) == ("it", kind), told["rule"]
    assert f"<b>{kind}</b>" in page.read_text("utf-8")
    server.close()


def test_the_key_of_endpoints_may_be_named_and_changed_later_with_their_patience(config):
    server, said = FaultyServer(lookup), []
    asked = load_config(config, ["probes.items=0"])
    settings = checkup_settings(asked, asked_at(server, key="NO_SUCH_KEY"))
    assert settings.strategies["it"].endpoint.key == "NO_SUCH_KEY"
    run(settings, config.parent / "runs", said.append)
    before = sum(server.answered.values())
    values = settings.model_dump(mode="json")
    values["strategies"]["it"]["endpoint"] |= {"key": "", "timeout_s": 90, "concurrency": 2}
    run(type(settings).parse(values), config.parent / "runs", said.append)  # goes on
    assert sum(server.answered.values()) == before
    values["strategies"]["it"]["endpoint"]["extra"] = {"seed": 1}
    with pytest.raises(RunError, match="extra"):
        run(type(settings).parse(values), config.parent / "runs", said.append)
    server.close()


def test_no_probe_items_means_no_probes_and_an_endpoint_is_asked_no_more(config):
    server = FaultyServer(lookup)
    settings = checkup_settings(load_config(config, ["probes.items=0"]), asked_at(server))
    page = run(settings, config.parent / "runs", lambda _: None)
    server.close()
    assert "What each model is" not in page.read_text("utf-8")
    assert set(server.answered.values()) == {1}
    assert checkup_settings(load_config(config), asked_at(server)).probes.items == 64


def test_an_endpoint_that_fails_midway_ends_on_the_same_page(config):
    whole = FaultyServer(switch)
    asked = load_config(config)
    said: list[str] = []
    first = run(
        checkup_settings(asked, asked_at(whole, sweep=[2])), config.parent / "a", said.append
    )
    folder = RunFolder(config.parent / "a" / "small-evaluation")
    jobs = jobs_of(folder_settings := load_config(folder.path / "config.yaml"))
    assert folder_settings.evaluation.sweep == (2,)
    answers = len(folder.rows(jobs)) + len(folder.sweep(jobs))
    assert f": {answers} answers," in said[-1]  # those of the sweep too
    kinds = [FAULTS[n] for n in ("429", "500", "cut json", "no choices", "not json")]
    state = {"left": 200}

    def faults(prompt, times):
        state["left"] -= 1
        if state["left"] == 0:
            return Fault(403, '{"error": {"message": "no credit"}}')
        faulty = random.Random(prompt).random() < 0.2
        return kinds[len(prompt) % len(kinds)] if faulty and times == 0 else None

    server = FaultyServer(switch, faults)
    endpoint = {"url": server.url, "model": "small-one", "api": "completions", "backoff_s": 0.01}
    arms = {"it": {"kind": "endpoint", "endpoint": endpoint}}
    command = [
        sys.executable, "-c", "from ictrain.cli import main; main()", "evaluate", str(config),
        f"strategies={json.dumps(arms)}", "--k", "2", "--out", str(config.parent / "b"),
    ]  # fmt: skip
    stopped = subprocess.run(command, capture_output=True, text=True, check=False)
    assert stopped.returncode == 1
    assert "status 403: no credit" in stopped.stderr
    assert stopped.stderr.count("\n") == 1
    assert sum(server.answered.values()) > 100
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the page:" in done.stdout
    assert (
        "it on test: mixture. It knows the task by itself and reads its context.\n" in done.stdout
    )
    # Asked twice on purpose: for the share of equal answers to equal prompts, past the cache.
    twice = {p for p, n in whole.answered.items() if n > 1}
    assert {p for p, n in server.answered.items() if n > 1} == twice
    second = config.parent / "b" / "small-evaluation" / "report" / "index.html"
    for name in ("bands.csv", "modes.csv", "verdicts.csv", "sweep.csv"):
        assert table(first, name) == table(second, name)
    whole.close()
    server.close()


def test_adapters_and_models_of_a_run_answer_as_they_did_there(config):
    """The oracle is the run itself: same weights, same prompts, so the same rows."""
    settings, out = load_config(config), config.parent / "runs"
    run(settings, out, lambda _: None)
    folder = out / "small" / "random" / "seed-0"
    asked = checkup_settings(settings, Asked(models=[f"mine={folder / 'adapter'}"], sweep=[1]))
    page = run(asked, out, lambda _: None)
    theirs = read_rows(folder / "rows.parquet")
    mine = read_rows(out / "small-evaluation" / "mine" / "seed-0" / "rows.parquet")
    assert [(r.mode, r.target_id, r.prompt, r.output, r.scores) for r in mine] == [
        (r.mode, r.target_id, r.prompt, r.output, r.scores) for r in theirs
    ]
    counts = {(c["mode"], int(c["k"])) for c in table(page, "sweep.csv")}
    assert counts == {(m, k) for m in ("random", "one_similar", "one_paraphrase") for k in (1, 4)}
    text = page.read_text("utf-8")
    assert re.search(r"that: mine 100\.0% of [1-9]", text)
    assert "While it was trained" not in text


def test_a_changed_adapter_is_noticed(config):
    from ictrain.errors import RunError

    settings, out = load_config(config, ["strategies={random: {}}"]), config.parent / "runs"
    run(settings, out, lambda _: None)
    weights = out / "small" / "random" / "seed-0" / "adapter" / "adapter_model.safetensors"
    asked = checkup_settings(settings, Asked(models=[f"mine={weights.parent}"]))
    run(asked, out, lambda _: None)
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(RunError, match=r"adapter_model\.safetensors has changed since"):
        run(asked, out, lambda _: None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Asked(models=["/no/such/place"]), "/no/such/place: no such folder"),
        (Asked(models=["runs/small/no/adapter"]), "runs/small/no/adapter: no such folder"),
        (Asked(models=["a=x/one", "a=x/two"]), "two models are called 'a'"),
        (Asked(models=["x"], against="y"), "--against: unknown 'y'"),
        (Asked(endpoints=["http://here/v1"]), "expected URL#MODEL"),
        (Asked(endpoints=["here#m"]), "expected http://"),
    ],
)
def test_bad_names_are_told_on_one_line(config, asked, found):
    with pytest.raises(ConfigError, match=found):
        checkup_settings(load_config(config), asked)


def test_the_seed_is_that_of_a_runs_folder_and_of_no_other(config, tmp_path):
    made = []
    for arm, seed in [("a", 1), ("b", 2)]:
        folder = tmp_path / "run" / arm / f"seed-{seed}"
        (folder / "adapter").mkdir(parents=True)
        (folder / "job.json").write_text("{}")
        (folder / "adapter" / "adapter_config.json").write_text("{}")
        made.append(str(folder / "adapter"))
    assert checkup_settings(load_config(config), Asked(models=made[1:])).seeds == (2,)
    with pytest.raises(ConfigError, match=r"seeds \[1, 2\]"):
        checkup_settings(load_config(config), Asked(models=made))
    (tmp_path / "run" / "b" / "seed-2" / "job.json").unlink()  # bases/seed-2 looks like this
    assert checkup_settings(load_config(config), Asked(models=made)).seeds == (1,)


def test_a_run_folder_names_the_adapter_inside(config, tmp_path):
    inside = tmp_path / "run" / "zero" / "seed-3" / "adapter"
    inside.mkdir(parents=True)
    (inside / "adapter_config.json").write_text("{}")
    (inside.parent / "job.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"did you mean .*zero/seed-3/adapter"):
        checkup_settings(load_config(config), Asked(models=[str(tmp_path / "run")]))
    settings = checkup_settings(load_config(config), Asked(models=[str(inside)]))
    assert list(settings.strategies) == ["zero-seed-3"]
    assert settings.seeds == (3,)


def test_without_a_model_the_untrained_arms_are_asked(config):
    settings = checkup_settings(load_config(config), Asked())
    assert list(settings.strategies) == ["base"]
    only = load_config(config, ["strategies={zero: {}}"])
    with pytest.raises(ConfigError, match="no model to ask"):
        checkup_settings(only, Asked())
