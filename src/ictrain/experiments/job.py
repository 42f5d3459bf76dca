"""One job: train an arm on one seed, ask it everything, keep the rows."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ictrain.config import Arm, RunSettings
from ictrain.contexts import CellUse, Source, near_is_random, use_of_cells
from ictrain.evaluation import Origin, evaluate, overlaps, questions, reference_rows, tests_of
from ictrain.experiments.folder import Job, RunFolder, job_digest
from ictrain.files import write_json
from ictrain.generation import CachedGenerator, Generator, HuggingFaceGenerator
from ictrain.models import ModelSettings, add_adapter, load_model
from ictrain.models.tokenizers import made_size, make_tokenizer
from ictrain.probes import Judge, Probing, probe_set
from ictrain.prompts import Renderer
from ictrain.rows import Row, write_rows
from ictrain.similarity import Hits, Index, build_index, neighbour_table
from ictrain.tasks import TaskData, TestSet, load_task
from ictrain.training import DrawnBatches, prepare, train

_SHOWN_CONTEXTS = 1000
"""How many drawn contexts of a training are kept as histograms."""


@dataclass(frozen=True)
class Bench:
    """What all parts of a job share."""

    settings: RunSettings
    arm: Arm
    job: Job
    folder: RunFolder
    data: TaskData
    model: Any
    tokenizer: Any
    renderer: Renderer

    @property
    def out(self) -> Path:
        """The job's own folder."""
        return self.folder.job(self.job)

    @property
    def cache(self) -> Path:
        """What jobs of one run share: neighbours, embeddings."""
        return self.folder.path / "cache"


def run_job(settings: RunSettings, folder: RunFolder, job: Job) -> dict[str, Any]:
    """Does one job, or goes on with it where it stopped, and returns its summary.

    Raises:
        IctrainError: whatever stands in the way, on one line.
    """
    with folder.owned(job):
        return _run_job(settings, folder, job)


