"""Maximal marginal relevance against the slow obvious way, and what its two ends are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.contexts import StrategySettings, draw_contexts
from ictrain.contexts.diverse import diverse_slots
from ictrain.contexts.slots import EMPTY, similar_slots
from ictrain.examples import normalise
from ictrain.similarity.base import Hits
from tests.support import hits_of, pool_of, source_of


def slow(target, neighbours, k, trade, similarity):
    """One target: examples, best first by Carbonell and Goldstein's formula."""

    def sim(a, b):
        return float(similarity.pairs([a.input], [b.input])[0])

    chosen, left = [], list(neighbours)
    while left and len(chosen) < k:
        values = [
            trade * sim(target, d) - (1 - trade) * max((sim(c, d) for c in chosen), default=0.0)
            for d in left
        ]
        best = left[values.index(max(values))]
        chosen.append(best)
        left = [d for d in left if normalise(d.input) != normalise(best.input)]
    return chosen


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(6, 50),
    k=st.integers(1, 6),
    trade=st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]),
    seed=st.integers(0, 50),
)
def test_it_takes_what_the_formula_takes(n, k, trade, seed):
    snapshot = pool_of(n, seed, duplicates=n // 4)
    source, targets = source_of(snapshot), snapshot.examples
    similarity = source.similarities["overlap"]
    hits = hits_of(source, targets, "train")
    want = np.array([1 + (i + k) % k for i in range(len(targets))])
    slots = diverse_slots(targets, hits, want, snapshot, similarity, trade)
    for row, target in enumerate(targets):
        near = [
            snapshot.examples[p]
            for p, s in zip(hits.positions[row], hits.scores[row], strict=True)
            if s > 0
        ]
        expected = slow(target, near, want[row], trade, similarity)
        assert [snapshot.examples[p].id for p in slots[row] if p != EMPTY] == [
            e.id for e in expected
        ]


def test_lambda_one_is_the_plain_top_k_and_less_of_it_is_more_diverse():
    snapshot = pool_of(60)
    source, targets = source_of(snapshot), snapshot.examples
    similarity = source.similarities["overlap"]
    hits = hits_of(source, targets, "train")
    want = np.full(len(targets), 4)
    top = similar_slots(hits, snapshot, want)
    assert (diverse_slots(targets, hits, want, snapshot, similarity, 1.0) == top).all()

    def alike(trade):
        slots = diverse_slots(targets, hits, want, snapshot, similarity, trade)
        texts = [[snapshot.examples[p].input for p in row if p != EMPTY] for row in slots]
        pairs = [(a, b) for row in texts for i, a in enumerate(row) for b in row[i + 1 :]]
        return similarity.pairs(*zip(*pairs, strict=True)).mean()

    assert alike(0.3) < alike(0.7) < alike(1.0)


def test_no_neighbours_leave_the_slots_empty():
    snapshot = pool_of(8)
    nothing = Hits(np.full((8, 3), -1, dtype=np.int64), np.zeros((8, 3)))
    similarity = source_of(snapshot).similarities["overlap"]
    slots = diverse_slots(snapshot.examples, nothing, np.full(8, 2), snapshot, similarity, 0.5)
    assert slots.shape == (8, 2)
    assert (slots == EMPTY).all()


def test_a_diverse_context_differs_from_the_similar_one_and_fills_up_at_random():
    snapshot = pool_of(60)
    source, targets = source_of(snapshot), snapshot.examples
    hits = hits_of(source, targets, "train")
    drawn = {
        name: draw_contexts(
            StrategySettings(name=name, k=3), source, targets, hits, seed=0, epoch=0,
            purpose="train",
        )
        for name in ("similar", "diverse")
    }  # fmt: skip
    ids = {
        name: [{e.example.id for e in c.examples} for c in contexts]
        for name, contexts in drawn.items()
    }
    assert sum(a != b for a, b in zip(*ids.values(), strict=True)) > 10
    assert {e.role for c in drawn["diverse"] for e in c.examples} <= {"similar", "random"}
    assert all(c.unmatched == sum(e.role == "random" for e in c.examples) for c in drawn["diverse"])


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_lambda_is_a_share(value):
    with pytest.raises(ValueError, match="diversity_lambda"):
        StrategySettings(name="diverse", diversity_lambda=value)
