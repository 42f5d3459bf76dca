"""A training that diverged is told as soon as it ends, with its name and what to lower."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

from ictrain.errors import RunError
from ictrain.theory.settings import PLANS
from ictrain.theory.target import Array

Found = TypeVar("Found")
_NUMBERS = {"loss", "mse", "scalars", "one_near"}
"""Fields that a training decides. Others may rightly be no number, such as a threshold that is
nowhere."""


def checked(
    name: str, plans: Sequence[str], measure: Callable[..., Found], *arguments: Any
) -> Found:
    """What measure finds with the arguments, if all losses in it are finite.

    Args:
        name: of the experiment.
        plans: whose learning rates it trains by.
        measure: gives an array of losses, or results that hold some.
        arguments: for measure.

    Raises:
        RunError: training diverged.
    """
    found = measure(*arguments)
    if not all(np.isfinite(values).all() for values in numbers_in(found)):
        rates = [f"{plan}.{part}.learning_rate" for plan in plans for part in _parts(plan)]
        raise RunError("training diverged", where=name, mend=f"lower {' or '.join(rates)}")
    return found


def _parts(plan: str) -> tuple[str, ...]:
    return ("estimator", "scalars") if PLANS[plan] else ("scalars",)


def numbers_in(found: Any) -> Iterator[Array]:
    """The arrays and numbers in results that a diverged training makes infinite, or no number."""
    if isinstance(found, np.ndarray):
        yield found
    elif is_dataclass(found):
        for field in fields(found):
            value = getattr(found, field.name)
            if field.name in _NUMBERS:
                yield np.asarray(value)
            elif not isinstance(value, np.ndarray):
                yield from numbers_in(value)
    elif isinstance(found, Mapping):
        yield from numbers_in(list(found.values()))
    elif isinstance(found, list | tuple):
        for one in found:
            yield from numbers_in(one)
