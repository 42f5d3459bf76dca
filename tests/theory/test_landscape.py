"""Slices of the loss against the slow model at points of their grids."""

import numpy as np
import pytest

from ictrain.theory import landscape
from ictrain.theory.landscape import NAMES, landscapes
from ictrain.theory.sampling import draw_mixture
from ictrain.theory.settings import regimes
from ictrain.theory.table import regime_table
from tests.theory.test_oracle import slow
from tests.theory.test_table import TINY, WORLD, estimates

SIDE = 7
SGD = TINY.fixed.scalars.model_copy(update={"name": "sgd", "learning_rate": 0.5})


@pytest.fixture(scope="module")
def found():
    world = type(WORLD)(
        TINY.model_copy(update={"sgd": TINY.fixed.model_copy(update={"scalars": SGD})}), 1
    )
    (adam, models), (sgd, _) = (regime_table(world, plan) for plan in ("fixed", "sgd"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("_SIDE", SIDE), ("_ROWS", 20), ("_PROFILE", 5)):
            patch.setattr(landscape, name, value)
        patch.setattr(landscape._range, "__defaults__", (SIDE,))
        return landscapes(world, {"adam": adam, "sgd": sgd}), adam, sgd, models


def loss_at(view, models, across, up, third):
    rows = draw_mixture(WORLD.target, regimes(WORLD.problem)[view.regime], 20, 1, "landscape")
    values = dict(zip(view.axes, (across, up), strict=True))
    scalars = [values.get(name, third) for name in NAMES]
    return np.mean([one.loss for one in slow(scalars, rows, estimates(models, 0, rows))])


def test_every_slice_is_of_the_scalars_it_names(found):
    views = found[0]
    assert [(v.regime, v.axes) for v in views] == [
        ("random", ("alpha", "beta")),
        ("similar", ("gamma", "beta")),
        ("one_near", ("alpha", "beta")),
        ("random_similar", ("gamma", "beta")),
        ("contrastive", ("alpha", "beta")),
        ("random_similar", ("alpha", "gamma")),
    ]
    assert [v.third is None for v in views] == [False] * 5 + [True]
    assert all(v.loss.shape == (len(v.y), len(v.x)) == (SIDE, SIDE) for v in views)


def test_the_loss_is_the_slow_one_at_the_end_of_the_first_way(found):
    views, adam, _, models = found
    for view in views[:5]:
        (third,) = set(NAMES) - set(view.axes)
        end = adam.trace.scalars[-1, adam.regimes.index(view.regime)]
        assert view.third == end[NAMES.index(third)]
        for row, column in ((0, 0), (1, 5), (6, 2), (3, 3)):
            expected = loss_at(view, models, view.x[column], view.y[row], view.third)
            assert view.loss[row, column] == pytest.approx(expected, abs=1e-11)


def test_the_last_slice_is_the_least_over_the_third_scalar(found):
    views, adam, sgd, models = found
    view, place = views[-1], adam.regimes.index("random_similar")
    betas = np.concatenate([t.trace.scalars[:, place, 1] for t in (adam, sgd)])
    low, high = min(betas.min(), 0), max(betas.max(), 0)
    margin = 0.25 * (high - low) + 1
    tried = np.linspace(low - margin, high + margin, 5)
    for row, column in ((0, 6), (2, 3), (5, 1)):
        losses = [loss_at(view, models, view.x[column], view.y[row], beta) for beta in tried]
        assert view.loss[row, column] == pytest.approx(min(losses), abs=1e-11)
        assert min(losses) < max(losses)


def test_the_ways_lie_inside_and_only_the_last_slice_shows_sgds(found):
    views, adam, sgd, _ = found
    for view in views:
        shown = {"adam": adam, "sgd": sgd} if view.third is None else {"adam": adam}
        assert list(view.paths) == list(shown)
        axes = [NAMES.index(name) for name in view.axes]
        for name, table in shown.items():
            way = table.trace.scalars[:, table.regimes.index(view.regime)][:, axes]
            assert (view.paths[name] == way).all()
            for column, axis in enumerate((view.x, view.y)):
                assert axis.min() < way[:, column].min()
                assert way[:, column].max() < axis.max()
                assert axis.min() < 0 < axis.max()
                assert np.allclose(np.diff(axis), axis[1] - axis[0])
