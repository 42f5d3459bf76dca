"""What goes wrong is told on one line, with its place, and never 'succeeds'."""

import contextlib
import resource
import sys

import pytest
import torch

from ictrain.errors import ConfigError, ModelError, RunError
from ictrain.training import TrainingSettings, train
from tests.training.training_kit import EOS, TOKENIZER, RandomBatches, adapted, prompt

SETTINGS = TrainingSettings(steps=4, batch_size=4, learning_rate=1e-2, checkpoint_every_steps=2)


class With(RandomBatches):
    """One prompt of step 3 is another one."""

    def __init__(self, other):
        super().__init__()
        object.__setattr__(self, "other", other)

    def batch(self, step):
        prompts = super().batch(step)
        return [*prompts[:3], self.other] if step == 2 else prompts


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (prompt([0, 5, EOS], 3, "empty"), "step 3, target 'empty': no labelled token"),
        (prompt([0, 5, 6], 1, "endless"), "step 3, target 'endless': the last label is id 6"),
    ],
)
def test_a_prompt_that_teaches_nothing_stops_the_run(tmp_path, other, told):
    """trl #6668, LLaMA-Factory PR #5115: loss 0 or NaN, and the run 'succeeds'."""
    with pytest.raises(RunError, match=told) as caught:
        train(adapted(), TOKENIZER, With(other), SETTINGS, tmp_path / "run", progress=False)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run/result.json").exists()


def test_a_loss_that_is_not_finite_stops_the_run_and_leaves_the_weights(tmp_path):
    model = adapted()

    def poison(row):
        if row.step == 2:
            poisoned = next(p for n, p in model.named_parameters() if "v_proj.lora_B" in n)
            with torch.no_grad():
                poisoned.fill_(float("nan"))

    with pytest.raises(RunError, match=r"step 3, targets t1, t2, t3, t4: the loss is nan"):
        train(
            model,
            TOKENIZER,
            RandomBatches(),
            SETTINGS,
            tmp_path / "run",
            progress=False,
            callbacks=[poison],
        )
    assert not (tmp_path / "run/result.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files by Linux's rlimit")
@pytest.mark.parametrize("room", [10, 2_000, 7_000, 20_000])
def test_a_full_disk_is_told_and_gone_on_from(tmp_path, room):
    """At each size another file of the checkpoint is the one that does not fit."""
    whole, out = tmp_path / "whole", tmp_path / "run"
    settings = SETTINGS.model_copy(update={"checkpoint_every_steps": 1, "log_every": 100})
    train(adapted(), TOKENIZER, RandomBatches(), settings, whole, progress=False)
    with contextlib.ExitStack() as limit:

        def fill(row):
            if row.step == 3:
                limit.enter_context(files_of_at_most(room))

        with pytest.raises(RunError, match=r"cannot write|disk is full") as caught:
            train(
                adapted(),
                TOKENIZER,
                RandomBatches(),
                settings,
                out,
                progress=False,
                callbacks=[fill],
            )
        limit.close()
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in (out / "checkpoints").iterdir()) == ["step-000001", "step-000002"]
    train(adapted(), TOKENIZER, RandomBatches(), settings, out, progress=False)
    weights = "adapter/adapter_model.safetensors"
    assert (out / weights).read_bytes() == (whole / weights).read_bytes()


@contextlib.contextmanager
def files_of_at_most(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_tracker_that_is_not_installed_is_told_before_training(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    settings = SETTINGS.model_copy(update={"wandb": True})
    with pytest.raises(ConfigError, match=r"training.wandb: wandb is not installed; pip install"):
        train(adapted(), TOKENIZER, RandomBatches(), settings, tmp_path / "run", progress=False)


def test_packed_is_refused_where_it_cannot_be(tmp_path):
    settings = SETTINGS.model_copy(update={"packing": "packed"})
    with pytest.raises(ModelError, match=r"set training.packing to auto or padded"):
        train(
            adapted("gemma2"),
            TOKENIZER,
            RandomBatches(),
            settings,
            tmp_path / "run",
            progress=False,
        )


def test_settings_are_checked():
    with pytest.raises(ConfigError, match="did you mean 'learning_rate'"):
        TrainingSettings.parse({"learningrate": 1}, "training")
    with pytest.raises(ConfigError, match=r"warmup_steps 9; expected at most steps \(4\)"):
        TrainingSettings.parse({"steps": 4, "warmup_steps": 9}, "training")
