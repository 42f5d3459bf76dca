"""The dataset that other trainers take: what `ictrain run` trains on, drawn anew in each epoch."""

import copy
import pickle

import pytest
import torch
from torch.utils.data import DataLoader

import ictrain
from ictrain.config import load_config
from ictrain.errors import ConfigError, ContextError, DataError, RunError
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import batches_of, bench_of
from ictrain.training.loss import padded
from tests.api.kit import make_folder, write_pairs
from tests.made_tokenizers import byte_level_bpe
from tests.support import pool_of
from tests.training.forked import start_server

TOKENIZER = byte_level_bpe()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("user"))


def contexts_of(folder, **options):
    return ictrain.Contexts(folder / "pairs.jsonl", **{"epsilon": 0, "k": "1-4", **options})


@pytest.fixture
def dataset(folder):
    return contexts_of(folder).dataset(TOKENIZER)


def epoch_of(dataset, epoch):
    dataset.set_epoch(epoch)
    return [dataset[i]["input_ids"] for i in range(len(dataset))]


def test_an_item_is_a_prompt_whose_labels_are_the_targets_output_alone(dataset):
    assert len(dataset) == 40
    targets = dataset.batches.prepared.targets
    for target, item in zip(targets, dataset, strict=True):
        first = item["labels"].index(next(i for i in item["labels"] if i != -100))
        assert all(label == -100 for label in item["labels"][:first])
        assert item["labels"][first:] == item["input_ids"][first:]
        assert TOKENIZER.decode(item["labels"][first:]) == f" {target.output}<|eos|>"
        assert TOKENIZER.decode(item["input_ids"][:first]).endswith(f"\n{target.input}:")
        assert item["attention_mask"] == [1] * len(item["input_ids"])


@pytest.mark.parametrize("arm", ["zero", "similar", "contrastive"])
def test_it_is_what_ictrain_run_trains_on_id_by_id(folder, arm):
    """The run's own batches, from the run's own code, of the same seed, epoch and place."""
    config = folder / "config.yaml"
    job = Job(arm, seed=4)
    run, _ = batches_of(bench_of(load_config(config), RunFolder(folder / "run"), job))
    dataset = ictrain.Contexts.from_config(config, strategy=arm, seed=4).dataset()
    numbers = {target.id: i for i, target in enumerate(dataset.batches.prepared.targets)}
    for epoch in (0, 1, 5):
        dataset.set_epoch(epoch)
        for place in range(len(dataset)):
            context, rendered = run.instance(epoch, place)
            item = dataset[numbers[context.target_id]]
            assert tuple(item["input_ids"]) == rendered.ids
            assert item["labels"].count(-100) == rendered.label_start


def test_a_file_draws_what_a_config_of_the_same_file_draws(folder):
    mine = ictrain.Contexts(
        folder / "pairs.jsonl",
        strategy="contrastive",
        seed=3,
        k="1-3",
        neighbours=8,
        prompt={"instruction": "Shout.\n", "example": "{input} => {output}\n", "max_tokens": 200},
        paraphrase={"method": "reword", "template": "then {input}"},
    ).dataset(TOKENIZER)
    theirs = ictrain.Contexts.from_config(folder / "config.yaml", strategy="contrastive")
    assert epoch_of(mine, 2) == epoch_of(theirs.dataset(), 2)


def test_epochs_differ_and_two_accesses_agree_in_any_order(dataset):
    """Drawn once and kept, contexts would be the same in each epoch (trl #6039)."""
    first, second = epoch_of(dataset, 0), epoch_of(dataset, 1)
    assert sum(a != b for a, b in zip(first, second, strict=True)) > 30
    assert epoch_of(dataset, 0) == first
    dataset.set_epoch(1)
    order = [5, 39, 0, 5, 17]
    assert [item["input_ids"] for item in dataset.__getitems__(order)] == [second[i] for i in order]
    assert dataset[-1]["input_ids"] == second[-1]


def test_a_target_has_its_number_in_every_epoch(dataset):
    """So that a subset, e.g. of random_split, is a set of targets and can be held out."""
    for epoch in (0, 3):
        dataset.set_epoch(epoch)
        drawn = dataset.drawn(range(len(dataset)))
        ids = [context.target_id for context, _ in drawn]
        assert ids == [target.id for target in dataset.batches.prepared.targets]


def test_seeds_draw_other_contexts_of_the_same_targets(folder):
    sets = [contexts_of(folder, seed=seed).dataset(TOKENIZER) for seed in (0, 1)]
    ids = [sorted(target.id for target in s.batches.prepared.targets) for s in sets]
    assert ids[0] == ids[1]
    assert epoch_of(sets[0], 0) != epoch_of(sets[1], 0)


