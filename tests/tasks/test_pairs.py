from __future__ import annotations

import json
from dataclasses import replace

import datasets
import pytest

from ictrain.contexts import StrategySettings, draw_contexts
from ictrain.errors import ConfigError, DataError
from ictrain.tasks import (
    PairsSettings,
    SplitSettings,
    TextToSqlSettings,
    load_task,
    read_parts,
    task_digests,
)


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def rows(*inputs, output="x"):
    return [{"input": text, "output": output} for text in inputs]


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def files(tmp_path):
    return {
        "train": write(tmp_path / "train.jsonl", rows("a b", "c d", "A  b", "e f")),
        "tests": {"id": write(tmp_path / "test.jsonl", rows("a b", "g h"))},
    }


def test_row_numbers_of_two_files_do_not_collide(files):
    data = load_task(PairsSettings(**files), 0)
    assert {e.id for e in data.pool} == {"train:1", "train:2", "train:3", "train:4"}
    assert [e.id for e in data.tests["id"].examples] == ["id:1", "id:2"]
    assert data.facts["id_inputs_in_pool"] == 1


def test_files_of_one_name_in_two_folders_do_not_collide(tmp_path):
    for part, text in [("a", "one two"), ("b", "three four")]:
        (tmp_path / part).mkdir()
        write(tmp_path / part / "data.jsonl", rows(text, f"{text} more"))
    paths = {part: str(tmp_path / part / "data.jsonl") for part in "ab"}
    data = load_task(PairsSettings(train=paths["a"], tests={"id": paths["b"]}), 0)
    assert len(data.pool) == len(data.tests["id"].examples) == 2


def test_a_target_is_taken_once_per_input_and_the_pool_keeps_all(files):
    data = load_task(PairsSettings(**files), 0)
    assert len(data.pool) == 4
    assert len(data.train) == 3


def test_the_seed_orders_the_pool(files):
    orders = {tuple(e.id for e in load_task(PairsSettings(**files), s).pool) for s in range(8)}
    assert len(orders) > 2
    again = load_task(PairsSettings(**files), 3)
    assert again.pool.version == load_task(PairsSettings(**files), 3).pool.version


def test_a_pool_of_the_new_domain_is_appended_for_its_test_alone(files, tmp_path):
    extra = write(tmp_path / "new.jsonl", rows("k l", "m n"))
    files["tests"]["ood"] = write(tmp_path / "ood.jsonl", rows("o p"))
    data = load_task(PairsSettings(**files, pools={"ood": extra}), 0)
    assert len(data.tests["id"].pool) == 4
    assert len(data.tests["ood"].pool) == 6
    assert data.tests["id"].pool.version == data.pool.version != data.tests["ood"].pool.version


def test_the_environment_names_the_folder(files, tmp_path, monkeypatch):
    named = dict(files, train="${PAIRS_HERE}/train.jsonl")
    with pytest.raises(ConfigError, match="PAIRS_HERE, which is not set"):
        load_task(PairsSettings(**named), 0)
    monkeypatch.setenv("PAIRS_HERE", str(tmp_path))
    assert len(load_task(PairsSettings(**named), 0).pool) == 4
    named["train"] = "${PAIRS_THERE:-" + str(tmp_path) + "}/train.jsonl"
    assert len(load_task(PairsSettings(**named), 0).pool) == 4


def test_an_empty_output_is_told_by_file_and_line(files, tmp_path):
    files["train"] = write(tmp_path / "bad.jsonl", rows("a b") + rows("c d", output=" "))
    with pytest.raises(DataError, match=r"bad\.jsonl:2: empty output"):
        load_task(PairsSettings(**files), 0)


def test_part_of_a_large_test_file_is_drawn_by_the_seed(files, tmp_path):
    files["tests"]["id"] = write(tmp_path / "big.jsonl", rows(*(f"w{i}" for i in range(40))))
    chosen = [
        tuple(
            e.id
            for e in load_task(PairsSettings(**files, max_test_items=10), s).tests["id"].examples
        )
        for s in (0, 0, 1)
    ]
    assert chosen[0] == chosen[1] != chosen[2]
    assert len(set(chosen[0])) == 10


def many(tmp_path, number=60):
    return write(tmp_path / "many.jsonl", rows(*(f"question {i}" for i in range(number))))


def parts_of(settings, seed=0):
    data = load_task(PairsSettings.parse(settings), seed)
    return {e.id for e in data.train}, {e.id for e in data.dev["dev"].examples}, {
        e.id for e in data.tests["test"].examples
    }  # fmt: skip


