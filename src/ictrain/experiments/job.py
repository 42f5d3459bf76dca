"""One job: train an arm on one seed, ask it everything, keep the rows."""

from __future__ import annotations

import contextlib
import resource
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictrain.config import RunSettings
from ictrain.contexts import CellUse, near_is_random, use_of_cells
from ictrain.errors import ConfigError
from ictrain.evaluation import overlaps, tests_of
from ictrain.experiments.asking import ask, sweep
from ictrain.experiments.bench import Bench, bench_of, fresh_model
from ictrain.experiments.folder import Job, RunFolder, job_digest
from ictrain.experiments.paraphrasing.attach import without_any
from ictrain.experiments.probing import asked_twice, probe_once, probing
from ictrain.experiments.select import (
    Selecting,
    check_selection,
    selecting,
    selection_identity,
    selection_warnings,
)
from ictrain.files import digest, write_json
from ictrain.generation import tokenizer_digest
from ictrain.models import add_adapter, load_adapter
from ictrain.probes import Probing
from ictrain.processes import in_turn, shares_weights
from ictrain.rows import Row, write_rows
from ictrain.similarity import Index, build_index
from ictrain.tasks import TestSet
from ictrain.training import Callback, DrawnBatches, TrainResult, batches_for, train
from ictrain.training.sharding import is_sharded

_SHOWN_CONTEXTS = 1000
"""How many drawn contexts of a training are kept as histograms."""


def run_job(settings: RunSettings, folder: RunFolder, job: Job) -> dict[str, Any]:
    """Does one job, or goes on with it where it stopped, and returns its summary.

    Raises:
        IctrainError: whatever stands in the way, on one line.
    """
    with folder.owned(job):
        return _run_job(settings, folder, job)


def train_along(settings: RunSettings, folder: RunFolder, job: Job) -> None:
    """What each process but the first does for a job: its part of every training step."""
    if settings.strategies[job.arm].kind != "trained":
        return
    with in_turn():
        bench = bench_of(settings, folder, job)
    with in_turn():
        batches, _ = batches_of(bench)
    _fit(bench, add_adapter(bench.model, bench.arm.adapter, job.seed), batches)


