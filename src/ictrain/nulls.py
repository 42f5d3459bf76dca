"""What a null in a config means: a value where a setting may be empty, else nothing.

    task: {cache: null}             the setting's own null: nothing is kept
    strategies: {base: null}        an arm that another file has, taken away
    columns: null                   a section that another file has, taken away: the defaults again

So a null stays until all files and overrides are laid over each other, and is judged by the
settings that it is a value for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from ictrain.settings import TOLD_BY, Settings


def settled(values: Mapping[str, Any], hints: Sequence[Any]) -> dict[str, Any]:
    """The values without those nulls that mean nothing.

    Args:
        values: a section as it stands in a file.
        hints: types that it may be of.
    """
    if any(_is_free(hint) for hint in hints):
        return dict(values)
    entries = [arg for hint in hints for arg in _of_entries(hint)]
    kinds = [kind for hint in hints for kind in _settings_in(hint) if _may_be(kind, values)]
    found: dict[str, Any] = {}
    for key, value in values.items():
        inside = [k.model_fields[key].annotation for k in kinds if key in k.model_fields]
        inside += entries
        if isinstance(value, dict):
            found[key] = settled(value, inside)
        elif value is not None or any(_takes_null(hint) for hint in inside):
            found[key] = value
    return found


def _parts(hint: Any) -> Iterator[Any]:
    """A type and, of a union or an annotated type, its parts."""
    yield hint
    if not _is_mapping(hint) and get_origin(hint) is not Literal:
        for arg in get_args(hint):
            yield from _parts(arg)


def _is_mapping(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _is_free(hint: Any) -> bool:
    """Whether it may hold a mapping of anything, nulls too."""
    return any(_is_mapping(p) and get_args(p)[1] is Any for p in _parts(hint))


def _of_entries(hint: Any) -> list[Any]:
    """What the values of a mapping are."""
    return [get_args(p)[1] for p in _parts(hint) if _is_mapping(p)]


def _settings_in(hint: Any) -> list[type[Settings]]:
    return [p for p in _parts(hint) if isinstance(p, type) and issubclass(p, Settings)]


def _takes_null(hint: Any) -> bool:
    return any(p is NoneType or p is None for p in _parts(hint))


def _may_be(kind: type[Settings], values: Mapping[str, Any]) -> bool:
    """Whether the section does not say that it is of another class."""
    for key in TOLD_BY:
        field = kind.model_fields.get(key)
        hint = None if field is None else field.annotation
        if key in values and get_origin(hint) is Literal and values[key] not in get_args(hint):
            return False
    return True