def test_one_file_is_enough_and_the_seed_of_a_run_does_not_change_its_tests(tmp_path):
    settings = {"train": many(tmp_path)}
    train, dev, test = parts_of(settings)
    assert train | dev | test == {f"train:{i}" for i in range(1, 61)}
    assert len(train) + len(dev) + len(test) == 60
    assert dev
    assert test
    assert parts_of(settings, seed=1) == (train, dev, test)
    assert parts_of({**settings, "split": {"seed": 1}})[2] != test
    data = load_task(PairsSettings(**settings), 0)
    assert {e.id for e in data.pool} == train
    assert data.tests["test"].description == f"{len(test)} items of many.jsonl, split off"


def test_what_is_given_is_not_split_off(tmp_path, files):
    train = many(tmp_path)
    given = PairsSettings(train=train, tests=files["tests"])
    data = load_task(given, 0)
    assert (len(data.pool), data.dev, list(data.tests)) == (60, {}, ["id"])
    data = load_task(given.model_copy(update={"split": SplitSettings()}), 0)
    assert list(data.tests) == ["id"]
    assert len(data.pool) + len(data.dev["dev"].examples) == 60
    data = load_task(PairsSettings(train=train, dev=files["tests"]["id"]), 0)
    assert [e.id for e in data.dev["dev"].examples] == ["dev:1", "dev:2"]
    assert len(data.pool) + len(data.tests["test"].examples) == 60


def test_a_split_that_leaves_nothing_is_an_error_with_the_mend(tmp_path):
    settings = {"train": many(tmp_path), "split": {"test": 0.0}}
    with pytest.raises(DataError, match=r"no row for the test set; raise task\.split\.test"):
        load_task(PairsSettings.parse(settings), 0)
    settings = {"train": many(tmp_path), "split": {"dev": 0.0}}
    assert load_task(PairsSettings.parse(settings), 0).dev == {}


def test_contexts_come_from_the_pool_where_one_is_given(files, tmp_path):
    pool = write(tmp_path / "pool.jsonl", rows("k l", "m n", "a b"))
    data = load_task(PairsSettings(**files, pool=pool), 0)
    assert {e.id for e in data.pool} == {"pool:1", "pool:2", "pool:3"}
    assert {e.input.casefold().replace("  ", " ") for e in data.train} == {"a b", "c d", "e f"}
    assert data.tests["id"].pool.version == data.pool.version


def test_ids_that_each_file_counts_anew_are_kept_apart(tmp_path):
    def counted(name, *inputs):
        items = [{"id": i, **row} for i, row in enumerate(rows(*inputs))]
        return write(tmp_path / name, items)

    train, test = counted("train.jsonl", "a b", "c d"), counted("test.jsonl", "g h", "c d")
    data = load_task(PairsSettings(train=train, tests={"id": test}), 0)
    assert {e.id for e in data.pool} == {"0", "1"}
    assert [e.id for e in data.tests["id"].examples] == ["id:0", "id:1"]
    same = counted("same.jsonl", "a b", "c d", "e f")
    data = load_task(PairsSettings(train=train, tests={"id": same}), 0)
    assert [e.id for e in data.tests["id"].examples] == ["0", "1", "2"]


def test_row_numbers_of_two_files_do_not_collide_where_bad_rows_are_left_out(tmp_path):
    files = {
        name: write(tmp_path / f"{name}.jsonl", [{"input": "no output"}, *rows(*inputs)])
        for name, inputs in {"train": ("a b", "c d"), "test": ("e f",)}.items()
    }
    settings = PairsSettings(train=files["train"], tests={"id": files["test"]}, on_bad_row="skip")
    data = load_task(settings, 0)
    assert {e.id for e in data.pool} == {"train:2", "train:3"}
    assert [e.id for e in data.tests["id"].examples] == ["id:2"]
    assert data.facts["skipped_rows"] == {files["train"]: 1, files["test"]: 1}


def test_a_test_set_that_was_trained_on_stops_unless_it_is_allowed(files, tmp_path):
    files["tests"]["again"] = write(tmp_path / "again.jsonl", rows("A B", "e f"))
    with pytest.raises(DataError, match=r"every input of the test set 'again' stands in the train"):
        load_task(PairsSettings(**files), 0)
    data = load_task(PairsSettings(**files, on_trained_test="warn"), 0)
    assert data.facts["again_inputs_in_pool"] == 2
    # Nor does it help that some of them are split off.
    train = many(tmp_path)
    with pytest.raises(DataError, match="every input of the test set 'id'"):
        load_task(PairsSettings(train=train, tests={"id": train}, split=SplitSettings()), 0)


