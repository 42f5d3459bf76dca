"""A job's probes: while its model is trained, or once where it is only asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ictrain.experiments.bench import Bench
from ictrain.probes import Judge, ProbeItem, ProbeLog, Probing, noise_floor, probe, probe_set

ASKED_TWICE = 16
"""Probe items that are asked twice to see whether equal runs give equal answers."""


def probing(bench: Bench) -> Probing | None:
    """The callback that probes this job's model; none where no item is to be probed."""
    settings = bench.settings
    steps = settings.probes.steps(bench.arm.training.steps)
    if not steps:
        return None
    items, judge, folder = probe_items_of(bench), _judge(bench), bench.out / "probes"
    # Never from a cache, whose key reads all weights: they change with every step.
    generator = bench.bare()
    return Probing(items, generator, judge, bench.data.max_new_tokens, folder, frozenset(steps))


def probe_once(bench: Bench) -> dict[str, Any]:
    """Probes a model that is not trained here; how far two identical runs agree."""
    if not bench.settings.probes.items:
        return {}
    items, log = probe_items_of(bench), ProbeLog(bench.out / "probes")
    length = bench.data.max_new_tokens
    if not log.has(0):
        log.write(0, probe(items, bench.generator(), _judge(bench), length))
    return asked_twice(bench, items)


def asked_twice(bench: Bench, items: Sequence[ProbeItem] | None = None) -> dict[str, Any]:
    """How far two identical runs of the model agree on a few of the items; {} without probes.

    Args:
        bench: with the model as it is to be asked.
        items: those of probe_items_of, where they are at hand.
    """
    if not bench.settings.probes.items:
        return {}
    few = (probe_items_of(bench) if items is None else items)[:ASKED_TWICE]
    # An endpoint has no batches: its kept answers are the first of the two runs.
    kept = bench.arm.endpoint is not None
    same, prompts = noise_floor(
        few,
        lambda tokens: bench.generator() if kept and tokens == 1 else bench.bare(tokens),
        bench.data.max_new_tokens,
    )
    how = "as its server takes them" if kept else "one at a time, and many at once"
    return {"asked_twice": prompts, "same_answer": same, "asked_how": how}


def probe_items_of(bench: Bench) -> list[ProbeItem]:
    """What this arm's model is probed with."""
    settings = bench.settings
    return probe_set(
        bench.data, settings.probes, settings.evaluation, settings.similarity, bench.renderer,
        seed=bench.job.seed, cache=bench.cache,
    )  # fmt: skip


def _judge(bench: Bench) -> Judge:
    data = bench.data
    method = bench.settings.similarity.bands.method
    return Judge(data.metrics[0], data.alike, method, data.agreement, data.copying)
