"""BM25 and overlap against slow obvious oracles, in both backends."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.errors import ContextError
from ictrain.examples import Example, PoolSnapshot
from ictrain.similarity import SimilaritySettings, build_index
from ictrain.similarity.tokens import tokens

WORDS = ["a", "b", "c", "d", "ė", "1"]
TEXT = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
POOL = st.lists(TEXT, min_size=1, max_size=12)
BACKENDS = ["numba", "numpy"]


def snapshot_of(texts, ids=None):
    names = ids or [f"e{i}" for i in range(len(texts))]
    return PoolSnapshot.of([Example(n, t, "y") for n, t in zip(names, texts, strict=True)])


def index_of(method, snapshot, **options):
    return build_index(SimilaritySettings(method=method, options=options), snapshot)


def search(index, query, k, exclude=-1):
    hits = index.search([query], k, np.array([exclude]))
    ids = [index.snapshot.examples[p].id if p >= 0 else None for p in hits.positions[0]]
    return list(zip(ids, hits.scores[0].tolist(), strict=True))


def slow_bm25(texts, query, other, k1=1.5, b=0.75):
    documents = [tokens(t) for t in texts]
    mean, words = sum(map(len, documents)) / len(documents), tokens(other)
    score = 0.0
    for word in sorted(tokens(query)):
        frequency = sum(word in d for d in documents)
        idf = math.log(1 + (len(documents) - frequency + 0.5) / (frequency + 0.5))
        count = words.count(word)
        if count:
            score += idf * (count / (k1 * ((1 - b) + b * len(words) / mean) + count))
    return float(np.float32(score))


def slow_overlap(texts, query, other):
    a, b = set(query.split()), set(other.split())
    return len(a & b) / len(a | b)


SLOW = {"bm25": slow_bm25, "overlap": slow_overlap}


def slow_search(method, snapshot, query, k, exclude):
    texts = [e.input for e in snapshot]
    allowed = [e for e, g in zip(snapshot, snapshot.groups, strict=True) if g != exclude]
    scored = [(e.id, SLOW[method](texts, query, e.input)) for e in allowed]
    found = sorted((pair for pair in scored if pair[1] > 0), key=lambda p: (-p[1], p[0]))[:k]
    return found + [(None, 0.0)] * (min(k, len(snapshot)) - len(found))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("method", ["bm25", "overlap"])
@settings(max_examples=60, deadline=None)
@given(pool=POOL, query=TEXT, k=st.integers(1, 15), data=st.data())
def test_search_equals_the_slow_oracle(method, backend, pool, query, k, data):
    ids = data.draw(st.permutations([f"e{i:02d}" for i in range(len(pool))]))
    snapshot = snapshot_of(pool, ids)
    exclude = data.draw(st.integers(-1, int(snapshot.groups.max())))
    index = index_of(method, snapshot, backend=backend)
    assert search(index, query, k, exclude) == slow_search(method, snapshot, query, k, exclude)


@settings(max_examples=60, deadline=None)
@given(pool=POOL, query=TEXT, k=st.integers(1, 15), order=st.randoms(use_true_random=False))
def test_neither_backend_nor_pool_order_nor_word_order_matters(pool, query, k, order):
    examples = [Example(f"e{i:02d}", t, "y") for i, t in enumerate(pool)]
    shuffled, words = list(examples), query.split()
    order.shuffle(shuffled)
    order.shuffle(words)
    for method in SLOW:
        one = index_of(method, PoolSnapshot.of(examples), backend="numba")
        two = index_of(method, PoolSnapshot.of(shuffled), backend="numpy")
        assert search(one, query, k) == search(two, " ".join(words), k)


@settings(max_examples=60, deadline=None)
@given(pool=POOL, query=TEXT, other=st.one_of(TEXT, st.just("q r a"), st.just("q")))
def test_pairs_are_scores_as_if_in_the_pool(pool, query, other):
    snapshot = snapshot_of(pool)
    for method, slow in SLOW.items():
        index = index_of(method, snapshot)
        assert index.pairs([query], [other])[0] == slow(pool, query, other)
        found = dict(search(index, query, len(pool)))
        inputs = [e.input for e in snapshot]
        scores = index.pairs([query] * len(pool), inputs)
        assert {e.id: s for e, s in zip(snapshot, scores, strict=True) if s > 0} == {
            i: s for i, s in found.items() if i is not None
        }


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("method", ["bm25", "overlap"])
def test_ties_at_the_cut_go_by_id(method, backend):
    texts = ["x y"] * 30 + ["x x y q"]
    ids = [f"{i:02d}" for i in reversed(range(31))]
    index = index_of(method, snapshot_of(texts, ids), backend=backend)
    found = [i for i, _ in search(index, "x y", 5)]
    assert found == ["01", "02", "03", "04", "05"]  # 00 is the last, and less similar


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("method", ["bm25", "overlap"])
def test_nothing_in_common_is_no_neighbour_and_k_is_capped(method, backend):
    index = index_of(method, snapshot_of(["a b", "c d"]), backend=backend)
    assert search(index, "zzz", 5) == [(None, 0.0)] * 2
    assert [i for i, _ in search(index, "a", 5)] == ["e0", None]
    assert search(index, "", 5) == [(None, 0.0)] * 2
    assert index.search([], 5, np.zeros(0, dtype=np.int64)).positions.shape == (0, 2)


def test_a_k_too_large_for_the_kernel_gives_the_same(monkeypatch):
    snapshot = snapshot_of([f"a {i % 7} {i % 3}" for i in range(50)])
    few = search(index_of("bm25", snapshot), "a 1 2", 40)
    monkeypatch.setattr("ictrain.similarity.postings._LARGEST_K_OF_NUMBA", 5)
    assert search(index_of("bm25", snapshot), "a 1 2", 40) == few


@pytest.mark.parametrize("method", ["bm25", "overlap"])
def test_an_empty_pool_and_a_pool_without_words_have_no_neighbours(method):
    assert search(index_of(method, PoolSnapshot.of([])), "a", 3) == []
    assert [i for i, _ in search(index_of(method, snapshot_of(["?", "!"])), "a", 3)] == [None] * 2


def test_an_excluded_group_is_out_whatever_its_ids():
    snapshot = snapshot_of(["Ab  c", "ab c", "ab d"])
    target = Example("t", "AB C", "y")
    for method in ("bm25", "overlap"):
        index = index_of(method, snapshot)
        train = snapshot.excluded_groups([target], "train")
        serve = snapshot.excluded_groups([target], "serve")
        assert [i for i, _ in search(index, target.input, 3, train[0])] == ["e2", None, None]
        assert [i for i, _ in search(index, target.input, 3, serve[0])] == ["e0", "e1", "e2"]


def test_exclude_must_speak_for_each_query():
    index = index_of("bm25", snapshot_of(["a"]))
    with pytest.raises(ContextError, match="one group for each query"):
        index.search(["a", "b"], 1, np.array([-1]))


def test_symbols_overlap_by_letter_and_case_counts():
    index = index_of("overlap", snapshot_of(["ACB", "acb", "ACD"]), of="characters")
    assert search(index, "BCA", 3) == [("e0", 1.0), ("e2", 0.5), (None, 0.0)]


def test_digests_change_with_settings_and_pool_but_not_with_the_backend():
    pool = snapshot_of(["a b"])
    made = [
        index_of("bm25", pool).digest,
        index_of("bm25", pool, k1=1.2).digest,
        index_of("bm25", pool, b=0.5).digest,
        index_of("bm25", pool.append([Example("x", "c", "y")])).digest,
        index_of("overlap", pool).digest,
        index_of("overlap", pool, of="characters").digest,
    ]
    assert max(Counter(made).values()) == 1
    assert index_of("bm25", pool, backend="numpy").digest == made[0]
