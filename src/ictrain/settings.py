"""Frozen settings: each room declares its own class; an unknown key names the nearest known one."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from ictrain.errors import ConfigError, nearest


class Settings(BaseModel):
    """Base of every settings class: frozen, and strict about unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    @classmethod
    def parse(cls, values: dict[str, Any], where: str = "") -> Self:
        """Checks values as they come from a file.

        Raises:
            ConfigError: on one line, the first key that is wrong and what it should have been.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _explain(cls, error, where, values) from None

    @classmethod
    def written(cls, key: tuple[int | str, ...], values: dict[str, Any]) -> tuple[int | str, ...]:
        """The key as the user wrote it, where values were rearranged before they were checked."""
        del values
        return key


def _explain(
    cls: type[Settings], error: ValidationError, where: str, values: dict[str, Any]
) -> ConfigError:
    # A misspelt key also makes the right one missing: tell of the misspelling.
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in cls.written(_without_tags(first["loc"], values), values))
    place = f"{where}: {key}" if where and key else where or key
    if first["type"] == "extra_forbidden":
        known = _fields_at(cls, first["loc"][:-1])
        return ConfigError("unknown key", where=place, mend=nearest(str(first["loc"][-1]), known))
    if first["type"] == "union_tag_invalid":
        facts = first["ctx"]
        tags = [tag.strip(" '") for tag in facts["expected_tags"].split(",")]
        found = f"unknown {facts['discriminator'].strip(chr(39))} {facts['tag']!r}"
        return ConfigError(found, where=place, mend=nearest(facts["tag"], tags))
    if first["type"] == "missing":
        return ConfigError("nothing", expected="a value (it has no default)", where=place)
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        place = ": ".join(part for part in (place, cause.where) if part)
        return ConfigError(cause.found, expected=cause.expected, where=place, mend=cause.mend)
    return ConfigError(f"found {first['input']!r}", expected=_expected(first), where=place)


def _without_tags(place: tuple[int | str, ...], values: Any) -> tuple[int | str, ...]:
    """Where a value stands, without the names by which pydantic tells unions' classes: nobody
    wrote `task.pairs.paraphrase.llm.budget`."""
    found: list[int | str] = []
    for number, part in enumerate(place):
        tagged = isinstance(values, dict) and part not in values and number + 1 < len(place)
        if tagged and any(_is_tag(values.get(key), part) for key in TOLD_BY):
            continue
        found.append(part)
        if isinstance(values, dict):
            values = values.get(part)
        elif isinstance(values, list | tuple) and isinstance(part, int):
            values = values[part] if part < len(values) else None
        else:
            values = None
    return tuple(found)


def _is_tag(value: Any, part: int | str) -> bool:
    return isinstance(value, str) and value == part


TOLD_BY = ("name", "method")
"""Fields that tell one settings class from another, where a section may be of several."""
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text",
    "tuple": "a list",
    "list": "a list",
    "dict": "keys and values",
    "model": "keys and values",
}


def _expected(error: ErrorDetails) -> str:
    """What should have been there, in a user's words."""
    kind, facts = error["type"], error.get("ctx", {})
    if kind in ("too_short", "too_long"):
        least = kind == "too_short"
        number = facts["min_length" if least else "max_length"]
        return f"at {'least' if least else 'most'} {number} item{'s' * (number != 1)}"
    if kind.endswith(("_type", "_parsing", "_from_float", "_attributes_type")):
        return _KINDS.get(kind.partition("_")[0], _lower(error["msg"]))
    return _lower(error["msg"])


def _lower(message: str) -> str:
    for prefix in ("Input should be ", "Value error, "):
        message = message.removeprefix(prefix)
    return message


def _fields_at(cls: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The field names of the settings class found by following path from cls."""
    found: list[type[BaseModel]] = [cls]
    for part in path:
        nested = []
        for model in found:
            field = model.model_fields.get(str(part))
            nested += _models_in(field.annotation) if field else []
        found = nested or found
    return [name for model in found for name in model.model_fields]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for inner in getattr(annotation, "__args__", ()) for m in _models_in(inner)]
