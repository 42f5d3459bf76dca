"""Models that are of a kind by construction: every probe must tell them apart."""

from __future__ import annotations

import dataclasses

import pytest

from ictrain.errors import RunError
from ictrain.evaluation import EvaluationSettings
from ictrain.generation import Output
from ictrain.probes import PROBES, Judge, ProbeLog, ProbeSettings, Probing, noise_floor, probe
from ictrain.probes.asking import probe_set
from ictrain.probes.items import MODES
from ictrain.probes.judge import references
from ictrain.prompts import PromptSettings, Renderer
from ictrain.similarity import SimilaritySettings
from ictrain.similarity.roles import SimilarityRoles
from ictrain.tasks import AlignmentSettings, load_task
from tests.made_tokenizers import byte_level_bpe

ONE = ProbeSettings(items=100, test_sets=("id",))


class Kind:
    """A generator that reads the prompt's text and answers by a rule."""

    digest = "kind"

    def __init__(self, items, rule):
        self.rule, self.asked = rule, 0
        self.known = {
            tuple(prompt.ids): (item, mode)
            for item in items
            for mode, prompt in item.prompts.items()
        }

    def generate(self, requests):
        self.asked += len(requests)
        return [Output((1,), self.rule(*self.known[r.ids]), True) for r in requests]


def examples(item, mode):
    return item.contexts[mode].examples


def remembers(item, mode):
    return item.target.output


def nearest(item, mode):
    found = examples(item, mode)
    best = max(found, key=lambda e: e.similarities["overlap"], default=None)
    return best.example.output if best else ""


def first(item, mode):
    found = examples(item, mode)
    return found[0].example.output if found else ""


def switches(item, mode):
    found = examples(item, mode)
    near = [e for e in found if e.similarities["overlap"] >= 1]
    if not near:
        return item.target.output
    words = near[0].example.output  # of the same symbols in the other order
    return words[2:] + words[:2]


def noise(item, mode):
    return "zzzz"


@pytest.fixture(scope="module")
def task():
    return load_task(AlignmentSettings(tests=110, dev=2), 5)


@pytest.fixture(scope="module")
def items(task):
    # One test set: without context, equal inputs of two test sets are one prompt with two golds.
    return asked(task, ONE)


def asked(task, settings, window=4000):
    renderer = Renderer(PromptSettings(max_tokens=window), byte_level_bpe(), "bm25")
    roles = SimilarityRoles(bands=SimilaritySettings(method="overlap"))
    evaluation = EvaluationSettings(k=4)
    return probe_set(task, settings, evaluation, roles, renderer, seed=5, cache=None)


@pytest.fixture(scope="module")
def judge(task):
    return Judge(task.metrics[0], task.alike, "overlap")


def means(items, rule, judge):
    found = probe(items, Kind(items, rule), judge, 8)
    return {
        name: sum(values) / len(values)
        for name in PROBES
        if (values := [m.values[name] for m in found if name in m.values])
    }


def test_the_set_is_the_same_again_and_has_every_mode(task, items):
    again = asked(task, ONE)
    assert [(i.test_set, i.target.id) for i in items] == [(i.test_set, i.target.id) for i in again]
    assert len(items) == 100
    assert len(asked(task, ProbeSettings(items=4))) == 3 * 4
    assert all(tuple(item.prompts) == MODES for item in items)
    assert [i.prompts["random"].ids for i in items] == [i.prompts["random"].ids for i in again]


def test_a_lookup_table_reads_no_context(items, judge):
    found = means(items, remembers, judge)
    assert found["none"] == found["random"] == found["near"] == found["shuffled"] == 1
    assert found["uncovered"] == found["iwl"] == 1
    assert found["gain"] == found["distraction"] == found["shuffle_loss"] == 0
    assert found["follow"] == 0
    # The gold stands in another slot after the shuffle: copying, as the paper counts it.
    assert found["copy"] > 0.9
    assert found["copy_strict"] < 0.3


def test_a_copier_of_the_nearest_label_knows_nothing_by_itself(items, judge):
    found = means(items, nearest, judge)
    assert found["none"] == 0
    assert found["uncovered"] < 0.1
    assert found["follow"] == 1
    assert found["near"] < 0.1  # the words are right, their order is the near-duplicate's
    assert found["icl"] > 0.9
    assert found["copy_strict"] < 0.3


def test_a_blind_copier_repeats_labels_of_other_slots(items, judge):
    measured = probe(items, Kind(items, first), judge, 8)
    found = means(items, first, judge)
    assert found["copy"] > 0.6
    assert found["copy_strict"] > 0.6
    assert found["follow"] < 0.5
    assert {m.place for m in measured if m.place is not None} == {0}
    assert found["place"] == 0


def test_the_place_of_a_repeated_label_is_told_from_0_to_1(items, judge):
    def last(item, mode):
        shown = examples(item, mode)
        return shown[-1].example.output if shown else ""

    assert means(items, last, judge)["place"] == 1
    assert "place" not in means(items, noise, judge)


