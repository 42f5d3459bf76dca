"""Inputs, and near-duplicates of inputs: one operation for training, others for honest tests.

A near-duplicate keeps the symbols, so its Jaccard similarity to the input is high:

    'Ka To'  ->  near_duplicate 'To Ka' (1), inserted 'Ka Mi To' (2/3), exact_repeat 'Ka To' (1)
                 exchanged 'To Mi' (1/3), which a bad paraphraser makes

Training uses near_duplicate alone, unless an ablation wants bad ones. The output of each is made
anew from the dictionary.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ictrain.errors import ConfigError
from ictrain.tasks.alignment.symbols import join, split

Distribution = Literal["zipf", "uniform"]


def symbol_weights(count: int, distribution: Distribution) -> NDArray[np.float64]:
    """float64 [count], sum 1: uniform, or 1 / (rank + 3) by the symbols' order."""
    ranks = np.arange(count, dtype=np.float64)
    weights = 1 / (ranks + 3) if distribution == "zipf" else np.ones(count)
    total: NDArray[np.float64] = weights / weights.sum()
    return total


def draw_input(
    rng: np.random.Generator,
    symbols: Sequence[str],
    size: int,
    distribution: Distribution = "uniform",
) -> str:
    """An input of `size` distinct symbols, drawn one after the other without replacement.

    Raises:
        ConfigError: fewer symbols than the size.
    """
    if size > len(symbols):
        raise ConfigError(f"{len(symbols)} symbols", expected=f"at least {size}")
    weights = symbol_weights(len(symbols), distribution)
    chosen = rng.choice(len(symbols), size, replace=False, p=weights)
    return join([symbols[i] for i in chosen.tolist()])


def near_duplicate(text: str, rng: np.random.Generator) -> str:
    """The symbols in another order (the paper's operation); one symbol, or equal ones, stay so."""
    symbols = split(text)
    if len(set(symbols)) == 1:
        return join(symbols)
    while True:
        shuffled = [symbols[i] for i in rng.permutation(len(symbols)).tolist()]
        if tuple(shuffled) != symbols:
            return join(shuffled)


def exchanged(text: str, rng: np.random.Generator, symbols: Sequence[str]) -> str:
    """The input in another order, and with one of its symbols exchanged for a foreign one.

    Raises:
        ConfigError: no symbol that is not in the input.
    """
    own = list(split(near_duplicate(text, rng)))
    foreign = [symbol for symbol in symbols if symbol not in own]
    if not foreign:
        raise ConfigError(f"no symbol outside {text!r}", expected="more symbols to draw from")
    own[int(rng.integers(len(own)))] = foreign[int(rng.integers(len(foreign)))]
    return join(own)


def inserted(text: str, rng: np.random.Generator, symbols: Sequence[str]) -> str:
    """The input with one foreign symbol put in at a random place; the others keep their order.

    Raises:
        ConfigError: no symbol that is not in the input.
    """
    own = split(text)
    foreign = [symbol for symbol in symbols if symbol not in own]
    if not foreign:
        raise ConfigError(f"no symbol outside {text!r}", expected="more symbols to draw from")
    place = int(rng.integers(len(own) + 1))
    return join([*own[:place], foreign[int(rng.integers(len(foreign)))], *own[place:]])


def cluster(text: str) -> list[str]:
    """The input and all that have its symbols and no other: Jaccard 1 to one another.

    First itself, then its other orders, then all orders with one symbol said twice.
    """
    orders = list(permutations(split(text)))
    twice = [
        (*order[:place], symbol, *order[place:])
        for order in orders
        for place in range(len(order) + 1)
        for symbol in order
    ]
    return list(dict.fromkeys(join(symbols) for symbols in [*orders, *twice]))


def exact_repeat(text: str) -> str:
    """The same input."""
    return join(split(text))