def test_what_a_task_is_read_from_has_digests(files, tmp_path):
    datasets.Dataset.from_list(rows("a b", "c d")).save_to_disk(tmp_path / "saved")
    (tmp_path / "hub").mkdir()
    write(tmp_path / "hub" / "train.jsonl", rows("k l"))
    hub = f"hf:{tmp_path / 'hub'}#train"
    settings = PairsSettings(train=str(tmp_path / "saved"), tests=files["tests"], pool=hub)
    before = task_digests(settings)
    assert "task/tests.id" in before
    assert any(part.startswith("task/train/") and part.endswith(".arrow") for part in before)
    write(tmp_path / "hub" / "train.jsonl", rows("k l", "m n"))
    after = task_digests(settings)
    assert {part for part in before if before[part] != after[part]} == {"task/pool"}


def test_long_rows_are_left_out_and_counted(tmp_path, files):
    train = write(tmp_path / "long.jsonl", rows("a b", "c " * 200_000, "d e"))
    settings = PairsSettings(train=train, tests=files["tests"], max_characters=100)
    data = load_task(settings, 0)
    assert {e.id for e in data.pool} == {"train:1", "train:3"}
    assert data.facts["long_rows"] == {train: 1}
    (told,) = read_parts(settings).left_out()
    assert told == f"1 row is left out of {train}: longer than max_characters"
    with pytest.raises(DataError, match="all 3 rows are longer than max_characters = 2"):
        load_task(settings.model_copy(update={"max_characters": 2}), 0)


