"""The training loop: resumable at every step, and the same whether it was interrupted or not."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from peft import PeftModel

from ictrain.errors import ConfigError, RunError
from ictrain.models.saving import read_weights, save_adapter
from ictrain.processes import join
from ictrain.prompts.rendered import Rendered
from ictrain.training.batches import Batches
from ictrain.training.checkpoints import Checkpoints
from ictrain.training.identity import check_identity, whole_identity
from ictrain.training.isolation import base_of, use_packing
from ictrain.training.log import StepRow, TrainLog
from ictrain.training.packing import check_prompts, labelled, target_id
from ictrain.training.progress import ShowProgress
from ictrain.training.result import TrainResult
from ictrain.training.settings import TrainingSettings, learning_rate
from ictrain.training.sharding import is_sharded, whole, whole_weights
from ictrain.training.stepping import Stepper, switch_checkpointing
from ictrain.training.trackers import Callback, trackers


def train(
    model: Any,
    tokenizer: Any,
    batches: Batches,
    settings: TrainingSettings,
    out: Path,
    *,
    eos: int | None = None,
    identity: Mapping[str, Any] | None = None,
    progress: bool = True,
    callbacks: Sequence[Callback] = (),
) -> TrainResult:
    """Trains a model, or goes on where an earlier call in the same folder was stopped.

    Args:
        model: from models.add_adapter, with its first weights (a resumed call too).
        tokenizer: of the prompts; saved beside a full model.
        batches: the global batch of every step.
        settings: the optimiser's settings, memory, and what is kept.
        out: gets adapter/ (model/ for peft: none), checkpoints/, train.jsonl and result.json.
        eos: the last label of each prompt: Renderer.eos, or the tokenizer's EOS when not given.
        identity: names and digests of the data (pool version, strategy, template, tokenizer); a
            folder is continued only with the same ones.
        progress: show a bar, or lines where there is no terminal, on stderr.
        callbacks: told of each step's row; an exception stops the training, which can be resumed.

    Returns:
        Costs and the final loss; the model in memory is the trained one, in evaluation mode.

    Raises:
        RunError: the folder is another run's; the disk is full; loss or gradient is not finite; a
            prompt without label or EOS (all name step and targets).
        ModelError: packing is 'packed' and the model cannot be packed.
    """
    out = Path(out)
    with _own_state(settings.threads):
        eos = tokenizer.eos_token_id if eos is None else eos
        run = _Run(model, tokenizer, eos, batches, settings, out, identity or {})
        return run.finished() or run.train(progress, callbacks)


class _Run:
    """One call of train: the parts that its methods share."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        eos: int,
        batches: Batches,
        settings: TrainingSettings,
        out: Path,
        identity: Mapping[str, Any],
    ) -> None:
        self.model, self.tokenizer, self.eos, self.batches = model, tokenizer, eos, batches
        self.settings, self.out = settings, out
        self.folder = out / ("adapter" if isinstance(model, PeftModel) else "model")
        join()
        self.accelerator = Accelerator(mixed_precision="no")
        _check_processes(batches.batch_size, self.accelerator.num_processes)
        self.main = self.accelerator.is_main_process
        self.identity = whole_identity(model, settings, identity)
        check_identity(out / "identity.json", self.identity, write=self.main)

    def finished(self) -> TrainResult | None:
        """The result of a run that has ended, with the trained weights put into the model."""
        result = TrainResult.load(self.out / "result.json", self.folder)
        if result is not None:
            read_weights(self.model, self.folder)
            self.model.eval()
        return result

    def train(self, progress: bool, callbacks: Sequence[Callback]) -> TrainResult:
        settings, keep = self.settings, self.settings.keep_checkpoints
        checkpoints = Checkpoints(self.out / "checkpoints", self.identity, keep)
        newest = checkpoints.newest()
        start = 0 if newest is None else newest.step
        if newest is not None:
            newest.weights_into(self.model)
        stepper = self._stepper()
        if newest is not None:
            stepper.restore(newest.optimizer())
        self.accelerator.wait_for_everyone()
        log = TrainLog(self.out / "train.jsonl", start, write=self.main)
        tell = [*callbacks, *(trackers(settings, self.out, start) if self.main else [])]
        due = _Due(settings)
        with contextlib.ExitStack() as stack:
            if progress and self.main:
                shown = ShowProgress(settings.steps, settings.log_every, self.out.name)
                tell.append(stack.enter_context(shown))
            for step in range(start, settings.steps):
                row = self._step(stepper, step, log.elapsed)
                log.add(row)
                # Told before the checkpoint: after a kill a callback hears of a step twice, never
                # not at all.
                for callback in tell:
                    callback(row)
                if row.step % settings.log_every == 0:
                    log.flush()
                if self._agreed(self.main and due.now(row.step), stepper.sharded):
                    log.flush()
                    weights, state = (
                        whole_weights(self.model),
                        whole(stepper.optimizer.state_dict()),
                    )
                    if self.main:
                        checkpoints.save(row.step, self.model, state, weights)
        return self._finish(log, stepper.packed)

    def _agreed(self, due: bool, sharded: bool) -> bool:
        """The first process's clock decides; what is shared, all have to bring together."""
        if not sharded:
            return due
        flag = torch.tensor(float(due), device=self.accelerator.device)
        return bool(self.accelerator.reduce(flag, "sum"))

    def _stepper(self) -> Stepper:
        device, half = self.accelerator.device, self.settings.precision == "bfloat16"
        self.model.to(device)
        # Checked as it will be used: another device or number format takes another kernel.
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            packed = use_packing(self.model, self.settings.packing)
        base = base_of(self.model)
        if self.settings.gradient_checkpointing:
            switch_checkpointing(base, on=True)
        optimizer = torch.optim.AdamW(
            [weight for weight in self.model.parameters() if weight.requires_grad],
            self.settings.learning_rate,
            self.settings.betas,
            weight_decay=self.settings.weight_decay,
            fused=True,
        )
        model, optimizer = self.accelerator.prepare(self.model, optimizer)
        sharded = is_sharded(self.model)
        return Stepper(model, base, optimizer, self.accelerator, self.settings, packed, sharded)

    def _step(self, stepper: Stepper, step: int, elapsed: float) -> StepRow:
        began = time.perf_counter()
        prompts = self.batches.batch(step)
        self._check(prompts, step)
        with stepper.attention(), self._others_alive(step):
            loss, norm = stepper.step(step, prompts)
        seconds = time.perf_counter() - began
        tokens = sum(len(prompt.ids) for prompt in prompts)
        return StepRow(
            step=step + 1,
            loss=loss,
            learning_rate=learning_rate(self.settings, step),
            gradient_norm=norm,
            tokens=tokens,
            labelled=sum(labelled(prompt) for prompt in prompts),
            dropped=sum(len(prompt.dropped) for prompt in prompts),
            targets=tuple(target_id(prompt) for prompt in prompts),
            seconds=seconds,
            elapsed=elapsed + seconds,
            tokens_per_second=tokens / seconds,
        )

    @contextlib.contextmanager
    def _others_alive(self, step: int) -> Iterator[None]:
        """Tells of a process that was lost on one line."""
        try:
            yield
        except RuntimeError as error:
            if self.accelerator.num_processes > 1 and _LOST.search(str(error)):
                raise RunError(
                    "another process of this training has ended",
                    where=f"step {step + 1}",
                    mend="see what it said; the same command goes on from the last checkpoint",
                ) from error
            raise

    def _check(self, prompts: Sequence[Rendered], step: int) -> None:
        base = base_of(self.model)
        text = base.config.get_text_config()
        check_prompts(
            prompts,
            eos=self.eos,
            vocabulary=base.get_input_embeddings().weight.shape[0],
            window=getattr(text, "max_position_embeddings", None) or sys.maxsize,
            where=f"step {step + 1}",
        )

    def _finish(self, log: TrainLog, packed: bool) -> TrainResult:
        if self.settings.gradient_checkpointing:
            switch_checkpointing(base_of(self.model), on=False)
        self.model.eval()
        result = TrainResult.of(log.rows, self.folder, packed)
        weights = whole_weights(self.model)
        if self.main:
            log.flush()
            save_adapter(self.model, self.folder, self.tokenizer, weights)
            result.save(self.out / "result.json")
        self.accelerator.wait_for_everyone()
        return result


_LOST = re.compile("gloo|nccl|connection|peer", re.IGNORECASE)


class _Due:
    """When a checkpoint is due: by steps, or by time since the last one."""

    def __init__(self, settings: TrainingSettings) -> None:
        self._settings, self._last = settings, time.monotonic()

    def now(self, step: int) -> bool:
        """Whether one is due after this many steps; none at the end, where all is saved."""
        steps, seconds = (
            self._settings.checkpoint_every_steps,
            self._settings.checkpoint_every_seconds,
        )
        by_steps = steps is not None and step % steps == 0
        by_time = seconds is not None and time.monotonic() - self._last >= seconds
        if step == self._settings.steps or not (by_steps or by_time):
            return False
        self._last = time.monotonic()
        return True


def _check_processes(batch_size: int, processes: int) -> None:
    if batch_size < processes:
        raise ConfigError(
            f"{batch_size} prompts for {processes} processes",
            expected="at least one each",
            where="training.batch_size",
        )


@contextlib.contextmanager
def _own_state(threads: int | None) -> Iterator[None]:
    """Leaves the caller's random state and number of threads as they were."""
    before = torch.get_num_threads()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        torch.set_num_threads(threads or before)
        try:
            yield
        finally:
            torch.set_num_threads(before)
