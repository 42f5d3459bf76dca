"""Scoring a model: the rows of a run's own evaluation, as a table by band with intervals."""

import pytest

import ictrain
from ictrain.api.score import test_sets as sets_of
from ictrain.config import load_config
from ictrain.errors import ConfigError, DataError
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import run_job
from ictrain.report import write_report
from ictrain.rows import read_rows
from tests.api.kit import make_folder, tiny_model
from tests.made_tokenizers import byte_level_bpe
from tests.support import pool_of

TOKENIZER = byte_level_bpe()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("user"))


@pytest.fixture(scope="module")
def contexts(folder):
    return ictrain.Contexts(folder / "pairs.jsonl", epsilon=0)


@pytest.fixture(scope="module")
def model():
    return tiny_model(TOKENIZER).eval()


def test_the_rows_are_those_of_a_runs_own_evaluation(folder, model):
    settings = load_config(folder / "config.yaml")
    run = RunFolder(folder / "run")
    run_job(settings, run, Job("base", 3))
    theirs = [r for r in read_rows(run.job(Job("base", 3)) / "rows.parquet") if r.step == 0]
    theirs = [r for r in theirs if r.strategy == "base"]
    contexts = ictrain.Contexts.from_config(settings, strategy="contrastive")
    scores = ictrain.score(model, TOKENIZER, contexts, modes=settings.evaluation.modes, k=2)
    assert [(r.mode, r.target_id, r.prompt, r.output, r.scores) for r in scores.rows] == [
        (r.mode, r.target_id, r.prompt, r.output, r.scores) for r in theirs
    ]


def echo(output, example):
    """A user's own metric, for which the tiny model's answers are not all wrong."""
    return len(set(output) & set(example.output)) / len(set(example.output))


def test_a_printed_table_by_band_with_intervals_and_counts(contexts, folder, model):
    scores = ictrain.score(
        model, TOKENIZER, contexts, folder / "test.jsonl", metrics=[echo, "exact_match"],
        max_new_tokens=6,
    )  # fmt: skip
    head, first, second = str(scores).splitlines()
    assert head.split() == ["none", "low", "medium", "high"]
    assert first.startswith("test echo")
    assert second.startswith("test exact_match")
    none = next(c for c in scores.bands if (c.column, c.metric) == ("none", "echo"))
    mean = sum(r.scores["echo"] for r in scores.rows if r.mode == "none") / 24
    assert none.estimate.mean == pytest.approx(mean)
    low, high = none.estimate.interval
    assert f"{mean:.3f} [{low:.3f}, {high:.3f}] (24)" in first
    assert {c.column for c in scores.modes} == {"none", "random", "similar", "one_similar"}


def test_rows_are_kept_and_make_a_page(contexts, folder, model, tmp_path):
    scores = ictrain.score(
        model, TOKENIZER, contexts, folder / "test.jsonl", metrics=[echo], max_new_tokens=4,
        name="mine",
    )  # fmt: skip
    scores.save(tmp_path / "rows.parquet")
    assert read_rows(tmp_path / "rows.parquet") == scores.rows
    page = scores.report(tmp_path / "page")
    assert "mine, mode one_similar minus mode random" in page.read_text()


def test_two_models_stand_side_by_side_on_one_page(contexts, folder, tmp_path):
    def rows(name, model):
        how = {"metrics": [echo], "max_new_tokens": 4, "name": name}
        return ictrain.score(model, TOKENIZER, contexts, folder / "test.jsonl", **how).rows

    both = [
        *rows("small", tiny_model(TOKENIZER)),
        *rows("tied", tiny_model(TOKENIZER, tie_word_embeddings=True)),
    ]
    page = write_report(both, {}, tmp_path / "page").read_text()
    assert "small" in page
    assert "tied" in page


def test_tests_that_stand_in_the_pool_are_told_and_never_see_themselves(contexts, folder, model):
    scores = ictrain.score(
        model, TOKENIZER, contexts, folder / "pairs.jsonl", modes=["similar"], max_new_tokens=2
    )
    assert "40 of 40 inputs stand in the pool as well" in str(scores)
    assert all(row.target_id not in row.context_ids for row in scores.rows)


def test_several_tests_by_name_from_files_or_examples(contexts, folder, model):
    tests = {"b": folder / "test.jsonl", "a": pool_of(45).examples[40:]}
    scores = ictrain.score(
        model, TOKENIZER, contexts, tests, modes=["none"], max_new_tokens=2, metrics=["token_f1"]
    )
    assert [row.test_set for row in scores.rows] == ["b"] * 24 + ["a"] * 5


def test_a_file_of_tests_leaves_the_pool_of_a_config_that_split_its_own_as_it_is(folder):
    """What was split off for tests must not come back as a context."""
    settings = load_config(folder / "config.yaml")
    task = settings.task.model_copy(update={"tests": {}})
    split = ictrain.Contexts.from_config(
        settings.model_copy(update={"task": task}), strategy="contrastive"
    )
    assert len(split.data.pool) < 40
    (test,) = sets_of(split, folder / "test.jsonl").values()
    assert test.pool is split.data.pool
    assert len(test.examples) == 24
    assert sets_of(split, None) == split.data.tests


def test_bad_input_is_told_on_one_line(contexts, folder, model):
    def ask(tests, **options):
        return ictrain.score(model, TOKENIZER, contexts, tests, **options)

    with pytest.raises(ConfigError, match="no tests; give a file"):
        ask(None)
    with pytest.raises(DataError, match="no such file"):
        ask(folder / "no.jsonl")
    with pytest.raises(ConfigError, match="did you mean 'exact_match'"):
        ask(folder / "test.jsonl", metrics=["exact_mach"])
    with pytest.raises(ConfigError, match="did you mean 'random'"):
        ask(folder / "test.jsonl", modes=["randm"])
    with pytest.raises(ConfigError, match="'one_paraphrase' without a paraphraser"):
        ask(folder / "test.jsonl", modes=["one_paraphrase"])
    with pytest.raises(ConfigError, match="no metrics"):
        ask(folder / "test.jsonl", metrics=[])
