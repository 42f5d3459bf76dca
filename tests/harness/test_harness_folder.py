"""What stands in the written folder, and what is refused; no model is asked here."""

from __future__ import annotations

import json

import pytest
import yaml

from ictrain import cli
from ictrain.config import load_config
from ictrain.errors import ConfigError, DataError, ModelError, RunError
from ictrain.harness import scorer, write_harness
from ictrain.harness.asked import ask
from ictrain.harness.layout import Layout, task_name
from ictrain.models import ModelSettings
from tests.made_tokenizers import KINDS
from tests.support import pool_of

CONFIG = """
name: my task
task:
  name: pairs
  train: FOLDER/train.jsonl
  tests: {id: FOLDER/test.jsonl, "a b": FOLDER/test.jsonl, a_b: FOLDER/test.jsonl}
  metrics: [token_f1, exact_match]
  max_new_tokens: 6
model: {name: FOLDER/tokenizer}
prompt: {instruction: "Upper case.\\n", example: "{input} => {output}\\n\\n"}
similarity: {retrieval: {method: overlap}, bands: {method: overlap}}
evaluation: {modes: [none, random, similar], k: 2}
strategies: {zero: {}}
"""


@pytest.fixture
def config(tmp_path):
    return config_in(tmp_path, "unigram_with_bos")


def config_in(folder, kind, **changes):
    KINDS[kind]().save_pretrained(folder / "tokenizer")
    for name, examples in [("train", pool_of(30).examples), ("test", pool_of(8, seed=9).examples)]:
        lines = [json.dumps({"input": e.input, "output": e.output, "x": e.id}) for e in examples]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    path = folder / "my.yaml"
    path.write_text(CONFIG.replace("FOLDER", str(folder)).replace("my task", "my-task"))
    return load_config(path, [f"{key}={value}" for key, value in changes.items()])


def questions(folder):
    return [json.loads(line) for line in (folder / "questions.jsonl").read_text().splitlines()]


def test_every_question_stands_in_one_task_and_tasks_and_groups_fit_together(config, tmp_path):
    out = tmp_path / "out"
    write_harness(config, out, say=lambda _: None)
    tasks, groups = {}, {}
    for path in sorted((out / "tasks").glob("*.yaml")):
        told = yaml.safe_load(path.read_text())
        (groups if "group" in told else tasks)[path.stem] = told
        assert path.stem == told.get("task" if "group" not in told else "group")
    assert all(member in tasks | groups for g in groups.values() for member in g["task"])
    asked = [tuple(t["dataset_kwargs"].values()) for t in tasks.values()]
    assert len(set(asked)) == len(asked)
    cells = [(q["test_set"], q["mode"], q["band"]) for q in questions(out)]
    assert set(cells) == set(asked)
    assert len(cells) == 3 * 3 * 8
    parts = {name.removeprefix("ictrain-my-task-") for name in groups["ictrain-my-task"]["task"]}
    assert parts == {"id", "a_b", "a_b_"}  # 'a b' and 'a_b' are kept apart


def test_the_folder_names_no_file_of_this_machine(config, tmp_path):
    out = tmp_path / "out"
    write_harness(config, out, say=lambda _: None)
    for path in out.rglob("*"):
        assert not path.is_file() or str(tmp_path) not in path.read_text()


def test_a_task_scores_as_its_config_says(config, tmp_path):
    out = tmp_path / "out"
    write_harness(config, out, say=lambda _: None)
    base = (out / "_graded_yaml").read_text()
    assert [m["metric"] for m in yaml.safe_load(base.split("metric_list: ")[1].splitlines()[0])] \
        == ["token_f1", "exact_match"]  # fmt: skip
    doc = questions(out)[0]
    first, *rest = doc["reference"].split()
    assert scorer(out)(doc, doc["reference"]) == {"token_f1": 1.0, "exact_match": 1.0}
    found = scorer(out)(doc, first)
    assert found["exact_match"] == 0
    assert found["token_f1"] == pytest.approx(2 / (2 + len(rest)))


OWN = """
def first_letter(output, example):
    return float(output[:1] == example.output[:1]) / (1 + len(example.meta))
"""


