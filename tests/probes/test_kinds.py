"""Models of a kind by construction get its word at the size that the check-up takes by itself."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from ictrain.analysis.dynamics import ProbeRow, points
from ictrain.analysis.verdict import verdicts
from ictrain.evaluation import EvaluationSettings
from ictrain.experiments.checkup import _ITEMS
from ictrain.probes import Judge, ProbeSettings, probe
from ictrain.probes.asking import probe_set
from ictrain.probes.judge import references
from ictrain.prompts import PromptSettings, Renderer
from ictrain.randomness import rng, stable_hash
from ictrain.similarity import SimilaritySettings
from ictrain.similarity.roles import SimilarityRoles
from ictrain.tasks import AlignmentSettings, load_task
from tests.made_tokenizers import byte_level_bpe
from tests.probes.test_measure import Kind, examples, nearest, noise, remembers, switches

SEEDS, MUST = range(8), 7
"""Draws of the demo's task, and how many of them must give the word; an interval of 95 % may miss
now and then."""


@cache
def asked(seed, k, names=("id", "ood")):
    """The demo's task; items of its test sets; judge; references."""
    task = load_task(AlignmentSettings(), seed)
    renderer = Renderer(PromptSettings(max_tokens=4000), byte_level_bpe(), "bm25")
    roles = SimilarityRoles(bands=SimilaritySettings(method="overlap"))
    judge = Judge(task.metrics[0], task.alike, "overlap")
    sets = {}
    for name in names:
        settings = ProbeSettings(items=_ITEMS, k=k, test_sets=(name,))
        sets[name] = probe_set(
            task, settings, EvaluationSettings(k=4), roles, renderer, seed=seed, cache=None
        )
    known = {name: references(items, judge) for name, items in sets.items()}
    return task, sets, judge, known


def draw(seed, item, purpose):
    return rng(seed, f"kinds/{purpose}", 0, stable_hash(item.target.id))


def with_chance(share, rule, other, per_mode=True):
    """A rule in a share of the items, another in the rest; not per_mode: the same for all asks."""

    def mixed(seed, task, item, mode):
        purpose = f"{rule.__name__}/{mode if per_mode else ''}"
        chosen = rule if draw(seed, item, purpose).random() < share else other
        return chosen(seed, task, item, mode)

    return mixed


def plainly(rule):
    def told(seed, task, item, mode):
        return rule(item, mode)

    told.__name__ = rule.__name__
    return told


def junk(seed, task, item, mode):
    return "".join("qxzjkv"[i] for i in draw(seed, item, f"junk/{mode}").integers(6, size=4))


def any_label(seed, task, item, mode):
    found = examples(item, mode)
    return found[int(draw(seed, item, mode).integers(len(found)))].example.output if found else ""


def last_slot(seed, task, item, mode):
    found = examples(item, mode)
    return found[-1].example.output if found else ""


def pool_label(seed, task, item, mode):
    pool = task.pool.examples
    return pool[int(draw(seed, item, mode).integers(len(pool)))].output


def empty(seed, task, item, mode):
    return ""


def noisy(knows, reads):
    """Reads the near-duplicate, where there is one, in a share of the asks; else knows a share."""
    by_heart = with_chance(knows, plainly(remembers), junk, per_mode=False)
    by_heart.__name__ = "by_heart"
    reading = with_chance(reads, plainly(switches), by_heart)

    def rule(seed, task, item, mode):
        near = any(e.similarities["overlap"] >= 1 for e in examples(item, mode))
        return (reading if near else by_heart)(seed, task, item, mode)

    return rule


KINDS = {
    "lookup table": (plainly(remembers), "weights only"),
    "lookup table of .7": (
        with_chance(0.7, plainly(remembers), junk, per_mode=False),
        "weights only",
    ),
    "copier of the nearest label": (plainly(nearest), "context only"),
    "copier of any label": (any_label, "blind copier"),
    "copier of the last slot": (last_slot, "blind copier"),
    "ideal switch": (plainly(switches), "mixture"),
    "knows .7, reads .7": (noisy(0.7, 0.7), "mixture"),
    "knows .9, reads .6": (noisy(0.9, 0.6), "mixture"),
    "constant junk": (plainly(noise), "undecided"),
    "says nothing": (empty, "undecided"),
    "labels of the pool": (pool_label, "undecided"),
}


def told(rule, seed, name, k=4):
    task, sets, judge, known = asked(seed, k) if k == 4 else asked(seed, k, ("id",))
    items = sets[name]
    answers = Kind(items, lambda item, mode: rule(seed, task, item, mode))
    rows = [
        ProbeRow("it", seed, 1, m.test_set, m.item, probed, value)
        for m in probe(items, answers, judge, 8, known[name])
        for probed, value in m.values.items()
    ]
    return verdicts(points(rows))["it", name]


@pytest.mark.parametrize("name", ["id", "ood"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gets_its_word_at_the_size_that_a_check_up_takes(kind, name):
    rule, word = KINDS[kind]
    found = [told(rule, seed, name) for seed in SEEDS]
    words = Counter(one.kind for one in found)
    assert words[word] >= MUST, [one.rule for one in found]
    assert set(words) <= {word, "undecided"}, [one.rule for one in found]


FEWER = SEEDS[:4]


@pytest.mark.parametrize(("k", "must"), [(3, 2), (8, 4)])
@pytest.mark.parametrize("kind", ["copier of any label", "copier of the last slot"])
def test_a_blind_copier_is_told_at_every_number_of_examples(kind, k, must):
    """With three, one slot alone is counted: it takes more items to be sure."""
    words = Counter(told(KINDS[kind][0], seed, "id", k).kind for seed in FEWER)
    assert words["blind copier"] >= must, words
    assert set(words) <= {"blind copier", "undecided"}


@pytest.mark.parametrize("k", [3, 8])
@pytest.mark.parametrize("kind", ["copier of the nearest label", "lookup table", "ideal switch"])
def test_the_others_are_told_at_every_number_of_examples(kind, k):
    rule, word = KINDS[kind]
    assert [told(rule, seed, "id", k).kind for seed in FEWER] == [word] * len(FEWER)


def test_a_copier_of_any_slot_is_what_it_is_held_against():
    """Its expectation, item by item: (k - 2) / k of copy_whole and 1 / k of leans."""
    for k in (3, 4, 8):
        known = asked(0, k, ("id",))[3]["id"]
        means = {
            name: sum(one[name] for one in known.values()) / len(known)
            for name in ("any_copy", "any_lean")
        }
        assert means["any_copy"] == pytest.approx((k - 2) / k, abs=0.05)
        assert means["any_lean"] == pytest.approx(1 / k, abs=0.02)


def test_who_neither_knows_nor_reads_is_told_so():
    assert "right neither by itself nor" in told(plainly(noise), 0, "id").words
