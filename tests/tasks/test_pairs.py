from __future__ import annotations

import json

import pytest

from ictrain.errors import ConfigError, DataError
from ictrain.tasks import PairsSettings, load_task


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def rows(*inputs, output="x"):
    return [{"input": text, "output": output} for text in inputs]


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
