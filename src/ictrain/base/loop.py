"""Pre-training: stages in steps, one log line per probe, and a state file from which it goes on.

A run that was killed and started again ends in the same bytes as one that was not: batches are
functions of (seed, stage, step), and the state holds the weights, the optimiser and the position.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ictrain.base.batches import COVERED, KNOWN, STOP, WEIGHTS, Batch, Ints, batch, draw
from ictrain.base.model import create
from ictrain.base.settings import BaseSettings, Stage
from ictrain.errors import RunError
from ictrain.files import append_jsonl, digest, read_jsonl, write_atomic
from ictrain.randomness import rng

Progress = Callable[[str], None]
PROBE_EXAMPLES = 512


@dataclass
class State:
    """Where a pre-training stands."""

    model: Any
    optimiser: torch.optim.Optimizer
    stage: int = 0
    step: int = 0  # within the stage
    total: int = 0  # optimiser steps so far
    cpu: float = 0.0  # seconds of processor time so far


def pretrain(settings: BaseSettings, table: Ints, work: Path, progress: Progress) -> State:
    """Trains all stages; state and log live in `work` (state.pt, log.jsonl).

    Args:
        table: int64 [symbols, l], the default dictionary's letters.

    Raises:
        RunError: the state in `work` is of other settings, or unreadable.
    """
    with one_thread():
        return _pretrain(settings, table, work, progress)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread of torch: faster at this size than two, and the same sums on every machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _pretrain(settings: BaseSettings, table: Ints, work: Path, progress: Progress) -> State:
    state = _resume(settings, work, progress)
    for index in range(state.stage, len(settings.stages)):
        _run_stage(settings, state, table, work, progress)
        state.stage, state.step = index + 1, 0
        state.optimiser = _optimiser(state.model)
        _save(settings, state, work)
    return state


def _run_stage(
    settings: BaseSettings, state: State, table: Ints, work: Path, progress: Progress
) -> None:
    stage, index = settings.stages[state.stage], state.stage
    probe_stage = stage.model_copy(update={"batch_examples": PROBE_EXAMPLES})
    probe = draw(rng(settings.seed, "base/probe", index), probe_stage, table)
    before, started = state.cpu, time.process_time()
    while state.step < stage.steps:
        loss = _step(state, stage, batch(settings, index, state.step, table))
        state.step, state.total = state.step + 1, state.total + 1
        state.cpu = before + time.process_time() - started
        if state.step % settings.probe_every == 0 or state.step == stage.steps:
            scores = accuracies(state.model, probe)
            row = {
                "total": state.total,
                "stage": stage.name,
                "step": state.step,
                "loss": loss,
                **scores,
            }
            append_jsonl(work / "log.jsonl", {**row, "cpu_seconds": round(state.cpu, 1)})
            progress(_line(settings, state, loss, scores))
            if stage.until is not None and scores["covered"] >= stage.until:
                return
        if state.step % settings.checkpoint_every == 0:
            _save(settings, state, work)


def _step(state: State, stage: Stage, batch: Batch) -> float:
    rate = stage.learning_rate * min(1.0, (state.step + 1) / max(1, stage.warmup))
    if stage.decay:
        rate *= min(1.0, (stage.steps - state.step) / (stage.decay * stage.steps))
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    logits, labels = _labelled(state.model, batch)
    weights = torch.from_numpy(WEIGHTS[batch.kinds]).float()
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), reduction="none"
    )
    loss = (losses * weights.flatten()).sum() / weights.sum()
    state.optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), 1.0)
    state.optimiser.step()
    return round(loss.item(), 4)


def _labelled(model: Any, batch: Batch) -> tuple[Tensor, Tensor]:
    """Logits [rows, labels, tokens] and labels [rows, labels], nothing else of the vocabulary."""
    ids, places = torch.from_numpy(batch.ids), torch.from_numpy(batch.places)
    hidden = model.model(input_ids=ids[:, :-1], use_cache=False).last_hidden_state
    return hidden[:, places - 1] @ model.model.embed_tokens.weight.T, ids[:, places]


@torch.no_grad()
def accuracies(model: Any, batch: Batch) -> dict[str, float]:
    """Teacher-forced accuracy by kind: first letters in the context or known, the rest, stops."""
    logits, labels = _labelled(model, batch)
    right = (logits.argmax(-1) == labels).numpy()
    first = batch.letters == 0
    rest = batch.letters > 0
    chosen = {
        "covered": (batch.kinds == COVERED) & first,
        "covered_rest": (batch.kinds == COVERED) & rest,
        "known": (batch.kinds == KNOWN) & first,
        "stop": batch.kinds == STOP,
    }
    return {name: round(float(right[at].mean()), 4) for name, at in chosen.items() if at.any()}


def _line(settings: BaseSettings, state: State, loss: float, scores: dict[str, float]) -> str:
    stage = settings.stages[state.stage]
    shares = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in scores.items())
    place = f"stage {state.stage + 1}/{len(settings.stages)} ({stage.name})"
    return f"{place} step {state.step}/{stage.steps}: loss {loss:.3f}, {shares}, {state.cpu:.0f} s"


def _optimiser(model: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )


def _save(settings: BaseSettings, state: State, work: Path) -> None:
    buffer = io.BytesIO()
    values = {
        "settings": _digest(settings),
        "model": state.model.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "position": [state.stage, state.step, state.total],
        "cpu": state.cpu,
    }
    torch.save(values, buffer)
    write_atomic(work / "state.pt", buffer.getvalue())


def _resume(settings: BaseSettings, work: Path, progress: Progress) -> State:
    model = create(settings.shape, settings.length, settings.seed)
    state = State(model, _optimiser(model))
    path = work / "state.pt"
    if not path.exists():
        _cut_log(work, 0)
        return state
    try:
        values = torch.load(path, weights_only=True)
    except Exception as error:
        raise RunError(
            f"cannot read the state: {error}", where=str(path), mend="delete it to start anew"
        ) from error
    if values["settings"] != _digest(settings):
        raise RunError("state of other settings", where=str(path), mend="delete it to start anew")
    state.stage, state.step, state.total = values["position"]
    state.cpu = values["cpu"]
    model.load_state_dict(values["model"])
    state.optimiser.load_state_dict(values["optimiser"])
    _cut_log(work, state.total)
    progress(f"goes on at stage {state.stage + 1}, step {state.step}")
    return state


def _cut_log(work: Path, total: int) -> None:
    """Drops rows behind the state: their steps come again."""
    if (path := work / "log.jsonl").exists():
        rows = [json.dumps(row) + "\n" for row in read_jsonl(path) if row["total"] <= total]
        write_atomic(path, "".join(rows))


def _digest(settings: BaseSettings) -> str:
    return digest(settings.model_dump(exclude={"checkpoint_every", "bar", "measured_items"}))
