"""Writes docs/configuration.md from the settings classes; `--check` only compares."""

from __future__ import annotations

import sys
import typing
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ictrain.config import Arm, RunSettings
from ictrain.similarity.registry import METHODS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
INTRODUCTION = """# Configuration

Made by `make docs` from the settings classes; every key below can stand in a YAML file, and be
changed on the command line as `section.key=value`. The sections `context`, `training` and `adapter`
at the top level are the defaults of every arm under `strategies`. [ours] marks values that the
paper's text has lost or does not give.

A file with `extends: other.yaml` says only what is different there (of a list of files each goes
over the ones before it); `@other.yaml` on the command line puts that file over the config. In a
file over others the key `"*"` stands for every key that is there, and `"KEY?"` for KEY where it is
there, and else for nothing.
`null` is a value where a setting may be empty; else it takes away what lies below.
An arm with a `grid` stands for many ([ablations](ablations.md)).
"""


def main() -> int:
    """Writes the page, or compares it."""
    text = page()
    if "--check" in sys.argv:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        print("" if current else "docs/configuration.md is not up to date: run make docs", end="")
        return 0 if current else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


def page() -> str:
    """The whole reference."""
    parts = [INTRODUCTION]
    seen: set[type[BaseModel]] = set()
    todo: list[tuple[str, type[BaseModel]]] = [("the file", RunSettings), ("strategies.NAME", Arm)]
    options = [(f"similarity.*.options of {name}", m.settings) for name, m in METHODS.items()]
    while todo or options:
        todo = todo or [options.pop(0)]
        name, model = todo.pop(0)
        if model in seen:
            continue
        seen.add(model)
        parts.append(table(heading(name, model), model))
        for key, field in model.model_fields.items():
            path = key if model is RunSettings else f"{name}.{key}"
            todo += [(_shared(path), inner) for inner in models_in(field.annotation)]
    return "\n".join(parts)


def heading(name: str, model: type[BaseModel]) -> str:
    """The section's name, with its kind where one of several may stand there."""
    for key in ("name", "method"):
        field = model.model_fields.get(key)
        kinds = typing.get_args(field.annotation) if field else ()
        if len(kinds) == 1:
            return f"{name} ({key}: {kinds[0]})"
    return name


def _shared(path: str) -> str:
    return path.removeprefix("strategies.NAME.")


def table(name: str, model: type[BaseModel]) -> str:
    """One settings class as a table."""
    words = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    rows = [f"| `{key}` | {default(f)} | {described(f)} |" for key, f in model.model_fields.items()]
    return (
        f"\n## {name}\n\n{words}\n\n| key | default | what it is |\n|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def described(field: FieldInfo) -> str:
    """The description, safe inside a table."""
    return " ".join((field.description or "").split()).replace("|", "\\|")


def default(field: FieldInfo) -> str:
    """The default as YAML would have it."""
    if field.default_factory is not None:
        return "see its section"
    if field.default is PydanticUndefined:
        return "**needed**"
    value = field.default
    if isinstance(value, BaseModel):
        return "see its section"
    shown = str(value).replace("\n", "\\n") or "''"
    return f"`{'empty' if value is None else shown}`"


def models_in(annotation: object) -> list[type[BaseModel]]:
    """The settings classes inside a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in typing.get_args(annotation) for model in models_in(inner)]


if __name__ == "__main__":
    sys.exit(main())
