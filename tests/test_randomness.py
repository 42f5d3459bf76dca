import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictrain.randomness import rng, stable_hash, torch_seed, uniforms

U64 = st.integers(0, 2**64 - 1)
SEED = st.integers(-(2**40), 2**40)


@given(seed=SEED, purpose=st.text(max_size=8), epoch=U64, indices=st.lists(U64, max_size=5),
       n=st.integers(0, 11))  # fmt: skip
def test_uniforms_are_numpys_philox_bit_for_bit(seed, purpose, epoch, indices, n):
    made = uniforms(seed, purpose, epoch, np.array(indices, dtype=np.uint64), n)
    assert made.shape == (len(indices), n)
    for row, index in zip(made, indices, strict=True):
        assert row.tolist() == rng(seed, purpose, epoch, index).random(n).tolist()


def test_indices_may_be_plain_ints():
    assert uniforms(1, "p", 2, [3, 4], 5)[1].tolist() == rng(1, "p", 2, 4).random(5).tolist()


@given(st.lists(st.tuples(SEED, st.sampled_from("ab"), U64, U64), min_size=2, unique=True))
def test_every_coordinate_makes_another_stream(places):
    draws = {rng(*place).random(2).tobytes() for place in places}
    assert len(draws) == len(places)


def test_epoch_and_index_do_not_run_into_one_another():
    assert rng(0, "p", 1, 0).random() != rng(0, "p", 0, 1).random()
    assert rng(1, "2").random() != rng(12, "").random()
    # Streams of neighbouring indices do not overlap: the index is the upper half of the counter
    a, b = rng(0, "p", 0, 0).random(4000), rng(0, "p", 0, 1).random(4000)
    assert not np.isin(a, b).any()


def test_uniforms_are_uniform():
    made = uniforms(3, "u", 0, range(20_000), 2)
    assert 0 <= made.min() < made.max() < 1
    assert made.mean() == pytest.approx(0.5, abs=0.01)
    assert np.corrcoef(made.T)[0, 1] == pytest.approx(0, abs=0.03)


def test_another_process_draws_the_same():
    """As Python's own hash() of a text would not."""
    code = "from ictrain.randomness import *; print(stable_hash('x'), torch_seed(1, 'p', 2, 3))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(stable_hash("x")), str(torch_seed(1, "p", 2, 3))]
    assert stable_hash("x") == 5717441744405258058
    assert 0 <= torch_seed(1, "p", 2, 3) < 2**63
