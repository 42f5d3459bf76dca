from __future__ import annotations

import numpy as np

from ictrain.contexts import StrategySettings, draw_contexts, near_is_random, use_of_cells
from tests.support import hits_of, pool_of, source_of


def test_use_of_cells_counts_what_was_drawn():
    snapshot = pool_of(60)
    source = source_of(snapshot)
    hits = hits_of(source, snapshot.examples, "train")
    contexts = draw_contexts(
        StrategySettings(name="contrastive", k=4), source, snapshot.examples, hits,
        seed=0, epoch=0, purpose="train",
    )  # fmt: skip
    uses = use_of_cells(contexts)
    assert sum(use.contexts for use in uses.values()) == 60
    assert sum(sum(use.roles.values()) for use in uses.values()) == 240
    assert np.mean(uses["similar"].s["overlap"]) > np.mean(uses["random"].s["overlap"])


def test_a_near_cell_that_is_random_is_warned_about():
    generator = np.random.default_rng(0)
    low, high = generator.normal(0.2, 0.1, 200), generator.normal(0.5, 0.1, 200)
    assert near_is_random(list(high), list(low), "bm25") is None
    warning = near_is_random(list(low), list(generator.permutation(low)), "bm25")
    assert warning is not None
    assert "bm25" in warning
    assert "50%" in warning
    # Telling them apart with a large sample is not enough: the difference has to matter.
    slightly = generator.normal(0.21, 0.1, 20000)
    assert near_is_random(list(slightly), list(generator.normal(0.2, 0.1, 20000)), "bm25")
