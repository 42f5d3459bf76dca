"""Runs in one of two processes that train together over gloo, and writes down what it saw."""

import contextlib
import os
import signal
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator, DistributedType
from accelerate.utils import FullyShardedDataParallelPlugin

from ictrain.errors import IctrainError
from ictrain.training import TrainingSettings, loop, train
from ictrain.training.packing import target_id
from ictrain.training.sharding import is_sharded, whole
from ictrain.training.stepping import Stepper
from tests.training.training_kit import TOKENIZER, RandomBatches, adapted

SETTINGS = TrainingSettings(
    steps=4,
    batch_size=5,
    learning_rate=1e-2,
    micro_batch=2,
    threads=1,
    checkpoint_every_steps=2,
    checkpoint_every_seconds=None,
)


class Sharded(Accelerator):
    """accelerate keeps FSDP to GPUs; its code for version 2 runs over gloo all the same."""

    def __init__(self, **others):
        super().__init__(**others)
        self.state.distributed_type = DistributedType.FSDP
        self.state.fsdp_plugin = FullyShardedDataParallelPlugin(
            fsdp_version=2,
            cpu_ram_efficient_loading=False,
            auto_wrap_policy="transformer_based_wrap",
            transformer_cls_names_to_wrap=["LlamaDecoderLayer"],
        )


@contextlib.contextmanager
def recorded(into, **patched):
    """Writes each step's gradients, and which targets this process has computed."""
    gradients, targets, sharded = [], [], []
    clip, loss = Stepper._clip, Stepper._loss

    def clipping(self):
        grads = {n: p.grad for n, p in self.model.named_parameters() if p.grad is not None}
        gradients.append({n.removeprefix("module."): whole(g).clone() for n, g in grads.items()})
        sharded.append(is_sharded(self.model))
        return clip(self)

    def losing(self, part):
        targets.append((len(gradients), [target_id(prompt) for prompt in part]))
        return loss(self, part)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stepper, "_clip", clipping)
        patch.setattr(Stepper, "_loss", losing)
        for name, value in patched.items():
            patch.setattr(loop, name, value)
        yield
    torch.save({"gradients": gradients, "targets": targets, "sharded": sharded}, into)


def training(out, callbacks=(), **changes):
    return train(
        adapted(dropout=0.0),
        TOKENIZER,
        RandomBatches(5),
        SETTINGS.model_copy(update=changes),
        Path(out),
        progress=False,
        callbacks=callbacks,
    )


def joined(rank, port):
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "1"}


def child(out: str, rank: int, port: int, way: str) -> None:
    """Trains in folder out; way is 'together', 'sharded', or 'killed at N' (of the second)."""
    joined(rank, port)
    out = Path(out)
    if way.startswith("killed at "):
        step = int(way.removeprefix("killed at "))

        def die(row):
            if rank == 1 and row.step == step:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            training(out / "run", [die])
        except IctrainError as error:
            (out / "told").write_text(str(error))
            os._exit(1)
        return
    with recorded(
        out / f"seen-{rank}.pt", **({"Accelerator": Sharded} if way == "sharded" else {})
    ):
        training(out / "run")
