"""COMET as a Metric; nothing large is loaded before the first score."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ictrain.examples import Example
from ictrain.files import file_digest
from ictrain.metrics.comet.folder import COMET, CheckpointFiles, find

if TYPE_CHECKING:
    from ictrain.metrics.comet.scorer import Scorer


class Comet:
    """Source, output and reference to a score, mostly from 0 to 1 as the official package gives it.

    Higher is better; a score slightly below 0 or above 1 is possible and stays. The corpus score is
    the mean, as in the official package.

    Args:
        spec: `comet` or `comet:WHERE`; see folder.find.
        device: as torch names it, or auto.
        dtype: of the encoder, float32 or bfloat16; scores in bfloat16 are not the official ones.
        batch_tokens: tokens in the encoder at once.
    """

    name = COMET

    def __init__(
        self,
        spec: str = COMET,
        *,
        device: str = "auto",
        dtype: str = "float32",
        batch_tokens: int = 4096,
    ) -> None:
        self.spec, self._options = spec, (device, dtype, batch_tokens)

    @cached_property
    def files(self) -> CheckpointFiles:
        """What scores are computed from; errors as folder.find."""
        return find(self.spec)

    def check(self) -> None:
        """See Needing.check: reads everything but the weights' numbers.

        Raises:
            ConfigError, ModelError: the checkpoint is not there, of another kind, or not whole.
        """
        _check(self.files)

    @property
    def scorer(self) -> Scorer:
        """The loaded checkpoint; the last one of a process stays loaded."""
        from ictrain.metrics.comet.scorer import scorer

        return scorer(self.files, *self._options)

    def score(self, output: str, reference: Example) -> float:
        """See Metric.score."""
        return self.score_all([output], [reference])[0]

    def score_all(self, outputs: Sequence[str], references: Sequence[Example]) -> list[float]:
        """The score of each, in their order; a sentence that occurs often is encoded once.

        Raises:
            ModelError: the checkpoint's files do not fit together; a score that is no number.
        """
        triples = [
            (reference.input, output, reference.output)
            for output, reference in zip(outputs, references, strict=True)
        ]
        return self.of_triples(triples)

    def of_triples(self, triples: Sequence[tuple[str, str, str]]) -> list[float]:
        """The same of (source, hypothesis, reference), whatever stands for a reference."""
        return self.scorer(triples) if triples else []

    def stats(self, output: str, reference: Example) -> list[float] | None:
        """None; see Metric.stats."""
        del output, reference
        return None

    @property
    def signature(self) -> str:
        """What computes the scores: which checkpoint and encoder, by their files' digests."""
        parts = {"model": self.files.name, "class": "regression_metric", "dtype": self._options[1]}
        parts |= {part: _digest(file) for part, file in self.files.by_part().items()}
        parts["by"] = "ictrain, COMET-compatible"
        return "|".join(f"{key}:{value}" for key, value in parts.items())


@lru_cache(maxsize=16)
def _check(files: CheckpointFiles) -> None:
    from ictrain.metrics.comet.loading import load

    load(files)


def _digest(file: Path) -> str:
    found = file.stat()
    return _digest_of(file, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=16)
def _digest_of(file: Path, size: int, changed: int) -> str:
    """SHA-256; a checkpoint of 2.3 GB takes seconds."""
    del size, changed
    return file_digest(file)
