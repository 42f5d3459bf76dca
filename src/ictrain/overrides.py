"""Settings changed from the command line: key=value, with dots between sections."""

from __future__ import annotations

from typing import Any

import yaml

from ictrain.errors import ConfigError


def apply_override(values: dict[str, Any], override: str) -> None:
    """Sets one value in nested sections; an empty value is null.

    Raises:
        ConfigError: not key=value, a key below a value, or a value that is not YAML.
    """
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"override {override!r}", expected="key=value, e.g. training.steps=100")
    *path, last = key.strip().split(".")
    place = values
    for part in path:
        place = place.setdefault(part, {}) if place.get(part) is not None else _new(place, part)
        if not isinstance(place, dict):
            raise ConfigError(
                f"override {override!r}", expected="a key below a section, not a value"
            )
    try:
        place[last] = _number(yaml.safe_load(text))
    except yaml.YAMLError:
        raise ConfigError(f"override {override!r}", expected="a value in YAML behind =") from None


def _new(place: dict[str, Any], part: str) -> dict[str, Any]:
    place[part] = {}
    made: dict[str, Any] = place[part]
    return made


def _number(value: Any) -> Any:
    """YAML reads 1e-4 as a text; a user means the number."""
    try:
        return float(value) if isinstance(value, str) and "e" in value.lower() else value
    except ValueError:
        return value
