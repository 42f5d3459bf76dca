"""What probes found, one file per step: there is a whole one, or none.

step-000080.json    after a step of the schedule
kept-000050.json    the weights that a choice of the step kept, where that step is not of the
                    schedule; no place of a curve, for other seeds may keep other steps
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ictrain.errors import RunError
from ictrain.files import write_json
from ictrain.probes.measure import Measured


class ProbeLog:
    """The folder probes/ of a job. A step whose file is there is not probed again, so a training
    that goes on after a kill neither loses nor repeats a probe."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def has(self, step: int) -> bool:
        """Whether the step was probed."""
        return self._path(step).exists()

    def write(self, step: int, found: Sequence[Measured]) -> None:
        """Keeps a step, in one atomic write.

        Raises:
            RunError: a full disk.
        """
        write_json(self._path(step), {"step": step, "items": [asdict(one) for one in found]})

    def has_kept(self, step: int) -> bool:
        """Whether the weights after this step were probed, by the schedule or because kept."""
        return self.has(step) or self._kept(step).exists()

    def write_kept(self, step: int, found: Sequence[Measured]) -> None:
        """Keeps what the kept weights are; errors as write."""
        write_json(self._kept(step), {"step": step, "items": [asdict(one) for one in found]})

    def read_kept(self, step: int) -> list[Measured]:
        """What the weights after this step are; empty where they were not probed.

        Raises:
            RunError: a file that is not what write made.
        """
        files = [path for path in (self._path(step), self._kept(step)) if path.exists()]
        return _read(files[0])[1] if files else []

    def read(self) -> dict[int, list[Measured]]:
        """Step -> items, ascending.

        Raises:
            RunError: a file that is not what write made.
        """
        return dict(_read(path) for path in sorted(self.folder.glob("step-*.json")))

    def _kept(self, step: int) -> Path:
        return self.folder / f"kept-{step:06d}.json"

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:06d}.json"


def _read(path: Path) -> tuple[int, list[Measured]]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return int(told["step"]), [Measured(**one) for one in told["items"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"not what a probe wrote: {error}",
            where=str(path),
            mend="remove the file; its step cannot be probed again without training anew",
        ) from error
