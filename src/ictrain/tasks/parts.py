"""The parts of a user's data, whatever they were read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ictrain.examples import Example


@dataclass(frozen=True)
class Parts:
    """What the files hold; it does not depend on a run's seed.

    Attributes:
        train: the targets of training.
        dev: None where there is none.
        tests: by name.
        pool: what contexts are drawn from where it is not train; None otherwise.
        pools: what is appended to the pool of a test set, by the test set's name.
        sources: where each part comes from, in words.
        skipped: bad rows that were left out, by file: how many, and what is wrong with the first.
        too_long: rows that were left out as longer than max_characters, by file.
        set_aside: by part, the id of each example that the task cannot use -> why.
        facts: what the task found out about them, for the record.
    """

    train: tuple[Example, ...]
    dev: tuple[Example, ...] | None
    tests: Mapping[str, tuple[Example, ...]]
    pool: tuple[Example, ...] | None
    pools: Mapping[str, tuple[Example, ...]]
    sources: Mapping[str, str]
    skipped: Mapping[str, tuple[int, str]]
    too_long: Mapping[str, int] = field(default_factory=dict)
    set_aside: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def left_out(self) -> list[str]:
        """In sentences: nothing is left out in silence."""
        bad = [
            f"{count:,} bad row{_are(count)} left out of {source}; the first: {first}"
            for source, (count, first) in self.skipped.items()
        ]
        long = [
            f"{count:,} row{_are(count)} left out of {source}: longer than max_characters"
            for source, count in self.too_long.items()
        ]
        aside = [
            f"{len(found):,} example{'s' * (len(found) > 1)} of {part} set aside; the first: "
            f"{first}, {found[first]}"
            for part, found in self.set_aside.items()
            for first in list(found)[:1]
        ]
        return [*bad, *long, *aside]


def _are(count: int) -> str:
    return "s are" if count > 1 else " is"
