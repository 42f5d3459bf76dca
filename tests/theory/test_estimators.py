"""In-weights estimators: calibrated or not, and the small networks that are learned."""

import math
import warnings

import numpy as np
import pytest
import torch

from ictrain.errors import ConfigError
from ictrain.theory.estimators import Learned, check_calibrated, coarse, correlation, noisy
from ictrain.theory.sampling import draw_at, draw_mixture
from ictrain.theory.settings import NotCalibrated, Problem, TheorySettings
from ictrain.theory.target import Target
from ictrain.theory.world import World
from tests.theory.test_target import points


@pytest.mark.parametrize("seed", range(3))
def test_coarse_is_calibrated_and_noise_of_the_same_error_is_not(seed):
    target = Target.drawn(Problem(), seed)
    rows = draw_mixture(target, {"random": 1.0}, 8000, seed, "test")
    y, line = torch.from_numpy(rows.y), coarse(target, rows)
    assert torch.equal(line, torch.from_numpy(target.coarse(rows.x)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert abs(check_calibrated(line, y)) < 0.04
    found = noisy(target, y, seed, "test")
    assert float((found - y).square().mean()) == pytest.approx(0.36, rel=0.05)
    assert correlation(found, y) == pytest.approx(0.6 / math.sqrt(1.36), abs=0.04)
    expected = np.corrcoef((found - y).numpy(), found.numpy())[0, 1]
    with pytest.warns(NotCalibrated, match=rf"correlate by \+{expected:.3f}; expected") as caught:
        assert check_calibrated(found, y) == pytest.approx(expected, abs=1e-12)
    assert "\n" not in str(caught[0].message)
    assert caught[0].filename == __file__  # told where the estimator was handed over


def test_an_overconfident_estimator_is_warned_of_and_a_perfect_or_constant_one_is_not():
    y = torch.linspace(-1, 1, 50, dtype=torch.float64)
    with pytest.warns(NotCalibrated, match=r"by -1\.000"):
        check_calibrated(y / 2, y)
    assert check_calibrated(y, y) == 0.0
    assert check_calibrated(torch.zeros_like(y), y) == 0.0


def test_noise_is_of_its_seed_and_purpose():
    target, y = Target.drawn(Problem(), 0), torch.zeros(9, dtype=torch.float64)
    first = noisy(target, y, 0, "pool")
    assert torch.equal(noisy(target, y, 0, "pool"), first)
    assert not torch.isin(noisy(target, y, 1, "pool"), first).any()
    assert not torch.isin(noisy(target, y, 0, "test"), first).any()


def test_learned_estimators_start_alike_in_a_linear_layers_ranges_and_near_0():
    learned = Learned.drawn(4, 5000, 3, 0)
    for part, bound in ((learned.inner, 0.5), (learned.bias, 0.5), (learned.out, 0.1 / 5000**0.5)):
        part = part.detach()
        assert torch.equal(part[0], part[2])
        assert 0.99 * bound < float(part.max()) <= bound
        assert -bound <= float(part.min()) < -0.99 * bound
        assert abs(float(part.mean())) < 0.05 * bound
    assert torch.equal(learned.shift, torch.zeros(3, dtype=torch.float64))
    x = torch.from_numpy(points(4, 200))
    assert float(learned(x).detach().square().mean()) < 0.01
    assert not torch.equal(Learned.drawn(4, 5000, 3, 1).inner, learned.inner)


def test_learned_estimators_equal_a_loop_and_the_network_the_transformer_takes():
    learned = Learned.drawn(3, 4, 2, 0)
    for part in learned:
        part.requires_grad_(False)
        part[1] = torch.as_tensor(np.random.default_rng(1).normal(size=part[1].shape))
    x = torch.from_numpy(points(3, 6))
    found = learned(x).detach()
    assert torch.allclose(learned(x.expand(2, 6, 3)), found, rtol=0, atol=1e-14)
    for model in range(2):
        network = learned.network(model)
        for place in range(6):
            total = float(learned.shift[model])
            for unit in range(4):
                into = float(learned.inner[model, unit] @ x[place]) * math.sqrt(3)
                total += float(learned.out[model, unit]) * max(
                    0.0, into + float(learned.bias[model, unit])
                )
            assert float(found[model, place]) == pytest.approx(total, abs=1e-13)
            assert float(network(x[place])) == pytest.approx(total, abs=1e-13)


def test_the_settings_choose_the_fixed_estimator():
    calm, loud = (
        World(TheorySettings(estimator=name, test=4000), 3) for name in ("coarse", "noisy")
    )
    rows = calm.tests["one_near"]
    assert torch.equal(calm.estimate(rows), coarse(calm.target, rows))
    error = (calm.estimate(calm.tests["random"]) - calm.probe[1]).square().mean()
    assert calm.epsilon == pytest.approx(float(error))
    y = torch.from_numpy(rows.y)
    assert torch.equal(loud.estimate(rows), noisy(loud.target, y, 3, "test"))
    # Every draw has noise of its own
    other = draw_at(loud.target, 0.9, len(y), 3, "curve")
    error = loud.estimate(other) - torch.from_numpy(other.y)
    assert not torch.isclose(error, loud.estimate(rows) - y).any()
    pool = loud.pool("random", {"random": 1.0}, size=len(y))
    assert not torch.isclose(pool.estimate - pool.given.y, error).any()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert abs(calm.check_estimator()) < 0.05
    with pytest.warns(NotCalibrated):
        assert loud.check_estimator() > 0.45
    with pytest.raises(ConfigError, match="estimator: found 'fine'; expected 'coarse' or 'noisy'"):
        TheorySettings.parse({"estimator": "fine"})
