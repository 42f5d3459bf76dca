"""One optimiser step: the whole batch, in parts that fit in memory, divided once by its labels."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator

from ictrain.errors import RunError
from ictrain.generation.batching import scale_change
from ictrain.prompts.rendered import Rendered
from ictrain.randomness import torch_seed
from ictrain.training.attention import segment_attention
from ictrain.training.batches import micro_batches
from ictrain.training.loss import packed_loss, padded_loss
from ictrain.training.packing import labelled, target_id
from ictrain.training.settings import TrainingSettings, learning_rate
from ictrain.training.sharding import shared_like


@dataclass
class Stepper:
    """Takes steps on a prepared model.

    Attributes:
        model: as accelerate prepared it.
        base: the transformers model inside it.
        sharded: whether each process holds only a part of the weights.
    """

    model: Any
    base: Any
    optimizer: Any
    accelerator: Accelerator
    settings: TrainingSettings
    packed: bool
    sharded: bool = False

    def step(self, step: int, prompts: Sequence[Rendered]) -> tuple[float, float]:
        """One step (from 0) on the global batch.

        Returns:
            Loss (mean over the batch's labelled tokens, in nats) and norm of the gradient.

        Raises:
            RunError: a loss or gradient that is not finite; the weights are then as before.
        """
        if not self.model.training:  # a callback may have evaluated; train() walks all modules
            self.model.train()
        # Dropout is a function of the step alone, so a resumed run needs no saved random state.
        rank = self.accelerator.process_index
        torch.manual_seed(torch_seed(self.settings.seed, "dropout", step, rank))
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.settings, step)
        loss = self._backward(prompts)
        _check_finite(loss, "loss", step, prompts)
        norm = self._clip()
        _check_finite(norm, "gradient", step, prompts)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss, norm

    def _backward(self, prompts: Sequence[Rendered]) -> float:
        """Gradients of the global mean; each process takes every world-th prompt."""
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        parts = self._parts(prompts, rank)
        idle = 0
        if self.sharded:  # weights are gathered in each pass, so all processes make as many
            idle = max(len(self._parts(prompts, r)) for r in range(world)) - len(parts)
        count = sum(labelled(prompt) for prompt in prompts)
        total = torch.zeros((), device=self.accelerator.device)
        for number, part in enumerate([parts[0]] * idle + parts, 1):
            last = number == idle + len(parts)
            with contextlib.nullcontext() if last else self.accelerator.no_sync(self.model):
                loss = self._loss(part) * float(number > idle)
                # DDP averages over processes; the division must be by the global count alone.
                self.accelerator.backward(loss * (world / count))
            total += loss.detach()
        return float(self.accelerator.reduce(total, "sum")) / count

    def _parts(self, prompts: Sequence[Rendered], rank: int) -> list[list[Rendered]]:
        mine = prompts[rank :: self.accelerator.num_processes]
        apart = scale_change(self.base.config)
        return micro_batches(mine, self.settings.micro_batch, self.settings.micro_tokens, apart)

    def _loss(self, part: Sequence[Rendered]) -> torch.Tensor:
        device = self.accelerator.device
        half = self.settings.precision == "bfloat16"
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            return (packed_loss if self.packed else padded_loss)(self.model, part, device)

    def _clip(self) -> float:
        largest = math.inf if self.settings.clip is None else self.settings.clip
        return float(self.accelerator.clip_grad_norm_(self.model.parameters(), largest))

    def restore(self, state: dict[str, Any]) -> None:
        """Puts a checkpoint's state into the optimiser."""
        weights = [w for group in self.optimizer.param_groups for w in group["params"]]
        self.optimizer.load_state_dict(shared_like(state, weights))

    def attention(self) -> contextlib.AbstractContextManager[None]:
        """What steps are taken within: backward too, since checkpointing recomputes there."""
        return segment_attention(self.base) if self.packed else contextlib.nullcontext()


def switch_checkpointing(base: Any, on: bool) -> None:
    """Recomputes activations in backward, or keeps them; transformers 5.2x renamed the methods."""
    new = hasattr(base, "activation_checkpointing_enable")
    name = f"{'activation' if new else 'gradient'}_checkpointing_"
    if on:
        getattr(base, name + "enable")({"use_reentrant": False})
    else:
        getattr(base, name + "disable")()


def _check_finite(value: float, what: str, step: int, prompts: Sequence[Rendered]) -> None:
    if not math.isfinite(value):
        raise RunError(
            f"the {what} is {value}",
            where=f"step {step + 1}, targets {', '.join(target_id(p) for p in prompts)}",
            mend="lower training.learning_rate, or use precision float32",
        )
