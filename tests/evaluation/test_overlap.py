from __future__ import annotations

from ictrain.evaluation import overlap
from ictrain.examples import Example, PoolSnapshot
from ictrain.tasks import TestSet
from tests.support import WordOverlap


def test_equal_near_and_trained_items_are_counted():
    pool = PoolSnapshot.of(
        [Example(f"p{i}", text, "x") for i, text in enumerate(
            ["ant bee", "cat dog eel fox gnu", "hen jay", "lark owl"])]
    )  # fmt: skip
    items = ["Ant  bee", "gnu fox eel dog cat", "hen kite", "pig newt"]
    test = TestSet(tuple(Example(f"t{i}", text, "y") for i, text in enumerate(items)), pool)
    found = overlap(test, pool.examples[:1], WordOverlap(pool))
    assert (found.items, found.exact, found.near, found.trained) == (4, 1, 1, 1)
    assert found.best[1] <= found.best[2] <= 1.0
    none = overlap(test, pool.examples[2:], WordOverlap(pool))
    assert none.trained == 0
