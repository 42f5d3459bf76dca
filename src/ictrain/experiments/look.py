"""Drawn contexts for a human eye, and what each cell of a mixture achieved."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ictrain.config import RunSettings
from ictrain.contexts import (
    CellUse,
    Context,
    StrategySettings,
    draw_contexts,
    near_is_random,
    use_of_cells,
)
from ictrain.errors import ConfigError, nearest
from ictrain.evaluation import in_bands, overlaps, tests_of
from ictrain.examples import Example
from ictrain.experiments.bench import Bench
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.hub import asked_once, renderer_of
from ictrain.experiments.job import batches_of
from ictrain.experiments.paraphrasing.attach import from_cache
from ictrain.paraphrase.asked import PENDING, RUNS
from ictrain.similarity import build_index
from ictrain.tasks import TaskData, load_task
from ictrain.training import DrawnBatches

Say = Callable[[str], None]
_BARS = " ▁▂▃▄▅▆▇█"
_SAMPLE = 2000


def look_at_contexts(
    settings: RunSettings, arm: str, seed: int, epoch: int, show: int, say: Say
) -> None:
    """Prints `show` contexts and a histogram per cell over up to 2,000 targets.

    Raises:
        ConfigError: no such arm, or one that draws no contexts.
    """
    if arm not in settings.strategies:
        raise ConfigError(f"unknown strategy {arm!r}", mend=nearest(arm, settings.strategies))
    with tempfile.TemporaryDirectory() as aside, asked_once(settings, say):
        bench = _bench(settings, Job(arm, seed), RunFolder(Path(aside)), say)
        batches, left_out = batches_of(bench)
        contexts, targets = _drawn(batches, epoch)
        say(f"{arm}, seed {seed}, epoch {epoch}: {_mixture(batches.strategy)}")
        say(f"{len(batches.prepared.targets)} targets, pool of {len(bench.data.pool)}")
        if left_out["cut_targets"] or left_out["filtered_targets"]:
            say(f"left out: {left_out['cut_targets']} too long, "
                f"{left_out['filtered_targets']} by the filter")  # fmt: skip
        for context, target in zip(contexts[:show], targets, strict=False):
            _print_context(context, target, say)
        pending = sum(e.example.input.endswith(PENDING) for c in contexts for e in c.examples)
        if pending:
            say(f"\n{pending} near-duplicates are not asked for yet: ictrain paraphrase CONFIG")
        _print_cells(batches, contexts, targets, seed, epoch, say)
        _print_tests(settings, bench.data, Path(aside), say)


def _bench(settings: RunSettings, job: Job, folder: RunFolder, say: Say) -> Bench:
    """Without a model: contexts do not want one, and a tokenizer only to see what is too long."""
    data = from_cache(load_task(settings.task, job.seed), Path(RUNS), pending=True)
    renderer, why = renderer_of(settings, data)
    if why:
        say(f"without its tokenizer, so nothing is left out as too long ({why})")
    arm = settings.strategies[job.arm]
    return Bench(settings, arm, job, folder, data, None, renderer.tokenizer, renderer)


def _drawn(batches: DrawnBatches, epoch: int) -> tuple[list[Context], list[Example]]:
    number = min(_SAMPLE, len(batches.prepared.targets))
    drawn = [batches.instance(epoch, place) for place in range(number)]
    by_id = {target.id: target for target in batches.prepared.targets}
    contexts = [context for context, _ in drawn]
    return contexts, [by_id[context.target_id] for context in contexts]


def _mixture(strategy: StrategySettings) -> str:
    cells = ", ".join(f"{cell} {weight:.3g}" for cell, weight in strategy.mixture().items())
    return f"{cells}; epsilon {strategy.resolved_epsilon():g} ({strategy.epsilon_mode})"


def _print_context(context: Context, target: Example, say: Say) -> None:
    missing = f", {context.unmatched} wanted something similar in vain" * bool(context.unmatched)
    say(f"\n[{context.cell}] {context.k} examples{missing}")
    for e in context.examples:
        scores = "  ".join(f"{name} {score:.2f}" for name, score in e.similarities.items())
        say(f"  {e.role:<10} {e.example.input}  ->  {e.example.output}   ({scores})")
    say(f"  {'TARGET':<10} {target.input}  ->  {target.output}")


def _print_cells(
    batches: DrawnBatches, contexts: Sequence[Context], targets: Sequence[Example],
    seed: int, epoch: int, say: Say,
) -> None:  # fmt: skip
    uses = use_of_cells(contexts)
    random = _random_reference(batches, targets, seed, epoch)
    for method in batches.source.similarities:
        columns = [s for use in uses.values() for s in use.s.get(method, [])]
        if not columns:
            continue
        low, high = min(columns), max(max(columns), min(columns) + 1e-9)
        say(f"\nmaximum {method} similarity of each context, from {low:.2f} to {high:.2f}")
        for cell, use in {**uses, "(random)": random}.items():
            if use.s.get(method):
                _print_histogram(cell, use, method, low, high, say)
        near = uses.get("one_near")
        warning = near and near_is_random(near.s.get(method, []), random.s.get(method, []), method)
        if warning:
            say(f"WARNING: {warning}")


def _print_histogram(
    cell: str, use: CellUse, method: str, low: float, high: float, say: Say
) -> None:
    values = use.s[method]
    counts, _ = np.histogram(values, bins=30, range=(low, high))
    bars = "".join(_BARS[int(np.ceil(8 * c / counts.max()))] for c in counts)
    roles = ", ".join(f"{n} {role}" for role, n in sorted(use.roles.items()))
    missing = f", {use.unmatched} unmatched" * bool(use.unmatched)
    say(f"  {cell:<10} {bars} median {np.median(values):.2f}  ({use.contexts}: {roles}{missing})")


def _print_tests(settings: RunSettings, data: TaskData, cache: Path, say: Say) -> None:
    """How much of each test set stands in its pool, and how close the rest comes."""
    bands = settings.similarity.bands
    tests = tests_of(data, settings.evaluation)
    indexes = {name: build_index(bands, test.pool, cache) for name, test in tests.items()}
    if tests:
        say(f"\nclosest pool item of each test item by {bands.method}, equal inputs left out")
    for name, o in overlaps(tests, data.train, indexes).items():
        most = max(o["histogram"])
        bars = "".join(_BARS[int(np.ceil(8 * c / most))] for c in o["histogram"])
        say(f"  {name:<10} {bars} median {o['best'][1]:.2f}  ({o['items']} items: {in_bands(o)})")
        inside = f"{o['exact']} have their input in the pool, {o['near']} nearly (0.8 or more)"
        say(f"  {'':<10} {inside}; {o['trained']} are trained on")


def _random_reference(
    batches: DrawnBatches, targets: Sequence[Example], seed: int, epoch: int
) -> CellUse:
    """Random contexts of the same sizes for the same targets: what near has to differ from."""
    plain = StrategySettings(name="random", k=batches.strategy.k)
    drawn = draw_contexts(
        plain, batches.source, targets, None, seed=seed, epoch=epoch, purpose="train"
    )
    return use_of_cells(drawn)["random"]
