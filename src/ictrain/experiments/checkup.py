"""The check-up: any models, asked under every grade of similarity, as a comparison of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ictrain.config import RunSettings
from ictrain.errors import ConfigError, nearest
from ictrain.models import ModelSettings
from ictrain.models.settings import is_path

_ITEMS = 64
"""Probe items per test set where the config names none: enough for an interval."""
_FOLDERS = {"adapter_config.json": "adapter", "config.json": "model"}


@dataclass(frozen=True)
class Asked:
    """What to ask.

    Attributes:
        models: `name`, `folder`, or `label=either`: an adapter's folder, a model's folder, or a
            name on the Hub.
        endpoints: `url#model`, or `label=url#model`.
        base: the model that adapters are put on; the config's if empty.
        api: of all endpoints.
        key: the environment variable that holds their key; see ServerSettings.key if empty.
        against: the label that goal 2 holds the first model against; itself if empty.
        name: of the run's folder; the config's with '-evaluation' if empty.
        sweep: further numbers of examples.
        seeds: of the draws; empty: that of the models' folder (runs/.../seed-3/...), else the
            config's first.
    """

    models: Sequence[str] = ()
    endpoints: Sequence[str] = ()
    base: str | None = None
    api: Literal["chat", "completions"] = "chat"
    key: str = ""
    against: str | None = None
    name: str | None = None
    sweep: Sequence[int] = ()
    seeds: Sequence[int] = ()


def checkup_settings(settings: RunSettings, asked: Asked) -> RunSettings:
    """The settings of a run that asks these models and trains none.

    Without any the config's own untrained arms (base, stored, endpoint) are asked.

    Raises:
        ConfigError: no model, two of one label, or a label that is not there.
    """
    values = settings.model_dump(mode="json")
    arms = _arms(settings, asked)
    if not arms:
        arms = {
            name: values["strategies"][name]
            for name, arm in settings.strategies.items()
            if arm.kind in ("base", "stored", "endpoint")
        }
    if not arms:
        raise ConfigError("no model to ask", mend="name one: --model NAME or --endpoint URL#MODEL")
    first = next(name for name in [*arms, "base"] if name != "base" or len(arms) == 1)
    against = asked.against or first
    if against not in arms:
        raise ConfigError(f"unknown {against!r}", where="--against", mend=nearest(against, arms))
    values["name"] = asked.name or f"{settings.name}-evaluation"
    values["strategies"] = arms
    values["seeds"] = list(asked.seeds) or [_seed(settings, asked.models)]
    if asked.sweep:
        values["evaluation"]["sweep"] = list(asked.sweep)
    values["analysis"] |= {"treatment": first, "reference": against}
    if "items" not in settings.probes.model_fields_set:
        values["probes"]["items"] = _ITEMS
    values["description"] = f"Asked as they are on the task of {settings.name}; nothing is trained."
    values["notes"] = []
    values["deviations"] = []
    return RunSettings.parse(values, where=values["name"])


def _seed(settings: RunSettings, models: Sequence[str]) -> int:
    """A synthetic task's tests belong to a seed, so an adapter is asked with the one it learned."""
    found = {seed for m in models if (seed := _trained_with(Path(_split(m)[1]))) is not None}
    if len(found) > 1:
        raise ConfigError(
            f"models of the seeds {sorted(found)}",
            mend="name one by seeds=[N]: all are asked alike",
        )
    return found.pop() if found else settings.seeds[0]


def _trained_with(folder: Path) -> int | None:
    """The seed of RUN/ARM/seed-N/adapter; None of any other folder, whatever its name."""
    for part in (folder, *folder.parents):
        found = re.fullmatch(r"seed-(\d+)", part.name)
        if found and (part / "job.json").is_file():
            return int(found[1])
    return None


def _arms(settings: RunSettings, asked: Asked) -> dict[str, dict[str, Any]]:
    arms: dict[str, dict[str, Any]] = {}
    for spec in asked.models:
        label, value = _split(spec)
        _add(arms, label or _label(value), _stored(value, settings.model, asked.base))
    for spec in asked.endpoints:
        label, value = _split(spec)
        url, found, model = value.rpartition("#")
        if not found:
            raise ConfigError(f"endpoint {spec!r}", expected="URL#MODEL, e.g. http://.../v1#qwen")
        endpoint = {"url": url, "model": model, "api": asked.api, "key": asked.key}
        arm = {"kind": "endpoint", "endpoint": endpoint, "description": f"{model} at {url}"}
        _add(arms, label or _label(model), arm)
    return arms


def _add(arms: dict[str, dict[str, Any]], label: str, arm: dict[str, Any]) -> None:
    if label in arms:
        raise ConfigError(
            f"two models are called {label!r}", mend="give one a label: --model LABEL=FOLDER"
        )
    arms[label] = arm


def _split(spec: str) -> tuple[str, str]:
    """('label', 'value') of 'label=value'; '' where there is no label."""
    found = re.fullmatch(r"([\w.+-]+)=(.+)", spec)
    return (found[1], found[2]) if found else ("", spec)


def _label(value: str) -> str:
    """A folder's or a model's name; of runs/demo/zero/seed-3/adapter what tells it from others."""
    parts = [p for p in Path(value).parts if p not in ("adapter", "model", "/", ".", "..")]
    seed = parts and re.fullmatch(r"seed-\d+", parts[-1])
    text = "-".join(parts[-2:]) if seed and len(parts) > 1 else parts[-1] if parts else value
    return re.sub(r"[^\w.+-]+", "-", text).strip("-.") or "model"


def _stored(value: str, model: ModelSettings, base: str | None) -> dict[str, Any]:
    """An arm: an adapter on the base, or a model of its own."""
    own = model if base is None else ModelSettings(name=base, dtype=model.dtype, attn=model.attn)
    folder = Path(value)
    kind = next((k for file, k in _FOLDERS.items() if (folder / file).is_file()), None)
    if folder.is_dir() and kind is None:
        raise ConfigError(
            "neither an adapter nor a model",
            expected=f"a folder with {' or '.join(_FOLDERS)}",
            where=str(folder),
            mend=_inside(folder),
        )
    arm: dict[str, Any] = {"kind": "stored", "description": value}
    if kind == "adapter":
        return arm | {"weights": value, "model": own.model_dump(mode="json")}
    if not folder.is_dir() and is_path(value):
        raise ConfigError("no such folder", where=value)
    chosen = own.model_copy(update={"name": value, "tokenizer": None, "scratch": None})
    return arm | {"model": chosen.model_dump(mode="json")}


def _inside(folder: Path) -> str:
    """Where in a run's folder there is one."""
    found = [p.parent for file in _FOLDERS for p in sorted(folder.glob(f"**/{file}"))]
    found = [p for p in found if "checkpoints" not in p.parts]
    return f"did you mean {found[0]}?" if found else ""
