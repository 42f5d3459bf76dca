"""Whether the pool has room for each arm's largest k: told before anything else is."""

from __future__ import annotations

from collections.abc import Sequence

from ictrain.config import RunSettings
from ictrain.errors import ContextError
from ictrain.examples import Example, normalise


def check_largest_k(
    settings: RunSettings, pool: Sequence[Example], targets: Sequence[Example]
) -> None:
    """Refuses a pool too small for what an arm may draw in training.

    Args:
        settings: the comparison.
        pool: what contexts are drawn from.
        targets: of training; an equal input is in no context.

    Raises:
        ContextError: naming the arm.
    """
    inputs = {normalise(e.input) for e in pool}
    room = len(inputs) - any(normalise(target.input) in inputs for target in targets)
    for name, arm in settings.strategies.items():
        cells = set(arm.context.mixture())
        if arm.kind != "trained" or cells <= {"zero"}:
            continue
        # A near-duplicate takes a place, but only where every context has one may the pool be less.
        largest = max(arm.context.k_values()) - (cells <= {"zero", "paraphrase"})
        if largest > room:
            raise ContextError(
                f"the pool has {room} distinct inputs beside the target's own",
                expected=f"at least k = {largest}",
                where=f"context.k of the arm {name!r}",
                mend="lower context.k or add examples",
            )
