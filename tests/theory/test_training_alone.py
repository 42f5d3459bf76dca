"""Models that are trained together do not touch one another; seeds; processes; refusals."""

import dataclasses

import numpy as np
import pytest
import torch

from ictrain.errors import ConfigError
from ictrain.theory.assumption import Assumption, assumption
from ictrain.theory.findings import table_of
from ictrain.theory.settings import Optimiser, Plan, Problem, TheorySettings
from ictrain.theory.table import Table
from ictrain.theory.training import train
from ictrain.theory.world import World
from ictrain.workers import run_all

SGD = Optimiser(name="sgd", learning_rate=0.1)
SETTINGS = TheorySettings(
    problem=Problem(d=3, k=3, delta=0.1),
    pool=300,
    test=200,
    fixed=Plan(steps=20, batch=16),
    joint=Plan(steps=20, batch=16, hidden=8, estimator=SGD),
)
WORLD = World(SETTINGS, 0)
PLANS = pytest.mark.parametrize("plan", [SETTINGS.fixed, SETTINGS.joint], ids=["fixed", "joint"])


def leaves(value):
    """All arrays in dataclasses, as bytes."""
    if dataclasses.is_dataclass(value):
        parts = [leaves(getattr(value, field.name)) for field in dataclasses.fields(value)]
        return b"".join(parts)
    if isinstance(value, torch.Tensor):
        value = value.detach().numpy()
    return np.asarray(value).tobytes() if isinstance(value, np.ndarray) else repr(value).encode()


def pools(plan, world=WORLD):
    return world.pools(learned=plan.estimator is not None)


@PLANS
def test_pools_trained_at_once_are_each_trained_alone(plan):
    every = pools(plan)[:3]
    together = train(plan, every, 0, WORLD.probe)
    for model, pool in enumerate(every):
        alone = train(plan, [pool], 0, WORLD.probe)
        close = {"rtol": 0, "atol": 1e-12}
        torch.testing.assert_close(together.scalars[model], alone.scalars[0], **close)
        np.testing.assert_allclose(
            together.trace.scalars[:, model], alone.trace.scalars[:, 0], **close
        )
        for one, other in zip(together.learned or [], alone.learned or [], strict=True):
            torch.testing.assert_close(one[model], other[0], **close)


@PLANS
def test_a_neighbour_whose_training_diverges_is_not_felt(plan):
    every = pools(plan)[:2]
    wild = dataclasses.replace(every[1].given, y=every[1].given.y + 1e6)
    calm = train(plan, every, 0, WORLD.probe).scalars[0]
    beside = [every[0], dataclasses.replace(every[1], given=wild)]
    torch.testing.assert_close(train(plan, beside, 0, WORLD.probe).scalars[0], calm)


@PLANS
def test_the_same_seed_gives_the_same_bytes_and_another_one_others(plan):
    first, again, other = (train(plan, pools(plan), seed, WORLD.probe) for seed in (0, 0, 1))
    assert leaves(again) == leaves(first)
    assert not torch.isclose(other.scalars, first.scalars, atol=1e-6).all(1).any()


@PLANS
def test_training_leaves_pools_and_the_callers_random_state(plan):
    every, state = pools(plan), torch.get_rng_state()
    before = [leaves(pool) for pool in every]
    train(plan, every, 0, WORLD.probe)
    assert [leaves(pool) for pool in every] == before
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.slow
def test_two_spawned_workers_give_the_bytes_of_this_process_in_the_order_of_jobs():
    jobs = [(table_of, WORLD, "joint"), (assumption, WORLD), (assumption, World(SETTINGS, 1))]
    here, there = run_all(jobs, 1), run_all(jobs, 2)
    assert [leaves(found) for found in there] == [leaves(found) for found in here]
    assert [type(found) for found in there] == [Table, Assumption, Assumption]
    assert len({leaves(found) for found in here}) == 3


def test_a_fixed_estimate_beside_a_learned_one_or_neither_is_refused():
    learned, fixed = WORLD.pools(learned=True), WORLD.pools(learned=False)
    cases = [(SETTINGS.fixed, learned), (SETTINGS.joint, fixed)]
    cases += [(plan, [fixed[0], learned[1]]) for plan in (SETTINGS.fixed, SETTINGS.joint)]
    for plan, every in cases:
        with pytest.raises(
            ConfigError, match=r"^train: .* expected a fixed estimate for every pool"
        ):
            train(plan, every, 0, WORLD.probe)


def test_regimes_have_pools_of_their_own_and_tests_share_their_inputs():
    pool_inputs = [pool.x.numpy() for pool in WORLD.pools(learned=True)]
    for place, x in enumerate(pool_inputs):
        assert x.shape == (300, 3)
        assert not np.isin(x, WORLD.tests["random"].x).any()
        assert not any(np.isin(x, other).any() for other in pool_inputs[:place])
    assert all((rows.x == WORLD.probe[0].numpy()).all() for rows in WORLD.tests.values())
    assert all((rows.x == WORLD.probe[0].numpy()).all() for rows in WORLD.mixed_tests.values())
    assert WORLD.pool("random", {"random": 1.0}, size=7).x.shape == (7, 3)
