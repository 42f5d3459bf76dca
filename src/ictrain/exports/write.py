"""An export's folder: one file per epoch, a manifest, and how to load it; whole or not at all."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ictrain.contexts import StrategySettings
from ictrain.errors import ConfigError, RunError
from ictrain.exports.base import About, Format, Style
from ictrain.exports.compare import OTHER, SAME, TAIL, Tally
from ictrain.exports.readme import control_tokens, readme
from ictrain.files import file_digest, new_folder, write_json
from ictrain.training import DrawnBatches

Say = Callable[[str], None]


@dataclass(frozen=True)
class Written:
    """A finished export.

    Attributes:
        folder: where it is.
        manifest: what manifest.json says.
    """

    folder: Path
    manifest: Mapping[str, Any]

    def told(self) -> list[str]:
        """What a user should know at once: what was left out, and labels that are not ictrain's."""
        left, read = self.manifest["left_out"], self.manifest["read_by_the_trainer"]
        dropped = sum(file["dropped_examples"] for file in self.manifest["epochs"])
        lines = []
        if left["too_long"] or left["by_filter"]:
            lines.append(f"left out: {len(left['too_long'])} targets longer than the window, "
                         f"{left['by_filter']} by the filter")  # fmt: skip
        if dropped:
            lines.append(f"dropped for room: {dropped} context examples, least similar first")
        if read["compared"]:
            equal = read["compared"] - read[OTHER]
            lines.append(f"labels are ictrain's in {equal} of {read['compared']} rows, and prompts "
                         f"as well in {read[SAME] + read[TAIL]}, read as the trainer reads "
                         "them")  # fmt: skip
        if read[OTHER] > read["because_of_control_tokens"].get(OTHER, 0):
            lines.append("WARNING: in the other rows the tokenizer joins prompt and output in "
                         "another way; --format tokens leaves it nothing to join")  # fmt: skip
        if told := control_tokens(self.manifest):
            lines.append(told)
        return lines


def check_request(folder: Path, strategy: StrategySettings, epochs: int) -> None:
    """Refuses what cannot be exported, before anything is computed.

    Raises:
        RunError: the folder exists.
        ConfigError: less than one epoch, or several of a strategy without contexts.
    """
    if epochs < 1:
        raise ConfigError(f"{epochs} epochs", expected="at least 1")
    if epochs > 1 and set(strategy.mixture()) == {"zero"}:
        raise ConfigError(
            "a strategy without contexts: every epoch would be the same",
            where=f"strategy {strategy.name}",
            mend="export one epoch and repeat it",
        )
    if folder.exists():
        raise RunError("exists already", where=str(folder), mend="name a new folder, or remove it")


def write_export(
    folder: Path,
    one: Format,
    batches: DrawnBatches,
    style: Style,
    epochs: int,
    facts: Mapping[str, Any],
    say: Say,
) -> Written:
    """Draws every epoch and writes it, in the order in which ictrain would train on it.

    Args:
        folder: to be made; check_request has let it pass.
        one: the format; check_style has let the style pass.
        batches: of the strategy, for its targets.
        style: how the prompts are written.
        epochs: how many, from epoch 0 on.
        facts: what else the manifest says.
        say: gets a line per epoch.

    Raises:
        RunError: the folder cannot be written.
        DataError: what the format has no place for.
    """
    tally, files, longest = Tally(style), list[dict[str, Any]](), 0
    with new_folder(folder) as aside:
        for epoch in range(epochs):
            name = f"epoch-{epoch:0{max(3, len(str(epochs - 1)))}}.jsonl"
            counts, tokens = _write_epoch(aside / name, one, batches, style, epoch, tally, say)
            files.append({"name": name, **counts, "sha256": file_digest(aside / name)})
            longest = max(longest, tokens)
            say(f"{name}: {counts['rows']} prompts, {counts['examples']} context examples")
        names = [file["name"] for file in files]
        about = About(names, longest if one.needs_tokenizer else None, counts["rows"])
        manifest = _manifest(one, batches, style, about, {"epochs": files, **tally.told(), **facts})
        for name, text in one.files(about, style).items():
            (aside / name).write_text(text, "utf-8")
        write_json(aside / "manifest.json", manifest)
        (aside / "README.md").write_text(readme(manifest, one.usage(about, style)), "utf-8")
    return Written(folder, manifest)


def _write_epoch(
    path: Path,
    one: Format,
    batches: DrawnBatches,
    style: Style,
    epoch: int,
    tally: Tally,
    say: Say,
) -> tuple[dict[str, int], int]:
    """Counts of the rows, and the tokens of the longest."""
    targets = {target.id: target for target in batches.prepared.targets}
    total, told, longest = len(targets), time.monotonic(), 0
    counts: Counter[str] = Counter(rows=0, examples=0, dropped_examples=0, unmatched=0)
    with path.open("w", encoding="utf-8") as file:
        for place in range(total):
            if time.monotonic() - told > _SECONDS:
                say(f"{path.name}: {place} of {total}")
                told = time.monotonic()
            context, rendered = batches.instance(epoch, place)
            row = one.row(rendered, style)
            # No line breaks but "\n": some readers of JSONL also cut at U+2028 and U+0085.
            line = json.dumps(row, ensure_ascii=False)
            file.write(line.translate(_BREAKS) + "\n")
            longest = max(longest, len(rendered.ids))
            tally.add(one.read(row, style), context, targets[context.target_id], rendered)
            counts.update(
                rows=1,
                examples=rendered.k_rendered,
                dropped_examples=len(rendered.dropped),
                unmatched=context.unmatched,
            )
    return dict(counts), longest


_SECONDS = 10
"""Between lines of progress."""
_BREAKS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def _manifest(
    one: Format,
    batches: DrawnBatches,
    style: Style,
    about: About,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    strategy, prepared = batches.strategy, batches.prepared
    return {
        "format": one.name,
        "documented_at": one.source,
        "strategy": strategy.model_dump(mode="json"),
        "mixture": strategy.mixture(),
        "epsilon": strategy.resolved_epsilon(),
        "seed": batches.seed,
        "pool": {
            "version": batches.source.snapshot.version,
            "examples": len(batches.source.snapshot),
        },
        "targets": len(prepared.targets),
        "left_out": {"too_long": list(prepared.rejected), "by_filter": prepared.filtered},
        "prompt": style.prompt.model_dump(mode="json")
        | ({} if one.needs_tokenizer else {"max_tokens": None}),
        "longest_tokens": about.longest,
        **facts,
    }