def test_a_users_own_metric_goes_along_and_sentences_are_not_called_a_corpus(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    metrics = f"[chrf, '{tmp_path}/own.py:first_letter']"
    config = config_in(tmp_path, "unigram_with_bos", **{"task.metrics": metrics})
    out = tmp_path / "out"
    write_harness(config, out, say=lambda _: None)
    (tmp_path / "own.py").unlink()
    doc = questions(out)[0]
    found = scorer(out)(doc, doc["reference"])
    extra = len(json.loads(doc["meta"]))
    assert found == {"chrf_of_sentences": pytest.approx(1.0), "first_letter": 1 / (1 + extra)}
    told = (out / "README.md").read_text()
    assert "`chrf_of_sentences`, `first_letter`" in told
    assert "is not the score of the corpus" in told
    assert not any(str(tmp_path) in p.read_text() for p in out.rglob("*") if p.is_file())


BESIDE = """
from pathlib import Path

def known(output, example):
    return float(output in (Path(__file__).parent / "words.txt").read_text())
"""


def test_what_a_metric_reads_beside_itself_has_to_go_along(tmp_path):
    """Nobody should learn that in the middle of another harness' run."""
    (tmp_path / "own.py").write_text(BESIDE)
    config = config_in(
        tmp_path, "unigram_with_bos", **{"task.metrics": f"['{tmp_path}/own.py:known']"}
    )
    words, out = tmp_path / "words.txt", tmp_path / "out"
    words.write_text("\n".join(q.target.output for q in ask(config, 0).questions))
    with pytest.raises(DataError, match=r"does not run in the folder.*--copy FILE"):
        write_harness(config, out, say=lambda _: None)
    assert not out.exists()
    write_harness(config, out, copies=[words], say=lambda _: None)
    words.unlink()
    doc = questions(out)[0]
    assert scorer(out)(doc, doc["reference"]) == {"known": 1.0}
    with pytest.raises(DataError, match="no such file"):
        write_harness(config, out, force=True, copies=[words], say=lambda _: None)
    again = out / "utils.py"
    with pytest.raises(DataError, match="has a file of this name"):
        write_harness(config, tmp_path / "b", copies=[again], say=lambda _: None)


def test_further_columns_stay_at_home_where_no_metric_reads_them(config, tmp_path):
    write_harness(config, tmp_path / "out", say=lambda _: None)
    assert not any("meta" in q for q in questions(tmp_path / "out"))


def test_stops_at_the_closing_text_unless_a_reference_holds_it(config, tmp_path):
    assert ask(config, 0).stop == ["\n\n"]
    data = tmp_path / "test.jsonl"
    data.write_text(json.dumps({"input": "ant", "output": "A\n\nB"}) + "\n")
    assert ask(config, 0).stop == []
    assert ask(config_in(tmp_path, "unigram_with_bos", **{"prompt.example": "'{input} {output} '"}),
               0).stop == []  # fmt: skip


def test_prompts_that_do_not_fit_are_left_out_and_told(config, tmp_path):
    size = sorted(len(q.rendered.ids) for q in ask(config, 0).questions if q.mode == "none")
    room = config.task.max_new_tokens
    short = config_in(
        tmp_path, "unigram_with_bos", **{"prompt.max_tokens": size[len(size) // 2] + room}
    )
    asked, said = ask(short, 0), []
    assert 0 < len(asked.too_long) < len(asked.questions) + len(asked.too_long)
    out = tmp_path / "out"
    write_harness(short, out, say=said.append)
    assert f"{len(asked.too_long)} left out as too long" in said[0]
    lost = sum((q.test_set, q.mode) == ("id", "none") for q in asked.too_long)
    assert f"{lost} of id, none" in (out / "README.md").read_text()
    with pytest.raises(DataError, match="none of 72 prompts fits 8 tokens"):
        write_harness(
            config_in(tmp_path, "unigram_with_bos", **{"prompt.max_tokens": 8}), tmp_path / "no"
        )
    assert not (tmp_path / "no").exists()


def test_a_context_that_was_dropped_for_room_is_no_context(tmp_path):
    """Its band is that of what the model reads, as in a run's rows."""
    asked = ask(config_in(tmp_path, "unigram_with_bos", **{"prompt.max_tokens": 40}), 0)
    assert any(not q.seen.k for q in asked.questions if q.mode == "random")
    write_harness(asked.settings, tmp_path / "out", say=lambda _: None)
    found = {(q["mode"], q["band"]) for q in questions(tmp_path / "out")}
    assert ("random", "none") in found


def test_a_folder_that_is_there_is_kept_unless_forced_and_unless_it_is_another(config, tmp_path):
    out = tmp_path / "out"
    write_harness(config, out, say=lambda _: None)
    before = (out / "questions.jsonl").read_bytes()
    with pytest.raises(RunError, match=r"is there already.*--force"):
        write_harness(config, out, seed=1)
    assert (out / "questions.jsonl").read_bytes() == before
    write_harness(config, out, seed=1, force=True, say=lambda _: None)
    assert (out / "questions.jsonl").read_bytes() != before
    with pytest.raises(RunError, match="holds something else"):
        write_harness(config, tmp_path, force=True)
    with pytest.raises(RunError, match="is a file"):
        write_harness(config, tmp_path / "my.yaml", force=True)


def test_names_that_the_harness_would_read_as_patterns_or_lists():
    assert task_name("", "my@task") == "ictrain-my-task"
    for bad in ("a,b", "a*", "a b", "a[1]"):
        with pytest.raises(ConfigError, match="cannot name a task"):
            task_name(bad, "x")


def test_a_tokenizer_that_does_not_know_the_texts_is_told_on_one_line(config):
    small = ModelSettings()  # the default, which knows its own symbols and nothing else
    with pytest.raises(ModelError, match=r"cannot write 'Upper case.*set model\.name"):
        ask(config.model_copy(update={"model": small}), 0)


def test_a_negative_seed_is_refused(config):
    with pytest.raises(ConfigError, match="seed -1"):
        ask(config, -1)


def test_one_question_is_a_task_of_its_own():
    cells = {("id", "none", "none"): 1, ("id", "similar", "high"): 1, ("id", "odd", "low"): 1}
    files = Layout("n", cells, ["m"], ("none", "similar")).files({})
    assert "tasks/n-id-none.yaml" in files
    assert "tasks/n-id-similar-high.yaml" in files
    assert "tasks/n-id-all-low.yaml" not in files  # 'odd' is not pooled: a control


def test_the_command_tells_what_to_run(config, tmp_path, monkeypatch, capsys):
    arguments = ["harness", str(tmp_path / "my.yaml"), "seeds=[4]", "--out", str(tmp_path / "o")]
    monkeypatch.setattr("sys.argv", ["ictrain", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    said = capsys.readouterr().out
    assert f"--tasks ictrain-my-task --include_path {tmp_path / 'o'}" in said
    assert "seed 4" in (tmp_path / "o" / "README.md").read_text()
