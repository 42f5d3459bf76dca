"""The folder of an export: whole or not at all, the same twice, and the command that makes it."""

import errno
import hashlib
import json

import pytest

import ictrain
from ictrain import cli
from ictrain.config import load_config
from ictrain.errors import ConfigError, RunError
from ictrain.experiments.folder import Job, RunFolder
from ictrain.experiments.job import batches_of, bench_of
from ictrain.exports.trl import Trl
from tests.api.kit import make_folder, write_pairs
from tests.exports.kit import contexts_of, rows_of, tokenizer_of
from tests.support import pool_of

TOKENIZER = tokenizer_of("byte_level_bpe")


@pytest.fixture(scope="module")
def user(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("user"))


def command(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["ictrain", "contexts", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_the_command_writes_what_the_run_would_train_on(user, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    config = user / "config.yaml"
    asked = ["--export", out, "--format", "trl", "--epochs", "3", "--seed", "4"]
    assert command(monkeypatch, config, *asked) in (0, None)
    told = capsys.readouterr().out
    assert "epoch-002.jsonl: 40 prompts" in told
    assert "labels are ictrain's in 120 of 120 rows" in told
    assert told.rstrip().endswith(f"how to load them: {out / 'README.md'}")
    run, _ = batches_of(bench_of(load_config(config), RunFolder(tmp_path), Job("contrastive", 4)))
    for epoch in range(3):
        rows = rows_of(out / f"epoch-{epoch:03}.jsonl")
        ours = [run.instance(epoch, place)[1].text for place in range(40)]
        assert [row["prompt"] + row["completion"] for row in rows] == ours


def test_the_manifest_says_what_was_drawn_from_what(user, tmp_path):
    contexts = ictrain.Contexts.from_config(user / "config.yaml", strategy="contrastive")
    written = contexts.export(tmp_path / "out", "trl", epochs=2)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest == written.manifest
    assert manifest["mixture"] == {"random": 0.25, "similar": 0.25, "one_near": 0.5}
    assert (manifest["seed"], manifest["epsilon"]) == (3, 0.25)
    assert manifest["pool"] == {"version": contexts.data.pool.version, "examples": 40}
    for file in manifest["epochs"]:
        data = (tmp_path / "out" / file["name"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["rows"] == data.count(b"\n") == 40
    drawn = contexts.dataset().drawn(range(40))
    assert manifest["epochs"][0]["examples"] == sum(r.k_rendered for _, r in drawn)
    readme = (tmp_path / "out" / "README.md").read_text()
    assert contexts.data.pool.version in readme
    assert "{" not in readme.split("```")[0]


def test_dropped_examples_and_targets_are_counted_and_told(tmp_path):
    examples = list(pool_of(200).examples)
    long = examples[11]
    examples[11] = type(long)(long.id, long.input, "X " * 400)
    write_pairs(tmp_path / "pairs.jsonl", examples)
    contexts = ictrain.Contexts(tmp_path / "pairs.jsonl", epsilon=0, k=4, prompt={"max_tokens": 60})
    written = contexts.export(tmp_path / "out", "trl", tokenizer=TOKENIZER)
    assert written.manifest["left_out"]["too_long"] == [long.id]
    dropped = written.manifest["epochs"][0]["dropped_examples"]
    assert dropped > 0
    assert written.manifest["longest_tokens"] <= 60
    told = "\n".join(written.told())
    assert "left out: 1 targets longer than the window" in told
    assert f"dropped for room: {dropped} context examples" in told
    assert "1 left out, longer than the window" in (tmp_path / "out" / "README.md").read_text()


def test_long_work_says_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("ictrain.exports.write._SECONDS", -1)
    lines = []
    contexts_of(tmp_path).export(tmp_path / "out", "trl", tokenizer=TOKENIZER, say=lines.append)
    assert lines[:2] == ["epoch-000.jsonl: 0 of 14", "epoch-000.jsonl: 1 of 14"]
    assert lines[-1].startswith("epoch-000.jsonl: 14 prompts")


def test_two_exports_are_the_same_bytes(tmp_path):
    contexts = contexts_of(tmp_path)
    for name in ("a", "b"):
        contexts.export(tmp_path / name, "axolotl", epochs=2, tokenizer=TOKENIZER)
    names = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert names == sorted(file.name for file in (tmp_path / "b").iterdir())
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("cause", [KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
def test_an_export_that_is_broken_off_leaves_nothing(cause, tmp_path, monkeypatch):
    contexts, calls, whole = contexts_of(tmp_path), [], Trl.row

    def breaks(self, rendered, style):
        calls.append(1)
        if len(calls) == 20:  # in the second file
            raise cause
        return whole(self, rendered, style)

    monkeypatch.setattr(Trl, "row", breaks)
    told = "the disk is full" if isinstance(cause, OSError) else None
    with pytest.raises((KeyboardInterrupt, RunError), match=told):
        contexts.export(tmp_path / "out", "trl", epochs=2, tokenizer=TOKENIZER)
    assert [path.name for path in tmp_path.iterdir()] == ["pairs-False.jsonl"]


def test_a_model_that_cannot_be_had_hinders_no_format_that_needs_no_tokenizer(
    user, tmp_path, monkeypatch, capsys
):
    config, out = user / "config.yaml", tmp_path / "out"
    away = ["model.name=no/such-model", "prompt.chat=turns", "--export", out]
    assert command(monkeypatch, config, *away, "--format", "openai") in (0, None)
    assert len(rows_of(out / "epoch-000.jsonl")) == 40
    assert json.loads((out / "manifest.json").read_text())["longest_tokens"] is None
    assert command(monkeypatch, config, *away, "--format", "trl-chat") == 1  # the folder exists
    assert "exists already" in capsys.readouterr().err
    other = [*away[:-1], tmp_path / "other", "--format", "trl-chat"]
    assert command(monkeypatch, config, *other) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "cannot load the tokenizer" in error


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--export", "OUT", "--format", "trll"], "unknown format 'trll'; did you mean 'trl'?"),
        (["--export", "OUT", "--epochs", "0"], "0 epochs; expected at least 1"),
        (["--export", "OUT", "--strategy", "base"], "'base' is of kind base"),
        (["--export", "OUT", "--strategy", "zero", "--epochs", "2"], "without contexts"),
        (["--export", "OUT", "--strategy", "contrst"], "did you mean 'contrastive'?"),
        (["--export", "OUT", "--format", "openai"], "prompt.chat is none"),
        (["--epochs", "2"], "--epochs without --export"),
        (["--format", "trl"], "--format without --export"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_written(
    arguments, told, user, tmp_path, monkeypatch, capsys
):
    out = tmp_path / "out"
    given = [str(out) if a == "OUT" else a for a in arguments]
    assert command(monkeypatch, user / "config.yaml", *given) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert told in error
    assert not list(tmp_path.iterdir())


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match=r"out: exists already; name a new folder"):
        contexts_of(tmp_path).export(tmp_path / "out", "trl", tokenizer=TOKENIZER)
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_a_format_that_does_not_fit_is_said_before_a_folder_that_exists(tmp_path):
    """Or a user would name a new folder only to be refused again."""
    (tmp_path / "out").mkdir()
    with pytest.raises(ConfigError, match=r"prompt\.chat is none"):
        contexts_of(tmp_path).export(tmp_path / "out", "trl-chat", tokenizer=TOKENIZER)


def test_one_epoch_without_contexts_may_be_exported(tmp_path):
    """The zero-context arm of a comparison, with the same words around its pairs."""
    contexts = contexts_of(tmp_path, strategy="zero")
    written = contexts.export(tmp_path / "out", "trl", tokenizer=TOKENIZER)
    rows = rows_of(written.folder / "epoch-000.jsonl")
    assert sorted(row["prompt"] for row in rows) == sorted(
        f"{e.input}:" for e in contexts.data.pool
    )
    with pytest.raises(ConfigError, match=r"without contexts.*export one epoch"):
        contexts.export(tmp_path / "more", "trl", epochs=2, tokenizer=TOKENIZER)
