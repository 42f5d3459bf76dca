"""Embeddings kept on disk, keyed by (encoder, text): a text is encoded once for all runs.

This also makes a text's vector one and the same, which an encoder's is not: its last bits depend on
the other texts of the batch.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ictrain.database import opened
from ictrain.similarity.encoder import Encoder

_log = logging.getLogger("ictrain.similarity")
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS embeddings (encoder TEXT, text BLOB, vector BLOB, "
    "cut INTEGER, PRIMARY KEY (encoder, text)) WITHOUT ROWID"
)
_CHUNK = 4096
"""Texts that are encoded before they are committed: what a kill may cost."""


class Embedder:
    """Texts to unit vectors through the cache.

    Attributes:
        cut: the texts so far that were longer than the encoder's window, and were cut there.
    """

    def __init__(self, encoder: Encoder, folder: Path | None = None) -> None:
        self.encoder, self.cut = encoder, set[str]()
        self._path = None if folder is None else Path(folder) / "embeddings.sqlite"

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 [texts, width], rows of length 1."""
        unique = list(dict.fromkeys(texts))
        known = self._read(unique)
        missing = [text for text in unique if text not in known]
        if self._path is not None:
            _log.info("embeddings: %d from the cache, %d to encode", len(known), len(missing))
        # Sorted, so that texts of a like length share a chunk
        missing.sort(key=lambda text: (len(text), text))
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            vectors, cut = self.encoder.encode(chunk)
            fresh = {t: (v, bool(c)) for t, v, c in zip(chunk, vectors, cut, strict=True)}
            self._write(fresh)
            known |= fresh
        self._report({text for text, (_, cut) in known.items() if cut}, len(unique))
        rows = [known[text][0] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, 1), dtype=np.float32)

    def _report(self, cut: set[str], of: int) -> None:
        if cut - self.cut:
            _log.warning("embeddings: %d of %d inputs cut at the encoder's length", len(cut), of)
        self.cut |= cut

    def _read(self, texts: Sequence[str]) -> dict[str, tuple[NDArray[np.float32], bool]]:
        if self._path is None:
            return {}
        query = "SELECT vector, cut FROM embeddings WHERE encoder = ? AND text = ?"
        found = {}
        with self._open() as base:
            for text in texts:
                row = base.execute(query, (self.encoder.digest, _key(text))).fetchone()
                if row is not None:
                    found[text] = (np.frombuffer(row[0], dtype="<f4"), bool(row[1]))
        return found

    def _write(self, fresh: dict[str, tuple[NDArray[np.float32], bool]]) -> None:
        if self._path is None:
            return
        rows = [
            (self.encoder.digest, _key(text), vector.astype("<f4").tobytes(), cut)
            for text, (vector, cut) in fresh.items()
        ]
        with self._open() as base, base:
            base.executemany("INSERT OR IGNORE INTO embeddings VALUES (?, ?, ?, ?)", rows)

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        assert self._path is not None
        return opened(self._path, _SCHEMA, what="embeddings")


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
