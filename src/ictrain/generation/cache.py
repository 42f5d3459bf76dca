"""Answers kept on disk by the content of the whole request and of all that made them.

A row is committed with its request beside it, so a key is never trusted alone, and answers survive
a kill. Several processes may share a file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from pathlib import Path
from typing import Any

from ictrain.database import opened
from ictrain.errors import ModelError
from ictrain.files import digest
from ictrain.generation.base import Generator, Output, Request, Streaming
from ictrain.generation.batching import cost

_VERSION = "generation-2"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS answers "
    "(key TEXT PRIMARY KEY, request TEXT NOT NULL, output TEXT NOT NULL)"
)


class CachedGenerator:
    """Any Generator, asked once for each request.

    Args:
        generator: answers what the cache does not hold.
        path: the SQLite file; made when missing.
        valid: says which answers may be kept, complete() where not given (a refusal may not, nor
            an answer cut by an outage); the others are returned, and asked for again next time.
        chunk: requests per commit: what a kill may cost.
        wait_s: seconds to wait for another process that writes.
        progress: told (requests done, requests in all) from time to time.

    Attributes:
        hits, misses: distinct requests so far that the cache held, and did not.
    """

    def __init__(
        self,
        generator: Generator,
        path: Path,
        *,
        valid: Callable[[Request, Output], bool] | None = None,
        chunk: int = 256,
        wait_s: float = 60.0,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        self.generator, self.path, self.chunk, self.wait_s = generator, Path(path), chunk, wait_s
        self._valid, self._progress = valid or complete, progress
        self.hits = self.misses = 0

    @property
    def digest(self) -> str:
        """See Generator.digest; that of the generator inside."""
        return self.generator.digest

    def generate(self, requests: Sequence[Request]) -> list[Output]:
        """See Generator.generate.

        Raises:
            ModelError: the generator returned another number of answers than it was asked for.
            RunError: the file cannot be read or written.
        """
        distinct, model = list(dict.fromkeys(requests)), self.digest
        keys = {request: _key(model, request) for request in distinct}
        with self._open() as base:
            found = {request: _find(base, key, request) for request, key in keys.items()}
        known = {request: output for request, output in found.items() if output is not None}
        missing = sorted((r for r in distinct if r not in known), key=cost)
        self.hits, self.misses = self.hits + len(known), self.misses + len(missing)
        for fresh in self._answers(missing):
            self._keep(keys, fresh)
            known |= fresh
            self._progress(len(known), len(distinct))
        return [known[request] for request in requests]

    def _answers(self, missing: Sequence[Request]) -> Iterator[dict[Request, Output]]:
        """Parts that are kept at once: an answer each where answers are dear, else a chunk."""
        if isinstance(self.generator, Streaming):
            for request, output in self.generator.stream(missing):
                yield {request: output}
            return
        for start in range(0, len(missing), self.chunk):
            requests = missing[start : start + self.chunk]
            outputs = self.generator.generate(requests)
            if len(outputs) != len(requests):
                raise ModelError(
                    f"{len(outputs)} answers", expected=f"{len(requests)}, as requests"
                )
            yield dict(zip(requests, outputs, strict=True))

    def _keep(self, keys: Mapping[Request, str], fresh: Mapping[Request, Output]) -> None:
        rows = [
            (keys[r], json.dumps(_plain(r)), json.dumps(_plain(o)))
            for r, o in fresh.items()
            if self._valid(r, o)
        ]
        with self._open() as base, base:
            base.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return opened(self.path, _SCHEMA, what="answers", wait_s=self.wait_s)


def complete(request: Request, output: Output) -> bool:
    """Whether an answer ended by itself or is as long as it may be; a shorter one got lost.

    A refusal is none, and is asked for again next time (inspect_ai kept one and replayed it).
    """
    if output.outcome != "ok":
        return False
    size = len(output.ids)
    return size <= request.max_new_tokens if output.stopped else size == request.max_new_tokens


def _plain(one: Request | Output) -> dict[str, Any]:
    """Its fields as they are: asdict, which copies every id, took a tenth of a small job."""
    return {field.name: getattr(one, field.name) for field in fields(one)}


def _key(model: str, request: Request) -> str:
    return digest(_VERSION, model, _plain(request))


def _find(base: sqlite3.Connection, key: str, request: Request) -> Output | None:
    query = "SELECT request, output FROM answers WHERE key = ?"
    row = base.execute(query, (key,)).fetchone()
    if row is None or row[0] != json.dumps(_plain(request)):
        return None
    told = json.loads(row[1])
    return Output(tuple(told["ids"]), told["text"], told["stopped"], told["outcome"])
