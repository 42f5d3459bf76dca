"""The verdict on models that are of a kind by construction."""

from __future__ import annotations

import pytest

from ictrain.analysis.dynamics import ProbeRow, points
from ictrain.analysis.verdict import verdict, verdicts
from ictrain.probes import probe
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


def test_an_interval_that_holds_the_limit_decides_nothing():
    sure = Estimate(0.9, 0.8, 1.0, 50, 50)
    unsure = Estimate(0.5, 0.4, 0.6, 50, 50)
    none = Estimate(0.0, 0.0, 0.0, 50, 50)
    probes = {"follow": unsure, "uncovered": sure, "copy_strict": none, "near": sure}
    assert verdict(probes).kind == "undecided"
    assert verdict(probes | {"follow": sure}).kind == "mixture"
    assert verdict(probes | {"follow": none}).kind == "weights only"
    assert verdict(probes | {"follow": sure, "uncovered": none}).kind == "context only"


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
    assert "follow: not probed" in found.rule


def test_the_last_step_counts():
    rows = [
        ProbeRow("model", 0, step, "id", f"i{i}", name, value)
        for i in range(30)
        for name, by_step in {
            "follow": {0: 1.0, 9: 0.0},
            "uncovered": {0: 0.0, 9: 1.0},
            "copy_strict": {0: 0.0, 9: 0.0},
        }.items()
        for step, value in by_step.items()
    ]
    assert verdicts(points(rows))["model", "id"].kind == "weights only"
