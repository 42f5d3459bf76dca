from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ictrain.analysis.dynamics import WIDTH, ProbeRow, as_kept, points, smoothed
from ictrain.statistics import Bootstrap


def rows_of(value, seeds=(1, 2), items=15):
    return [
        ProbeRow("zero", seed, step, "id", f"i{item}", "gain", value(seed, step, item))
        for seed in seeds
        for step in (0, 10)
        for item in range(items)
    ]


def kept_run():
    """Two seeds of one arm that keep steps 10 and 30 of 40, and an arm that chooses none."""
    rows = [
        ProbeRow(arm, seed, step, "id", "i", "none", step + seed)
        for arm in ("it", "other")
        for seed in (1, 2)
        for step in (0, 20, 40)
    ]
    kept = [
        ProbeRow("it", seed, step, "id", "i", "none", -seed) for seed, step in ((1, 10), (2, 30))
    ]
    return rows, kept, {("it", 1): 10, ("it", 2): 30}


def test_a_training_stays_as_it_was_kept_to_the_end_of_its_path():
    rows, kept, chosen = kept_run()
    found = as_kept(rows, kept, chosen)
    values = {(r.strategy, r.seed, r.step): r.value for r in found}
    assert values == {
        ("it", 1, 0): 1, ("it", 1, 20): -1, ("it", 1, 30): -1,
        ("it", 2, 0): 2, ("it", 2, 20): 22, ("it", 2, 30): -2,
        **{("other", seed, step): step + seed for seed in (1, 2) for step in (0, 20, 40)},
    }  # fmt: skip
    assert len(found) == len(values)
    assert as_kept(rows, [], {}) == sorted(rows, key=rows.index)
    one = as_kept(rows, kept[:1], chosen)  # the other's kept weights were not probed
    assert {(r.seed, r.step) for r in one if r.strategy == "it"} == {(1, 0), (1, 20), (1, 30)}


def test_a_point_is_the_mean_over_items_and_seeds_with_each_seeds_own():
    found = points(rows_of(lambda seed, step, item: seed + step + item % 3))
    assert [(p.strategy, p.test_set, p.probe, p.step) for p in found] == [
        ("zero", "id", "gain", 0),
        ("zero", "id", "gain", 10),
    ]
    assert found[1].estimate.mean == pytest.approx(1.5 + 10 + 1)
    assert found[1].seeds == {1: pytest.approx(12.0), 2: pytest.approx(13.0)}
    assert found[1].estimate.items == 30
    low, high = found[1].estimate.interval
    assert low < 12.5 < high


def test_too_few_items_have_no_interval_and_say_so():
    found = points(rows_of(lambda *_: 1.0, seeds=(1,), items=5), Bootstrap(min_clusters=20))
    assert found[0].estimate.interval is None
    assert found[0].estimate.reason == "5 items, an interval needs 20"


@pytest.mark.parametrize("probe", ["gain", "copy_whole", "follow"])
def test_a_probe_that_is_nought_everywhere_has_an_interval_with_a_width(probe):
    found = points([replace(row, probe=probe) for row in rows_of(lambda *_: 0.0)])
    low, high = found[0].estimate.interval
    assert high == pytest.approx(1 - 0.025 ** (1 / 30))
    assert low == (0.0 if probe == "follow" else -high)


def test_no_rows_no_points():
    assert points([]) == []


def test_the_smoother_is_the_kernel_mean_that_it_says():
    steps, values = [0, 1, 10, 100], [0.0, 1.0, 0.5, 2.0]
    expected = []
    for s in steps:
        weights = [np.exp(-0.5 * ((np.log1p(s) - np.log1p(t)) / WIDTH) ** 2) for t in steps]
        expected.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    assert smoothed(steps, values) == pytest.approx(expected)
    assert smoothed(steps, [3.0] * 4) == pytest.approx([3.0] * 4)
