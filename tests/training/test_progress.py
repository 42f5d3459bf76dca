"""What a person sees of a training, and where else its rows go."""

import io
import json

from rich.console import Console

from ictrain.training import StepRow, TrainingSettings, TrainResult, train
from ictrain.training.progress import ShowProgress
from ictrain.training.settings import learning_rate
from tests.training.training_kit import TOKENIZER, RandomBatches, adapted, prompt


def row(step, loss=2.0, **others):
    values = {
        "step": step,
        "loss": loss,
        "learning_rate": 0.1,
        "gradient_norm": 1.0,
        "tokens": 100,
        "labelled": 10,
        "dropped": 0,
        "targets": ("a", "b"),
        "seconds": 0.5,
        "elapsed": step * 0.5,
        "tokens_per_second": 200.0,
    }
    return StepRow(**values | others)


def shown(terminal, steps=5, every=2):
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=120)
    with ShowProgress(steps, every, "contrastive", console) as progress:
        for step in range(1, steps + 1):
            progress(row(step, loss=float(step)))
    return out.getvalue()


def test_plain_lines_without_a_terminal():
    assert shown(terminal=False).splitlines() == [
        "contrastive: step 2/5, loss 1.5000, 200 useful tokens/s, 0:02 left",
        "contrastive: step 4/5, loss 3.5000, 200 useful tokens/s, 0:00 left",
        "contrastive: step 5/5, loss 4.5000, 200 useful tokens/s, 0:00 left",
    ]


def test_a_bar_on_a_terminal():
    seen = shown(terminal=True)
    assert "━" in seen
    assert "5/5" in seen
    assert "loss 4.5000" in seen


def test_lines_go_to_stderr(tmp_path, capsys):
    settings = TrainingSettings(steps=2, batch_size=4, log_every=1)
    train(adapted(), TOKENIZER, RandomBatches(), settings, tmp_path / "similar")
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("similar: step") == 2


def test_costs_are_counted_from_the_rows(tmp_path):
    rows = [row(step, loss=float(step), dropped=step % 2) for step in range(1, 11)]
    rows.append(row(11, loss=3.0, labelled=30, targets=("c",), elapsed=9.0))
    result = TrainResult.of(rows, tmp_path, packed=True)
    assert (result.steps, result.tokens, result.labelled, result.seconds) == (11, 1100, 130, 9.0)
    assert (result.unique_targets, result.dropped, result.final_loss) == (3, 5, 3.0)


def test_dropped_examples_and_tokens_are_in_the_log(tmp_path):
    class Dropped(RandomBatches):
        def batch(self, step):
            return [prompt([0, 5, 6, 1], 2, f"t{i}", dropped=("x",) * i) for i in range(4)]

    settings = TrainingSettings(steps=2, batch_size=4)
    result = train(adapted(), TOKENIZER, Dropped(), settings, tmp_path / "run", progress=False)
    assert (result.dropped, result.tokens, result.labelled) == (12, 32, 16)
    logged = [json.loads(line) for line in (tmp_path / "run/train.jsonl").read_text().splitlines()]
    assert [r["step"] for r in logged] == [1, 2]
    assert logged[0]["targets"] == ["t0", "t1", "t2", "t3"]


def test_tensorboard_gets_each_step(tmp_path):
    settings = TrainingSettings(steps=2, batch_size=4, tensorboard=True)
    train(adapted(), TOKENIZER, RandomBatches(), settings, tmp_path / "run", progress=False)
    (events,) = (tmp_path / "run/tensorboard").iterdir()
    assert events.read_bytes().count(b"train/loss") == 2


def test_the_learning_rate_rises_and_falls():
    settings = TrainingSettings(steps=6, warmup_steps=2, learning_rate=1.0)
    rates = [learning_rate(settings, step) for step in range(6)]
    assert rates == [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
    constant = settings.model_copy(update={"schedule": "constant"})
    assert [learning_rate(constant, step) for step in (0, 1, 5)] == [0.5, 1.0, 1.0]
