"""Checkpoints: weights, optimiser and step, with digests; no random state."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from ictrain.errors import RunError
from ictrain.files import digest, file_digest, new_folder, write_json
from ictrain.models.saving import read_weights, write_weights

_log = logging.getLogger(__name__)
_NAME = re.compile(r"step-(\d{6,})")


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint on the disk, after so many steps."""

    folder: Path
    step: int

    def weights_into(self, model: Any) -> None:
        """Puts the weights into the model, before it is shared among processes."""
        read_weights(model, self.folder / "weights")

    def optimizer(self) -> dict[str, Any]:
        """The optimiser's state, on the CPU."""
        path = self.folder / "optimizer.pt"
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        return state


class Checkpoints:
    """The checkpoints of one run, in one folder.

    A checkpoint `step-NNNNNN` holds weights/ in the format of peft (or transformers), optimizer.pt
    and state.json with the step and the digests of all its files. The learning rate and every
    random number are functions of the step, so nothing else is needed.
    """

    def __init__(self, folder: Path, identity: dict[str, Any], keep: int) -> None:
        self._folder, self._identity, self._keep = folder, digest(identity), keep

    def save(
        self,
        step: int,
        model: Any,
        optimizer: dict[str, Any],
        weights: dict[str, Any] | None = None,
    ) -> None:
        """Writes a whole checkpoint or none, then removes those that are too old.

        Args:
            step, model: after how many steps what is saved.
            optimizer: its state.
            weights: see write_weights.

        Raises:
            RunError: a full disk; older checkpoints stay.
        """
        with new_folder(self._folder / f"step-{step:06d}") as aside, as_os_error():
            write_weights(model, aside / "weights", weights)
            buffer = io.BytesIO()  # torch.save itself turns a full disk into a bare RuntimeError
            torch.save(optimizer, buffer)
            (aside / "optimizer.pt").write_bytes(buffer.getbuffer())
            files = {str(f.relative_to(aside)): file_digest(f) for f in _files(aside)}
            state = {"step": step, "identity": self._identity, "files": files}
            write_json(aside / "state.json", state)
        for old in self._found()[: -self._keep]:
            shutil.rmtree(old, ignore_errors=True)

    def newest(self) -> Checkpoint | None:
        """The newest whole checkpoint, if there is one.

        Raises:
            RunError: the checkpoint was made with another configuration.
        """
        for rest in self._folder.glob(".*"):  # what a kill inside a write has left
            shutil.rmtree(rest, ignore_errors=True)
        for folder in reversed(self._found()):
            state = _state(folder)
            if state is None:
                _log.warning("%s is damaged and is not used", folder)
                continue
            if state["identity"] != self._identity:
                raise RunError("a checkpoint of another run", where=str(folder))
            return Checkpoint(folder, int(state["step"]))
        return None

    def _found(self) -> list[Path]:
        """Oldest first."""
        found = [path for path in self._folder.glob("step-*") if _NAME.fullmatch(path.name)]
        return sorted(found, key=lambda path: int(path.name.removeprefix("step-")))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _state(folder: Path) -> dict[str, Any] | None:
    """state.json, if all the files that it names are there as they were written."""
    try:
        state: dict[str, Any] = json.loads((folder / "state.json").read_text())
        whole = all(file_digest(folder / f) == known for f, known in state["files"].items())
    except (OSError, ValueError, KeyError):
        return None
    return state if whole else None


@contextlib.contextmanager
def as_os_error() -> Iterator[None]:
    """Gives safetensors' errors of the file system their kind back."""
    try:
        yield
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        code = int(number[1]) if number else errno.EIO
        raise OSError(code, str(error)) from error
