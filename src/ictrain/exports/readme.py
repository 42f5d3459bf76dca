"""The page that stands beside exported files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def readme(manifest: Mapping[str, Any], usage: str) -> str:
    """Markdown: what these files are, how they are loaded, what was dropped, what is equal."""
    files, pool, strategy = manifest["epochs"], manifest["pool"], manifest["strategy"]
    cells = ", ".join(f"{cell} {weight:.3g}" for cell, weight in manifest["mixture"].items())
    rows = "\n".join(
        f"| {f['name']} | {f['rows']} | {f['examples']} | {f['dropped_examples']} |" for f in files
    )
    return f"""# Prompts with {strategy["name"]} contexts, one file per epoch

Each file holds every target once, each time with another context, in the order in which `ictrain`
would train on them. Train on the files one after the other, each once.

- strategy: {strategy["name"]} ({cells}), k {strategy["k"]}, epsilon {manifest["epsilon"]:g}
- seed {manifest["seed"]}; pool of {pool["examples"]} examples, version {pool["version"]}
- {manifest["targets"]} targets; {_left_out(manifest["left_out"])}

| file | prompts | context examples | examples dropped for room |
|---|---|---|---|
{rows}

## Loading

{usage.strip()}

## What is trained

{_told(manifest)}

The format: {manifest["documented_at"]}. For programs, all of this stands in `manifest.json`.
"""


def _left_out(left: Mapping[str, Any]) -> str:
    parts = [f"{len(left['too_long'])} left out, longer than the window"] * bool(left["too_long"])
    parts += [f"{left['by_filter']} left out by the filter"] * bool(left["by_filter"])
    return "; ".join(parts) or "none was left out"


def _told(manifest: Mapping[str, Any]) -> str:
    """How the trainer's documented reading compares with ictrain's own labels."""
    read, named = manifest["read_by_the_trainer"], control_tokens(manifest)
    rows = read["compared"]
    if not rows:
        said = "The loss belongs on each target's output alone, and the options above put it there."
    else:
        lines = [f"All {rows} rows were read as the trainer reads them, with the same tokenizer:"]
        said = "\n\n".join([*lines, "\n".join(_kinds(read, manifest["prompt"]["chat"] != "none"))])
    return "\n\n".join([said, named] if named else [said])


def _kinds(read: Mapping[str, Any], chat: bool) -> list[str]:
    tails = " or ".join(repr(tail) for tail in read["tails"])
    behind = "have the same labels behind a prompt with other token ids"
    cut = _PROMPT_CHAT if chat else _PROMPT_PLAIN
    said = {
        "same": ("have the token ids and the labels that `ictrain run` trains on", ""),
        "labels": (behind, cut),
        "tail": (f"have the same ids and labels, and {tails} is trained behind them", ""),
        "labels_tail": (f"{behind}, and {tails} is trained behind them", cut),
        "other": (f"have OTHER LABELS, first target {read['first_other']!r}", _JOINT),
    }
    blamed = read["because_of_control_tokens"]
    return [
        f"- {read[kind]} {text}{_because(read[kind], blamed.get(kind, 0), cause)}"
        for kind, (text, cause) in said.items()
        if read[kind]
    ]


_PROMPT_PLAIN = (
    "the tokenizer merges across the joints between examples, puts a space in front of a text, or "
    "adds a BOS token"
)
_PROMPT_CHAT = (
    "the tokenizer merges across the joints between examples, or the template writes another date"
)
_JOINT = (
    "the tokenizer merges across the joint of prompt and output, or puts a space in front of a text"
)
_CONTROL = "the data hold control tokens (see below)"


def _because(rows: int, blamed: int, cause: str) -> str:
    if not cause or not blamed:
        return cause and f": {cause}"
    return f": {_CONTROL}" + (f" in {blamed}; in the others {cause}" if blamed < rows else "")


def control_tokens(manifest: Mapping[str, Any]) -> str:
    """What is to be known of control tokens in the data; '' where there are none."""
    found = manifest["control_tokens_in_data"]
    if not found or not found["rows"]:
        return ""
    rows = sum(file["rows"] for file in manifest["epochs"])
    each = ", ".join(f"`{token}` in {count}" for token, count in found["tokens"].items())
    text = (
        f"control tokens stand in the data of {found['rows']} of {rows} rows ({each}; first in row "
        f"{found['first']['row']}, target {found['first']['target']!r})."
    )
    if manifest["prompt"]["chat"] == "none":
        return f"WARNING: {text} {_REAL}"
    if manifest["format"] == "tokens":
        return f"{text[0].upper()}{text[1:]} {_TEXT}"
    return f"WARNING: {text} {_FORGED}"


_REAL = (
    "In plain text they are real ones, for `ictrain run` as well: a prompt can hold EOS, and a "
    "label more than the one that ends it. Take them out of the data unless they are meant."
)
_TEXT = "They are text in these ids, as they are to `ictrain run`."
_FORGED = (
    "They are text to `ictrain run`, but the trainer makes real ones of them, which end and begin "
    "turns. Take them out of the data, or use `--format tokens`, where they stay text."
)
