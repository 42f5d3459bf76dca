"""What contexts are drawn from: near-duplicates that were asked for before; nobody asks here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ictrain.examples import Example
from ictrain.files import digest, read_jsonl, write_atomic
from ictrain.paraphrase.asked.ask import Wanted
from ictrain.paraphrase.asked.cache import Paraphrases
from ictrain.paraphrase.asked.check import gist, leaks
from ictrain.paraphrase.asked.local import local_identity
from ictrain.paraphrase.asked.server import llm_identity
from ictrain.paraphrase.asked.settings import AskedSettings, LlmSettings, LocalSettings
from ictrain.paths import expanded

RUNS = "runs"
CACHE = "paraphrases.sqlite"
PENDING = "[to be asked for]"


@dataclass(frozen=True)
class Near:
    """A near-duplicate as it is kept.

    Attributes:
        text: its input.
        output: its own; None is the target's.
        beside: what stands in its meta in place of the target's.
    """

    text: str
    output: str | None = None
    beside: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> Any:
        """For a file: the text alone where there is nothing else."""
        if self.output is None:
            return self.text
        return {"input": self.text, "output": self.output, "beside": dict(self.beside)}

    @classmethod
    def read(cls, kept: Any) -> Near:
        """From a file."""
        if isinstance(kept, str):
            return cls(kept)
        return cls(kept["input"], kept["output"], kept["beside"])


Key = tuple[str, str, str]
"""Of a target: input, output, and what else decides its near-duplicates ('' for nothing)."""
Table = Mapping[Key, tuple[Near, ...]]
"""Valid near-duplicates of a target; empty where all were given up."""


def identity_of(settings: AskedSettings) -> Mapping[str, Any]:
    """All that answers depend on but the sentence."""
    if isinstance(settings, LlmSettings):
        return llm_identity(settings)
    assert isinstance(settings, LocalSettings)
    return local_identity(settings)


@dataclass(frozen=True)
class Kept:
    """A NearDuplicate: one of a target's kept paraphrases, with the target's own output.

    Attributes:
        settings: how they were asked for.
        table: a run's own file, which never changes once the run has begun; the cache if None.
        runs: the folder that holds runs, and the cache.
        pending: in a dry run, a text that says so stands for what is not asked for yet.
    """

    settings: AskedSettings
    table: Path | None = None
    runs: Path = Path(RUNS)
    pending: bool = False

    def __call__(self, target: Example, generator: np.random.Generator) -> Example | None:
        """See NearDuplicate."""
        found = self.near(target)
        if found is None and self.pending:
            text = f"{target.input} {PENDING}"
            return Example(f"{target.id}#pending", text, target.output, target.meta)
        if not found:
            return None
        number = int(generator.integers(len(found)))
        one = found[number]
        name = f"{target.id}#asked-{number}"
        if one.output is None:
            return Example(name, one.text, target.output, target.meta)
        meta = {**target.meta, **one.beside}
        meta.pop("alt_sql", None)  # other gold was of the old output
        return Example(name, one.text, one.output, meta)

    def near(self, target: Example) -> tuple[Near, ...] | None:
        """Its valid near-duplicates; None where it was not asked for."""
        if self.table is not None:
            return read_table(self.table, self.name).get(self.key(target))
        items = self.items(target)
        kept = self.store.find(items)
        if items and not kept:
            return None
        return self.made(target, {item: entry.texts for item, entry in kept.items()})

    def near_of(self, targets: Sequence[Example]) -> list[tuple[Near, ...] | None]:
        """The same of many: what is asked for them is found at once, which for statements that
        have to be executed takes every core."""
        if self.table is None:
            self.wanted(targets)
        return [self.near(target) for target in targets]

    def key(self, target: Example) -> Key:
        """Targets of one key have the same near-duplicates."""
        return target.input, target.output, ""

    def items(self, target: Example) -> Sequence[str]:
        """What is asked for it; see Form."""
        return [target.input]

    def wanted(self, targets: Iterable[Example]) -> list[Wanted]:
        """The different items of all targets, each with the outputs that it must not give away."""
        outputs: dict[str, dict[str, None]] = {}
        for target in targets:
            for item in self.items(target):
                outputs.setdefault(item, {}).update(dict.fromkeys(self.outputs(target, item)))
        return [Wanted(item, tuple(own)) for item, own in outputs.items()]

    def outputs(self, target: Example, item: str) -> Sequence[str]:
        """What no answer to an item may give away."""
        del item
        return [target.output]

    def made(self, target: Example, found: Mapping[str, Sequence[str]]) -> tuple[Near, ...]:
        """Its near-duplicates from what is valid by item."""
        made = (
            self._near(target, item, text)
            for item in self.items(target)
            for text in self._safe(target, item, found.get(item, ()))
        )
        return tuple(made)

    def _near(self, target: Example, item: str, text: str) -> Near:
        del target, item
        return Near(text)

    def _safe(self, target: Example, item: str, texts: Sequence[str]) -> list[str]:
        """Those that neither repeat the target nor give an output away."""
        outputs = self.outputs(target, item)
        fine = (
            text for text in texts
            if gist(text) != gist(target.input) and not leaks(target.input, outputs, text)
        )  # fmt: skip
        return list(fine)[: self.settings.count]

    @property
    def cache(self) -> Path:
        """The file of all that was paid for."""
        own = self.settings.cache
        return self.runs / CACHE if own is None else Path(expanded(own))

    @cached_property
    def store(self) -> Paraphrases:
        """The cache as this model and prompt use it."""
        return Paraphrases(self.cache, identity_of(self.settings))

    @cached_property
    def name(self) -> str:
        """Changes with everything that decides which paraphrases are good."""
        fields = set(type(self.settings).model_fields) - {"cache"}
        chosen = {"similarity", "similarity_range", "check_language", "language", "at_least"}
        chosen |= {"statements", "executions"}
        rules = self.settings.model_dump(mode="json", include=fields & chosen)
        return digest(dict(identity_of(self.settings)), rules)


def add_rows(file: Path, name: str, found: Table, why: Mapping[Key, str]) -> None:
    """Adds rows to a run's own file, in one step; one line per target, for people too.

    Args:
        file: where; it need not be there.
        name: of the Kept that will read them.
        found: what there is now.
        why: nothing could be had.
    """
    rows: Sequence[dict[str, Any]] = [
        {"by": name, "input": text, "output": output, "paraphrases": [one.plain() for one in near]}
        | ({"of": of} if of else {})
        | ({} if near else {"given_up": why.get((text, output, of), "")})
        for (text, output, of), near in found.items()
    ]
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    write_atomic(file, (file.read_bytes() if file.exists() else b"") + lines.encode())


def read_table(file: Path, name: str) -> Table:
    """The rows of one model and prompt; empty where there is no file."""
    if not file.exists():
        return {}
    stat = file.stat()
    return _tables(file, stat.st_mtime_ns, stat.st_size).get(name, {})


@lru_cache(maxsize=2)
def _tables(file: Path, changed: int, size: int) -> dict[str, dict[Key, Any]]:
    del changed, size  # part of the key
    found: dict[str, dict[Key, Any]] = {}
    for row in read_jsonl(file):
        own = found.setdefault(row["by"], {})
        own[row["input"], row["output"], row.get("of", "")] = tuple(
            map(Near.read, row["paraphrases"])
        )
    return found
