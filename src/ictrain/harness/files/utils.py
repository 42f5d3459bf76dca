"""Questions and scores of this folder's tasks, for lm-evaluation-harness.

Where ictrain is installed it scores, by the task's own metrics. Where it is not, this file does, by
the one that needs nothing else: equal to the reference but for white space at both ends.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import datasets
from lm_eval.api.task import ConfigurableTask

HERE = Path(__file__).resolve().parent


class Graded(ConfigurableTask):  # type: ignore[misc]
    """One cell: a test set asked in one context mode, its contexts in one band of similarity."""

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        super().__init__(config={k: v for k, v in (config or {}).items() if k != "class"})

    def download(self, dataset_kwargs: dict[str, Any] | None = None, **_: Any) -> None:
        """The cell's questions, from beside this file."""
        wanted = dataset_kwargs or {}
        cell = [q for q in questions() if all(q[key] == value for key, value in wanted.items())]
        self.dataset = {"test": datasets.Dataset.from_list(cell)}


@lru_cache(maxsize=1)
def questions() -> list[dict[str, Any]]:
    """All questions, in their order."""
    with (HERE / "questions.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@lru_cache(maxsize=1)
def by_ictrain() -> Callable[[dict[str, Any], str], dict[str, float]] | None:
    """The task's own metrics, or None without ictrain."""
    try:
        from ictrain.harness import scorer
    except ImportError:
        return None
    return scorer(HERE)


@lru_cache(maxsize=1)
def plain() -> str:
    """What the metric of this file is called."""
    return str(json.loads((HERE / "metrics.json").read_text("utf-8"))["plain"])


def scores(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """One question's scores by metric."""
    answer, ask = results[0].strip(), by_ictrain()
    if ask is not None:
        return ask(doc, answer)
    return {plain(): float(answer == doc["reference"].strip())}
