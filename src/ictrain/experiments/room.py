"""Whether the pool has room for each arm's largest k: told before anything else is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ictrain.config import RunSettings
from ictrain.errors import ContextError
from ictrain.examples import SCOPE, Example, normalise


def check_largest_k(
    settings: RunSettings,
    pool: Sequence[Example],
    targets: Sequence[Example],
    left_out: Callable[[], Sequence[str]] = list,
) -> None:
    """Refuses a pool too small for what an arm may draw in training.

    Args:
        settings: the comparison.
        pool: what contexts are drawn from.
        targets: of training; an equal input is in no context.
        left_out: what was not taken of the data, in sentences: perhaps the reason.

    Raises:
        ContextError: naming the arm.
    """
    room, among = min(
        ((_room(pool, targets, scope), scope) for scope in _scopes(targets)),
        key=lambda found: found[0],
    )
    for name, arm in settings.strategies.items():
        cells = set(arm.context.mixture())
        if arm.kind != "trained" or cells <= {"zero"}:
            continue
        # A near-duplicate takes a place, but only where every context has one may the pool be less.
        largest = max(arm.context.k_values()) - (cells <= {"zero", "paraphrase"})
        if largest > room:
            raise ContextError(
                f"the pool has {room} distinct inputs {_among(among)}beside the target's own"
                + "".join(f" ({line})" for line in left_out()),
                expected=f"at least k = {largest}",
                where=f"context.k of the arm {name!r}",
                mend="lower context.k or add examples",
            )


def _scopes(targets: Sequence[Example]) -> list[Any]:
    """The scopes to which contexts are restricted; None stands for the whole pool."""
    return list(dict.fromkeys(target.meta.get(SCOPE) for target in targets)) or [None]


def _room(pool: Sequence[Example], targets: Sequence[Example], scope: Any) -> int:
    """How many distinct inputs a target of the scope may have in its context."""
    inputs = {normalise(e.input) for e in pool if scope is None or e.meta.get(SCOPE) == scope}
    own = (t for t in targets if t.meta.get(SCOPE) == scope)
    return len(inputs) - any(normalise(target.input) in inputs for target in own)


def _among(scope: Any) -> str:
    return "" if scope is None else f"of {scope!r}, to which contexts are restricted, "
