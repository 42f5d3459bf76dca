"""What is asked: every test target under every context mode, rendered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ictrain.contexts import Context, ModeRequest, Source, contexts_of
from ictrain.errors import ConfigError
from ictrain.evaluation.settings import EvaluationSettings
from ictrain.examples import Example, Purpose
from ictrain.prompts import Rendered, Renderer, TooLong
from ictrain.similarity import Hits, neighbour_table
from ictrain.similarity.roles import SimilarityRoles
from ictrain.tasks.base import TaskData, TestSet


@dataclass(frozen=True)
class Question:
    """One target in one mode; rendered is None when the target alone is longer than the window."""

    test_set: str
    mode: str
    target: Example
    context: Context
    rendered: Rendered | None


def questions(
    data: TaskData,
    settings: EvaluationSettings,
    similarity: SimilarityRoles,
    renderer: Renderer,
    *,
    seed: int,
    cache: Path | None,
) -> list[Question]:
    """All questions of a split; targets without a near-duplicate are left out of its mode."""
    asked: list[Question] = []
    for name, test in tests_of(data, settings).items():
        request = _request(data, test, settings, similarity, seed, cache)
        for mode in settings.modes:
            asked += _of_mode(name, mode, request, renderer, data.max_new_tokens)
    return asked


def tests_of(data: TaskData, settings: EvaluationSettings) -> Mapping[str, TestSet]:
    """The test sets of the chosen split.

    Raises:
        ConfigError: the task has none.
    """
    chosen = data.dev if settings.split == "dev" else data.tests
    if not chosen:
        raise ConfigError(f"the task has no {settings.split} set", where="evaluation.split")
    return chosen


def _request(
    data: TaskData,
    test: TestSet,
    settings: EvaluationSettings,
    similarity: SimilarityRoles,
    seed: int,
    cache: Path | None,
) -> ModeRequest:
    indexes = similarity.build(test.pool, cache)
    # Items of the excluded group and equal inputs take places among the hits: ask for a few more.
    retrieval = indexes[similarity.retrieval.method]
    table = neighbour_table(retrieval, test.examples, "benchmark", 4 * settings.k + 4, cache)
    hits = Hits(table.positions, table.scores)
    source = Source(test.pool, indexes, data.near_duplicate)
    return ModeRequest(
        source, test.examples, hits, settings.k, seed, "benchmark", unseen=data.unseen
    )


def _of_mode(
    test_set: str, mode: str, request: ModeRequest, renderer: Renderer, room: int
) -> Iterator[Question]:
    contexts = contexts_of(mode, request)
    for target, context in zip(request.targets, contexts, strict=True):
        if context is not None:
            rendered = _render(context, target, renderer, room)
            yield Question(test_set, mode, target, context, rendered)


def _render(context: Context, target: Example, renderer: Renderer, room: int) -> Rendered | None:
    # A context that holds an equal input on purpose is what a server would give.
    repeated = any(e.role == "exact" for e in context.examples)
    purpose: Purpose = "serve" if repeated else "benchmark"
    try:
        return renderer.render(context, target, purpose, label=False, room=room)
    except TooLong:
        return None
