import io
import logging

import numpy as np
import pytest

from ictrain.errors import DataError
from ictrain.examples import Example, PoolSnapshot
from ictrain.similarity import SimilaritySettings, build_index, neighbour_table

POOL = PoolSnapshot.of([Example(f"{i}", f"w{i % 4} v{i % 3} u{i % 2}", "y") for i in range(12)])
TARGETS = [*POOL.examples, Example("new", "w1 v1", "y")]


def bm25(pool=POOL, **options):
    return build_index(SimilaritySettings(options=options), pool)


class Counting:
    """An index that counts its searches."""

    def __init__(self, inner):
        self.inner, self.searches = inner, 0
        self.name, self.snapshot, self.digest = inner.name, inner.snapshot, inner.digest

    def search(self, queries, k, exclude):
        self.searches += 1
        return self.inner.search(queries, k, exclude)

    def pairs(self, queries, others):
        return self.inner.pairs(queries, others)


@pytest.mark.parametrize("purpose", ["train", "benchmark", "serve"])
def test_the_table_equals_live_searches(purpose):
    index = bm25()
    table = neighbour_table(index, TARGETS, purpose, 5)
    for row, target in enumerate(TARGETS):
        hits = index.search([target.input], 5, POOL.excluded_groups([target], purpose))
        assert hits.positions[0].tolist() == table.positions[row].tolist()
        assert hits.scores[0].tolist() == table.scores[row].tolist()


def test_a_target_is_its_own_neighbour_only_when_serving():
    train = neighbour_table(bm25(), TARGETS, "train", 12).positions
    serve = neighbour_table(bm25(), TARGETS, "serve", 12).positions
    for row in range(len(POOL)):
        assert row not in train[row]
        assert row in serve[row]


def test_the_second_call_is_a_hit_and_says_so(tmp_path, caplog):
    caplog.set_level(logging.INFO, "ictrain.similarity")
    index = Counting(bm25())
    first = neighbour_table(index, TARGETS, "train", 5, tmp_path)
    assert "neighbours: miss" in caplog.text
    assert "neighbours: hit" not in caplog.text
    second = neighbour_table(index, TARGETS, "train", 5, tmp_path)
    assert index.searches == 1
    assert "neighbours: hit" in caplog.text
    assert (first.positions == second.positions).all()
    assert (first.scores == second.scores).all()


def test_whatever_changes_the_answer_changes_the_key(tmp_path):
    more = POOL.append([Example("x", "w1 v2", "y")])
    made = [
        neighbour_table(bm25(), TARGETS, "train", 5, tmp_path),
        neighbour_table(bm25(), TARGETS, "serve", 5, tmp_path),
        neighbour_table(bm25(), TARGETS, "train", 4, tmp_path),
        neighbour_table(bm25(), TARGETS[:-1], "train", 5, tmp_path),
        neighbour_table(bm25(), list(reversed(TARGETS)), "train", 5, tmp_path),
        neighbour_table(bm25(k1=1.0), TARGETS, "train", 5, tmp_path),
        neighbour_table(bm25(more), TARGETS, "train", 5, tmp_path),
    ]
    assert len({t.key for t in made}) == len(made) == len(list(tmp_path.iterdir()))
    changed = [*TARGETS[:-1], Example("new", "w1 v2", "y")]
    assert neighbour_table(bm25(), changed, "train", 5, tmp_path).key not in {t.key for t in made}


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data, t: b"",
        lambda data, t: b"not a zip",
        lambda data, t: data[: len(data) // 2],
        lambda data, t: data[:200] + b"\xff" * 40 + data[240:],
        lambda data, t: npz(positions=t.positions),
        lambda data, t: npz(positions=t.positions, scores=t.scores, key=np.array("other")),
        lambda data, t: npz(positions=t.positions[1:], scores=t.scores, key=np.array(t.key)),
        lambda data, t: npz(positions=t.positions + 99, scores=t.scores, key=np.array(t.key)),
    ],
)
def test_a_damaged_file_is_computed_anew(tmp_path, caplog, damage):
    index = Counting(bm25())
    table = neighbour_table(index, TARGETS, "train", 5, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole, table))
    again = neighbour_table(index, TARGETS, "train", 5, tmp_path)
    assert index.searches == 2
    assert "computed anew" in caplog.text
    assert (again.positions == table.positions).all()
    assert (again.scores == table.scores).all()
    neighbour_table(index, TARGETS, "train", 5, tmp_path)
    assert index.searches == 2  # the file was mended


def test_k_is_capped_and_an_inconsistent_pool_refused():
    assert neighbour_table(bm25(), TARGETS, "train", 99).positions.shape == (13, 12)
    assert neighbour_table(bm25(), [], "train", 5).positions.shape == (0, 5)
    with pytest.raises(DataError, match="same id with another input"):
        neighbour_table(bm25(), [Example("3", "something else", "y")], "train", 2)