def test_each_part_may_be_read_in_its_own_way(tmp_path):
    """As the paper's sources are: pairs in one object here, a file per language there."""
    rows = [{"translation": {"en": f"sentence {i}", "de": f"Satz {i}"}} for i in range(40)]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    for code in ("eng", "deu"):
        flores = [{"id": i, "text": f"{code} {i}", "topic": "ab"[i % 2]} for i in range(8)]
        (tmp_path / f"{code}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in flores))
    task = {
        "train": str(tmp_path / "train.jsonl"),
        "tests": {"flores": str(tmp_path / "eng.jsonl")},
        "reading": {
            "train": {
                "columns": {"input": "translation.en", "output": "translation.de"},
                "at_most": 10,
            },
            "tests.flores": {
                "columns": {"input": "text", "output": "joined.text"},
                "join": str(tmp_path / "deu.jsonl"),
                "where": {"topic": "b"},
            },
        },
    }
    settings = PairsSettings.parse(task)
    data = load_task(settings, 0)
    assert len(data.train) == 10
    assert {e.id for e in load_task(settings, 7).train} == {e.id for e in data.train}
    assert all(e.output == e.input.replace("sentence", "Satz") for e in data.train)
    assert [(e.input, e.output) for e in data.tests["flores"].examples] == [
        (f"eng {i}", f"deu {i}") for i in (1, 3, 5, 7)
    ]
    before = task_digests(settings)
    assert set(before) == {"task/train", "task/tests.flores", "task/tests.flores.join"}
    (tmp_path / "deu.jsonl").write_text('{"id": 1, "text": "anders"}\n')
    assert task_digests(settings)["task/tests.flores.join"] != before["task/tests.flores.join"]


def test_reading_of_a_part_that_is_not_there_names_the_nearest(tmp_path):
    values = {"train": "a.jsonl", "tests": {"flores": "b.jsonl"}, "reading": {"test.flores": {}}}
    with pytest.raises(ConfigError, match=r"no part 'test.flores'.*'tests.flores'"):
        PairsSettings.parse(values)


REWORD = {"method": "reword", "template": "say {input}", "also": ["please {input}", "do {input}"]}


def test_near_duplicates_are_planted_as_targets_and_in_the_pool(files):
    settings = PairsSettings.parse({**files, "clusters": 2, "paraphrase": REWORD})
    data = load_task(settings, 0)
    texts = {e.input for e in data.train}
    for text in ("a b", "c d", "e f"):
        assert sum(t.endswith(f" {text}") for t in texts) == 2
    assert {e.output for e in data.train} == {"x"}
    # The pool has both rows of 'a b'; what is planted for either differs from the other's.
    assert len(data.pool) == 4 + data.facts["planted"]
    assert data.facts["planted"] == 2 + 2 + 2 + 1
    assert data.facts["pairs_with_fewer_planted"] == 1
    assert {e.id for e in data.train} <= {e.id for e in data.pool}
    again = load_task(settings, 0)
    assert [(e.id, e.input) for e in data.pool] == [(e.id, e.input) for e in again.pool]
    drawn = {tuple(sorted(e.input for e in load_task(settings, s).pool)) for s in range(6)}
    assert len(drawn) > 1
    plain = load_task(settings.model_copy(update={"clusters": 0}), 0)
    assert data.tests["id"].examples == plain.tests["id"].examples


def test_an_input_of_dev_or_a_test_is_never_planted(files, tmp_path):
    held = write(tmp_path / "dev.jsonl", rows("Please  A b", "say c d"))
    files["tests"]["id"] = write(tmp_path / "asked.jsonl", rows("say a b", "DO e f", "other"))
    settings = PairsSettings.parse({**files, "dev": held, "clusters": 1, "paraphrase": REWORD})
    for seed in range(8):
        planted = {e.input.casefold() for e in load_task(settings, seed).pool if "." in e.id}
        assert not planted & {"say a b", "please a b", "say c d", "do e f"}
        assert "do a b" in planted


def test_a_pool_of_its_own_gets_what_is_planted_too(files, tmp_path):
    pool = write(tmp_path / "pool.jsonl", rows("k l", "say c d"))
    settings = PairsSettings.parse({**files, "pool": pool, "clusters": 1, "paraphrase": REWORD})
    data = load_task(settings, 0)
    planted = {e.id for e in data.pool if "." in e.id}
    assert len(data.pool) == 2 + len(planted) == 2 + data.facts["planted"]
    assert planted <= {e.id for e in data.train} | {"train:1.1", "train:3.1"}
    assert [e.input for e in data.pool].count("say c d") == 1


def test_planting_is_refused_in_a_line_where_it_cannot_be(files):
    with pytest.raises(ConfigError, match=r"clusters is 1 and paraphrase is not set"):
        PairsSettings.parse({**files, "clusters": 1})
    asked = {"method": "llm", "model": "m", "url": "http://localhost:1/v1"}
    with pytest.raises(ConfigError, match=r"clusters is 1 and paraphrase is llm"):
        PairsSettings.parse({**files, "clusters": 1, "paraphrase": asked})
    with pytest.raises(ConfigError, match="clusters is 1; expected 0: what is planted has SQL"):
        TextToSqlSettings.parse(
            {**files, "name": "text_to_sql", "databases": "d", "clusters": 1, "paraphrase": REWORD}
        )
    one = {"method": "reword"}
    with pytest.raises(DataError, match=r"no pair has more than 1 near-dup.*task\.clusters=1"):
        load_task(PairsSettings.parse({**files, "clusters": 2, "paraphrase": one}), 0)


def test_training_shows_no_question_of_dev_or_tests_with_another_literal(tmp_path):
    def asked(*cities):
        return [
            {"input": f"rivers of {c}", "output": f"SELECT r FROM x WHERE city = '{c}'"}
            for c in cities
        ]

    cities = ["rome", "oslo", "bern", "lima", "baku"]
    settings = PairsSettings(
        train=write(tmp_path / "train.jsonl", [*asked("rome", "oslo"), *asked_of_roads(cities)]),
        dev=write(tmp_path / "dev.jsonl", asked("lima")),
        tests={"id": write(tmp_path / "test.jsonl", asked("bern", "baku"))},
        paraphrase={"method": "literal_swap"},
    )
    data = load_task(settings, 0)
    strategy = StrategySettings(name="random", k=1, epsilon=1)

    def shown(source):
        drawn = [
            context
            for epoch in range(20)
            for context in draw_contexts(
                strategy, source, data.train, None, seed=0, epoch=epoch, purpose="train"
            )
        ]
        return {e.example.input for c in drawn for e in c.examples}

    barred = {f"rivers of {city}" for city in ("lima", "bern", "baku")}
    source = data.training_source({})
    assert barred <= shown(replace(source, held_out=frozenset()))
    assert not barred & shown(source)
    assert {"rivers of rome", "rivers of oslo"} <= shown(source)


def asked_of_roads(cities):
    return [
        {"input": f"roads to {c}", "output": f"SELECT t FROM y WHERE city = '{c}'"} for c in cities
    ]