def test_a_metric_that_wants_all_answers_at_once_is_asked_once_for_all(items, judge):
    class Batch:
        name, calls = "batch", 0

        def score(self, output, reference):
            raise AssertionError("one at a time")

        def score_all(self, outputs, references):
            Batch.calls += 1
            pairs = zip(outputs, references, strict=True)
            return [judge.metric.score(o, r) for o, r in pairs]

        def stats(self, output, reference):
            return None

    plain = probe(items, Kind(items, first), judge, 8)
    batch = dataclasses.replace(judge, metric=Batch())
    assert probe(items, Kind(items, first), batch, 8, references(items, judge)) == plain
    assert Batch.calls == 1


def test_an_ideal_switch_is_right_with_and_without_and_follows(items, judge):
    found = means(items, switches, judge)
    assert found["none"] == found["uncovered"] == found["near"] == 1
    assert found["follow"] == 1
    assert found["shuffle_loss"] > 0.5


def test_noise_is_nothing(items, judge):
    found = means(items, noise, judge)
    assert found["near"] == found["none"] == found["follow"] == found["copy_strict"] == 0
    assert found["iwl"] == 1  # it always says the same: agreement alone is no knowledge


def test_equal_prompts_are_asked_once(items, judge):
    model = Kind(items, remembers)
    probe([*items, *items], model, judge, 8)
    assert model.asked == len({tuple(p.ids) for i in items for p in i.prompts.values()})


def test_without_a_paraphraser_the_other_probes_run(task, judge):
    alone = asked(dataclasses.replace(task, near_duplicate=None), ProbeSettings(items=5))
    assert all(tuple(item.prompts) == ("none", "random") for item in alone)
    found = means(alone, remembers, judge)
    assert found["none"] == found["iwl"] == 1
    assert not {"icl", "copy", "copy_strict", "follow", "near", "gain"} & found.keys()


def test_what_does_not_fit_is_left_out(task, judge):
    short = asked(task, ProbeSettings(items=5), window=40)
    assert all("none" in item.prompts for item in short)
    assert all(len(item.contexts["random"].examples) < 4 for item in short)
    assert means(short, remembers, judge)["none"] == 1


def test_a_step_is_probed_once_and_survives(items, judge, tmp_path):
    model = Kind(items, remembers)
    probing = Probing(items, model, judge, 8, tmp_path, frozenset({0, 3}))
    for step in (0, 1, 2, 3, 3, 0):
        probing.at(step)
    once = model.asked
    Probing(items, model, judge, 8, tmp_path, frozenset({0, 3})).at(3)
    assert model.asked == once
    log = ProbeLog(tmp_path).read()
    assert list(log) == [0, 3]
    assert log[3] == probe(items, Kind(items, remembers), judge, 8)


def test_a_file_that_no_probe_wrote_is_told(tmp_path):
    (tmp_path / "step-000001.json").write_text('{"step": 1}')
    with pytest.raises(RunError, match=r"step-000001\.json: not what a probe wrote"):
        ProbeLog(tmp_path).read()


def test_the_noise_floor_compares_one_by_one_with_many_at_once(items):
    class Unsteady(Kind):
        def __init__(self, tokens):
            super().__init__(items, remembers)
            self.tokens = tokens

        def generate(self, requests):
            return [
                Output((self.tokens,) if i < 3 else (1,), "", True) for i, _ in enumerate(requests)
            ]

    prompts = {tuple(p.ids) for i in items for p in i.prompts.values()}
    assert noise_floor(items, Unsteady, 8) == (1 - 3 / len(prompts), len(prompts))
    assert noise_floor([], Unsteady, 8) == (1, 0)


def test_steps_are_log_spaced_with_both_ends():
    steps = ProbeSettings(items=9, points=8).steps(800)
    assert (steps[0], steps[-1], len(steps)) == (0, 800, 8)
    assert steps == sorted(set(steps))
    assert ProbeSettings(items=9, every=300).steps(800) == [0, 300, 600, 800]
    assert ProbeSettings(items=0).steps(800) == []
    assert ProbeSettings(items=9).steps(1) == [0, 1]
    assert ProbeSettings().steps(800) == []


def test_iwl_and_icl_have_a_measure_of_their_own_where_the_task_has_one(items, judge):
    """All that they compare is asked at once, and nothing else is compared by it."""
    asked = []

    def agreement(triples):
        asked.append(triples)
        return [0.25 + 0.5 * (hypothesis == reference) for _, hypothesis, reference in triples]

    other = dataclasses.replace(judge, agreement=agreement)
    ours, theirs = (probe(items, Kind(items, switches), j, 8) for j in (other, judge))
    (triples,) = asked
    assert len(triples) == len(set(triples))
    by_hand = {
        (item.test_set, item.target.id): 0.25
        + 0.5 * (switches(item, "random") == switches(item, "none"))
        for item in items
    }
    assert {(m.test_set, m.item): m.values["iwl"] for m in ours} == by_hand
    assert all(0.25 <= m.values["icl"] <= 0.75 for m in ours)
    assert any(m.values["icl"] != t.values["icl"] for m, t in zip(ours, theirs, strict=True))
    for mine, other_one in zip(ours, theirs, strict=True):
        same = set(mine.values) - {"iwl", "icl"}
        assert {n: mine.values[n] for n in same} == {n: other_one.values[n] for n in same}
