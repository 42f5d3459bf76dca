from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.similarity import linked as module
from ictrain.similarity.linked import linked

BAGS = st.lists(st.frozensets(st.sampled_from("abcdefgh"), min_size=1), max_size=12)


def slow(bags, least):
    labels = list(range(len(bags)))
    for i, a in enumerate(bags):
        for j, b in enumerate(bags[:i]):
            if len(a & b) / len(a | b) >= least:
                labels = [min(labels[i], labels[j]) if x in (labels[i], labels[j]) else x
                          for x in labels]  # fmt: skip
    return labels


@settings(deadline=None)  # the first call compiles
@given(BAGS, st.sampled_from([0.1, 0.3, 0.5, 2 / 3, 0.7, 0.75, 0.8, 1.0]), st.booleans())
def test_components_are_those_of_all_pairs(bags, least, compiled):
    kernel = module._kernel() if compiled else module._link
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_kernel", lambda: kernel)
        assert linked(bags, least).tolist() == slow(bags, least)


def test_ten_thousand_inputs_of_one_template_take_no_minutes():
    template = [f"w{i}" for i in range(14)]
    bags = [frozenset([*template, f"slot{i}"]) for i in range(10_000)]
    assert np.unique(linked(bags, 0.8)).tolist() == [0]