def _run_job(settings: RunSettings, folder: RunFolder, job: Job) -> dict[str, Any]:
    started = time.perf_counter()
    bench = bench_of(settings, folder, job)
    summary: dict[str, Any] = {"strategy": job.arm, "seed": job.seed, "kind": bench.arm.kind}
    summary["digest"] = job_digest(settings, job)
    chosen = tests_of(bench.data, settings.evaluation)
    summary["test_sets"] = {name: test.description for name, test in chosen.items()}
    summary["overlap"] = overlaps(
        chosen,
        bench.data.train,
        {name: _bands_index(bench, test) for name, test in chosen.items()},
    )
    steps = 0
    if bench.arm.kind == "trained":
        bench, trained = _train(bench)
        summary.update(trained)
        steps = trained["steps"]
    elif bench.arm.kind == "untrained":
        bench = replace(bench, model=add_adapter(bench.model, bench.arm.adapter, job.seed))
    rows = _ask(bench, steps)
    write_rows(bench.out / "rows.parquet", rows)
    summary.update(
        rows=len(rows), wall_seconds=time.perf_counter() - started, facts=bench.data.facts
    )
    summary["peak_memory_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    write_json(bench.out / "job.json", summary)
    return summary


def bench_of(settings: RunSettings, folder: RunFolder, job: Job) -> Bench:
    """Model, data and renderer of a job."""
    arm = settings.strategies[job.arm]
    data = load_task(settings.task, job.seed)
    model, tokenizer = load_model(_with_tokenizer(settings, data, folder.job(job)), job.seed)
    renderer = Renderer(settings.prompt, tokenizer, settings.similarity.retrieval.method)
    return Bench(settings, arm, job, folder, data, model, tokenizer, renderer)


def _with_tokenizer(settings: RunSettings, data: TaskData, out: Path) -> ModelSettings:
    """The model's settings, after a tokenizer that is to be made has been made."""
    size = made_size(settings.model.tokenizer)
    if size is None:
        return settings.model
    texts = [text for e in data.train for text in (e.input, f" {e.output}")]
    texts += [settings.prompt.instruction, settings.prompt.example]
    folder = make_tokenizer(texts, size, out / "tokenizer")
    return settings.model.model_copy(update={"tokenizer": str(folder)})


def batches_of(bench: Bench) -> tuple[DrawnBatches, dict[str, Any]]:
    """The arm's training batches, and what had to be left out of them."""
    strategy, data = bench.arm.context, bench.data
    similarities = bench.settings.similarity.build(data.pool, bench.cache)
    source = Source(data.pool, similarities, data.near_duplicate)
    hits = None
    if strategy.needs_neighbours():
        retrieval = similarities[bench.settings.similarity.retrieval.method]
        table = neighbour_table(retrieval, data.train, "train", strategy.neighbours, bench.cache)
        hits = Hits(table.positions, table.scores)
    prepared = prepare(strategy, source, data.train, hits, bench.renderer)
    batches = DrawnBatches(
        strategy, source, prepared, bench.renderer, bench.arm.training.batch_size, bench.job.seed
    )
    left_out = {
        "cut_targets": len(prepared.rejected),
        "cut_target_ids": list(prepared.rejected),
        "filtered_targets": prepared.filtered,
    }
    return batches, {**left_out, "survivors": len(prepared.targets)}


def _bands_index(bench: Bench, test: TestSet) -> Index:
    bands = bench.settings.similarity.bands
    return build_index(bands, test.pool, bench.cache)


def _train(bench: Bench) -> tuple[Bench, dict[str, Any]]:
    """The bench with the trained model, and what the training cost."""
    batches, left_out = batches_of(bench)
    training = bench.arm.training.model_copy(update={"seed": bench.job.seed})
    model = add_adapter(bench.model, bench.arm.adapter, bench.job.seed)
    identity = {"job": job_digest(bench.settings, bench.job), "pool": bench.data.pool.version}
    probing = _probing(replace(bench, model=model))
    # Before the first step too; what was probed before a kill is not probed again.
    if probing is not None and not any((bench.out / "checkpoints").glob("step-*")):
        probing.at(0)
    result = train(
        model,
        bench.tokenizer,
        batches,
        training,
        bench.out,
        identity=identity,
        progress=False,
        callbacks=[] if probing is None else [probing],
    )
    steps = max(1, _SHOWN_CONTEXTS // batches.batch_size)
    contexts = [c for step in range(min(steps, training.steps)) for c, _ in batches.drawn(step)]
    costs = {key: value for key, value in asdict(result).items() if key != "folder"}
    costs["labelled_tokens"] = costs.pop("labelled")
    costs["dropped_examples"] = costs.pop("dropped")
    uses = use_of_cells(contexts)
    seen = {
        "cells": {cell: asdict(use) for cell, use in uses.items()},
        "epochs": batches.epochs(training.steps),
        "warnings": _warnings(uses, bench.settings.similarity.retrieval.method),
    }
    return replace(bench, model=model), {**costs, **left_out, **seen}


def _probing(bench: Bench) -> Probing | None:
    """The callback that probes this job's model; none where no item is to be probed."""
    settings, data = bench.settings, bench.data
    steps = settings.probes.steps(bench.arm.training.steps)
    if not steps:
        return None
    items = probe_set(
        data, settings.probes, settings.evaluation, settings.similarity, bench.renderer,
        seed=bench.job.seed, cache=bench.cache,
    )  # fmt: skip
    judge = Judge(data.metrics[0], data.alike, settings.similarity.bands.method)
    generator = HuggingFaceGenerator(bench.model, bench.tokenizer, settings.evaluation.batch_tokens)
    folder = bench.out / "probes"
    return Probing(items, generator, judge, data.max_new_tokens, folder, frozenset(steps))


def _warnings(uses: Mapping[str, CellUse], method: str) -> list[str]:
    """What a user should know of a mixture that drew something else than it says."""
    if not {"one_near", "random"} <= uses.keys():
        return []
    found = near_is_random(uses["one_near"].s[method], uses["random"].s[method], method)
    return [found] if found else []


def _ask(bench: Bench, steps: int) -> list[Row]:
    settings, job, data = bench.settings, bench.job, bench.data
    asked = questions(
        data, settings.evaluation, settings.similarity, bench.renderer,
        seed=job.seed, cache=bench.cache,
    )  # fmt: skip
    origin = Origin(settings.name, data.name, job.arm, job.seed, steps)
    band_method = settings.similarity.bands.method
    rows = evaluate(asked, _generator(bench), data, origin, band_method)
    if bench.arm.kind == "base":
        rows += reference_rows(asked, data, origin, band_method)
    return rows


def _generator(bench: Bench) -> Generator:
    generator = HuggingFaceGenerator(
        bench.model, bench.tokenizer, bench.settings.evaluation.batch_tokens
    )
    return CachedGenerator(generator, bench.cache / "generations.sqlite")
