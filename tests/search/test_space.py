"""What a sampler's numbers mean: mixtures that sum to 1, written with few digits, and back."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from ictrain.contexts import StrategySettings
from ictrain.errors import ConfigError
from ictrain.randomness import rng
from ictrain.search import Space, TuneSettings
from ictrain.search.sampler import check_optuna, propose
from tests.search.kit import space

ALL = ("cells", "epsilon", "tau", "k", "learning_rate")


def drawn(chosen, count=400):
    spans = chosen.ranges()
    for i in range(count):
        u = rng(0, "test space", index=i).random(len(spans)).tolist()
        params = {
            n: s.low * (s.high / s.low) ** x if s.log else s.low + x * (s.high - s.low)
            for (n, s), x in zip(spans.items(), u, strict=True)
        }
        yield {n: round(v) if spans[n].whole else v for n, v in params.items()}


def test_every_choice_is_a_mixture_with_few_digits():
    for params in drawn(space(search=ALL)):
        found = space(search=ALL).candidate(params)
        weights = found.context.cells
        assert abs(sum(weights.values()) - 1) < 1e-9
        assert all(abs(w * 100 - round(w * 100)) < 1e-6 and w >= 0 for w in weights.values())
        assert float(f"{found.context.tau:.2g}") == found.context.tau
        assert 0.5 <= found.context.tau <= 8
        assert 0 <= found.context.epsilon <= 0.5
        assert 0.25e-3 <= found.learning_rate <= 4e-3
        assert set(found.context.k_values()) <= set(range(1, 9))


def test_a_uniform_choice_is_uniform_on_the_simplex():
    weights = np.array([
        [space().candidate(p).context.cells[c] for c in ("random", "similar", "one_near")]
        for p in drawn(space(), 3000)
    ])  # fmt: skip
    assert np.allclose(weights.mean(axis=0), 1 / 3, atol=0.02)
    # Of a uniform simplex each weight exceeds t with probability (1 - t)^2.
    for t in (0.2, 0.5, 0.8):
        assert np.allclose((weights > t + 0.004).mean(axis=0), (1 - t) ** 2, atol=0.03)


def test_the_params_of_a_candidate_mean_that_candidate():
    chosen = space(search=ALL)
    for params in drawn(chosen, 200):
        candidate = chosen.candidate(params)
        again = chosen.candidate(chosen.params(candidate))
        assert again.plain() == candidate.plain()
    default = chosen.candidate(chosen.params(chosen.default))
    assert default.context.mixture() == chosen.default.context.mixture()
    assert default.context.k_values() == chosen.default.context.k_values()


def test_an_arm_outside_the_ranges_is_told_of_at_their_edge():
    context = StrategySettings(name="contrastive", k=[2, 20], tau=50, epsilon=0.9)
    chosen = Space(TuneSettings(k=(1, 8)), context, 1e-3, 4, True)
    params, spans = chosen.params(chosen.default), chosen.ranges()
    assert all(spans[n].low <= v <= spans[n].high for n, v in params.items())
    assert chosen.default.plain()["k"] == "2,20"


def test_cells_that_are_not_searched_keep_their_weight():
    context = StrategySettings(
        name="contrastive", cells={"zero": 0.2, "random": 0.4, "similar": 0.2, "one_near": 0.2}
    )
    chosen = Space(TuneSettings(search=("cells",)), context, 1e-3, 4, True)
    for params in drawn(chosen, 50):
        cells = chosen.candidate(params).context.cells
        assert cells["zero"] == 0.2
        assert abs(sum(cells.values()) - 1) < 1e-9
    again = chosen.candidate(chosen.params(chosen.default))
    assert again.context.mixture() == context.mixture()


def test_without_a_paraphraser_epsilon_stays():
    chosen = Space(TuneSettings(), StrategySettings(name="contrastive", epsilon=0), 1e-3, 4, False)
    assert "epsilon" not in chosen.ranges()
    assert chosen.candidate(next(drawn(chosen))).context.epsilon == 0


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_proposal_is_a_function_of_its_number_and_of_what_is_known(sampler):
    how = TuneSettings(sampler=sampler, startup=1)
    spans = space(search=ALL).ranges()
    told = [(p, i / 10) for i, p in enumerate(drawn(space(search=ALL), 6))]
    first = propose(spans, told, 6, how)
    assert first == propose(spans, told, 6, how)
    assert first != propose(spans, told, 7, how)
    assert first != propose(spans, told, 6, TuneSettings(sampler=sampler, startup=1, seed=1))
    assert set(first) == set(spans)
    assert all(spans[n].low <= v <= spans[n].high for n, v in first.items())
    other = [(p, -s) for p, s in told]
    assert (first == propose(spans, other, 6, how)) == (sampler == "random")


def test_a_missing_optuna_is_one_line_with_a_mend(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("optuna"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError) as error:
        check_optuna()
    assert "pip install 'ictrain[tune]'" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1.5h", 5400), ("2d", 172800), (45, 45)]
)
def test_budgets_are_times(text, seconds):
    assert TuneSettings(budget=text).budget_seconds() == seconds


@pytest.mark.parametrize(
    "wrong",
    [{"budget": "soon"}, {"budget": "0m"}, {"search": ("cell",)}, {"cells": ("random", "near")},
     {"tau": (4, 1)}, {"tau": (0, 1)}, {"epsilon": (0, 1.5)}, {"k": (0, 4)},
     {"cells": ("random", "random")}],
)  # fmt: skip
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ConfigError):
        TuneSettings.parse(wrong)
