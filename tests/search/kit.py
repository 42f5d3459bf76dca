"""A search whose score is a known function of the candidate: no model, no clock of the machine."""

from __future__ import annotations

from ictrain.contexts import StrategySettings
from ictrain.randomness import rng
from ictrain.search import Budget, Found, Space, TuneSettings, run_search

SEEDS = [0, 1, 2, 3, 4]
BEST = {"random": 0.6, "similar": 0.1, "one_near": 0.3}


def space(**settings):
    values = {"search": ("cells",), "rungs": 3, **settings}
    return Space(TuneSettings(**values), StrategySettings(name="contrastive"), 1e-3, 4, True)


def distance(candidate, best=BEST):
    """Half the sum of what the cells' weights are off by; 0 is the optimum."""
    mixture = candidate.context.mixture()
    return sum(abs(mixture.get(cell, 0.0) - w) for cell, w in best.items()) / 2


class Stub:
    """Measures by a known function, on a clock of its own.

    Attributes:
        asks: everything that was really measured, in order.
        clock: seconds; a training takes 1 s and 0.1 s a step.
    """

    def __init__(self, score=None, noise=0.0, dies_after=None):
        self.score = score or (lambda ask: 1 - distance(ask.candidate))
        self.noise, self.dies_after = noise, dies_after
        self.asks, self.clock, self.kept = [], 0.0, {}

    def key(self, ask):
        return (ask.trial, repr(ask.candidate), ask.steps, ask.seed, ask.held_back)

    def known(self, ask):
        return self.kept.get(self.key(ask))

    def __call__(self, asks):
        for ask in asks:
            if self.known(ask) is None:
                self.measure(ask)
        return [self.kept[self.key(ask)] for ask in asks]

    def measure(self, ask):
        if self.dies_after is not None and len(self.asks) >= self.dies_after:
            raise KeyboardInterrupt
        training = 0.1 * ask.steps
        self.clock += 1 + training
        self.asks.append(ask)
        shake = rng(ask.seed, "test", ask.steps, ask.trial).normal() * self.noise
        score = self.score(ask) + float(shake)
        self.kept[self.key(ask)] = Found(
            score, "dev low", {"dev low": [score, score, score]}, 10, training, 1 + training
        )


def searched(stub, seconds=None, steps=90, seeds=SEEDS, say=lambda _: None, **settings):
    budget = Budget(seconds, lambda: stub.clock)
    return run_search(space(**settings), steps, seeds, stub, budget, say)