def _run_job(settings: RunSettings, folder: RunFolder, job: Job) -> dict[str, Any]:
    started = time.perf_counter()
    together = settings.strategies[job.arm].kind == "trained"
    with in_turn() if together else contextlib.nullcontext():
        bench = bench_of(settings, folder, job)
    check_selection(bench)
    summary: dict[str, Any] = {"strategy": job.arm, "seed": job.seed, "kind": bench.arm.kind}
    summary["digest"] = job_digest(settings, job)
    chosen = tests_of(bench.data, settings.evaluation)
    summary["test_sets"] = {name: test.description for name, test in chosen.items()}
    summary["overlap"] = overlaps(
        chosen,
        bench.data.train,
        {name: _bands_index(bench, test) for name, test in chosen.items()},
    )
    if settings.probes.items:
        summary["compared_by"] = bench.data.compared_by
    steps = 0
    if bench.arm.kind == "trained":
        bench, trained = _train(bench)
        summary.update(trained)
        steps = trained.get("selected", {}).get("step", trained["steps"])
        summary.update(asked_twice(bench))
    elif bench.arm.kind == "untrained":
        bench = replace(bench, model=add_adapter(bench.model, bench.arm.adapter, job.seed))
    else:
        summary.update(probe_once(bench))
    rows = ask(bench, steps)
    write_rows(bench.out / "rows.parquet", rows)
    summary["warnings"] = [*summary.get("warnings", []), *_without_answer(rows, job.arm)]
    if swept := sweep(bench, steps):
        write_rows(bench.out / "sweep.parquet", swept)
        summary["sweep_rows"] = len(swept)
    summary.update(
        rows=len(rows),
        answers=len([r for r in rows if r.strategy == job.arm]),
        wall_seconds=time.perf_counter() - started,
        facts=bench.data.facts,
    )
    summary["peak_memory_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    write_json(bench.out / "job.json", summary)
    return summary


def _without_answer(rows: Sequence[Row], arm: str) -> list[str]:
    """How many questions have no answer that could be scored: the page leaves them out."""
    own = [row for row in rows if row.strategy == arm]
    lost = Counter(row.outcome for row in own if row.outcome != "ok")
    told = ", ".join(f"{why.replace('_', ' ')} ({n})" for why, n in sorted(lost.items()))
    if not lost:
        return []
    return [f"{lost.total()} of {len(own)} questions are left out of the figures: {told}"]


def batches_of(bench: Bench) -> tuple[DrawnBatches, dict[str, Any]]:
    """The arm's training batches, and what had to be left out of them."""
    similarities = bench.settings.similarity.build(bench.data.pool, bench.cache)
    batches = batches_for(
        bench.arm.context,
        bench.data.training_source(similarities),
        bench.data.train,
        bench.renderer,
        batch_size=bench.arm.training.batch_size,
        seed=bench.job.seed,
        cache=bench.cache,
    )
    prepared = batches.prepared
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
    with in_turn():
        batches, left_out = batches_of(bench)
    training = bench.arm.training
    model = add_adapter(bench.model, bench.arm.adapter, bench.job.seed)
    looks = _looks(replace(bench, model=model))
    result = _fit(bench, model, batches, [one for one in looks if one is not None])
    if is_sharded(model):  # this process alone is asked, so it has to hold the whole model
        model = load_adapter(fresh_model(bench), result.folder)
    steps = shown_steps(training.batch_size, training.steps)
    contexts = [c for step in range(steps) for c, _ in batches.drawn(step)]
    costs = {key: value for key, value in asdict(result).items() if key != "folder"}
    costs["labelled_tokens"] = costs.pop("labelled")
    costs["dropped_examples"] = costs.pop("dropped")
    uses = use_of_cells(contexts)
    asked = batches.asked_duplicates(training.steps)
    seen: dict[str, Any] = {
        "paraphrases": int(asked.sum()),
        "paraphrased_targets": int((asked > 0).sum()),
        "cells": {cell: asdict(use) for cell, use in uses.items()},
        "epochs": batches.epochs(training.steps),
        "warnings": warnings_of(uses, bench.settings.similarity.retrieval.method),
    }
    seen.update(_without_paraphrase(bench, batches, asked, seen["warnings"]))
    if (chosen := looks[1]) is not None:
        seen["selected"] = chosen.keep(result.folder)
        if looks[0] is not None:
            looks[0].kept(seen["selected"]["step"])
        seen["warnings"] += [*selection_warnings(bench.settings), *chosen.warnings()]
    return replace(bench, model=model), {**costs, **left_out, **seen}


def _without_paraphrase(
    bench: Bench, batches: DrawnBatches, asked: NDArray[np.int64], warnings: list[str]
) -> dict[str, int]:
    """How many targets were to get a near-duplicate that no model could give; one warning more."""
    targets = [batches.prepared.targets[i] for i in asked.nonzero()[0].tolist()]
    missing = len(without_any(bench.data.near_duplicate, targets))
    if missing:
        warnings.append(
            f"{missing} of {len(targets)} targets that were to get a near-duplicate have none: "
            "nothing could be asked, or no valid answer came (paraphrases.jsonl says which); their "
            "contexts keep their other examples"
        )
    return {"without_paraphrase": missing} if missing else {}


def _looks(bench: Bench) -> tuple[Probing | None, Selecting | None]:
    """Who looks at the model while it is trained: probes, and the choice of a step."""
    probes, chosen = probing(bench), selecting(bench)
    for name, mend in (("probes.items", "0"), ("training.select", "last")):
        looked = probes if name == "probes.items" else chosen
        if looked is not None and shares_weights():
            raise ConfigError(
                "the model is asked during a training that cuts its weights up among processes",
                expected="the whole model in each, to be asked between steps",
                where=name,
                mend=f"set {name}={mend}, or launch without FSDP",
            )
    # Before the first step too; what was probed before a kill is not probed again.
    if probes is not None and not any((bench.out / "checkpoints").glob("step-*")):
        probes.at(0)
    return probes, chosen


def shown_steps(batch_size: int, steps: int) -> int:
    """The first steps of a training, whose contexts its record tells of."""
    return min(steps, max(1, _SHOWN_CONTEXTS // batch_size))


def _fit(
    bench: Bench, model: Any, batches: DrawnBatches, callbacks: Sequence[Callback] = ()
) -> TrainResult:
    return train(
        model,
        bench.tokenizer,
        batches,
        bench.arm.training.model_copy(update={"seed": bench.job.seed}),
        bench.out,
        eos=bench.renderer.eos,
        identity={
            "job": job_digest(bench.settings, bench.job),
            "pool": bench.data.pool.version,
            "tokenizer": tokenizer_digest(bench.tokenizer),
            "chat_template": digest(getattr(bench.tokenizer, "chat_template", None)),
            **selection_identity(bench),
        },
        progress=False,
        callbacks=callbacks,
    )


def warnings_of(uses: Mapping[str, CellUse], method: str) -> list[str]:
    """What a user should know of a mixture that drew something else than it says."""
    if not {"one_near", "random"} <= uses.keys():
        return []
    found = near_is_random(uses["one_near"].s[method], uses["random"].s[method], method)
    return [found] if found else []
