"""A run's model as a folder that plain peft and transformers load, and its card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ictrain.experiments.folder import job_digest
from ictrain.files import check_free, new_folder, write_json
from ictrain.models import load_tokenizer
from ictrain.prompts import Renderer
from ictrain.publishing.card import Card
from ictrain.publishing.choose import Chosen, choose
from ictrain.publishing.decoding import generation_config
from ictrain.publishing.facts import Facts, facts
from ictrain.publishing.merging import Difference, merge
from ictrain.publishing.origin import Origin, check_unchanged, copy_base, name_base, origin
from ictrain.publishing.prompts import first_shown, spread, token_ids
from ictrain.publishing.push import Push
from ictrain.publishing.usage import Named, snippet

MARK = "ictrain.json"
Say = Callable[[str], None]


@dataclass(frozen=True)
class ExportSettings:
    """What is to be published, and how.

    Attributes:
        strategy, seed: which training; the only one of the run if None.
        merged: base and adapter in one.
        base: the Hub's name of a base that the run read from a folder.
        license: for the card, as the Hub spells it.
        example: whether the card shows a prompt of a test set.
        force: an older export at the same place may be replaced.
        push: where to.
    """

    strategy: str | None = None
    seed: int | None = None
    merged: bool = False
    base: str | None = None
    license: str | None = None
    example: bool = True
    force: bool = False
    push: Push | None = None


def export(run: Path, out: Path, settings: ExportSettings, say: Say = print) -> Path:
    """Writes the folder, whole or not at all, and pushes it.

    Args:
        run: a run's folder.
        out: to be made.
        settings: what and how.
        say: gets lines for the user.

    Returns:
        out.

    Raises:
        RunError: no such training, out is taken, the base has changed, or the push was refused.
        ModelError: the merged model is another than base and adapter.
    """
    chosen, out = choose(run, settings.strategy, settings.seed), Path(out)
    check_free(out, settings.force, MARK)
    if settings.push is not None:
        settings.push.check()
    check_unchanged(chosen)
    base = origin(chosen, settings.base)
    tokenizer = load_tokenizer(chosen.model)
    method = chosen.settings.similarity.retrieval.method
    renderer = Renderer(chosen.settings.prompt, tokenizer, method)
    found = facts(chosen)
    with new_folder(out) as folder:
        difference = _write_weights(chosen, settings, base, renderer, found, folder)
        _write_tokenizer(tokenizer, folder)
        generation_config(chosen, renderer).save_pretrained(folder)
        text = _card(chosen, settings, base, renderer, found, out).text()
        (folder / "README.md").write_text(text, "utf-8")
        write_json(folder / MARK, _provenance(chosen, difference))
        for file in folder.rglob("*"):
            file.chmod(0o755 if file.is_dir() else 0o644)  # safetensors writes 0600
    _tell(chosen, settings, out, difference, say)
    if settings.push is not None:
        message = f"{chosen.settings.name}: {chosen.job.name}"
        say(f"pushed: {settings.push.upload(out, message)}")
    return out


def kind_of(chosen: Chosen, settings: ExportSettings) -> str:
    """adapter, merged or full."""
    if not chosen.is_adapter:
        return "full"
    return "merged" if settings.merged else "adapter"


def _write_weights(
    chosen: Chosen,
    settings: ExportSettings,
    base: Origin | None,
    renderer: Renderer,
    found: Facts,
    folder: Path,
) -> Difference | None:
    kind = kind_of(chosen, settings)
    if kind == "merged":
        prompts = [token_ids(renderer, row) for row in spread(found.rows)]
        return merge(chosen, prompts, folder)
    for file in sorted(chosen.weights.iterdir()):
        if file.is_file() and file.name != "README.md":
            shutil.copyfile(file, folder / file.name)
    if kind == "adapter" and base is not None:
        name_base(folder, base)
        if base.copied:
            copy_base(chosen, folder)
    return None


def _write_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Without what it remembers of how it was loaded here."""
    tokenizer.save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    told = json.loads(file.read_text("utf-8"))
    for key in ("is_local", "local_files_only", "name_or_path"):
        told.pop(key, None)
    write_json(file, told)


def _card(
    chosen: Chosen,
    settings: ExportSettings,
    base: Origin | None,
    renderer: Renderer,
    found: Facts,
    out: Path,
) -> Card:
    kind = kind_of(chosen, settings)
    name = settings.push.repo if settings.push else out.resolve().name
    modes = (*found.own.settings.near_modes, "similar", "random")
    shown = first_shown(renderer, found.rows, modes) if settings.example else None
    row = next((r for r in found.rows if r.k_rendered), None) if settings.example else None
    named = Named(name, base if kind == "adapter" else None, chosen.settings.model.dtype)
    usage = snippet(named, renderer, shown, row)
    return Card(name.split("/")[-1], chosen, found, base, kind, shown, usage, settings.license)


def _provenance(chosen: Chosen, difference: Difference | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ictrain": version("ictrain"),
        "run": chosen.settings.name,
        "strategy": chosen.job.arm,
        "seed": chosen.job.seed,
        "job": job_digest(chosen.settings, chosen.job),
    }
    return told | ({"merged": str(difference)} if difference else {})


def _tell(
    chosen: Chosen, settings: ExportSettings, out: Path, difference: Difference | None, say: Say
) -> None:
    words = {"adapter": "adapter", "merged": "merged model", "full": "model"}
    say(f"{words[kind_of(chosen, settings)]} of {chosen.job.name}: {out}")
    if difference is not None:
        say(f"loaded again: {difference}")
    if settings.license is None:
        say("the card leaves the licence open: fill it in README.md, or --license NAME")
    if settings.example:
        say("the card shows a prompt of a test set: look at it before others do, or --no-example")
