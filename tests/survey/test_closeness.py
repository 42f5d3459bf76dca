from __future__ import annotations

from statistics import median

import pytest

from ictrain.examples import Example, PoolSnapshot
from ictrain.similarity import SimilaritySettings, build_index
from ictrain.survey.closeness import choose_similarity, closeness, try_taus
from tests.support import WordOverlap, pool_of

ENGLISH = [f"what is the name of the city that is {i} miles from here" for i in range(50)]
GERMAN = [f"welche stadt liegt {i} kilometer von hier" for i in range(50)]


def test_the_closest_example_is_that_of_all_pairs():
    pool = pool_of(40, duplicates=4)
    targets = [*pool.examples[:10], *pool_of(20, seed=5).examples]
    targets = [Example(f"t{i}", e.input, e.output) for i, e in enumerate(targets)]
    found = closeness(targets, build_index(SimilaritySettings(method="overlap"), pool))
    slow = WordOverlap(pool)
    exclude = pool.excluded_groups(targets, "benchmark")
    hits = slow.search([t.input for t in targets], 1, exclude)
    assert found.best.tolist() == hits.scores[:, 0].tolist()
    same = [pool.examples[p].output == t.output
            for p, t in zip(hits.positions[:, 0], targets, strict=True)]  # fmt: skip
    assert found.copies == sum(same) / len(same)
    assert sum(found.share(b) for b in ("low", "medium", "high")) == pytest.approx(1)
    assert found.some == pytest.approx(1 - found.share("low"))


def test_one_near_comes_closer_as_tau_grows():
    pool = PoolSnapshot.of(
        [Example(str(i), f"frage {i % 60} zu {i % 7} und {i % 5}", "x") for i in range(400)]
    )
    bands = build_index(SimilaritySettings(method="overlap"), pool)
    found = try_taus(pool.examples, build_index(SimilaritySettings(), pool), bands, 64, "1-4")
    nearer = [one.nearer for one in found.taus]
    assert nearer[-1] > nearer[0] > 0.5
    assert found.taus[-1].near > found.taus[-1].random
    assert 0 <= found.random_low <= 1


def test_without_neighbours_no_tau_helps():
    pool = PoolSnapshot.of([Example(str(i), f"a{i} b{i} c{i}", "x") for i in range(60)])
    index = build_index(SimilaritySettings(method="overlap"), pool)
    found = try_taus(pool.examples, index, index, 16, "1-4")
    assert all(one.nearer == 0.5 for one in found.taus)
    assert median(one.near for one in found.taus) == 0
    assert found.random_low == 1


@pytest.mark.parametrize(
    ("inputs", "asked", "method", "options"),
    [
        (ENGLISH, "auto", "dense", {}),
        (ENGLISH * 200, "auto", "overlap", {}),
        (ENGLISH, "overlap", "overlap", {}),
        (GERMAN, "auto", "overlap", {}),
        (GERMAN, "dense", "dense", {}),
        (["内布拉斯加州最大的城市是哪个"], "auto", "overlap", {"of": "characters"}),
        (["เมืองที่ใหญ่ที่สุดในเนบราสก้าคืออะไร"], "overlap", "overlap", {"of": "characters"}),
        (["한국의 수도는 어디입니까"], "auto", "overlap", {}),
    ],
)
def test_similarity_is_chosen_by_what_can_read_the_inputs(inputs, asked, method, options):
    found = choose_similarity(inputs, asked)
    assert (found.roles.bands.method, found.roles.bands.options) == (method, options)
    assert found.roles.retrieval.method == ("overlap" if options else "bm25")


def test_without_the_dense_extra_it_is_word_overlap(monkeypatch):
    monkeypatch.setattr("ictrain.survey.closeness.find_spec", lambda _: None)
    found = choose_similarity(ENGLISH, "auto")
    assert found.roles.bands.method == "overlap"
    assert "ictrain[dense]" in found.reason
