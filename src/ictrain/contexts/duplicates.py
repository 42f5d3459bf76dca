"""The synthetic near-duplicates of a draw, as good or as bad as the strategy wants them.

A bad paraphraser fails in two ways. It drifts: what it writes says something else, and has the
right output for that. It mislabels: the output is that of another input. Both are drawn with
numbers of their own, so that a higher rate spoils the same near-duplicates and some more, and the
other examples of a context stay. Evaluation never spoils any.

A near-duplicate may happen to be an input of a dev or test set, where a task has few inputs, or a
template few values. Training never shows such a one.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictrain.contexts.settings import StrategySettings
from ictrain.contexts.slots import Draw
from ictrain.contexts.source import NearDuplicate, Source
from ictrain.errors import ContextError
from ictrain.examples import SCOPE, Example, PoolSnapshot, normalise
from ictrain.randomness import rng

_TRIES = 8
"""Until a target goes without: another near-duplicate is drawn where one is a dev or test input."""


def near_duplicates(
    strategy: StrategySettings,
    source: Source,
    targets: Sequence[Example],
    wanted: NDArray[np.bool_],
    draw: Draw,
) -> list[Example | None]:
    """One near-duplicate for each target that is to get one and can have one.

    Args:
        strategy: how many of them are spoilt.
        source: the task's operations, what they may not say, and the outputs that mislabel.
        targets, wanted: bool [targets], for whom.
        draw: where the random numbers come from.

    Raises:
        ContextError: a near-duplicate that equals its target's input.
    """
    changed = draw.uniforms("paraphrase/changed", 1)[:, 0] < strategy.paraphrase_changed
    wrong = draw.uniforms("paraphrase/wrong", 1)[:, 0] < strategy.paraphrase_wrong
    made: list[Example | None] = [None] * len(targets)
    for row in np.flatnonzero(wanted).tolist():
        operation = source.changed_duplicate if changed[row] else source.near_duplicate
        assert operation is not None  # draw_contexts has looked
        number = int(draw.index[row])
        duplicate = _drawn(operation, targets[row], source.held_out, draw, number)
        if duplicate is not None and normalise(duplicate.input) == normalise(targets[row].input):
            raise ContextError(
                "a paraphrase equals its target's input", where=f"target {targets[row].id!r}"
            )
        if duplicate is not None and wrong[row]:
            generator = rng(draw.seed, f"{draw.purpose}/paraphrase/label", draw.epoch, number)
            scope = targets[row].meta.get(SCOPE)
            duplicate = _mislabelled(duplicate, source.snapshot, generator, scope)
        made[row] = duplicate
    return made


def _drawn(
    operation: NearDuplicate, target: Example, held_out: Set[str], draw: Draw, number: int
) -> Example | None:
    """The first one that is no dev or test input: training would show a test with its answer."""
    for attempt in range(_TRIES):
        again = f"/again-{attempt}" if attempt else ""
        generator = rng(draw.seed, f"{draw.purpose}/paraphrase{again}", draw.epoch, number)
        duplicate = operation(target, generator)
        if duplicate is None or normalise(duplicate.input) not in held_out:
            return duplicate
    return None


def _mislabelled(
    example: Example, snapshot: PoolSnapshot, generator: np.random.Generator, scope: Any
) -> Example:
    """With the output of a pool item that has another one; as it is where all have the same.

    A target that is restricted to a scope gets an output of that scope.
    """
    own = normalise(example.output)
    for place in generator.permutation(len(snapshot)).tolist():
        other = snapshot.examples[place].output
        if scope is not None and snapshot.examples[place].meta.get(SCOPE) != scope:
            continue
        if normalise(other) != own:
            return replace(example, id=f"{example.id}#mislabelled", output=other)
    return example
