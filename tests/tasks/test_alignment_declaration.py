from __future__ import annotations

from dataclasses import replace

import pytest

from ictrain.contexts import StrategySettings, draw_contexts
from ictrain.errors import ConfigError
from ictrain.examples import normalise
from ictrain.randomness import rng
from ictrain.tasks import AlignmentSettings, load_task

SMALL = {"pool": 60, "fresh_pool": 50, "tests": 30, "dev": 20}


def load(seed=0, **values):
    return load_task(AlignmentSettings(**{**SMALL, **values}), seed)


def symbols(examples):
    return {symbol for e in examples for symbol in e.input.split()}


def test_a_seed_decides_everything_and_another_one_changes_it():
    assert load(3) == load(3) or load(3).pool.version == load(3).pool.version
    first, second = load(3), load(4)
    assert first.pool.version != second.pool.version
    assert first.tests["ood"].examples != second.tests["ood"].examples
    assert first.tests["ood"].examples == load(3).tests["ood"].examples


@pytest.mark.parametrize("clusters", [0, 1, 4])
def test_no_test_or_dev_input_stands_in_a_pool(clusters):
    data = load(clusters=clusters, pool=150, tests=150)
    for test in [*data.tests.values(), *data.dev.values()]:
        assert all(test.pool.group_of(e.input) < 0 for e in test.examples)
        assert all(data.pool.group_of(e.input) < 0 for e in test.examples)
    for name, test in data.tests.items():
        dev = {normalise(e.input) for e in data.dev[f"dev_{name}"].examples}
        assert not dev & {normalise(e.input) for e in test.examples}


def test_fresh_knowledge_is_fresh():
    data = load()
    trained = symbols(data.train)
    half = [s for e in data.tests["ood"].examples for s in e.input.split()]
    assert sum(s not in trained for s in half) / len(half) > 0.3
    ood = data.tests["ood"].pool
    assert ood.examples[: len(data.pool)] == data.pool.examples
    assert len(ood) == len(data.pool) + SMALL["fresh_pool"]


def test_changed_knowledge_contradicts_the_task_on_every_word():
    data = load()
    metric = {m.name: m for m in data.metrics}["acceptance"]
    by_task = [e.__class__(e.id, e.input, e.output, {"dictionary": "task"})
               for e in data.tests["changed"].examples]  # fmt: skip
    assert all(metric.score(e.output, e) == 0.0 for e in by_task)
    assert all(metric.score(e.output, e) == 1.0 for e in data.tests["changed"].examples)


def test_the_task_agrees_with_the_base_on_its_share():
    from ictrain.base import small_base
    from ictrain.tasks.alignment import Dictionary

    default = Dictionary.load(small_base() / "dictionary.json")
    metric = load(agree=0.3).metrics[0]
    agreeing = metric.dictionaries["task"].agreeing(default, 2)
    assert len(agreeing) == pytest.approx(0.3 * len(default), abs=1)
    assert not metric.dictionaries["changed"].agreeing(default, 2)


def test_near_duplicates_have_their_own_gold():
    data = load()
    metric = data.metrics[1]
    for target in data.tests["id"].examples:
        for make in (data.near_duplicate, data.unseen):
            made = make(target, rng(0, "test"))
            assert set(target.input.split()) <= set(made.input.split())
            assert made.input != target.input
            assert made.output != target.output
            assert metric.score(made.output, made) == 1.0


def test_scores_count_words_in_their_places():
    data = load()
    accepted, exact = data.metrics
    target = data.tests["id"].examples[0]
    a, b = target.output[:2], target.output[2:]
    assert [accepted.score(x, target) for x in (a + b, a, "", a + b + "zz")] == [1, 0.5, 0, 1]
    assert [exact.score(x, target) for x in (a + b, a, "", a + b + "zz")] == [1, 0, 0, 0]


def test_a_changed_near_duplicate_says_something_else_and_labels_it_rightly():
    data = load()
    metric = data.metrics[1]
    for target in data.tests["id"].examples:
        made = data.changed_duplicate(target, rng(0, "test"))
        assert len(set(target.input.split()) & set(made.input.split())) == 1
        assert metric.score(made.output, made) == 1.0


def test_a_cluster_has_the_same_symbols_throughout_and_has_an_end():
    data = load(clusters=4)
    groups = [data.train[i : i + 5] for i in range(0, 25, 5)]
    for group in groups:
        assert len({frozenset(e.input.split()) for e in group}) == 1
        assert len({e.input for e in group}) == 5
        assert all(data.metrics[1].score(e.output, e) == 1.0 for e in group)
    with pytest.raises(ConfigError, match="at most 7"):
        load(clusters=8)


def test_clusters_plant_near_duplicates_in_the_pool():
    data = load(clusters=1)
    inputs = {e.input for e in data.pool}
    assert all(" ".join(reversed(e.input.split())) in inputs for e in data.pool)
    assert SMALL["pool"] < len(data.pool) <= 2 * SMALL["pool"]


@pytest.mark.parametrize(("m", "length"), [(3, 2), (2, 4)])
def test_the_papers_settings_can_be_drawn(m, length):
    family = {"size": m, "length": length, "automata": {"branching": [1, 4]}}
    data = load(family=family, symbols=25, unseen_symbols=25, distribution="uniform", agree=0.0)
    assert len(symbols(data.pool)) <= 25
    assert {len(e.input.split()) for e in data.pool} == {m}
    assert {len(e.output) for e in data.pool} == {m * length}
    metric = data.metrics[0]
    assert all(metric.score(e.output, e) == 1.0 for e in data.pool)


def test_more_inputs_than_there_are_is_one_line():
    with pytest.raises(ConfigError, match="distinct input"):
        load(symbols=3, pool=60)


@pytest.mark.parametrize(("m", "length"), [(3, 2), (2, 4)])
def test_training_shows_no_dev_or_test_input_even_where_inputs_are_few(m, length):
    family = {"size": m, "length": length}
    data = load(family=family, symbols=24, unseen_symbols=24, pool=120, tests=60, dev=30)
    sets = [*data.dev.values(), *data.tests.values()]
    held_out = {e.input for one in sets for e in one.examples}
    strategy = StrategySettings(name="random", k=3, epsilon=0.9)

    def shown(source):
        drawn = draw_contexts(
            strategy, source, data.train, None, seed=0, epoch=0, purpose="train"
        )  # fmt: skip
        return {e.example.input for c in drawn for e in c.examples}

    source = data.training_source({})
    assert held_out & shown(replace(source, held_out=frozenset()))
    assert not held_out & shown(source)
