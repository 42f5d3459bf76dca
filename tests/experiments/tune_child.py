"""A little tune in a child process that is really killed, at a named point."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import yaml

from ictrain.config import RunSettings
from ictrain.experiments.tune import measure, tune
from ictrain.training.stepping import Stepper

LITTLE = """
name: little
seeds: [200]
workers: 1
task: {name: alignment, pool: 50, fresh_pool: 20, tests: 20, dev: 60}
adapter: {r: 4, alpha: 8, dropout: 0.0, targets: all-linear}
prompt: {example: "{input}: {output}\\n", max_tokens: 128}
similarity: {retrieval: {method: bm25}, bands: {method: overlap}}
context: {k: 1-3, neighbours: 8}
training: {steps: 12, batch_size: 4, learning_rate: 3.0e-3, warmup_steps: 2}
evaluation: {modes: [none, random, one_paraphrase, one_paraphrase_shuffled], k: 2}
analysis: {metric: acceptance, min_items: 8, resamples: 200}
tune: {trials: 4, rungs: 3, startup: 2, final_seeds: 2, reduction: 2}
strategies: {zero: {}, contrastive: {}}
"""


def little(**changed) -> RunSettings:
    """The settings, with sections changed key by key."""
    values = yaml.safe_load(LITTLE)
    for section, own in changed.items():
        values[section] = {**values[section], **own} if isinstance(own, dict) else own
    return RunSettings.parse(values)


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def after(count, function):
    """Dies in the call number `count`."""
    calls = []

    def counted(*args, **kwargs):
        calls.append(1)
        return die() if len(calls) == count else function(*args, **kwargs)

    return counted


def in_a_training():
    Stepper._clip = after(11, Stepper._clip)


def before_the_record():
    """The job is done, its line is not written."""
    measure.append_jsonl = after(3, measure.append_jsonl)


POINTS = {f.__name__: f for f in (in_a_training, before_the_record)}


def child(out: str, point: str) -> None:
    """Tunes in folder out; dies at the point ('' for none)."""
    if point:
        POINTS[point]()
    tune(little(), Path(out), lambda _: None)
