"""Against a known score: the optimum is found, bad ones are stopped, nothing depends on a kill."""

from __future__ import annotations

import statistics

import pytest

from ictrain.search import TuneSettings
from ictrain.search.halving import ranking, rung_steps, same_order, survivors
from tests.search.kit import SEEDS, Stub, distance, searched, space

START = distance(space().default)


def best_of(outcome):
    trials = {t.number: t for t in outcome.trials}
    return trials[ranking(outcome.at(outcome.steps[-1]))[0]]


def test_the_optimum_of_a_known_score_is_found():
    outcome = searched(Stub(), trials=60)
    assert distance(best_of(outcome).candidate) < 0.06
    assert START > 0.3
    assert outcome.finalists == [best_of(outcome).number]


def test_tpe_comes_closer_than_chance_on_the_mean_of_several_searches():
    def closest(sampler):
        found = [searched(Stub(), trials=30, sampler=sampler, seed=s) for s in range(8)]
        return statistics.fmean(distance(best_of(o).candidate) for o in found)

    assert closest("tpe") < 0.75 * closest("random")


def test_bad_candidates_are_stopped_and_the_configs_own_never_is():
    stub = Stub(lambda ask: 0.0 if ask.trial == 0 else 1 - distance(ask.candidate))
    outcome = searched(stub, trials=13)
    assert outcome.steps == [10, 30, 90]
    asked = {s: sorted(a.trial for a in stub.asks if a.steps == s and not a.held_back)
             for s in outcome.steps}  # fmt: skip
    assert asked[10] == list(range(13))
    challengers = ranking({n: r for n, r in outcome.at(10).items() if n})
    assert asked[30] == sorted([0, *challengers[:4]])
    assert asked[90] == sorted([0, *challengers[:2]])
    total = sum(a.steps for a in stub.asks if not a.held_back)
    assert total == 13 * 10 + 5 * 30 + 3 * 90 < 13 * 90 / 2


def test_the_finalists_and_the_config_are_measured_on_every_fresh_seed_held_back():
    stub = Stub()
    outcome = searched(stub, trials=9, finalists=2)
    final = [(a.seed, a.trial) for a in stub.asks if a.held_back]
    assert len(outcome.finalists) <= 2
    assert final == [(seed, n) for seed in SEEDS[1:] for n in (0, *outcome.finalists)]
    assert {a.seed for a in stub.asks if not a.held_back} == {SEEDS[0]}


def test_nothing_above_the_config_means_no_comparison():
    stub = Stub(lambda ask: 0.9 if ask.trial == 0 else 0.1)
    outcome = searched(stub, trials=5)
    assert outcome.finalists == []
    assert not any(a.held_back for a in stub.asks)


@pytest.mark.parametrize("after", [0, 1, 2, 5, 9, 12, 15, 20])
def test_killed_anywhere_and_gone_on_asks_the_rest_and_ends_the_same(after):
    whole = Stub(noise=0.01)
    expected = searched(whole, trials=9)
    stub = Stub(noise=0.01, dies_after=after)
    with pytest.raises(KeyboardInterrupt):
        searched(stub, trials=9)
    stub.dies_after = None
    found = searched(stub, trials=9)
    assert stub.asks == whole.asks
    assert found == expected


def test_more_trials_later_keep_what_was_measured():
    stub = Stub()
    searched(stub, trials=5)
    before = list(stub.asks)
    searched(stub, trials=9)
    assert stub.asks[: len(before)] == before
    rung = [a for a in stub.asks if a.steps == 10]
    assert [a.trial for a in rung] == list(range(9))


@pytest.mark.parametrize("seconds", [20, 60, 100, 150, 200, 300])
def test_the_budget_is_kept_and_leaves_room_for_the_comparison(seconds):
    stub = Stub()
    outcome = searched(stub, seconds=seconds, trials=60)
    assert stub.clock <= seconds
    if seconds >= 150:
        assert 1 < len(outcome.trials) < 60
        assert len(outcome.trials[0].final) == len(SEEDS) - 1
        assert not outcome.stopped
    if seconds <= 60:
        assert "the budget ended" in outcome.stopped


def test_with_more_budget_the_same_search_goes_on():
    stub = Stub()
    short = searched(stub, seconds=60, trials=9)
    assert short.stopped
    before = len(stub.asks)
    longer = searched(stub, seconds=1000, trials=9)
    assert not longer.stopped
    assert len(longer.trials) == 9
    assert before < len(stub.asks)
    assert longer == searched(Stub(), trials=9)


def test_a_search_without_time_measures_the_config_and_nothing_else():
    stub = Stub()
    outcome = searched(stub, seconds=1, trials=9)
    assert [a.trial for a in stub.asks] == [0]
    assert len(outcome.trials) == 1
    assert outcome.stopped


def test_rungs_are_distinct_ascending_and_end_with_all_steps():
    how = TuneSettings(rungs=4, reduction=3)
    assert rung_steps(800, how) == [29, 88, 266, 800]
    assert rung_steps(5, how) == [1, 5]
    assert rung_steps(1, how) == [1]
    assert rung_steps(800, TuneSettings(rungs=1)) == [800]


def test_equal_scores_go_by_the_other_bands_then_by_number():
    assert ranking({0: (0.5, 0.1), 1: (0.5, 0.2), 2: (0.4, 0.9), 3: (0.5, 0.2)}) == [1, 3, 0, 2]
    assert survivors({0: (0.1,), 1: (0.5,), 2: (0.4,), 3: (0.3,)}, TuneSettings()) == [0, 1]


def test_rungs_that_rank_the_other_way_round_are_told_of():
    lower = {0: (0.1,), 1: (0.2,), 2: (0.3,), 3: (0.3,)}
    assert same_order(lower, {n: (-r[0],) for n, r in lower.items()}) == (0, 5)
    assert same_order(lower, lower) == (5, 5)
    assert same_order(lower, {1: (0.5,), 2: (0.6,), 9: (0.7,)}) == (1, 1)
    turned = Stub(lambda ask: (1 if ask.steps == 90 else -1) * (1 - distance(ask.candidate)))
    orders = searched(turned, trials=9).orders()
    assert [o[:2] for o in orders] == [(10, 30), (30, 90)]
    assert orders[0][2] == orders[0][3] > 0
    assert orders[1][2] == 0 < orders[1][3]
