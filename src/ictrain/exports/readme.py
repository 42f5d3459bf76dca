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

{_told(manifest["read_by_the_trainer"])}

The format: {manifest["documented_at"]}. For programs, all of this stands in `manifest.json`.
"""


def _left_out(left: Mapping[str, Any]) -> str:
    parts = [f"{len(left['too_long'])} left out, longer than the window"] * bool(left["too_long"])
    parts += [f"{left['by_filter']} left out by the filter"] * bool(left["by_filter"])
    return "; ".join(parts) or "none was left out"


def _told(read: Mapping[str, Any]) -> str:
    """How the trainer's documented reading compares with ictrain's own labels."""
    rows = read["compared"]
    if not rows:
        return "The loss belongs on each target's output alone, and the options above put it there."
    lines = [f"All {rows} rows were read as the trainer reads them, with the same tokenizer:", ""]
    tails = " or ".join(repr(tail) for tail in read["tails"])
    said = {
        "same": "have the token ids and the labels that `ictrain run` trains on",
        "labels": "have the same labels behind a prompt whose text is cut into other tokens: the "
        "tokenizer merges across the joints between examples",
        "tail": f"have the same labels, and {tails} is trained behind them",
        "other": f"have OTHER LABELS, first target {read['first_other']!r}: the tokenizer merges "
        "across the joint of prompt and output, or puts a space in front of a text",
    }
    return "\n".join(
        lines + [f"- {read[kind]} {text}" for kind, text in said.items() if read[kind]]
    )
