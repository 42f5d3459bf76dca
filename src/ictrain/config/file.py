"""YAML files of settings: one may extend another, and the command line overrides both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from ictrain.config.settings import SHARED, Arm, RunSettings
from ictrain.errors import ConfigError, nearest
from ictrain.nulls import settled
from ictrain.overrides import apply_override
from ictrain.paths import expanded
from ictrain.readers.hub import SCHEME
from ictrain.readers.sources import FORMATS
from ictrain.tasks import FileTask

_PAIRS = tuple(ending for ending in FORMATS if ending != ".json")
"""Never a config's ending: YAML may be written as JSON."""


def load_config(path: Path, overrides: Sequence[str] = ()) -> RunSettings:
    """Reads a YAML file and applies overrides such as training.learning_rate=1e-4.

    A file with `extends: other.yaml` says only what is different there; of a list of files each
    goes over the ones before it. An override @other.yaml puts that file over the config. In a file
    that goes over others the key "*" stands for every key that is there, and "KEY?" for KEY where
    it is there, and else for nothing.

    Raises:
        ConfigError: no such file, not YAML, an unknown key (the nearest is named), a wrong value.
    """
    values = _read(Path(path))
    for override in overrides:
        if override.startswith("@"):
            values = _over(values, _read(Path(override[1:]), lowest=False))
        else:
            apply_override(values, override)
    shared = {key: values.pop(key) for key in SHARED if key in values}
    values = settled(shared, [Arm]) | settled(values, [RunSettings])
    settings = RunSettings.parse(values, where=str(path))
    _refuse_beside(settings, Path(path))
    return settings


def _refuse_beside(settings: RunSettings, path: Path) -> None:
    """Paths count from the working directory; a file that only the config's folder has is told."""
    if not isinstance(settings.task, FileTask):
        return
    for part, source in settings.task.sources().items():
        if source.startswith(SCHEME) or "${" in source:  # told when it is read
            continue
        if not expanded(source).exists() and (path.parent / expanded(source)).exists():
            raise ConfigError(
                f"no such file in {Path.cwd()}, the working folder: {source}",
                where=f"{path}: {part.replace('/', '.')}",
                mend=f"it is beside the config: run from {path.parent.resolve()}",
            )


def _read(path: Path, seen: tuple[Path, ...] = (), lowest: bool = True) -> dict[str, Any]:
    """The values of a file over those of the files that it extends.

    Args:
        path: of the file.
        seen: files that extend it.
        lowest: nothing lies below it.
    """
    values = _parse(path)
    told = values.pop("extends", None)
    parents = told if isinstance(told, list) else [] if told is None else [told]
    if path.resolve() in seen or not all(isinstance(parent, str) for parent in parents):
        raise ConfigError(f"extends is {told!r}", expected="another file", where=str(path))
    layers = [
        _read(path.parent / parent, (*seen, path.resolve()), lowest and not number)
        for number, parent in enumerate(parents)
    ]
    if lowest and not layers and isinstance(arms := values.get("strategies"), dict):
        # Nothing is below it to be taken away: an arm with nothing behind it has the defaults.
        values["strategies"] = {name: {} if arm is None else arm for name, arm in arms.items()}
    return reduce(_over, [*layers, values])


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Sections are merged key by key, all else is replaced, by null too (see nulls.py)."""
    merged = dict(below)
    for key, value in _meant(below, above):
        old = merged.get(key)
        if isinstance(value, dict) and value:
            merged[key] = _over(old if isinstance(old, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def _meant(below: dict[str, Any], above: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a section says of keys: "*" is every key of the section below that no null took away,
    "KEY?" is KEY if it is one of them."""
    there = [key for key, value in below.items() if value is not None]
    if "*" in above:
        yield from dict.fromkeys(there, above["*"]).items()
    for key, value in above.items():
        name = str(key)
        if name.endswith("?"):
            yield from ((k, value) for k in there if k == name[:-1])
        elif key != "*":
            yield key, value


def _parse(path: Path) -> dict[str, Any]:
    if path.is_file() and path.name.lower().removesuffix(".gz").endswith(_PAIRS):
        raise ConfigError(
            "a file of pairs, no config", where=str(path), mend=f"run `ictrain init {path}`"
        )
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError("no such file", where=str(path), mend=_similar_files(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read it: {error}", where=str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise ConfigError(f"{problem}", expected="YAML", where=f"{path}{line}") from None
    if not isinstance(values, dict):
        raise ConfigError(
            f"found {type(values).__name__}", expected="keys and values", where=str(path)
        )
    return values


def _similar_files(path: Path) -> str:
    there = [str(p) for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
    return nearest(str(path), there) if there else ""


def dump_config(settings: RunSettings) -> str:
    """The resolved settings as YAML; reading it back gives the same settings."""
    values = settings.model_dump(mode="json")
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)
