"""Runs in a child process that is really killed, at a named point of a training."""

import contextlib
import os
import signal
from pathlib import Path

from ictrain.training import TrainingSettings, checkpoints, loop, train
from ictrain.training.stepping import Stepper
from tests.training.training_kit import TOKENIZER, RandomBatches, adapted

SETTINGS = TrainingSettings(
    steps=6, batch_size=4, learning_rate=1e-2, checkpoint_every_steps=2, threads=1
)


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def after(function):
    def both(*args, **kwargs):
        function(*args, **kwargs)
        die()

    return both


def at_step(step):
    return lambda row: die() if row.step == step else None


def in_the_first_step():
    Stepper._clip = die


def inside_a_checkpoint_write():
    """The weights are there, the optimiser is not."""
    checkpoints.torch.save = die


def before_a_checkpoints_rename():
    checkpoints.write_json = after(checkpoints.write_json)


def right_after_a_rename():
    original = checkpoints.new_folder

    @contextlib.contextmanager
    def dying(path):
        with original(path) as aside:
            yield aside
        if path.name == "step-000004":
            die()

    checkpoints.new_folder = dying


def before_the_final_save():
    loop.save_adapter = die


def inside_the_final_save():
    loop.TrainResult.save = die


POINTS = {
    "in the first step": in_the_first_step,
    "inside a checkpoint write": inside_a_checkpoint_write,
    "before a checkpoint's rename": before_a_checkpoints_rename,
    "right after a rename": right_after_a_rename,
    "before the final save": before_the_final_save,
    "before the result is written": inside_the_final_save,
}


def child(out: str, point: str) -> None:
    """Trains in folder out; dies at the point ('' for none)."""
    callbacks = []
    if point == "between steps":
        callbacks = [at_step(5)]
    elif point:
        POINTS[point]()
    train(
        adapted(),
        TOKENIZER,
        RandomBatches(),
        SETTINGS,
        Path(out),
        progress=False,
        callbacks=callbacks,
    )
