"""Targets whose contexts come from one part of the pool, e.g. from one database."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ictrain.contexts import (
    STRATEGIES,
    ModeRequest,
    Source,
    StrategySettings,
    contexts_of,
    draw_contexts,
)
from ictrain.contexts.slots import Draw, fill_random
from ictrain.errors import ContextError
from ictrain.examples import SCOPE, Example, PoolSnapshot, stable_index
from ictrain.similarity import Hits, SimilaritySettings, build_index, neighbour_table
from tests.support import pool_of, swap

DATABASES = ("shop", "zoo", "lab")


def scoped(snapshot: PoolSnapshot) -> PoolSnapshot:
    """Items dealt out to three scopes in turn; the last one has a single item less than others."""
    return PoolSnapshot.of(
        [replace(e, meta={SCOPE: DATABASES[i % 3]}) for i, e in enumerate(snapshot)]
    )


@pytest.fixture
def pool() -> PoolSnapshot:
    return scoped(pool_of(60, duplicates=6))


def source_of(pool: PoolSnapshot, method: str = "overlap") -> Source:
    return Source(pool, {method: build_index(SimilaritySettings(method=method), pool)}, swap)


def hits_of(source: Source, targets, purpose="train") -> Hits:
    (index,) = source.similarities.values()
    table = neighbour_table(index, targets, purpose, 16)
    return Hits(table.positions, table.scores)


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@pytest.mark.parametrize("given", ["restricted", "of the whole pool"])
def test_every_strategy_stays_in_the_targets_scope(pool, name, given):
    source = source_of(pool)
    targets = pool.examples
    bare = [replace(t, meta={}) for t in targets]
    hits = hits_of(source, targets if given == "restricted" else bare)
    strategy = StrategySettings(name=name, k="2-6")
    drawn = draw_contexts(strategy, source, targets, hits, seed=1, epoch=0, purpose="train")
    for target, context in zip(targets, drawn, strict=True):
        found = {e.example.meta.get(SCOPE) for e in context.examples if e.role != "paraphrase"}
        assert found <= {target.meta[SCOPE]}
    if name != "zero":
        free = draw_contexts(strategy, source, bare, hits, seed=1, epoch=0, purpose="train")
        assert any(len({e.example.meta.get(SCOPE) for e in c.examples}) > 1 for c in free)


@pytest.mark.parametrize("mode", ["random", "similar", "one_similar", "one_paraphrase"])
def test_every_mode_stays_in_the_targets_scope(pool, mode):
    source = source_of(pool)
    targets = [Example(f"t{i}", f"{e.input} new", "x", e.meta) for i, e in enumerate(pool)][:30]
    request = ModeRequest(source, targets, hits_of(source, targets), 4, 0, "benchmark")
    for target, context in zip(targets, contexts_of(mode, request), strict=True):
        assert context is not None
        scopes = {e.example.meta.get(SCOPE) for e in context.examples if e.role != "paraphrase"}
        assert scopes == {target.meta[SCOPE]}


@pytest.mark.parametrize("method", ["bm25", "overlap"])
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_search_within_a_scope_is_search_in_all_with_the_others_left_out(pool, method, backend):
    settings = SimilaritySettings(method=method, options={"backend": backend})
    index = build_index(settings, pool)
    targets = pool.examples[:20]
    queries, exclude = [t.input for t in targets], pool.excluded_groups(targets, "train")
    within = pool.scope_of(targets)
    assert within is not None
    found = index.search(queries, 5, exclude, within)
    whole = index.search(queries, len(pool), exclude)
    for row in range(len(targets)):
        own = [
            (p, s)
            for p, s in zip(whole.positions[row].tolist(), whole.scores[row].tolist(), strict=True)
            if p >= 0 and pool.scopes[p] == within[row]
        ][:5]
        got = zip(found.positions[row].tolist(), found.scores[row].tolist(), strict=True)
        assert [pair for pair in got if pair[0] >= 0] == own
    with pytest.raises(ContextError, match="within of shape"):
        index.search(queries, 5, exclude, within[:3])


def test_targets_without_a_scope_draw_as_ever(pool):
    """Bit for bit what a pool without scopes gives, also beside targets that have one."""
    bare = PoolSnapshot.of([replace(e, meta={}) for e in pool])
    free = [replace(t, meta={}) for t in pool.examples[:10]]
    strategy = StrategySettings(name="contrastive")

    def ids(snapshot, targets):
        source = source_of(snapshot)
        drawn = draw_contexts(
            strategy, source, targets, hits_of(source, targets), seed=0, epoch=0, purpose="train"
        )
        return [[e.example.id for e in c.examples] for c in drawn]

    assert bare.scope_of(free) is None
    alone = ids(bare, free)
    assert ids(pool, free) == alone
    assert ids(pool, [*free, *pool.examples[10:30]])[:10] == alone


def test_random_items_of_a_scope_are_equally_likely(pool):
    targets = [Example(f"t{i}", f"target {i}", "x", {SCOPE: "zoo"}) for i in range(6000)]
    draw = Draw(0, "test", 0, stable_index(targets))
    one = np.ones(len(targets), dtype=np.int64)
    none = np.full((len(targets), 1), -1, dtype=np.int64)
    slots = fill_random(none, one, pool, none, draw, pool.scope_of(targets))
    counts = Counter(slots[:, 0].tolist())
    assert set(counts) == set(np.flatnonzero(pool.scopes == 1).tolist())
    expected = len(targets) / len(counts)
    chi2 = sum((n - expected) ** 2 / expected for n in counts.values())
    assert chi2 < 60  # 21 degrees of freedom: one in 100,000


def test_a_scope_with_too_few_items_is_told(pool):
    source = source_of(pool)
    small = PoolSnapshot.of([*pool, Example("only", "a lonely gnu", "x", {SCOPE: "moon"})])
    target = Example("t", "a gnu", "x", {SCOPE: "moon"})
    strategy = StrategySettings(name="random", k=2)
    for snapshot, found in (
        (small, "1 distinct inputs of 'moon', to which"),
        (pool, "0 distinct inputs of 'moon', to which"),
    ):
        source = source_of(snapshot)
        with pytest.raises(ContextError, match=found):
            draw_contexts(strategy, source, [target], None, seed=0, epoch=0, purpose="train")


def test_neighbour_tables_of_other_scopes_are_other_tables(pool, tmp_path):
    index = build_index(SimilaritySettings(method="overlap"), pool)
    targets = list(pool.examples[:6])
    bare = [replace(t, meta={}) for t in targets]
    restricted = neighbour_table(index, targets, "train", 5, tmp_path)
    assert neighbour_table(index, bare, "train", 5, tmp_path).key != restricted.key
    again = neighbour_table(index, targets, "train", 5, tmp_path)
    assert np.array_equal(again.positions, restricted.positions)
