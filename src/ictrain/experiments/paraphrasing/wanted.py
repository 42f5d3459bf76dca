"""For which targets a run will want a near-duplicate that a model has to be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ictrain.config import RunSettings
from ictrain.evaluation import EvaluationSettings, tests_of
from ictrain.examples import Example, PoolSnapshot
from ictrain.experiments.bench import Bench
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.hub import renderer_of
from ictrain.experiments.job import batches_of
from ictrain.experiments.paraphrasing.attach import WAYS, from_cache
from ictrain.experiments.select import dev_evaluation
from ictrain.files import digest
from ictrain.paraphrase.asked import AskedSettings, Kept, Key, Wanted
from ictrain.probes.asking import part_of
from ictrain.tasks import TaskData, load_task

_OF_MODE = {
    "one_paraphrase": "near_duplicate",
    "one_paraphrase_shuffled": "near_duplicate",
    "one_unseen": "unseen",
}


@dataclass(frozen=True)
class Need:
    """What one model is to be asked for.

    Attributes:
        kept: how, and where it is kept.
        targets: different ones, in the order of seeds and arms.
        pool: of the first seed, for similarities that look at one.
    """

    kept: Kept
    targets: tuple[Example, ...]
    pool: PoolSnapshot

    @cached_property
    def wanted(self) -> list[Wanted]:
        """The different sentences, each with the outputs that it must not give away."""
        return self.kept.wanted(self.targets)

    @property
    def unit(self) -> str:
        """What many of them are called."""
        return self.kept.settings.form.unit

    @cached_property
    def without(self) -> int:
        """Targets of which nothing can be asked."""
        return sum(not self.kept.items(target) for target in self.targets)


def needs_of(settings: RunSettings, folder: RunFolder) -> list[Need]:
    """All that the run will want, by way of making; none where rules or nothing make them.

    Args:
        settings: the comparison.
        folder: its own; neighbours are kept there for the jobs.
    """
    if not any(isinstance(own, AskedSettings) for _, own in settings.task):
        return []
    found: dict[str, dict[Key, Example]] = {}
    first: dict[str, tuple[Kept, PoolSnapshot]] = {}
    for seed in settings.seeds:
        data = from_cache(load_task(settings.task, seed), folder.path.parent)
        ways = {way: own for way in WAYS if isinstance(own := getattr(data, way), Kept)}
        if not ways:
            return []
        for way, target in _of_seed(settings, folder, data, seed, set(ways)):
            name = ways[way].name
            first.setdefault(name, (ways[way], data.pool))
            found.setdefault(name, {}).setdefault(ways[way].key(target), target)
    return [Need(first[n][0], tuple(own.values()), first[n][1]) for n, own in found.items()]


def _of_seed(
    settings: RunSettings, folder: RunFolder, data: TaskData, seed: int, ways: set[str]
) -> Iterator[tuple[str, Example]]:
    if "near_duplicate" in ways:
        for target in _trained(settings, folder, data, seed):
            yield "near_duplicate", target
    for evaluation in _evaluations(settings):
        wanted = {_OF_MODE[m] for m in evaluation.modes if m in _OF_MODE} & ways
        if wanted:
            tests = tests_of(data, evaluation).values()
            yield from ((way, e) for way in sorted(wanted) for t in tests for e in t.examples)
    if "near_duplicate" in ways and settings.probes.items:
        yield from (("near_duplicate", e) for e in _probed(settings, data, seed))


def _evaluations(settings: RunSettings) -> list[EvaluationSettings]:
    """How tests are asked, and dev where a step is chosen by it."""
    own = settings.evaluation
    selects = any(
        arm.kind == "trained" and arm.training.select != "last"
        for arm in settings.strategies.values()
    )
    return [own, *own.swept(), *([dev_evaluation(own)] if selects else [])]


def _probed(settings: RunSettings, data: TaskData, seed: int) -> Iterator[Example]:
    tests = tests_of(data, settings.evaluation)
    for name in settings.probes.test_sets or tuple(tests):
        yield from part_of(name, tests[name], settings.probes.items, seed).examples


def _trained(
    settings: RunSettings, folder: RunFolder, data: TaskData, seed: int
) -> Iterator[Example]:
    """The targets that any arm's steps draw a near-duplicate for."""
    arms = {
        name: arm for name, arm in settings.strategies.items()
        if arm.kind == "trained" and arm.context.needs_paraphrases()
    }  # fmt: skip
    if not arms:
        return
    renderer, _ = renderer_of(settings, data)
    # Arms that differ in what they train, and not in what they draw, want the same.
    different = {
        digest(arm.context.model_dump(mode="json"), arm.training.batch_size, arm.training.steps): n
        for n, arm in arms.items()
    }
    for name, arm in ((n, arms[n]) for n in different.values()):
        bench = Bench(
            settings, arm, Job(name, seed), folder, data, None, renderer.tokenizer, renderer
        )
        batches, _ = batches_of(bench)
        times = batches.asked_duplicates(arm.training.steps)
        yield from (batches.prepared.targets[i] for i in times.nonzero()[0].tolist())


def only_missing(need: Need, table: Path) -> Need:
    """What the run's own file does not hold yet."""
    kept = replace(need.kept, table=table)
    return replace(need, targets=tuple(t for t in need.targets if kept.near(t) is None))
