"""What will be asked of every model, and whether its answers can be scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from ictrain.errors import IctrainError
from ictrain.evaluation import Question
from ictrain.experiments.bench import Bench
from ictrain.experiments.probing import ASKED_TWICE, probe_items_of
from ictrain.generation import Request
from ictrain.generation.huggingface import check_requests
from ictrain.metrics import Metric, check_metrics, scores_of
from ictrain.probes import ProbeItem
from ictrain.prompts import Rendered
from ictrain.tasks import TestSet

_SCORED = 200
"""Items of each test set whose gold is scored."""
_GARBLED = 3
"""Items of each test set on which metrics see what a model may say."""


@dataclass(frozen=True)
class Asked:
    """One (test set, context mode).

    Attributes:
        items: of the test set.
        asked: questions; fewer where a target has no near-duplicate.
        too_long: of them, targets that no prompt has room for: not asked, left out of the figures.
        dropped: context examples that the window has no room for, over all questions.
        tokens, longest: mean and largest prompt.
    """

    items: int
    asked: int
    too_long: int
    dropped: int
    tokens: float
    longest: int


def by_mode(
    asked: Sequence[Question], tests: Mapping[str, TestSet], modes: Sequence[str]
) -> dict[str, dict[str, Asked]]:
    """By test set and mode; a mode that no target can be asked in has 0 questions."""
    return {
        name: {
            mode: _asked(
                [q for q in asked if (q.test_set, q.mode) == (name, mode)], len(test.examples)
            )
            for mode in modes
        }
        for name, test in tests.items()
    }


def _asked(mine: Sequence[Question], items: int) -> Asked:
    prompts = [question.rendered for question in mine if question.rendered is not None]
    sizes = [len(prompt.ids) for prompt in prompts] or [0]
    dropped = sum(len(prompt.dropped) for prompt in prompts)
    return Asked(items, len(mine), len(mine) - len(prompts), dropped, fmean(sizes), max(sizes))


def check_window(prompts: Iterable[Rendered | None], max_new_tokens: int, model: object) -> None:
    """Refuses prompts that the model cannot answer, as it would after the training.

    Raises:
        ModelError: a prompt with its answer is longer than the model's window.
    """
    config = getattr(model, "config", None)
    requests = [Request(prompt.ids, max_new_tokens) for prompt in prompts if prompt is not None]
    check_requests(requests, config)


def gold_scores(tests: Mapping[str, TestSet], metrics: Sequence[Metric]) -> dict[str, list[float]]:
    """By metric, what gold outputs themselves score; anything below 1 wants an explanation.

    Metrics also see an empty answer and half a gold, as models give: one that cannot take them
    would stop the run once a training is done.

    Raises:
        DataError: a metric of the user's own failed, with the item.
    """
    examples = [example for test in tests.values() for example in test.examples[:_SCORED]]
    for example in (e for test in tests.values() for e in test.examples[:_GARBLED]):
        for answer in ("", example.output[: len(example.output) // 2]):
            for metric in metrics:
                metric.score(answer, example)
    golds = [e.output for e in examples]
    return {metric.name: scores_of(metric, golds, examples) for metric in metrics}


def metrics_missing(metrics: Sequence[Metric]) -> list[str]:
    """What metrics need and is not here, or not fit to score, each on one line."""
    found = []
    for metric in metrics:
        try:
            check_metrics([metric])
        except IctrainError as error:
            found.append(str(error))
    return found


def probe_prompts(bench: Bench) -> tuple[int, list[Rendered]]:
    """How many answers an arm's probes ask for, and their different prompts."""
    settings = bench.settings
    if not settings.probes.items or bench.arm.kind == "untrained":
        return 0, []
    items = probe_items_of(bench)
    prompts = _different(items)
    trained = bench.arm.kind == "trained"
    times = len(settings.probes.steps(bench.arm.training.steps)) if trained else 1
    # The weights that are kept, whose step may lie between those of the schedule.
    times += trained and bench.arm.training.select != "last"
    # At the end a few items are asked twice more.
    return times * len(prompts) + 2 * len(_different(items[:ASKED_TWICE])), prompts


def _different(items: Sequence[ProbeItem]) -> list[Rendered]:
    return list({p.ids: p for item in items for p in item.prompts.values()}.values())
