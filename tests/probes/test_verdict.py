"""The verdict on models that are of a kind by construction."""

from __future__ import annotations

import pytest

from ictrain.analysis.dynamics import ProbeRow, points
from ictrain.analysis.verdict import verdict, verdicts
from ictrain.metrics.alike import word_overlap
from ictrain.probes import probe
from ictrain.probes.scores import Slot, copies_whole, copy_score, follows, leans
from ictrain.randomness import rng, stable_hash
from ictrain.statistics import Bootstrap, Estimate
from tests.probes import test_measure
from tests.probes.test_measure import Kind, examples, first, nearest, noise, remembers, switches

items, task, judge = test_measure.items, test_measure.task, test_measure.judge


def anything(item, mode):
    found = examples(item, mode)
    draws = rng(0, f"kind/{mode}", 0, stable_hash(item.target.id))
    return found[int(draws.integers(len(found)))].example.output if found else ""


def verdict_on(rule, items, judge):
    rows = [
        ProbeRow("model", 0, 10, m.test_set, m.item, name, value)
        for m in probe(items, Kind(items, rule), judge, 8)
        for name, value in m.values.items()
    ]
    return verdicts(points(rows))["model", "id"]


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (remembers, "weights only"),
        (nearest, "context only"),
        (switches, "mixture"),
        (anything, "blind copier"),
        (first, "blind copier"),
        (noise, "undecided"),
    ],
)
def test_each_kind_is_told(rule, kind, items, judge):
    found = verdict_on(rule, items, judge)
    assert found.kind == kind, found.rule
    assert "follow [" in found.rule
    assert all(f"{rule}: " in found.rule for rule in ("copies", "reads", "knows"))


def test_an_interval_that_holds_the_limit_decides_nothing():
    sure = Estimate(0.9, 0.8, 1.0, 50, 50)
    unsure = Estimate(0.4, 0.3, 0.5, 50, 50)
    none = Estimate(0.0, 0.0, 0.0, 50, 50)
    probes = {"leans": unsure, "follow": unsure, "uncovered": sure, "copy_whole": none}
    probes |= {"constant": none, "near": sure}
    assert verdict(probes).kind == "undecided"
    assert verdict(probes | {"leans": sure}).kind == "mixture"
    assert verdict(probes | {"leans": none}).kind == "weights only"
    assert verdict(probes | {"leans": sure, "uncovered": none}).kind == "context only"


def test_undecided_says_which_comparison_was_not_sure_with_numbers_that_show_it():
    sure, none = Estimate(0.9, 0.8, 1.0, 50, 50), Estimate(0.0, 0.0, 0.0, 50, 50)
    close = Estimate(0.4, 0.3, 0.4441, 50, 50)
    probes = {"leans": sure, "follow": sure, "copy_whole": none, "constant": none,
              "uncovered": close, "near": Estimate(0.8884, 0.8, 1.0, 50, 50)}  # fmt: skip
    found = verdict(probes)
    assert found.kind == "context only"
    assert "knows: no, uncovered [0.3000, 0.4441] against 0.4442" in found.rule
    found = verdict(probes | {"near": Estimate(0.888, 0.8, 1.0, 50, 50)})
    assert found.kind == "undecided"
    assert "knows: not sure, uncovered [0.3000, 0.4441] against 0.4440" in found.rule
    assert "reads: yes, leans [0.80, 1.00] against 0.33" in found.rule
    assert found.words.endswith("not sure whether it knows the task by itself.")
    found = verdict(probes | {"near": Estimate(0.888, 0.8, 1.0, 50, 50), "leans": close})
    assert found.words.endswith(
        "not sure whether it reads its context and whether it knows the task by itself."
    )


