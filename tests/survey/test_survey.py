"""What a survey finds, proposes and warns of, on pairs that are made to have it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ictrain.config import RunSettings, load_config
from ictrain.errors import DataError
from ictrain.survey.cautions import cautions
from ictrain.survey.config import _line, config_text, run_name
from ictrain.survey.proposal import propose
from ictrain.tasks import load_task
from tests.survey.made import questions, survey_of, write


def told(survey):
    return "\n".join(cautions(survey, propose(survey)))


def config_of(survey, tmp_path, name="out.yaml") -> RunSettings:
    path = tmp_path / name
    text = config_text(survey, propose(survey), path)
    assert len(text.splitlines()) < 40
    path.write_text(text)
    return load_config(path)


def test_a_config_is_what_was_measured_and_a_task_loads_from_it(tmp_path):
    survey = survey_of(tmp_path, questions(300))
    settings = config_of(survey, tmp_path)
    data = load_task(settings.task, 0)
    assert {e.id for e in data.train} == {e.id for e in survey.parts.train}
    assert data.tests["test"].examples == survey.parts.tests["test"]
    assert data.dev["dev"].examples == survey.parts.dev
    assert data.near_duplicate is not None
    assert settings.strategies["contrastive"].context.resolved_epsilon() == 0.25
    assert settings.evaluation.modes[-1] == "one_paraphrase"
    assert settings.task.metrics == ("exact_match", "token_f1")
    longest = int(survey.measured.outputs.max())
    assert longest < settings.task.max_new_tokens <= 1.1 * longest + 10
    assert settings.prompt.max_tokens >= survey.measured.prompt(8).p95
    assert settings.model.scratch["max_position_embeddings"] == settings.prompt.max_tokens


def test_without_anything_that_makes_near_duplicates_epsilon_is_0(tmp_path):
    rows = [{"input": f"frage {i} zu {i % 7}", "output": f"antwort {i % 9}"} for i in range(200)]
    settings = config_of(survey_of(tmp_path, rows), tmp_path)
    assert settings.strategies["contrastive"].context.epsilon == 0
    assert not settings.strategies["contrastive"].context.needs_paraphrases()
    assert "one_paraphrase" not in settings.evaluation.modes
    assert settings.analysis.near_modes == ("one_similar",)


def test_given_files_are_taken_as_they_are(tmp_path):
    rows = questions(200)
    more = {"tests": {"test": write(tmp_path / "test.jsonl", rows[100:140])},
            "dev": write(tmp_path / "dev.jsonl", rows[140:160]),
            "pool": write(tmp_path / "pool.jsonl", rows[160:])}  # fmt: skip
    survey = survey_of(tmp_path, rows[:100], **more)
    settings = config_of(survey, tmp_path)
    assert settings.task.split is None
    data = load_task(settings.task, 0)
    assert (len(data.train), len(data.pool), len(data.tests["test"].examples)) == (100, 40, 40)
    assert survey.distinct_pool == 40
    alone = survey_of(tmp_path, rows[:100], tests=more["tests"])
    settings = config_of(alone, tmp_path)
    assert settings.task.split is not None
    data = load_task(settings.task, 0)
    assert data.dev["dev"].examples == alone.parts.dev
    assert {e.id for e in data.train} == {e.id for e in alone.parts.train}
    assert len(data.tests["test"].examples) == 40
    without = survey_of(tmp_path, rows, dev=more["dev"])
    data = load_task(config_of(without, tmp_path).task, 0)
    assert data.tests["test"].examples == without.parts.tests["test"]


def test_everything_at_once_is_still_under_40_lines(tmp_path):
    """The longest config that init writes."""
    rows = [{"id": i % 5, "frage ä: 'x'": r["input"], "antwort": r["output"]}
            for i, r in enumerate(questions(900))]  # fmt: skip
    long = [{**rows[0], "id": 7, "frage ä: 'x'": f"{i} " + "wort " * 3000} for i in range(30)]
    path = tmp_path / "a b: #c.jsonl"
    survey = survey_of(
        tmp_path,
        [*rows[:300], *long, {"frage ä: 'x'": "x", "antwort": None}],
        tests={"test": write(path, rows[300:])},
        dev=write(tmp_path / "dev.jsonl", rows[:40]),
        pool=write(tmp_path / "pool.jsonl", rows[40:300]),
        input="frage ä: 'x'",
    )
    settings = config_of(survey, tmp_path)
    task = settings.task
    assert (task.columns.id, task.columns.input) == ("-", "frage ä: 'x'")
    assert (task.on_bad_row, task.max_test_items) == ("skip", 500)
    assert task.max_characters is not None
    assert task.max_characters < 15_000
    data = load_task(task, 0)
    assert data.facts["long_rows"] == {task.train: 30}
    assert len(data.tests["test"].examples) == 500


@given(
    st.sampled_from(["train", "name", "k"]),
    st.one_of(st.text(st.characters(exclude_categories=("Cs",))), st.integers(), st.floats(0, 1)),
)
def test_a_line_of_the_config_reads_back(key, value):
    for depth in (0, 1):
        text = _line(depth, key, value, "a comment: # with 'signs'")
        assert yaml.safe_load(text) == {key: value}
    nested = _line(1, "columns", {"input": str(value), "output": key}, "comment")
    assert yaml.safe_load(nested) == {"columns": {"input": str(value), "output": key}}


@pytest.mark.parametrize(
    ("file", "name"),
    [("config.yaml", "config"), ("Über uns 2.yaml", "Über-uns-2"), ("report.yaml", "pairs"),
     ("---.yaml", "pairs"), (".yaml", "pairs"), ("a.b.yml", "a")],
)  # fmt: skip
def test_the_run_is_called_as_its_config(file, name):
    assert run_name(Path(file)) == name


def test_few_rows_cannot_be_split(tmp_path):
    with pytest.raises(DataError, match="6 rows; expected at least 30 to split a test set off"):
        survey_of(tmp_path, questions(6))


def pairs(number, make):
    return [dict(zip(("input", "output"), make(i), strict=True)) for i in range(number)]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda i: (f"welche stadt ist {i}", "ja"), "all outputs are equal"),
        (lambda i: (f"welche stadt ist {i}", "ja" if i % 10 else "nein"), "one output stands in 8"),
        (lambda i: (f"stadt {i}", f"Stadt  {i}"), "100% of the outputs equal their inputs"),
        (lambda i: (f"stadt {i}", "nan" if i % 5 else "x"), "outputs are the word 'nan'"),
        (lambda i: (f"a{i} b{i}", f"x{i % 3}"), "hardly be told from random ones"),
        (lambda i: (f"a{i} b{i}", f"x{i % 3}"), "only 0% of test have an example"),
        (lambda i: (f"stadt {i % 60}", f"x{i % 61}"), "stand there with several outputs"),
        (lambda i: (f"id-{i:05}", f"x{i % 3}"), "looks like an id"),
        (lambda i: (f"frage {i}", i % 3), "the output column 'output' holds numbers"),
        (lambda i: (f"frage nach {i} und {i % 9}", f"neu{i}(x)"), "no model can know these"),
        (lambda i: (f"das ist die frage nummer {i}", f"x{i % 3}"), "random contexts lie in the l"),
        (lambda i: (f"城市{i % 50}在哪里", f"x{i % 3}"), "puts no spaces between words"),
    ],
)  # fmt: skip
def test_what_will_not_work_is_told(tmp_path, make, said):
    assert said in told(survey_of(tmp_path, pairs(120, make)))


def test_nothing_is_told_where_nothing_is_wrong(tmp_path):
    """Or the sentences above would be noise."""
    rows = []
    for i in range(1500):
        words = [f"w{(i * p) % 97}" for p in (3, 7, 11, 13)]
        rows.append({"input": f"{' '.join(words)} n{i}", "output": f"f({words[0]}, {i})"})
    found = cautions(survey := survey_of(tmp_path, rows), propose(survey))
    assert [text for text in found if "a model from scratch has no" not in text] == []


def test_sizes_that_are_too_small_are_told(tmp_path):
    rows = questions(120)
    test = write(tmp_path / "test.jsonl", rows[100:110])
    text = told(survey_of(tmp_path, rows[:40], tests={"test": test}))
    assert "test has 10 items: fewer than 20 get no interval" in text
    assert "different inputs to train on are few" in text
    pool = write(tmp_path / "pool.jsonl", rows[110:113])
    survey = survey_of(tmp_path, rows[:90], tests={"test": test}, pool=pool)
    assert "the pool has 3 different inputs" in told(survey)
    assert survey.drawn is None
    test = write(tmp_path / "test.jsonl", rows[60:90])
    assert "±18 points" in told(survey_of(tmp_path, rows[:60], tests={"test": test}))


def test_a_test_that_contexts_cannot_help_is_told(tmp_path):
    rows = questions(200)
    far = [{"input": f"x{i} y{i} z{i}", "output": r["output"]} for i, r in enumerate(rows[:60])]
    test = write(tmp_path / "far.jsonl", far)
    text = told(survey_of(tmp_path, rows, tests={"test": test}))
    assert "100% of the training rows have a close example in the pool, but 0% of test" in text


def test_rows_that_are_longer_than_any_window_are_told(tmp_path):
    rows = questions(200)
    rows[7]["input"] = "wort " * 40_000
    text = told(survey_of(tmp_path, rows))
    assert "do not fit" in text
    assert "they are left out and counted" in text
    for i in range(0, 60, 10):
        rows[i]["input"] = f"{i} " + "wort " * 40_000
    text = told(survey_of(tmp_path, rows))
    assert "the config leaves them out by task.max_characters" in text


def test_leaks_and_bad_rows_are_told(tmp_path):
    rows = questions(100)
    test = write(tmp_path / "test.jsonl", [*rows[:10], *questions(140)[100:]])
    dev = write(tmp_path / "dev.jsonl", questions(200)[150:])
    survey = survey_of(tmp_path, [*rows, {"input": "x"}], tests={"test": test}, dev=dev)
    text = told(survey)
    assert "10 of 50 items of test have an input that stands in train too" in text
    assert "1 bad row is left out of" in text
    with pytest.raises(DataError, match="every input of the test set 'test' stands in the train"):
        survey_of(tmp_path, rows, tests={"test": write(tmp_path / "all.jsonl", rows[:20])})