@pytest.mark.parametrize("start", ["fork", pytest.param("forkserver", marks=pytest.mark.slow)])
def test_the_epoch_reaches_workers_that_live_on(folder, start):
    """Forked workers inherit the dataset; those of a fork server (or spawned) get it pickled."""
    config = folder / "config.yaml"
    dataset = ictrain.Contexts.from_config(config, strategy="contrastive").dataset(TOKENIZER)
    if start == "forkserver":
        start_server()
    loader = DataLoader(
        dataset,
        batch_size=8,
        num_workers=2,
        persistent_workers=True,
        collate_fn=dataset.collate,
        multiprocessing_context=start,
    )
    for epoch in (0, 1, 7):
        dataset.set_epoch(epoch)
        own = [dataset.collate(dataset.__getitems__(range(i, i + 8))) for i in range(0, 40, 8)]
        for theirs, mine in zip(loader, own, strict=True):
            assert all(torch.equal(theirs[name], mine[name]) for name in mine)


def test_a_batch_is_padded_as_training_pads_it(dataset):
    numbers = [3, 1, 4, 15]
    batch = dataset.collate(dataset.__getitems__(numbers))
    ids, mask, labels = padded([rendered for _, rendered in dataset.drawn(numbers)])
    assert torch.equal(batch["input_ids"], ids)
    assert torch.equal(batch["attention_mask"], mask)
    assert torch.equal(batch["labels"], labels)


def test_views_of_the_dataset_for_trl_follow_the_epoch(dataset):
    rows = dataset.for_trl()
    assert len(rows) == 40
    assert rows.column_names == ["input_ids", "attention_mask", "labels"]
    views = [
        rows,
        rows.remove_columns(["attention_mask"]),  # what a Trainer does with unused columns
        rows.select(range(40)),
        copy.deepcopy(rows),
    ]
    for epoch in (0, 1):
        dataset.set_epoch(epoch)
        for view in views:
            assert [row["labels"] for row in view] == [item["labels"] for item in dataset]
            assert view[7]["input_ids"] == dataset[7]["input_ids"]
    views[1].set_epoch(4)
    assert dataset.epoch == 4


def test_a_view_is_made_without_reading_the_pool(dataset, monkeypatch):
    """datasets hashes a transform with all that it holds, for minutes where the pool is large."""
    monkeypatch.setattr(type(dataset), "__reduce__", lambda self: pytest.fail("hashed"))
    rows = dataset.for_trl()
    with pytest.raises(RunError, match=r"cannot be stored; call for_trl"):
        pickle.loads(pickle.dumps(rows))


def test_the_last_output_that_fits_is_whole_and_one_that_does_not_is_named(tmp_path):
    examples = list(pool_of(200).examples)
    long = examples[11]
    examples[11] = type(long)(long.id, long.input, "X " * 400)
    write_pairs(tmp_path / "pairs.jsonl", examples)
    prompt = {"max_tokens": 60}
    dataset = contexts_of(tmp_path, k=4, prompt=prompt).dataset(TOKENIZER)
    assert dataset.rejected == (long.id,)
    assert len(dataset) == 199
    kept = dataset.drawn(range(199))
    assert max(len(rendered.ids) for _, rendered in kept) <= 60
    assert any(rendered.dropped for _, rendered in kept)
    assert all(rendered.ids[-1] == TOKENIZER.eos_token_id for _, rendered in kept)
    with pytest.raises(DataError, match="targets are longer than the window"):
        contexts_of(tmp_path).dataset(TOKENIZER, prompt={"max_tokens": 8})


def test_bad_input_is_told_on_one_line(folder, dataset):
    for number in (40, -41):
        with pytest.raises(IndexError, match="in a dataset of 40 targets"):
            dataset[number]
    with pytest.raises(ConfigError, match="epoch -1"):
        dataset.set_epoch(-1)
    with pytest.raises(ContextError, match=r"no paraphraser; set epsilon: 0"):
        ictrain.Contexts(folder / "pairs.jsonl", strategy="contrastive")
    with pytest.raises(ConfigError, match=r"epsilom: unknown key; did you mean 'epsilon'"):
        ictrain.Contexts(folder / "pairs.jsonl", epsilom=0)
    with pytest.raises(ConfigError, match="did you mean 'similar'"):
        ictrain.Contexts(folder / "pairs.jsonl", strategy="simlar")
    with pytest.raises(DataError, match=r"pears\.jsonl: no such file"):
        ictrain.Contexts(folder / "pears.jsonl", epsilon=0)
    with pytest.raises(ConfigError, match=r"no tokenizer; give one"):
        contexts_of(folder).dataset()
    config = folder / "config.yaml"
    with pytest.raises(ConfigError, match="did you mean 'contrastive'"):
        ictrain.Contexts.from_config(config, strategy="contrastiv")
    with pytest.raises(ConfigError, match=r"'base' is of kind base: it is not trained"):
        ictrain.Contexts.from_config(config, strategy="base")
