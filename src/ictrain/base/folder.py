"""A base as a folder: an ordinary Hugging Face model, its tokenizer, dictionary and model card."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from transformers.utils import logging

from ictrain.base.loop import State, one_thread, pretrain
from ictrain.base.measure import measure
from ictrain.base.settings import BaseSettings
from ictrain.base.tokenizer import make_tokenizer
from ictrain.errors import RunError
from ictrain.files import new_folder, write_atomic, write_json
from ictrain.tasks.alignment import Dictionary, draw_dictionary, letter_table

SKILLS = ("covered_word", "default_word", "none_word", "paraphrase_word", "stop")
"""The measured shares that must reach the bar."""


def small_base() -> Path:
    """The folder of the base that ships with the package."""
    return Path(str(files("ictrain").joinpath("data/small_base")))


def train_base(settings: BaseSettings, out: Path, progress: Callable[[str], None] = print) -> Path:
    """Trains a base and writes its folder; the same call goes on where a killed one stopped.

    Beside out, `<out>.training` keeps log.jsonl, and state.pt until the folder is whole.

    Returns:
        out: config.json, model.safetensors, tokenizer files, dictionary.json, measured.json,
        settings.json and README.md, the model card.

    Raises:
        RunError: out cannot be written, the state is of other settings, or the base fails the bar.
    """
    out = Path(out)
    work = out.with_name(f"{out.name}.training")
    dictionary = draw_dictionary(settings.seed, "base/default", settings.automata)
    table = letter_table(dictionary, settings.length)
    state = pretrain(settings, table, work, progress)
    state.model.eval()
    with one_thread():
        measured = measure(state.model, table, settings.measured_items)
    progress("measured: " + ", ".join(f"{name} {value:.3f}" for name, value in measured.items()))
    _check(settings, measured, work)
    with new_folder(out) as folder:
        _write(folder, settings, state, dictionary, measured)
    (work / "state.pt").unlink(missing_ok=True)
    return out


def _check(settings: BaseSettings, measured: dict[str, float], work: Path) -> None:
    low = [f"{name} {measured[name]:.3f}" for name in SKILLS if measured[name] < settings.bar]
    if low:
        raise RunError(
            f"the base did not learn enough: {', '.join(low)}",
            expected=f"at least {settings.bar}",
            where=str(work),
            mend="try another seed or more steps",
        )


def _write(
    folder: Path,
    settings: BaseSettings,
    state: State,
    dictionary: Dictionary,
    measured: dict[str, float],
) -> None:
    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    state.model.save_pretrained(folder)
    if bars:
        logging.enable_progress_bar()
    make_tokenizer().save_pretrained(folder)
    dictionary.save(folder / "dictionary.json")
    write_json(folder / "measured.json", measured)
    write_json(folder / "settings.json", settings.model_dump(mode="json"))
    write_atomic(folder / "README.md", _card(settings, state, measured))
    (folder / "model.safetensors").chmod(
        0o644
    )  # safetensors writes 0600: unreadable when installed


def _card(settings: BaseSettings, state: State, measured: dict[str, float]) -> str:
    shape: Any = settings.shape
    size = sum(parameter.numel() for parameter in state.model.parameters())
    rows = "\n".join(f"| {name} | {value:.3f} |" for name, value in measured.items())
    stages = "\n".join(
        f"- {s.name}: at most {s.steps} steps of {s.batch_examples} examples in prompts of "
        f"{s.examples[0]} to {s.examples[1]}, "
        f"m in {list(s.sizes)}, learning rate {s.learning_rate}"
        for s in settings.stages
    )
    return f"""---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
---
# A small in-context learner for the alignment family

A Llama of {size:,} parameters ({shape.layers} layers, width {shape.hidden}, {shape.heads} heads)
that answers `Ka To:` with the words of its symbols in reverse order, ` rijj`, and a line end. It
copies a symbol's word from examples in its prompt where it is there, and falls back on a default
dictionary (dictionary.json) that it knows by heart. It knows nothing else.

Prompt: `<s>`, one line `Ka To: rijj` per example, then `Zu Mi:`.

## Measured
On {settings.measured_items} fresh prompts of each kind, greedy answers; the words are explained in
`ictrain.base.measure_base`.

| share | value |
|---|---|
{rows}

## Recipe
`ictrain base --seed {settings.seed}`: {state.total:,} optimiser steps, {state.cpu:.0f} s of one
processor core. All settings are in settings.json; seed {settings.seed} decides weights, data and
default dictionary.

{stages}
"""
