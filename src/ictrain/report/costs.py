"""What each strategy's training cost, and how much more than that of the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_COLUMNS = (
    "steps",
    "tokens",
    "prompt_tokens",
    "labelled_tokens",
    "seconds",
    "paraphrased_targets",
    "paraphrases",
    "unique_targets",
    "epochs",
    "final_loss",
    "peak_memory_mib",
)
_RATIOS = ("tokens", "seconds")
Job = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Costs:
    """Means over the trainings of each strategy.

    Attributes:
        columns: names; those of ratios say against whom.
        lines: (strategy, trainings, a value per column, None where nothing is known).
        paraphrases: whether any strategy asked for some.
    """

    columns: tuple[str, ...]
    lines: list[tuple[str, int, tuple[float | None, ...]]]
    paraphrases: bool


def costs(jobs: Sequence[Job], reference: str = "") -> Costs:
    """The table, from the summaries of a run's jobs.

    Args:
        jobs: of all strategies and seeds; any number may be missing.
        reference: whose tokens and seconds are 1; no ratios where it has none.
    """
    every = [_with_prompts(job) for job in jobs]
    columns = [name for name in _COLUMNS if any(is_number(job.get(name)) for job in every)]
    groups: dict[str, list[Job]] = {}
    for job in every:
        groups.setdefault(str(job.get("strategy", "?")), []).append(job)
    means = {
        name: {column: _mean(group, column) for column in columns} for name, group in groups.items()
    }
    known = means.get(reference, {})
    ratios = [name for name in _RATIOS if known.get(name)]
    lines = [
        (
            name,
            len(groups[name]),
            (*own.values(), *(_ratio(own[column], known[column]) for column in ratios)),
        )
        for name, own in means.items()
    ]
    heads = (*columns, *(f"{name} / {reference}" for name in ratios))
    asked = any((own.get("paraphrases") or 0) > 0 for own in means.values())
    return Costs(heads, lines, asked)


def is_number(value: Any) -> bool:
    """A number, and not yes or no."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _with_prompts(job: Job) -> Job:
    """All tokens but the labelled ones are prompt."""
    both = [job.get(key) for key in ("tokens", "labelled_tokens")]
    if not all(map(is_number, both)):
        return job
    return {**job, "prompt_tokens": job["tokens"] - job["labelled_tokens"]}


def _mean(group: Sequence[Job], column: str) -> float | None:
    values = [job[column] for job in group if is_number(job.get(column))]
    return sum(values) / len(values) if values else None


def _ratio(value: float | None, known: float | None) -> float | None:
    return value / known if value is not None and known else None
