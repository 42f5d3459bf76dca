"""Stopping anywhere and going on gives the bytes of a run that was never stopped."""

import json
import shutil

import pytest

from ictrain.errors import RunError
from ictrain.models import AdapterSettings, add_adapter
from ictrain.training import TrainingSettings, train
from tests.training.training_kit import TOKENIZER, RandomBatches, adapted, small_model

SETTINGS = TrainingSettings(
    steps=6, batch_size=4, learning_rate=1e-2, checkpoint_every_steps=2, warmup_steps=2
)


class Stop(Exception):
    pass


class Recorded(RandomBatches):
    """Keeps which batches were asked for."""

    def __init__(self):
        super().__init__()
        object.__setattr__(self, "asked", [])

    def batch(self, step):
        self.asked.append(step)
        return super().batch(step)


def run(out, settings=SETTINGS, stop_at=0, model=None, **others):
    def stop(row):
        if row.step == stop_at:
            raise Stop

    batches = Recorded()
    train(
        model or adapted(),
        TOKENIZER,
        batches,
        settings,
        out,
        progress=False,
        callbacks=[stop],
        **others,
    )
    return batches.asked


def weights(out):
    return (next(out.glob("*/*model.safetensors"))).read_bytes()


def rows(out):
    timing = {"seconds", "elapsed", "tokens_per_second"}
    kept = [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if k not in timing} for row in kept]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "run"
    assert run(out) == list(range(6))
    return out


@pytest.mark.parametrize("every", [1, 2, None])
@pytest.mark.parametrize("stop_at", range(1, 7))
def test_stopped_at_every_step(uninterrupted, tmp_path, stop_at, every):
    settings = SETTINGS.model_copy(update={"checkpoint_every_steps": every})
    out = tmp_path / "run"
    with pytest.raises(Stop):
        run(out, settings, stop_at)
    kept = (stop_at - 1) // every * every if every else 0
    assert run(out, settings) == list(range(kept, 6))
    assert weights(out) == weights(uninterrupted)
    assert rows(out) == rows(uninterrupted)


def test_stopped_again_and_again_with_checkpoints_by_time(uninterrupted, tmp_path):
    times = {"checkpoint_every_steps": None, "checkpoint_every_seconds": 1e-9}
    settings = SETTINGS.model_copy(update=times)
    for stop_at in (1, 2, 3, 3, 6):
        with pytest.raises(Stop):
            run(tmp_path / "run", settings, stop_at)
    run(tmp_path / "run", settings)
    assert weights(tmp_path / "run") == weights(uninterrupted)
    assert rows(tmp_path / "run") == rows(uninterrupted)


def test_all_weights_resume_too(tmp_path):
    def full():
        return add_adapter(small_model(tie_word_embeddings=True), AdapterSettings(peft="none"), 0)

    run(tmp_path / "whole", model=full())
    with pytest.raises(Stop):
        run(tmp_path / "run", stop_at=5, model=full())
    assert run(tmp_path / "run", model=full()) == [4, 5]
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")


def test_a_finished_run_is_not_trained_again(uninterrupted, tmp_path):
    out = shutil.copytree(uninterrupted, tmp_path / "run")
    assert run(out) == []
    model = adapted()
    result = train(model, TOKENIZER, RandomBatches(), SETTINGS, out, progress=False)
    assert (result.steps, result.unique_targets, result.folder) == (6, 7, out / "adapter")
    other = adapted()
    again = train(other, TOKENIZER, RandomBatches(), SETTINGS, tmp_path / "new", progress=False)
    assert again.final_loss == result.final_loss
    for mine, yours in zip(model.parameters(), other.parameters(), strict=True):
        assert mine.equal(yours)


def test_a_damaged_checkpoint_is_not_used(uninterrupted, tmp_path):
    with pytest.raises(Stop):
        run(tmp_path / "run", stop_at=5)
    torn = tmp_path / "run/checkpoints/step-000004/weights/adapter_model.safetensors"
    torn.write_bytes(torn.read_bytes()[:-8])
    assert run(tmp_path / "run") == [2, 3, 4, 5]
    assert weights(tmp_path / "run") == weights(uninterrupted)
    assert rows(tmp_path / "run") == rows(uninterrupted)


def test_what_a_kill_left_half_written_is_removed(tmp_path):
    left = tmp_path / "run/checkpoints/.step-000002.abc.part"
    left.mkdir(parents=True)
    run(tmp_path / "run")
    assert not left.exists()
    assert sorted(p.name for p in (tmp_path / "run/checkpoints").iterdir()) == [
        "step-000002",
        "step-000004",
    ]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"settings": SETTINGS.model_copy(update={"learning_rate": 1.0})},
            "training.learning_rate",
        ),
        ({"settings": SETTINGS.model_copy(update={"steps": 7})}, "training.steps"),
        ({"identity": {"pool": "two"}}, r"data.pool \(data.pool: 'one' there, 'two' now\)"),
        ({"model": adapted(dropout=0.2)}, "adapter.dropout"),
        ({"model": adapted(seed=1)}, "model.weights"),
    ],
    ids=["learning rate", "steps", "pool", "dropout", "weights"],
)
def test_a_run_of_another_configuration_is_refused_by_name(tmp_path, changed, told):
    with pytest.raises(Stop):
        run(tmp_path / "run", stop_at=3, identity={"pool": "one"})
    with pytest.raises(RunError, match=told) as caught:
        run(tmp_path / "run", **{"identity": {"pool": "one"}} | changed)
    assert "\n" not in str(caught.value)


def test_logging_checkpoints_and_memory_may_change(tmp_path):
    with pytest.raises(Stop):
        run(tmp_path / "run", stop_at=3)
    free = {"log_every": 1, "keep_checkpoints": 1, "threads": 1, "micro_batch": 1}
    other = SETTINGS.model_copy(update=free)
    assert run(tmp_path / "run", other) == [2, 3, 4, 5]


def test_a_log_that_lost_rows_is_refused(tmp_path):
    with pytest.raises(Stop):
        run(tmp_path / "run", stop_at=3)
    (tmp_path / "run/train.jsonl").unlink()
    with pytest.raises(RunError, match="rows are not those of steps 1 to 2"):
        run(tmp_path / "run")
