"""The way of a run, step by step, with the run's own functions."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ictrain.config import Arm, RunSettings
from ictrain.contexts import use_of_cells
from ictrain.errors import AbsentError
from ictrain.evaluation import overlaps, questions, tests_of
from ictrain.experiments.bench import Bench
from ictrain.experiments.data import data_report
from ictrain.experiments.dry_run.arm_words import tell_arm
from ictrain.experiments.dry_run.asked import paraphrasers_missing
from ictrain.experiments.dry_run.asking import (
    by_mode,
    check_window,
    gold_scores,
    metrics_missing,
    probe_prompts,
)
from ictrain.experiments.dry_run.bare import tell_bare_arm, tell_bare_prompt
from ictrain.experiments.dry_run.figures import ArmFigures, DryRun
from ictrain.experiments.dry_run.memory import of_training
from ictrain.experiments.dry_run.model import Known, look_up
from ictrain.experiments.dry_run.paint import Page
from ictrain.experiments.dry_run.timing import seconds_per_step
from ictrain.experiments.dry_run.training import measure
from ictrain.experiments.dry_run.words import tell_data, tell_end, tell_model, tell_questions
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import batches_of, warnings_of
from ictrain.experiments.paraphrasing.command import estimates
from ictrain.experiments.select import selecting
from ictrain.metrics import Needing
from ictrain.paraphrase.asked import ALL_KEPT
from ictrain.similarity import build_index
from ictrain.tasks import FileTask, TaskData


class Walk:
    """The parts of one dry run share what they have found so far.

    Args:
        settings: the comparison.
        folder: the run's; its cache is used and filled, as by the run.
        aside: an empty folder for what is thrown away.
        found: is filled on the way.
        page: where it is told.
    """

    def __init__(
        self, settings: RunSettings, folder: RunFolder, aside: Path, found: DryRun, page: Page
    ) -> None:
        self.settings, self.folder, self.aside = settings, folder, aside
        self.found, self.page = found, page
        self.seed = settings.seeds[0]
        self._known: list[tuple[object, Known]] = []

    def go(self, data: TaskData) -> None:
        """All of it, on the data of the first seed."""
        self._data(data)
        for name, arm in self.settings.strategies.items():
            known = self._known_of(name, arm, data)
            job = Job(name, self.seed)
            bench = Bench(
                self.settings, arm, job, self.folder, data, known.model, known.tokenizer,
                known.renderer,
            )  # fmt: skip
            self.found.arms[name] = figures = self._arm(bench, known)
            tell_arm(self.page, name, figures, bench, known)
        for _, known in self._known:
            self._questions(known, data)
        tell_questions(self.page, self.settings, data, self._known[0][1], self.found)
        self.found.paraphrases = estimates(self.settings, self.folder)
        if not all(ALL_KEPT in line for line in self.found.paraphrases):
            self.found.missing += paraphrasers_missing(self.settings.task)
        tell_end(self.page, self.settings, data, self.found)

    def go_without_data(self) -> None:
        """What needs none: models, mixtures, steps, memory, the words of a prompt."""
        for name, arm in self.settings.strategies.items():
            known = self._known_of(name, arm, None)
            self.found.arms[name] = ArmFigures()
            tell_bare_arm(self.page, name, arm, self.settings, known)
        self.found.missing += _metrics_missing(self.settings.task)
        self.found.missing += paraphrasers_missing(self.settings.task)
        tell_bare_prompt(self.page, self.settings, self._known[0][1])
        tell_end(self.page, self.settings, None, self.found)

    def _data(self, data: TaskData) -> None:
        tests = tests_of(data, self.settings.evaluation)
        cache, bands = self.folder.path / "cache", self.settings.similarity.bands
        indexes = {name: build_index(bands, test.pool, cache) for name, test in tests.items()}
        self.found.facts = data.facts
        self.found.data = data_report(self.settings, cache)
        self.found.overlap = overlaps(tests, data.train, indexes)
        light = [metric for metric in data.metrics if not isinstance(metric, Needing)]
        self.found.gold = gold_scores(tests, light)
        self.found.missing += metrics_missing(data.metrics)
        tell_data(self.page, self.settings, data, tests, self.found)

    def _known_of(self, name: str, arm: Arm, data: TaskData | None) -> Known:
        """An arm's model; arms that share one are told of it once."""
        own = (arm.model or self.settings.model, arm.endpoint, arm.weights)
        for key, known in self._known:
            if key == own:
                return known
        known = look_up(self.settings, arm, data, self.aside / name)
        self._known.append((own, known))
        self.found.missing += [line for line in known.missing if line not in self.found.missing]
        tell_model(self.page, self.settings, known, name if len(self._known) > 1 else "")
        return known

    def _arm(self, bench: Bench, known: Known) -> ArmFigures:
        probes = self._probes(bench, known)
        if bench.arm.kind != "trained":
            if bench.arm.kind == "untrained":
                known.with_adapter(bench.arm)
            return ArmFigures(probes=probes)
        selecting(bench)  # refuses what the run would refuse
        model, settings = known.with_adapter(bench.arm), bench.arm.training
        batches, left_out = batches_of(bench)
        training = measure(
            batches, left_out, settings,
            eos=known.renderer.eos, vocabulary=known.vocabulary, window=known.window,
        )  # fmt: skip
        estimated = model is not None
        method = self.settings.similarity.retrieval.method
        tokens = training.total("tokens") / training.steps
        return ArmFigures(
            training,
            of_training(model, settings, training.load, known.quantised) if estimated else None,
            seconds_per_step(known, bench, batches, tokens, self.aside / bench.job.arm),
            probes,
            tuple(warnings_of(use_of_cells(training.contexts), method)),
        )

    def _probes(self, bench: Bench, known: Known) -> int:
        """How many answers the arm's probes ask for."""
        answers, prompts = probe_prompts(bench)
        if known.counts:  # else nothing is known of the window
            check_window(prompts, bench.data.max_new_tokens, known.model)
        return answers

    def _questions(self, known: Known, data: TaskData) -> None:
        settings = self.settings
        tests = tests_of(data, settings.evaluation)
        for evaluation in (settings.evaluation, *settings.evaluation.swept()):
            asked = questions(
                data, evaluation, settings.similarity, known.renderer,
                seed=self.seed, cache=self.folder.path / "cache",
            )  # fmt: skip
            if known.counts:
                check_window((q.rendered for q in asked), data.max_new_tokens, known.model)
            found = by_mode(asked, tests, evaluation.modes)
            if evaluation is settings.evaluation:
                self.found.asked = self.found.asked or found
            else:
                self.found.swept.setdefault(evaluation.k, found)


def _metrics_missing(task: object) -> list[str]:
    """Of metrics that need no data either."""
    found: list[str] = []
    if not isinstance(task, FileTask):
        return found
    for name in task.metrics:
        with contextlib.suppress(AbsentError):  # its databases are not here: told already
            found += metrics_missing([task.metric(name)])
    return found
