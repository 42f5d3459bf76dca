from __future__ import annotations

import json
import sys

import datasets
import pytest

from ictrain.errors import DataError
from ictrain.examples import Example
from ictrain.readers import Columns, local_files, read_examples

ROWS = [
    {"id": "a", "input": "x\n1", "output": "नमस्ते", "n": 1},
    {"id": "b", "input": "y", "output": "z", "n": 2},
]
EXPECTED = [Example(r["id"], r["input"], r["output"], {"n": r["n"]}) for r in ROWS]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def hub(tmp_path):
    """A folder as a set of the hub has it; load_dataset takes the one for the other."""
    folder = tmp_path / "set"
    folder.mkdir()
    for split in ("train", "test"):
        lines = [json.dumps(row) for row in (ROWS if split == "train" else ROWS[:1])]
        (folder / f"{split}.jsonl").write_text("\n".join(lines))
    return f"hf:{folder}"


def error_of(source, columns=None):
    with pytest.raises(DataError) as caught:
        read_examples(source, columns)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_saved_folder_gives_the_same_examples(tmp_path):
    made = datasets.Dataset.from_list(ROWS)
    made.save_to_disk(tmp_path / "saved")
    assert read_examples(tmp_path / "saved") == EXPECTED
    made.select([1, 0]).save_to_disk(tmp_path / "moved", num_shards=2)
    assert read_examples(tmp_path / "moved") == EXPECTED[::-1]
    assert any(p.suffix == ".arrow" for p in local_files(tmp_path / "saved"))


def test_a_saved_folder_of_splits_asks_for_one(tmp_path):
    one = datasets.Dataset.from_list(ROWS)
    datasets.DatasetDict({"train": one, "test": one}).save_to_disk(tmp_path / "d")
    told = error_of(tmp_path / "d")
    assert "several splits" in told
    assert "SPLIT, one of train, test" in told
    assert read_examples(tmp_path / "d" / "train") == EXPECTED
    datasets.DatasetDict({"train": one}).save_to_disk(tmp_path / "one")
    assert read_examples(tmp_path / "one") == EXPECTED


def test_a_split_of_a_named_set(hub):
    assert read_examples(f"{hub}#train") == EXPECTED
    assert read_examples(f"{hub}#test") == EXPECTED[:1]
    assert read_examples(f"{hub}#train[1:]") == EXPECTED[1:]
    assert "one of train, test" in error_of(hub)
    assert "cannot load it" in error_of(f"{hub}#nosuch")
    assert local_files(hub) == []


def test_what_cannot_be_had_is_one_line():
    assert "cannot load it" in error_of("hf:no-such-org/no-such-set#train")
    assert "expected hf:NAME[:CONFIG][@REVISION][#SPLIT]" in error_of("hf:")


def test_classes_come_by_their_names_and_paths_look_inside(tmp_path):
    features = datasets.Features(
        {
            "text": {"en": datasets.Value("string")},
            "label": datasets.ClassLabel(names=["bad", "good"]),
        }
    )
    rows = [{"text": {"en": "fine"}, "label": 1}, {"text": {"en": "what"}, "label": 0}]
    datasets.Dataset.from_list(rows, features=features).save_to_disk(tmp_path / "s")
    found = read_examples(tmp_path / "s", Columns(input="text.en", output="label"))
    assert [e.output for e in found] == ["good", "bad"]
    rows.append({"text": {"en": "none"}, "label": -1})  # as unlabelled test sets of the hub have it
    datasets.Dataset.from_list(rows, features=features).save_to_disk(tmp_path / "u")
    told = error_of(tmp_path / "u", Columns(input="text.en", output="label"))
    assert ", row 3: label is null" in told


def test_a_broken_folder_and_a_missing_package_are_told(tmp_path, monkeypatch):
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "s")
    for file in (tmp_path / "s").glob("*.arrow"):
        file.write_bytes(b"x")
    assert "not a whole saved data set" in error_of(tmp_path / "s")
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert "pip install 'ictrain[datasets]'" in error_of("hf:any/set")
    assert "pip install 'ictrain[datasets]'" in error_of(tmp_path / "s")
