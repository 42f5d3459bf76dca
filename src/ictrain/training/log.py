"""train.jsonl: one row per step, on the disk before the checkpoint that follows it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ictrain.errors import RunError
from ictrain.files import read_jsonl, write_atomic


@dataclass(frozen=True, slots=True)
class StepRow:
    """What one step did.

    Attributes:
        step: counted from 1; its batch is Batches.batch(step - 1).
        loss: mean cross-entropy in nats over the labelled tokens of the global batch.
        learning_rate, gradient_norm: of this step; the norm is that before clipping.
        tokens, labelled: in the global batch, no padding counted.
        dropped: context examples that the window had no room for.
        targets: ids of the batch's targets.
        seconds: of this step.
        elapsed: seconds of training up to here, over all resumptions.
        tokens_per_second: useful ones (no padding).
    """

    step: int
    loss: float
    learning_rate: float
    gradient_norm: float
    tokens: int
    labelled: int
    dropped: int
    targets: tuple[str, ...]
    seconds: float
    elapsed: float
    tokens_per_second: float


class TrainLog:
    """The rows so far, and their file.

    Rows are kept in memory until flush, since a flush to the disk takes longer than a step of a
    small model. What a kill takes are rows of steps that no checkpoint holds: they are made again.
    """

    def __init__(self, path: Path, step: int, write: bool = True) -> None:
        """Keeps the first `step` rows of an earlier run, and cuts off what came after them.

        Args:
            path: of the file.
            step: of the checkpoint that is continued.
            write: False in all processes but one.

        Raises:
            RunError: rows before the checkpoint are missing.
        """
        stored = [row for row in read_jsonl(path) if row["step"] <= step]
        if [row["step"] for row in stored] != list(range(1, step + 1)):
            raise RunError(
                f"its rows are not those of steps 1 to {step}",
                where=str(path),
                mend="the checkpoint cannot be continued; remove the run's folder to start anew",
            )
        self._path, self._write = path, write
        self._waiting: list[str] = []
        self.rows = [StepRow(**row | {"targets": tuple(row["targets"])}) for row in stored]
        if write:
            write_atomic(path, "".join(_line(row) for row in self.rows))

    @property
    def elapsed(self) -> float:
        """Seconds of training so far, over all resumptions."""
        return self.rows[-1].elapsed if self.rows else 0.0

    def add(self, row: StepRow) -> None:
        """Takes a row; flush brings it to the disk."""
        self.rows.append(row)
        self._waiting.append(_line(row))

    def flush(self) -> None:
        """Brings all rows to the disk."""
        if not (self._write and self._waiting):
            return
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write("".join(self._waiting))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RunError(f"cannot write: {error.strerror}", where=str(self._path)) from error
        self._waiting.clear()


def _line(row: StepRow) -> str:
    return json.dumps(asdict(row), ensure_ascii=False) + "\n"
