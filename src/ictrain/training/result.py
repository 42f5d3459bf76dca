"""What a training came to, counted from its rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ictrain.files import write_json
from ictrain.training.log import StepRow


@dataclass(frozen=True, slots=True)
class TrainResult:
    """The cost and end of one training, over all its resumptions.

    Attributes:
        folder: what was trained, for models.load_adapter.
        steps: optimiser steps.
        tokens, labelled: tokens seen, and those of them that carried loss; no padding counted.
        seconds: of training, without start and checkpoints.
        unique_targets: different target ids seen.
        dropped: context examples that the window had no room for.
        final_loss: mean over the labelled tokens of the last tenth of the steps, in nats.
        packed: whether prompts were packed.
    """

    folder: Path
    steps: int
    tokens: int
    labelled: int
    seconds: float
    unique_targets: int
    dropped: int
    final_loss: float
    packed: bool

    @classmethod
    def of(cls, rows: Sequence[StepRow], folder: Path, packed: bool) -> TrainResult:
        """Counts rows, of which there is at least one."""
        last = rows[-max(1, len(rows) // 10) :]
        return cls(
            folder=folder,
            steps=len(rows),
            tokens=sum(row.tokens for row in rows),
            labelled=sum(row.labelled for row in rows),
            seconds=rows[-1].elapsed,
            unique_targets=len({target for row in rows for target in row.targets}),
            dropped=sum(row.dropped for row in rows),
            final_loss=sum(r.loss * r.labelled for r in last) / sum(r.labelled for r in last),
            packed=packed,
        )

    @classmethod
    def load(cls, path: Path, folder: Path) -> TrainResult | None:
        """What save wrote, if training has come to its end."""
        if not (path.is_file() and folder.is_dir()):
            return None
        return cls(**json.loads(path.read_text(encoding="utf-8")) | {"folder": folder})

    def save(self, path: Path) -> None:
        """Writes the result; the folder by its name, so that a run can be moved."""
        write_json(path, asdict(self) | {"folder": self.folder.name})
