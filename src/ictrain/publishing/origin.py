"""Which base a published adapter names, so that others can load it.

on the Hub            its name and revision
a folder, on the Hub  the name that the user gives (--base)
otherwise             a copy beside the adapter, in base/
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from ictrain.errors import ConfigError, RunError
from ictrain.files import file_digest, write_json
from ictrain.models import load_model, model_folder
from ictrain.models.settings import SMALL
from ictrain.publishing.choose import Chosen
from ictrain.quiet import no_bars

COPY = "base"
_ALSO = ("pytorch_model", "LICEN", "NOTICE")
_KEPT = (".json", ".safetensors", ".model", ".txt", ".jinja", ".md")


@dataclass(frozen=True)
class Origin:
    """Where the base is to be had.

    Attributes:
        name: on the Hub; '' where it has none.
        revision: of that name.
        copied: the published folder holds a copy.
        words: the base in words, for the card.
    """

    name: str
    revision: str | None
    copied: bool
    words: str


def origin(chosen: Chosen, base: str | None) -> Origin | None:
    """What the adapter is to name; None for a model that was trained whole from random weights.

    Args:
        chosen: which training.
        base: the Hub's name of a base that the run read from a folder.

    Raises:
        ConfigError: base for a model that is on the Hub already, or not a name of the Hub.
    """
    model = chosen.settings.model
    local = model_folder(model)
    if base is not None and (Path(base).exists() or base.count("/") > 1 or base.startswith(".")):
        raise ConfigError(f"--base {base}", expected="a name on the Hub, e.g. user/model")
    if model.scratch is not None:
        words = "a model with random weights (`model.scratch` of the config)"
        return Origin("", None, True, words) if chosen.is_adapter else None
    if local is None:
        if base is not None:
            raise ConfigError(f"--base {base}", expected=f"none: the base is {model.name}")
        return Origin(
            model.name, model.revision, False, f"[{model.name}](https://hf.co/{model.name})"
        )
    if base is not None:
        return Origin(base, None, False, f"[{base}](https://hf.co/{base})")
    if model.name == SMALL:
        return Origin("", None, True, "the small base that ships with ictrain (`package:small`)")
    return Origin("", None, True, f"a model from a folder of its author's, `{local.name}`")


def check_unchanged(chosen: Chosen) -> None:
    """Compares a base in a folder with what the run was started on.

    Raises:
        RunError: it is not there, or a file of it has changed.
    """
    file = chosen.run.path / "inputs.json"
    stored = json.loads(file.read_text("utf-8")) if file.exists() else {}
    known = {k.removeprefix("model/"): v for k, v in stored.items() if k.startswith("model/")}
    folder, name = model_folder(chosen.settings.model), chosen.settings.model.name
    if known and folder is None:
        raise RunError(
            "the base's folder is not there", where=name, mend="call from where the run was started"
        )
    for part, digest in known.items() if folder else ():
        if not (folder / part).is_file() or file_digest(folder / part) != digest:
            raise RunError(
                f"{part} of the base has changed since this run began",
                where=str(folder),
                mend="put the base back, or run again",
            )


def copy_base(chosen: Chosen, out: Path) -> None:
    """Puts a copy of the base into out/base, as from_pretrained takes it."""
    folder, place = model_folder(chosen.settings.model), out / COPY
    place.mkdir()
    if folder is None:
        model, tokenizer = load_model(chosen.model, chosen.job.seed)
        with no_bars():
            model.save_pretrained(place)
        tokenizer.save_pretrained(place)
        return
    for file in sorted(folder.iterdir()):
        if file.is_file() and (file.suffix in _KEPT or file.name.startswith(_ALSO)):
            shutil.copyfile(file, place / file.name)


def name_base(out: Path, found: Origin) -> None:
    """Writes into adapter_config.json where the base is to be had, instead of a local path."""
    file = out / "adapter_config.json"
    config = json.loads(file.read_text("utf-8"))
    config["base_model_name_or_path"] = found.name or f"./{COPY}"
    config["revision"] = found.revision
    write_json(file, config)
