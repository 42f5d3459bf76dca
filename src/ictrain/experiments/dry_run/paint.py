"""Lines for a terminal: colours where it is one, plain characters everywhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Mark = Literal["head", "label", "near", "random", "faint", "warn"]
_CODES: dict[Mark, str] = {
    "head": "1",
    "label": "30;42",
    "near": "33",
    "random": "36",
    "faint": "2",
    "warn": "1;31",
}


@dataclass(frozen=True)
class Paint:
    """Puts colours around text, or leaves it as it is."""

    colours: bool = False

    def __call__(self, text: str, mark: Mark) -> str:
        """The text with its mark."""
        return f"\x1b[{_CODES[mark]}m{text}\x1b[0m" if self.colours and text else text


def paint_for_stdout() -> Paint:
    """Colours on a terminal whose user has not asked for none (NO_COLOR)."""
    return Paint(sys.stdout.isatty() and "NO_COLOR" not in os.environ)


@dataclass(frozen=True)
class Page:
    """Where the lines of a dry run go."""

    say: Callable[[str], None]
    paint: Paint

    def head(self, text: str) -> None:
        """A section."""
        self.say("")
        self.say(self.paint(text, "head"))

    def line(self, name: str, *parts: str, mark: Mark | None = None) -> None:
        """One fact with its name before it; parts are joined by blanks."""
        text = " ".join(part for part in parts if part)
        self.say(f"  {name:<13} {self.paint(text, mark) if mark else text}")

    def warn(self, text: str, name: str = "WARNING") -> None:
        """What a user has to see."""
        self.line(name, text, mark="warn")
