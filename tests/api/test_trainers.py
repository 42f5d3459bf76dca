"""Inside TRL's SFTTrainer and transformers' Trainer: what the model really gets, batch by batch."""

import pytest
import torch
from datasets import Dataset
from transformers import DataCollatorForSeq2Seq, Trainer, TrainerCallback, TrainingArguments
from trl import SFTConfig, SFTTrainer

import ictrain
from tests.api.kit import make_folder, tiny_model
from tests.made_tokenizers import byte_level_bpe

TOKENIZER = byte_level_bpe()
BATCH = 8
pytestmark = [
    pytest.mark.filterwarnings("ignore:.gradient_checkpointing. is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.pin_memory. argument is set:UserWarning"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("user"))


@pytest.fixture
def dataset(folder):
    contexts = ictrain.Contexts.from_config(folder / "config.yaml", strategy="contrastive")
    return contexts.dataset(TOKENIZER)


class Recorded:
    """A tiny model that keeps what it is given: per call, (ids, labels) of each row."""

    def __init__(self):
        self.model, self.calls = tiny_model(TOKENIZER), []
        self.model.register_forward_pre_hook(self._keep, with_kwargs=True)

    def _keep(self, module, args, given):
        rows = zip(given["input_ids"], given["attention_mask"], given["labels"], strict=True)
        self.calls.append(
            [(tuple(i[m == 1].tolist()), tuple(y[m == 1].tolist())) for i, m, y in rows]
        )


def arguments(kind, out, **changes):
    values = {"num_train_epochs": 2, "per_device_train_batch_size": BATCH, "report_to": "none",
              "disable_tqdm": True, "use_cpu": True, "bf16": False,
              "save_strategy": "no"}  # fmt: skip
    if kind is SFTConfig:
        values["dataset_kwargs"] = {"skip_prepare_dataset": True}
    return kind(str(out), **{**values, **changes})


def trl(recorded, dataset, out, callbacks=(), **changes):
    return SFTTrainer(
        recorded.model,
        arguments(SFTConfig, out, **changes),
        train_dataset=dataset.for_trl(),
        processing_class=TOKENIZER,
        callbacks=[dataset.callback(), *callbacks],
    )


def plain(recorded, dataset, out, callbacks=(), collator=None, **changes):
    return Trainer(
        recorded.model,
        arguments(TrainingArguments, out, **changes),
        train_dataset=dataset,
        data_collator=collator or dataset.collate,
        callbacks=[dataset.callback(), *callbacks],
    )


def seq2seq(recorded, dataset, out, callbacks=(), **changes):
    return plain(recorded, dataset, out, callbacks, DataCollatorForSeq2Seq(TOKENIZER), **changes)


TRAINERS = [trl, plain, seq2seq]


def expected(dataset, epoch):
    dataset.set_epoch(epoch)
    return sorted((tuple(i["input_ids"]), tuple(i["labels"])) for i in dataset)


def seen(recorded, epoch):
    """The rows of one epoch; 40 targets are 5 calls."""
    return sorted(row for call in recorded.calls[5 * epoch : 5 * epoch + 5] for row in call)


@pytest.mark.parametrize("trainer", TRAINERS)
def test_each_epoch_has_its_own_contexts_and_no_label_is_lost(trainer, dataset, tmp_path):
    """Guards against trl #6039 (contexts frozen) and #6668 (completions cut off)."""
    recorded = Recorded()
    trainer(recorded, dataset, tmp_path).train()
    assert len(recorded.calls) == 10
    first, second = (expected(dataset, epoch) for epoch in (0, 1))
    assert seen(recorded, 0) == first
    assert seen(recorded, 1) == second
    assert len(set(first) & set(second)) < 10
    ends = [labels[-1] for call in recorded.calls for _, labels in call]
    assert set(ends) == {TOKENIZER.eos_token_id}


@pytest.mark.parametrize("trainer", [trl, plain])
def test_the_epoch_reaches_a_trainers_persistent_workers(trainer, dataset, tmp_path):
    recorded = Recorded()
    workers = {"dataloader_num_workers": 2, "dataloader_persistent_workers": True}
    trainer(recorded, dataset, tmp_path, **workers).train()
    assert seen(recorded, 0) == expected(dataset, 0)
    assert seen(recorded, 1) == expected(dataset, 1)


class StopAt(TrainerCallback):
    def __init__(self, step):
        self.step = step

    def on_step_end(self, args, state, control, **_):
        control.should_training_stop = state.global_step == self.step


@pytest.mark.parametrize("trainer", [trl, plain])
@pytest.mark.parametrize("step", [3, 5, 8])
def test_a_resumed_training_gets_the_batches_that_it_would_have_got(
    trainer, step, dataset, folder, tmp_path
):
    """Stopped within the first epoch, at its end, and within the second one."""
    saving = {"save_strategy": "steps", "save_steps": 1, "save_total_limit": 20}
    whole, before, after = Recorded(), Recorded(), Recorded()
    trainer(whole, dataset, tmp_path / "whole").train()
    trainer(before, dataset, tmp_path / "two", [StopAt(step)], **saving).train()
    contexts = ictrain.Contexts.from_config(folder / "config.yaml", strategy="contrastive")
    fresh = contexts.dataset(TOKENIZER)
    resumed = trainer(after, fresh, tmp_path / "two", **saving)
    resumed.train(resume_from_checkpoint=str(tmp_path / "two" / f"checkpoint-{step}"))
    assert before.calls + after.calls == whole.calls


def test_trl_refuses_to_prepare_it_and_so_cannot_freeze_a_context(dataset, tmp_path):
    config = arguments(SFTConfig, tmp_path, dataset_kwargs=None)
    with pytest.raises(ValueError, match="skip_prepare_dataset"):
        SFTTrainer(
            Recorded().model, config, train_dataset=dataset.for_trl(), processing_class=TOKENIZER
        )


def test_a_context_that_is_drawn_once_is_what_the_guard_finds(dataset, tmp_path):
    """The same test on a table of the first epoch's items: it has to fail there."""
    frozen, recorded = Dataset.from_list(list(dataset)), Recorded()
    config = arguments(SFTConfig, tmp_path)
    SFTTrainer(recorded.model, config, train_dataset=frozen, processing_class=TOKENIZER).train()
    assert seen(recorded, 0) == expected(dataset, 0)
    assert seen(recorded, 1) != expected(dataset, 1)


@pytest.mark.parametrize("kind", [SFTConfig, TrainingArguments])
def test_who_forgets_the_callback_gets_fresh_contexts_all_the_same(kind, dataset, tmp_path):
    recorded, config = Recorded(), arguments(kind, tmp_path)
    trainer = (
        SFTTrainer(
            recorded.model, config, train_dataset=dataset.for_trl(), processing_class=TOKENIZER
        )
        if kind is SFTConfig
        else Trainer(recorded.model, config, train_dataset=dataset, data_collator=dataset.collate)
    )
    trainer.train()
    assert seen(recorded, 1) == expected(dataset, 1)


def test_a_context_longer_than_trls_own_default_is_not_cut(dataset, folder, tmp_path):
    """max_length is 1024 in SFTConfig; prompts of this dataset are limited by prompt.max_tokens."""
    recorded = Recorded()
    trl(recorded, dataset, tmp_path, max_length=16, num_train_epochs=1).train()
    assert seen(recorded, 0) == expected(dataset, 0)
    assert max(len(ids) for call in recorded.calls for ids, _ in call) > 16


def test_the_loss_is_that_of_the_labels_alone(dataset):
    """Labels through a Trainer's loss equal the packed loss of ictrain's own training."""
    from ictrain.training.loss import padded_loss

    model = tiny_model(TOKENIZER).eval()
    drawn = dataset.drawn(range(4))
    batch = dataset.collate(dataset.__getitems__(range(4)))
    count = int((batch["labels"] != -100).sum())
    with torch.no_grad():
        own = padded_loss(model, [rendered for _, rendered in drawn], torch.device("cpu")) / count
        theirs = model(**batch).loss
    assert torch.allclose(own, theirs, rtol=1e-5)
