"""What is asked: every test target under every context mode, rendered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ictrain.contexts import Context, ModeRequest, Source, contexts_of
from ictrain.errors import ConfigError
from ictrain.evaluation.settings import EvaluationSettings
from ictrain.examples import Example, Purpose, normalise
from ictrain.prompts import Rendered, Renderer, TooLong
from ictrain.randomness import stable_hash, uniforms
from ictrain.similarity import Hits, neighbour_table
from ictrain.similarity.roles import SimilarityRoles
from ictrain.tasks.base import TaskData, TestSet


@dataclass(frozen=True)
class Question:
    """One target in one mode.

    Attributes:
        context: as it was drawn.
        rendered: None when the target alone is longer than the window.
    """

    test_set: str
    mode: str
    target: Example
    context: Context
    rendered: Rendered | None

    @property
    def seen(self) -> Context:
        """The context that stands in the prompt; similarity is that of what a model can read."""
        return self.context.without(self.rendered.dropped if self.rendered else ())


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
    """The test sets of the chosen split; where a half is asked, of those sets that count.

    Raises:
        ConfigError: the task has none.
    """
    chosen = data.dev if settings.split == "dev" else data.tests
    if not chosen:
        raise ConfigError(
            f"the task has no {settings.split} set",
            where="evaluation.split",
            mend=_NO_DEV if settings.split == "dev" else "",
        )
    if settings.half is None:
        return chosen
    wanted = settings.worst_over or chosen
    return {name: _half(test, settings.half) for name, test in chosen.items() if name in wanted}


_NO_DEV = "name one as task.dev, or split one off with task.split={dev: 0.1, test: 0}"


def _half(test: TestSet, which: str) -> TestSet:
    """The items of one half: equal inputs stay together, and no other item decides."""
    inputs = [stable_hash(normalise(e.input)) for e in test.examples]
    held_back = uniforms(0, "evaluation/half", 0, inputs, 1)[:, 0] < 0.5
    wanted = held_back == (which == "held_back")
    return replace(
        test, examples=tuple(e for e, own in zip(test.examples, wanted, strict=True) if own)
    )


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
        source,
        test.examples,
        hits,
        settings.k,
        seed,
        "benchmark",
        unseen=data.unseen,
        repeats=data.repeats,
    )


def _of_mode(
    test_set: str, mode: str, request: ModeRequest, renderer: Renderer, room: int
) -> Iterator[Question]:
    contexts = contexts_of(mode, request)
    for target, context in zip(request.targets, contexts, strict=True):
        if context is not None:
            # Only an input that was repeated on purpose may stand in a benchmark's context.
            purpose: Purpose = "serve" if mode == "one_unseen" and request.repeats else "benchmark"
            rendered = _render(context, target, renderer, purpose, room)
            yield Question(test_set, mode, target, context, rendered)


def _render(
    context: Context, target: Example, renderer: Renderer, purpose: Purpose, room: int
) -> Rendered | None:
    try:
        return renderer.render(context, target, purpose, label=False, room=room)
    except TooLong:
        return None
