"""`ictrain tune` as a whole: dev alone, killed and gone on, honest; what it writes can be run."""

from __future__ import annotations

import csv
import dataclasses
import json
import signal
from types import SimpleNamespace

import pytest

from ictrain.config import load_config
from ictrain.contexts import StrategySettings
from ictrain.errors import ConfigError, RunError
from ictrain.evaluation import EvaluationSettings
from ictrain.evaluation import tests_of as sets_of
from ictrain.examples import Example, PoolSnapshot
from ictrain.experiments import bench
from ictrain.experiments.tune import command, measure, tune
from ictrain.experiments.tune.command import best_settings, seeds_of
from ictrain.experiments.tune.measure import key_of, settings_of
from ictrain.experiments.tune.tables import Tuned
from ictrain.experiments.tune.verdict import judge
from ictrain.files import read_jsonl
from ictrain.generation import HuggingFaceGenerator
from ictrain.search import Ask, Candidate, Found, Outcome, Trial
from ictrain.tasks import TestSet, load_task
from tests.analysis.test_candidates import BANDS, HOW, rows_of
from tests.experiments.tune_child import POINTS, child, little
from tests.training.forked import FORK, start_server


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A tune that was left alone, watched for whatever it asks."""
    out = tmp_path_factory.mktemp("tuned")
    said, asked = [], []
    real_load, real_generate = load_task, HuggingFaceGenerator.generate

    class Forbidden(dict):
        def __getattribute__(self, name):
            raise AssertionError("a tune looked at a test set")

    def without_tests(settings, seed):
        return dataclasses.replace(real_load(settings, seed), tests=Forbidden())

    def watched(self, requests):
        asked.extend(request.text for request in requests)
        return real_generate(self, requests)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "load_task", without_tests)
        patch.setattr(command, "load_task", without_tests)
        patch.setattr(HuggingFaceGenerator, "generate", watched)
        tune(little(), out, said.append)
    return out / "little-tune", said, asked


def table(folder):
    return list(csv.DictReader((folder / "trials.csv").read_text().splitlines()))


def without_times(folder):
    timed = ("training_seconds", "seconds")
    return [{k: v for k, v in line.items() if k not in timed} for line in table(folder)]


def test_no_test_item_is_ever_asked(tuned):
    _, _, asked = tuned
    inputs = {text.rstrip().splitlines()[-1].rsplit(":", 1)[0] for text in asked}
    data = [load_task(little().task, seed) for seed in seeds_of(little())]
    dev = {e.input for d in data for e in d.dev["dev_id"].examples}
    tests = {e.input for d in data for t in d.tests.values() for e in t.examples}
    assert len(asked) > 200
    assert len(inputs) > 20
    assert inputs <= dev
    assert not (inputs & (tests - dev))


def test_every_rung_and_the_comparison_are_in_the_table(tuned):
    folder, _, _ = tuned
    lines = table(folder)
    search = [(int(x["steps"]), int(x["trial"])) for x in lines if x["phase"] == "search"]
    assert [t for s, t in sorted(search) if s == 3] == [0, 1, 2, 3]
    assert len([t for s, t in search if s == 6]) == 3
    assert len([t for s, t in search if s == 12]) == 2
    assert (12, 0) in search
    final = [x for x in lines if x["phase"] == "comparison"]
    record = json.loads((folder / "record.json").read_text())
    assert len(final) == 4 * bool(record["verdict"]["comparisons"])
    for line in lines:
        lows = [float(v) for k, v in line.items() if k.endswith(" low") and v]
        assert float(line["score"]) == min(lows)
        assert abs(sum(float(line[c]) for c in ("random", "similar", "one_near")) - 1) < 1e-6
    assert {k: lines[0][k] for k in ("random", "similar", "one_near", "k")} == {
        "random": "0.25", "similar": "0.25", "one_near": "0.5", "k": "1-3",
    }  # fmt: skip


def test_what_it_cost_is_the_sum_of_what_each_training_cost(tuned):
    folder, said, _ = tuned
    record, lines = json.loads((folder / "record.json").read_text()), table(folder)
    everything = record["costs"]["all"]
    assert everything["trainings"] == len(lines)
    assert everything["steps"] == sum(int(x["steps"]) for x in lines)
    assert everything["tokens"] == sum(int(x["tokens"]) for x in lines) > 1000
    assert everything["seconds"] == pytest.approx(sum(float(x["seconds"]) for x in lines))
    assert any(f"4 candidates, {len(lines)} trainings" in line for line in said)


def test_the_page_and_best_yaml_say_what_was_found_and_best_yaml_is_a_config(tuned):
    folder, said, _ = tuned
    record = json.loads((folder / "record.json").read_text())
    sentence, taken = record["verdict"]["sentence"], record["verdict"]["trial"]
    assert sentence in said
    page = (folder / "report" / "index.html").read_text()
    assert sentence.replace("'", "&#39;") in page
    assert page.count("<svg") == 2
    assert "http" not in page.replace("http://www.w3.org", "")
    best = load_config(folder / "best.yaml")
    assert best.name == "little-best"
    assert sentence in (folder / "best.yaml").read_text().splitlines()[0]
    values = {int(x["trial"]): x for x in table(folder)}[taken]
    mixture = best.strategies["contrastive"].context.mixture()
    for cell in ("random", "similar", "one_near"):
        assert mixture.get(cell, 0.0) == pytest.approx(float(values[cell]))
    assert best.strategies["zero"] == little().strategies["zero"]
    assert best.evaluation.split == "test"


def test_weights_of_candidates_are_not_kept(tuned):
    folder, _, _ = tuned
    assert not list(folder.rglob("*.safetensors"))
    assert not list(folder.rglob("optimizer.pt"))


def test_the_same_command_again_trains_nothing(tuned, monkeypatch):
    folder, _, _ = tuned
    before = (folder / "trials.jsonl").read_bytes()
    table_before = without_times(folder)
    monkeypatch.setattr(measure, "run_job", lambda *_: pytest.fail("trained again"))
    said = []
    tune(little(), folder.parent, said.append)
    assert any("trainings are measured already" in line for line in said)
    assert (folder / "trials.jsonl").read_bytes() == before
    assert without_times(folder) == table_before


def test_another_search_in_the_same_folder_is_refused(tuned):
    folder, _, _ = tuned
    with pytest.raises(RunError, match=r"tune\.seed was 0 and is 5"):
        tune(little(tune={"seed": 5}), folder.parent, lambda _: None)
    with pytest.raises(RunError, match="holds a run of another config"):
        tune(little(training={"batch_size": 3}), folder.parent, lambda _: None)


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_and_gone_on_loses_no_finished_trial(tuned, tmp_path, point):
    start_server()

    def call(where):
        process = FORK.Process(target=child, args=(str(tmp_path), where))
        process.start()
        process.join(300)
        return process.exitcode

    assert call(point) == -signal.SIGKILL
    log = tmp_path / "little-tune" / "trials.jsonl"
    before = log.read_bytes() if log.exists() else b""
    assert call("") == 0
    assert log.read_bytes().startswith(before)
    keys = [line["key"] for line in read_jsonl(log)]
    assert len(set(keys)) == len(keys)
    assert without_times(tmp_path / "little-tune") == without_times(tuned[0])


def outcome_of(final_seeds=(1, 2, 3, 4)):
    candidate = Candidate(StrategySettings(name="contrastive"), 1e-3)
    found = Found(0.5, "dev low")
    trials = [Trial(n, candidate, {}, {90: found}, dict.fromkeys(final_seeds, found))
              for n in (0, 1)]  # fmt: skip
    return Outcome(trials, [90], [1])


def verdict_on(first, own):
    rows = {0: own, 1: first}
    return judge(outcome_of(), lambda n, _: rows[n], rows, HOW, BANDS)


def test_two_identical_candidates_are_within_noise():
    chance = {"low": 0.7, "high": 0.8}
    own, first = (rows_of(n, chance, shake=0.02) for n in ("own", "first"))
    found = verdict_on(first, own)
    assert found.keep
    assert found.sentence.startswith("Keep the default: within noise; the best finalist (trial 1)")


def test_a_better_one_is_taken_and_a_worse_one_is_told():
    low, high = ({"low": p, "high": 0.95} for p in (0.5, 0.85))
    own, first = rows_of("own", low, items=200), rows_of("first", high, items=200)
    found = verdict_on(first, own)
    assert (found.trial, found.keep) == (1, False)
    assert found.sentence.startswith("Take trial 1: on dev items that the search has not seen")
    assert "worse elsewhere" not in found.sentence
    dear = rows_of("first", {"low": 0.8, "high": 0.82}, items=200)
    assert " It is worse elsewhere: dev high −0." in verdict_on(dear, own).sentence
    turned = verdict_on(own, first)
    assert turned.keep
    assert turned.sentence.startswith("Keep the default: it is better;")


def test_one_final_seed_decides_nothing():
    own, first = (
        rows_of(n, {"low": p, "high": p}, seeds=(1,)) for n, p in (("a", 0.1), ("b", 0.9))
    )
    found = verdict_on(first, own)
    assert found.keep
    assert "one seed cannot tell" in found.sentence


def test_halves_of_dev_are_apart_whole_and_keep_equal_inputs_together():
    texts = [f"word {i // 2}" + " " * (i % 2) for i in range(300)]
    examples = tuple(Example(str(i), t, "y") for i, t in enumerate(texts))
    data = load_task(little().task, 0)
    pool = PoolSnapshot.of(examples[:10])
    data = dataclasses.replace(data, dev={"dev": TestSet(examples, pool)})
    halves = [sets_of(data, EvaluationSettings(split="dev", half=h))["dev"].examples
              for h in ("search", "held_back")]  # fmt: skip
    ids = [{e.id for e in half} for half in halves]
    assert not ids[0] & ids[1]
    assert len(ids[0] | ids[1]) == 300
    assert 100 < len(ids[0]) < 200
    assert not {e.input.strip() for e in halves[0]} & {e.input.strip() for e in halves[1]}
    with pytest.raises(ConfigError, match="split: dev"):
        EvaluationSettings.parse({"half": "search"})


def test_a_candidates_run_is_the_config_with_its_values_and_shorter():
    settings, context = little(), StrategySettings(name="contrastive", tau=7)
    ask = Ask(3, Candidate(context, 1e-4), 6, 1, held_back=True)
    own = settings_of(settings, ask, {"dev_id": ("low",)})
    arm = own.strategies["trial-003@6"]
    assert (arm.context, arm.training.steps, arm.training.warmup_steps) == (context, 6, 1)
    assert arm.training.learning_rate == 1e-4
    assert (own.evaluation.split, own.evaluation.half) == ("dev", "held_back")
    assert own.evaluation.modes == ("random", "one_paraphrase")
    assert own.probes.items == 0
    assert key_of(ask) != key_of(dataclasses.replace(ask, held_back=False))


def test_the_runs_own_seeds_are_left_for_the_run():
    assert seeds_of(little()) == [0, 1, 2]
    assert seeds_of(little(seeds=[1, 0])) == [2, 3, 4]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"tune": {"strategy": "contrastve"}}, "did you mean 'contrastive'"),
        ({"strategies": {"contrastive": {"kind": "base"}}}, "nothing of it is trained"),
        ({"tune": {"strategy": "zero"}}, "'zero' has none of the cells random, similar, one_near"),
        ({"task": {"dev": 6}}, "dev items in the smaller half"),
        ({"evaluation": {"worst_over": {"dev": ["low"]}}}, "unknown dev set 'dev'"),
    ],
)
def test_what_cannot_be_tuned_is_told_before_anything_is_trained(changed, found, tmp_path):
    with pytest.raises(ConfigError) as error:
        tune(little(**changed), tmp_path, lambda _: None)
    assert found in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_task_without_dev_is_refused_with_a_mend(tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_text("input,output\n" + "".join(f"word {i},{i}\n" for i in range(60)))
    task = {"name": "pairs", "train": str(file), "split": {"dev": 0, "test": 0.2}}
    settings = little(analysis={"metric": None}).model_copy(update={"task": _pairs(task)})
    with pytest.raises(ConfigError) as error:
        tune(settings, tmp_path / "runs", lambda _: None)
    assert "the task has no dev set" in str(error.value)
    assert "task.split=" in str(error.value)


def _pairs(values):
    from ictrain.tasks import PairsSettings

    return PairsSettings.parse(values)


def test_best_settings_change_the_arm_and_nothing_else():
    settings = little()
    candidate = Candidate(StrategySettings(name="contrastive", tau=3.0), 1e-3)
    outcome = Outcome([Trial(0, candidate, {})], [3])
    best = best_settings(settings, outcome, 0)
    assert best.strategies["contrastive"].context.tau == 3.0
    assert best.strategies["contrastive"].training.learning_rate == 1e-3
    same = best.model_copy(update={"name": "little", "strategies": settings.strategies})
    assert same == settings


@pytest.mark.parametrize(
    ("rungs", "told"), [([6], "1 candidate, 1 training, 6"), ([6, 12], "1 candidate, 2 trainings,")]
)
def test_one_of_a_thing_is_told_as_one(rungs, told):
    found = Found(score=0.1, band="id low", bands={}, tokens=9, training=1.0, wall=2.0)
    trial = SimpleNamespace(rungs=dict.fromkeys(rungs, found), final={})
    outcome = SimpleNamespace(trials=[trial], steps=rungs)
    assert Tuned(None, outcome, None, {}, [0], 2.0).cost_sentence().startswith(told)