def test_a_little_of_next_to_nothing_is_no_knowledge():
    """A copier whose labels never fit reaches next to nothing anywhere."""
    sure, none = Estimate(1.0, 0.9, 1.0, 60, 60), Estimate(0.0, -0.06, 0.06, 60, 60)
    probes = {"leans": sure, "follow": sure, "copy_whole": none,
              "constant": Estimate(0.03, 0.01, 0.05, 60, 60),
              "uncovered": Estimate(0.02, 0.0, 0.07, 60, 60),
              "near": Estimate(0.04, 0.02, 0.08, 60, 60)}  # fmt: skip
    assert verdict(probes).kind == "context only"
    # Where one answer is right nearly everywhere, the tenth is of what is left.
    high = Estimate(0.95, 0.9, 0.98, 999, 999)
    told = {"constant": high, "uncovered": Estimate(0.99, 0.985, 1.0, 999, 999), "near": sure}
    assert verdict(probes | told).kind == "mixture"


def test_blind_copying_is_held_against_a_copier_of_any_slot():
    third = Estimate(0.33, 0.22, 0.44, 64, 64)
    none = Estimate(0.0, 0.0, 0.05, 64, 64)
    probes = {"leans": third, "follow": third, "copy_whole": third, "uncovered": none,
              "constant": none, "near": none, "any_lean": third}  # fmt: skip
    assert verdict(probes | {"any_copy": third}).kind == "blind copier"  # of three examples
    assert verdict(probes).kind == "undecided"  # of four it would be half as much as it could
    # Who follows in most answers is no blind copier by what it copies in the rest.
    reads = {"follow": Estimate(0.7, 0.6, 0.8, 64, 64), "leans": Estimate(0.7, 0.6, 0.8, 64, 64)}
    assert verdict(probes | reads | {"any_copy": third}).kind == "context only"


def test_a_model_that_changes_a_label_to_fit_reads_though_it_repeats_none():
    """SQL with another name: the shuffled label never comes as it stands."""
    slots = [
        Slot("SELECT price FROM bikes WHERE bike = 'Ibis'", 1.0, marked=True),
        Slot("SELECT brand FROM bikes WHERE bike = 'Wren'", 0.1),
        Slot("SELECT count(*) FROM orders", 0.1),
    ]
    gold = ["SELECT sum(cost) FROM repairs WHERE bike = 'Lark'"]

    def told(answer, slots=slots, gold=gold):
        return leans("q", answer, slots, word_overlap, gold=gold)

    fitted = "SELECT price FROM bikes WHERE bike = 'Lark'"
    assert follows("q", fitted, slots, word_overlap) == 0
    assert told(fitted) == 1
    assert told(gold[0]) == told(slots[1].label) == told("who knows") == 0
    assert told("SELECT bike") == 0  # as like the one as the other
    assert told(fitted, gold=[slots[0].label]) is None  # to be right would be to lean
    assert told(fitted, slots=[*slots, Slot(slots[0].label, 0.1)]) is None


def test_a_model_that_wrong_labels_merely_put_off_does_not_read():
    """Zero-context fine-tuning on the demo: a shuffle halves its score, and it follows nothing."""
    sure, none = Estimate(0.8, 0.7, 0.9, 50, 50), Estimate(0.05, 0.02, 0.07, 50, 50)
    probes = {"follow": none, "leans": none, "copy_whole": none, "uncovered": sure, "near": sure}
    probes["constant"] = none
    assert verdict(probes | {"shuffle_loss": sure}).kind == "weights only"
    assert verdict(probes | {"leans": sure}).kind == "mixture"


def test_outputs_that_resemble_each_other_make_no_copier():
    """A table of SQL: every answer has most words of every label."""
    slots = [Slot(f"SELECT a FROM t WHERE b = '{i}'", 0.1) for i in range(3)]
    slots.append(Slot("SELECT a FROM t WHERE b = 'gold'", 1.0, marked=True))
    outside = [f"SELECT a FROM t WHERE b = '{i}'" for i in range(5, 9)]
    gold, own = ["SELECT a FROM t WHERE b = 'gold'"], "SELECT a FROM t WHERE b = 'gold'"

    def whole(answer, outside):
        return copies_whole("q", answer, slots, outside, word_overlap, gold=gold)

    assert copy_score("q", own, slots, word_overlap, gold=gold) > 0.8
    assert whole(own, outside) == 0
    assert whole(slots[1].label, outside) == 1
    assert whole("SELECT a FROM t WHERE b = '6'", outside) == -1
    assert whole(own, []) is None
    assert whole(own, outside[:2]) is None  # not as many as there are slots
    assert whole(slots[1].label, [s.label for s in slots]) == 0  # they stand everywhere


