"""Who proposes the next candidate: optuna's TPE, or chance.

A proposal is a pure function of (settings, number, what is known of earlier trials): for each one a
study is made anew from what is known, and a sampler with a seed of its own, from the keyed
generators. So nothing of optuna's has to be stored, and a tune that was killed goes on to the same
proposals as one that was left alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from ictrain.errors import ConfigError
from ictrain.randomness import rng
from ictrain.search.settings import TuneSettings
from ictrain.search.space import Params, Range

Told = tuple[Params, float | None]
"""A trial's parameters and score; None while it is not measured."""


def check_optuna() -> None:
    """Says in one line that optuna is missing, before anything is trained.

    Raises:
        ConfigError: it is not installed.
    """
    _optuna()


def propose(
    ranges: Mapping[str, Range], told: Sequence[Told], number: int, settings: TuneSettings
) -> Params:
    """The parameters of trial `number`.

    Args:
        ranges: of the parameters.
        told: of trials before it. One without a score counts as bad as the worst that is known, so
            that candidates proposed together do not stand in one place.
        number: of the trial.
        settings: sampler, seed, startup.
    """
    optuna = _optuna()
    seed = int(rng(settings.seed, "tune/propose", index=number).integers(2**32))
    chance = settings.sampler == "random" or number < settings.startup
    spans = {name: _distribution(optuna, span) for name, span in ranges.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of options that optuna calls experimental
        sampler = (
            optuna.samplers.RandomSampler(seed=seed)
            if chance
            else optuna.samplers.TPESampler(seed=seed, n_startup_trials=0, multivariate=True)
        )
        study = optuna.create_study(direction="maximize", sampler=sampler)
        worst = min((score for _, score in told if score is not None), default=0.0)
        for params, score in told if not chance else ():
            value = worst if score is None else score
            study.add_trial(
                optuna.trial.create_trial(params=_typed(params, ranges), distributions=spans,
                                          value=value)
            )  # fmt: skip
        return {name: float(value) for name, value in study.ask(spans).params.items()}


def _typed(params: Params, ranges: Mapping[str, Range]) -> dict[str, Any]:
    return {
        name: int(params[name]) if span.whole else params[name] for name, span in ranges.items()
    }


def _distribution(optuna: Any, span: Range) -> Any:
    if span.whole:
        return optuna.distributions.IntDistribution(int(span.low), int(span.high))
    return optuna.distributions.FloatDistribution(span.low, span.high, log=span.log)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ConfigError(
            "optuna is not installed", expected="it, for tune", mend="pip install 'ictrain[tune]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
