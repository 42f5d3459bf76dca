"""Shows a training as it goes: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ictrain.training.log import StepRow


class ShowProgress:
    """Loss, useful tokens per second and time left; a context manager to be told of each row."""

    def __init__(self, steps: int, every: int, label: str, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._steps, self._every, self._label = steps, every, label
        self._rows: list[StepRow] = []
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[told]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(label, total=steps, told="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def __call__(self, row: StepRow) -> None:
        """Shows the row; without a terminal only each every-th and the last."""
        self._rows = [*self._rows, row][-self._every :]
        self._bar.update(self._task, completed=row.step, told=self._told(row))
        due = row.step % self._every == 0 or row.step == self._steps
        if due and not self._console.is_terminal:
            line = f"{self._label}: step {row.step}/{self._steps}, {self._told(row)}"
            self._console.print(line, highlight=False, soft_wrap=True)

    def _told(self, row: StepRow) -> str:
        """Means over the last `every` steps, since one step's loss says little."""
        seconds = sum(r.seconds for r in self._rows)
        loss = sum(r.loss * r.labelled for r in self._rows) / sum(r.labelled for r in self._rows)
        speed = sum(r.tokens for r in self._rows) / seconds
        left = (self._steps - row.step) * seconds / len(self._rows)
        minutes, rest = divmod(round(left), 60)
        return f"loss {loss:.4f}, {speed:,.0f} useful tokens/s, {minutes}:{rest:02d} left"
