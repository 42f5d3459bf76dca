from __future__ import annotations

import pytest

from ictrain.contexts import StrategySettings
from ictrain.errors import ConfigError


def test_p_is_a_shorthand_for_cells():
    settings = StrategySettings(name="contrastive", p=0.2)
    assert settings.mixture() == pytest.approx({"random": 0.2, "similar": 0.2, "one_near": 0.6})
    assert StrategySettings(name="random_similar", p=0.3).mixture() == {
        "random": 0.3,
        "similar": 0.7,
    }
    assert StrategySettings(name="contrastive").resolved_epsilon() == 0.25
    assert StrategySettings(name="random").resolved_epsilon() == 0.0


@pytest.mark.parametrize(
    ("k", "values"), [(3, (3,)), ("1-4", (1, 2, 3, 4)), ("5", (5,)), ([2, 4], (2, 4))]
)
def test_k_is_fixed_a_set_or_a_range(k, values):
    assert StrategySettings(name="random", k=k).k_values() == values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "contrastiv"}, "did you mean 'contrastive'"),
        ({"name": "contrastive", "p": 0.6}, "from 0 to 0.5"),
        ({"name": "random", "epsilon": 1.2}, "epsilon is 1.2"),
        ({"name": "x", "cells": {"random": 0.5, "similar": 0.4}}, "sum to 0.9"),
        ({"name": "x", "cells": {"rndom": 1.0}}, "did you mean 'random'"),
        ({"name": "x", "cells": {"random": 1.5, "similar": -0.5}}, "weighs -0.5"),
        ({"name": "random", "k": 0}, "k is 0"),
        ({"name": "random", "k": "four"}, "k is 'four'"),
        ({"name": "random", "epsilonn": 0.1}, "did you mean 'epsilon'"),
        ({"name": "random", "tau": 0}, "tau"),
    ],
)
def test_wrong_values_get_one_line(values, message):
    with pytest.raises(ConfigError, match=message) as caught:
        StrategySettings.parse(values, "config.yaml")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("config.yaml")
