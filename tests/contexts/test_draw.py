from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.contexts import STRATEGIES, StrategySettings, draw_contexts
from ictrain.contexts.slots import near_slot
from ictrain.errors import ContextError
from ictrain.examples import Example, PoolSnapshot, normalise, stable_index
from ictrain.randomness import rng
from ictrain.similarity.base import Hits
from tests.support import hits_of, pool_of, source_of


def draw(strategy, source, targets, *, seed=0, epoch=0, purpose="train"):
    hits = hits_of(source, targets, purpose)
    return draw_contexts(strategy, source, targets, hits, seed=seed, epoch=epoch, purpose=purpose)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(STRATEGIES)),
    mode=st.sampled_from(["insert", "cell", "within_one_near"]),
    epsilon=st.sampled_from([0.0, 0.3, 1.0]),
    k=st.sampled_from([1, 3, "1-4", (2, 5)]),
    n=st.integers(8, 60),
    seed=st.integers(0, 2**40),
)
def test_no_context_holds_its_target_or_an_input_twice(name, mode, epsilon, k, n, seed):
    snapshot = pool_of(n, seed % 97, duplicates=n // 4)
    strategy = StrategySettings(name=name, k=k, epsilon=epsilon, epsilon_mode=mode)
    for target, context in zip(
        snapshot.examples,
        draw(strategy, source_of(snapshot), snapshot.examples, seed=seed),
        strict=True,
    ):
        inputs = [normalise(e.example.input) for e in context.examples]
        assert normalise(target.input) not in inputs
        assert len(set(inputs)) == len(inputs)
        assert context.target_id == target.id
        assert context.k in ((0,) if context.cell == "zero" else strategy.k_values())
        assert all(set(e.similarities) == {"overlap"} for e in context.examples)
        assert Counter(e.role for e in context.examples)["paraphrase"] <= 1


def test_the_guard_is_what_keeps_the_target_out():
    """When serving, an equal input is wanted: the same pool leaks once the purpose says so."""
    snapshot = pool_of(9)
    strategy = StrategySettings(name="similar", k=2)
    served = draw(strategy, source_of(snapshot), snapshot.examples, purpose="serve")
    assert all(c.similarity("overlap") == 1.0 for c in served)
    trained = draw(strategy, source_of(snapshot), snapshot.examples)
    assert all(e.example.id != c.target_id for c in trained for e in c.examples)


def test_a_target_in_the_pool_under_another_spelling_is_kept_out_too():
    snapshot = PoolSnapshot.of(
        [Example(str(i), text, "x") for i, text in enumerate(["Ant  Bee", "cat dog", "eel fox"])]
    )
    target = Example("t", "ant bee", "x")
    (context,) = draw(StrategySettings(name="random", k=2), source_of(snapshot), [target])
    assert {e.example.id for e in context.examples} == {"1", "2"}


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_draws_are_pure_functions_of_seed_epoch_and_target(name):
    snapshot = pool_of(40)
    strategy, source, targets = StrategySettings(name=name), source_of(snapshot), snapshot.examples
    whole = draw(strategy, source, targets, seed=5, epoch=2)
    assert draw(strategy, source, targets, seed=5, epoch=2) == whole
    part = [targets[i] for i in (31, 4, 17)]
    assert draw(strategy, source, part, seed=5, epoch=2) == [whole[i] for i in (31, 4, 17)]
    if name != "zero":
        assert draw(strategy, source, targets, seed=5, epoch=3) != whole
        assert draw(strategy, source, targets, seed=6, epoch=2) != whole


def test_contrastive_equals_the_slow_obvious_draw():
    snapshot, k = pool_of(50), 4
    strategy = StrategySettings(name="contrastive", k=k, p=0.3, epsilon=0.4)
    source, targets = source_of(snapshot), snapshot.examples
    hits = hits_of(source, targets, "train")
    for row, (target, context) in enumerate(
        zip(targets, draw(strategy, source, targets), strict=True)
    ):
        cell, members = _slow(strategy, snapshot, target, hits, row, k)
        assert context.cell == cell
        assert Counter((e.example.id, e.role) for e in context.examples) == Counter(members)


def _slow(strategy, snapshot, target, hits, row, k):
    """One target at a time, by lists and loops, from the same numbered generators."""
    index = int(stable_index([target])[0])

    def numbers(use, n):
        return rng(0, f"context/train/{use}", 0, index).random(n)

    u = numbers("cell", 1)[0]
    cell = "random" if u < 0.3 else "similar" if u < 0.6 else "one_near"
    lucky, slot = numbers("epsilon", 1)[0] < 0.4, int(numbers("slot", 1)[0] * k)
    natural = k - lucky
    barred = {normalise(target.input)}
    members, paraphrase = [], None
    if lucky:
        words = target.input.split()
        paraphrase = " ".join(words[1:] + words[:1])
        barred.add(paraphrase)
        members.append((f"{target.id}#swap", "paraphrase"))
    close = [
        (snapshot.examples[p], s)
        for p, s in zip(hits.positions[row], hits.scores[row], strict=True)
        if s > 0 and normalise(snapshot.examples[p].input) not in barred
    ]
    chosen = []
    if cell == "similar":
        chosen = [(e, "similar") for e, _ in close[:natural]]
    if cell == "one_near" and close and not (lucky and slot == 0):
        weights = np.array([s**2 for _, s in close])
        point = numbers("near", 1)[0] * weights.sum()
        chosen = [(close[int((np.cumsum(weights) <= point).sum())][0], "near")]
    for u in numbers("random", 2 * (natural if natural == k else k) + 8):
        candidate = snapshot.examples[int(u * len(snapshot))]
        names = {normalise(e.input) for e, _ in chosen} | barred
        if len(chosen) < natural and normalise(candidate.input) not in names:
            chosen.append((candidate, "random"))
    assert len(chosen) == natural
    return cell, members + [(e.id, role) for e, role in chosen]


def test_cells_and_epsilon_come_in_their_shares():
    snapshot = pool_of(60)
    targets = [replace(e, id=f"{e.id}/{i}") for i in range(60) for e in snapshot.examples]
    pool = PoolSnapshot.of([replace(e, id=f"p{e.id}") for e in snapshot.examples])
    source = source_of(pool)

    def shares(**values):
        contexts = draw(StrategySettings(name="contrastive", k=3, **values), source, targets)
        paraphrased = [c for c in contexts if any(e.role == "paraphrase" for e in c.examples)]
        count = Counter(c.cell for c in contexts)
        return {c: n / len(contexts) for c, n in count.items()}, len(paraphrased) / len(contexts)

    cells, share = shares(p=0.2, epsilon=0.3)
    assert cells == pytest.approx({"random": 0.2, "similar": 0.2, "one_near": 0.6}, abs=0.03)
    assert share == pytest.approx(0.3, abs=0.03)
    cells, share = shares(p=0.2, epsilon=0.3, epsilon_mode="cell")
    expected = {"random": 0.14, "similar": 0.14, "one_near": 0.42, "paraphrase": 0.3}
    assert cells == pytest.approx(expected, abs=0.03)
    assert share == pytest.approx(0.3, abs=0.03)
    _, share = shares(p=0.2, epsilon=0.3, epsilon_mode="within_one_near")
    assert share == pytest.approx(0.3 * 0.6, abs=0.03)


def test_random_contexts_are_uniform_and_order_tells_nothing():
    snapshot = pool_of(12)
    target = [Example(f"t{i}", "zebra", "Z") for i in range(4000)]
    contexts = draw(StrategySettings(name="random", k=3), source_of(snapshot), target)
    for place in range(3):
        count = Counter(c.examples[place].example.id for c in contexts)
        assert min(count.values()) > 260
        assert max(count.values()) < 410


def test_the_place_of_the_near_example_is_uniform():
    snapshot = pool_of(30)
    targets = [replace(e, id=f"{e.id}/{i}") for i in range(50) for e in snapshot.examples]
    source = source_of(PoolSnapshot.of([replace(e, id=f"p{e.id}") for e in snapshot.examples]))
    contexts = draw(StrategySettings(name="one_near", k=4), source, targets)
    places = Counter(
        [e.role for e in c.examples].index("near") for c in contexts if c.unmatched == 0
    )
    assert all(abs(n / places.total() - 0.25) < 0.05 for n in places.values())


def test_nothing_similar_is_random_instead_and_counted():
    snapshot = pool_of(12)
    target = Example("t", "zebra", "Z")
    for name, missing in [("similar", 3), ("one_near", 1)]:
        (context,) = draw(StrategySettings(name=name, k=3), source_of(snapshot), [target])
        assert context.unmatched == missing
        assert [e.role for e in context.examples] == ["random"] * 3


def test_near_weights_follow_score_to_the_power_tau():
    hits = Hits(np.tile([7, 8, 9], (3000, 1)), np.tile([2.0, 1.0, 0.0], (3000, 1)))
    draws = rng(0, "test").random(3000)
    for tau, share in [(1.0, 2 / 3), (2.0, 4 / 5)]:
        found = near_slot(hits, tau, draws)
        assert (found == 7).mean() == pytest.approx(share, abs=0.03)
        assert not (found == 9).any()


def test_a_pool_smaller_than_k_is_refused():
    with pytest.raises(ContextError, match=r"4 distinct inputs.*at least k = 5"):
        draw(StrategySettings(name="random", k=5), source_of(pool_of(5)), pool_of(5).examples)


def test_a_tiny_pool_is_filled_to_the_last_item():
    snapshot = pool_of(6)
    contexts = draw(StrategySettings(name="random", k=5), source_of(snapshot), snapshot.examples)
    assert all(len({e.example.id for e in c.examples}) == 5 for c in contexts)


def test_a_paraphrase_that_is_the_target_is_refused():
    source = replace(source_of(pool_of(9)), near_duplicate=lambda t, _: replace(t, id="x"))
    with pytest.raises(ContextError, match="equals its target"):
        draw(StrategySettings(name="random", k=2, epsilon=1.0), source, pool_of(9).examples)


def test_without_a_paraphraser_epsilon_must_be_zero():
    source = replace(source_of(pool_of(9)), near_duplicate=None)
    with pytest.raises(ContextError, match=r"no paraphraser.*epsilon: 0"):
        draw(StrategySettings(name="contrastive", k=2), source, pool_of(9).examples)


def test_targets_without_a_paraphrase_keep_a_natural_context():
    source = replace(source_of(pool_of(20)), near_duplicate=lambda *_: None)
    strategy = StrategySettings(name="one_near", k=3, epsilon=1.0, epsilon_mode="within_one_near")
    for context in draw(strategy, source, pool_of(20).examples):
        assert context.k == 3
        assert [e.role for e in context.examples].count("near") == 1 - context.unmatched


def test_k_may_be_zero_among_others_and_replay_mixes_empty_with_random_contexts():
    """Baselines of others: k from 0 to 5 (Alves et al.), replay."""
    snapshot = pool_of(600)
    counts = {
        name: Counter(c.k for c in draw(strategy, source_of(snapshot), snapshot.examples))
        for name, strategy in {
            "alves": StrategySettings(name="random", k="0-5"),
            "replay": StrategySettings(name="replay", k=3, cells={"zero": 0.5, "random": 0.5}),
        }.items()
    }
    assert set(counts["alves"]) == set(range(6))
    assert all(70 <= n <= 130 for n in counts["alves"].values())
    assert set(counts["replay"]) == {0, 3}
    assert 250 <= counts["replay"][0] <= 350