def test_few_classes_make_no_copier():
    """Of two classes, a wrong answer is what some slot says, whoever gave it."""
    slots = [Slot("no", 0.1), Slot("no", 0.1), Slot("yes", 1.0, marked=True)]
    assert copies_whole("q", "no", slots, ["no", "yes", "no"], word_overlap, gold=["yes"]) == 0
    assert copies_whole("q", "no", slots, ["no", "yes"], word_overlap, gold=["yes"]) is None
    far = ["perhaps", "maybe"]
    assert copies_whole("q", "no", slots, far, word_overlap, gold=["yes"]) == 1


def test_too_few_items_are_no_verdict_and_say_so(items, judge):
    rows = [
        ProbeRow("model", 0, 10, m.test_set, m.item, name, value)
        for m in probe(items[:5], Kind(items, remembers), judge, 8)
        for name, value in m.values.items()
    ]
    found = verdicts(points(rows, Bootstrap(min_clusters=20)))["model", "id"]
    assert found.kind == "undecided"
    assert "5 items, an interval needs 20" in found.rule


def test_without_a_paraphraser_it_says_what_was_not_probed():
    sure = Estimate(0.9, 0.8, 1.0, 50, 50)
    found = verdict({"uncovered": sure, "none": sure})
    assert found.kind == "undecided"
    assert "follow: no near-duplicates: the task has no paraphraser" in found.rule
    assert verdict({}).rule.startswith("no interval of leans: not probed")


def test_what_a_constant_answer_reaches_is_not_knowing():
    sure, none = Estimate(0.9, 0.8, 1.0, 50, 50), Estimate(0.0, 0.0, 0.0, 50, 50)
    some = Estimate(0.45, 0.4, 0.5, 50, 50)
    probes = {"leans": none, "follow": none, "copy_whole": none, "uncovered": some, "near": some}
    assert verdict(probes | {"constant": none}).kind == "weights only"
    assert verdict(probes | {"constant": Estimate(0.4, 0.3, 0.5, 50, 50)}).kind == "undecided"
    assert verdict(probes | {"constant": sure}).kind == "undecided"


def test_following_is_on_another_scale_than_the_score_and_does_not_raise_its_limit():
    """It follows every label and is right in .45 of .60: it reads, and knows."""
    sure, none = Estimate(1.0, 1.0, 1.0, 50, 50), Estimate(0.0, 0.0, 0.0, 50, 50)
    probes = {"leans": sure, "follow": sure, "copy_whole": none, "constant": none,
              "uncovered": Estimate(0.45, 0.4, 0.5, 50, 50),
              "near": Estimate(0.6, 0.5, 0.7, 50, 50)}  # fmt: skip
    assert verdict(probes).kind == "mixture"


def test_the_last_step_counts():
    rows = [
        ProbeRow("model", 0, step, "id", f"i{i}", name, value)
        for i in range(30)
        for name, by_step in {
            "follow": {0: 1.0, 9: 0.0},
            "leans": {0: 1.0, 9: 0.0},
            "uncovered": {0: 0.0, 9: 1.0},
            "copy_whole": {0: 0.0, 9: 0.0},
            "constant": {0: 0.0, 9: 0.0},
            "none": {0: 0.0, 9: 1.0},
        }.items()
        for step, value in by_step.items()
    ]
    assert verdicts(points(rows))["model", "id"].kind == "weights only"
