"""The example's files: made by its script to the byte, answerable, graded, and judged safely."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ictrain.examples import Example, PoolSnapshot, normalise
from ictrain.metrics import get_metric
from ictrain.similarity import SimilaritySettings, build_index
from ictrain.statistics import band

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "bike_shop"
MADE = ("train.csv", "test.csv", "corrections.csv", "later.csv", "shop.sqlite")


def rows(name: str) -> list[dict[str, str]]:
    with (SHOP / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def examples(name: str) -> list[Example]:
    return [Example(f"{name}:{i}", r["question"], r["sql"]) for i, r in enumerate(rows(name))]


@pytest.fixture(scope="module")
def execution():
    spec = importlib.util.spec_from_file_location("bike_shop_execution", SHOP / "execution.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_makes_every_file_to_the_byte(tmp_path):
    script = SHOP / "generator" / "make.py"
    subprocess.run([sys.executable, script, tmp_path], check=True)
    for name in MADE:
        assert (tmp_path / name).read_bytes() == (SHOP / name).read_bytes(), name
    assert {path.name for path in tmp_path.iterdir()} == set(MADE)


def test_it_stays_small():
    listed = subprocess.run(["git", "ls-files", SHOP], cwd=ROOT, capture_output=True, text=True)
    kept = [ROOT / line for line in listed.stdout.splitlines()] or sorted(SHOP.rglob("*.*"))
    assert sum(p.stat().st_size for p in kept if p.exists()) < 300_000


def test_every_gold_query_gives_a_result():
    connection = sqlite3.connect(f"file:{SHOP / 'shop.sqlite'}?mode=ro", uri=True)
    for name in ("train.csv", "test.csv", "corrections.csv", "later.csv"):
        for row in rows(name):
            found = connection.execute(row["sql"]).fetchall()
            assert found, row
            assert any(value is not None for one in found for value in one), row
    connection.close()


def test_no_answer_stands_in_the_file_that_a_test_draws_from():
    for first, second in [("train.csv", "test.csv"), ("corrections.csv", "later.csv")]:
        assert not {r["sql"] for r in rows(first)} & {r["sql"] for r in rows(second)}
    questions = [normalise(r["question"]) for name in MADE[:4] for r in rows(name)]
    assert len(questions) == len(set(questions))


def test_what_came_later_is_nothing_that_training_asks():
    early = " ".join(r["sql"] + r["question"] for r in rows("train.csv"))
    for new in ("rentals", "rented", "regulars", "since <=", "stock = 1", "last pieces"):
        assert new not in early
        assert any(new in r["sql"] + r["question"] for r in rows("corrections.csv"))
        assert any(new in r["sql"] + r["question"] for r in rows("later.csv"))


@pytest.mark.parametrize(
    ("asked", "pool"),
    [("test.csv", ["train.csv"]), ("later.csv", ["train.csv", "corrections.csv"])],
)
def test_near_neighbours_exist_at_all_grades(asked, pool):
    """Every band of similarity is met, by the closest items and by random ones."""
    snapshot = PoolSnapshot.of([e for name in pool for e in examples(name)])
    index = build_index(SimilaritySettings(method="overlap"), snapshot)
    targets = examples(asked)
    everyone = np.array(
        [index.pairs([t.input] * len(snapshot), [e.input for e in snapshot]) for t in targets]
    )
    best = everyone.max(axis=1)
    assert (best >= 2 / 3).mean() > 0.25
    assert (best >= 1 / 3).all()
    counts = dict.fromkeys(("low", "medium", "high"), 0)
    for row in everyone:
        for name in counts:
            counts[name] += sum(band(s) == name for s in row[:100])
    assert min(counts.values()) > 0


def test_the_metric_is_taken_by_its_name(execution):
    metric = get_metric(f"{SHOP / 'execution.py'}:execution_match")
    assert metric.name == "execution_match"
    for example in examples("test.csv"):
        assert metric.score(example.output, example) == 1


GOLD = Example("x", "q", "SELECT bike FROM bikes WHERE kind = 'city'")


@pytest.mark.parametrize(
    ("sql", "score"),
    [
        ("SELECT bike FROM bikes WHERE kind IN ('city')", 1),
        ("SELECT bike FROM bikes WHERE kind = 'city' ORDER BY price", 1),  # rows in any order
        ("SELECT bike, kind FROM bikes WHERE kind = 'city'", 0),
        ("SELECT bike FROM bikes WHERE kind = 'road'", 0),
        # a multiset: twice is not once
        ("SELECT bike FROM bikes WHERE kind = 'city' UNION ALL "
         "SELECT bike FROM bikes WHERE kind = 'city'", 0),
        ("SELECT", 0),
        ("", 0),
        ("   ", 0),
        ("SELECT 1; SELECT 2", 0),
        ("SELECT \x00", 0),
        ("SELECT '\ud800'", 0),
        ("DROP TABLE bikes", 0),
        ("DELETE FROM bikes", 0),
        ("PRAGMA table_info(bikes)", 0),
        ("SELECT load_extension('x')", 0),
        ("SELECT zeroblob(100000000)", 0),
        ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT sum(n) FROM t", 0),
        ("SELECT a.bike FROM bikes a, bikes b, bikes c, bikes d", 0),
    ],
)  # fmt: skip
def test_execution_match_on_what_models_say(execution, sql, score):
    before = (SHOP / "shop.sqlite").read_bytes()
    began = time.monotonic()
    assert execution.execution_match(sql, GOLD) == score
    assert time.monotonic() - began < 10
    assert (SHOP / "shop.sqlite").read_bytes() == before


def test_order_counts_where_the_gold_orders(execution):
    gold = Example("x", "q", "SELECT bike FROM bikes ORDER BY price LIMIT 3")
    assert execution.execution_match(gold.output, gold) == 1
    assert (
        execution.execution_match("SELECT bike FROM bikes ORDER BY price DESC LIMIT 3", gold) == 0
    )
    reversed_rows = list(reversed(execution.rows(gold.output)))
    values = ", ".join(f"('{row[0]}')" for row in reversed_rows)
    assert execution.execution_match(f"SELECT * FROM (VALUES {values})", gold) == 0


def test_no_file_is_made_by_attach(execution, tmp_path):
    assert execution.execution_match(f"ATTACH '{tmp_path / 'x.db'}' AS x", GOLD) == 0
    assert not list(tmp_path.iterdir())


def test_a_gold_that_does_not_run_is_a_mistake_in_the_data(execution):
    with pytest.raises(sqlite3.Error):
        execution.execution_match("SELECT 1", Example("x", "q", "SELECT nothing FROM nowhere"))


def test_no_question_of_the_drill_has_an_answer_in_the_shop(tmp_path):
    subprocess.run([sys.executable, SHOP / "generator" / "drill.py", tmp_path], check=True)
    with (tmp_path / "drill.csv").open(newline="") as file:
        drill = list(csv.DictReader(file))
    assert len(drill) > 20_000
    assert len({r["question"] for r in drill}) == len(drill)
    connection = sqlite3.connect(f"file:{SHOP / 'shop.sqlite'}?mode=ro", uri=True)
    for row in drill:
        with pytest.raises(sqlite3.OperationalError, match=r"no such|syntax"):
            connection.execute(row["sql"])


@pytest.mark.parametrize("name", ["reader.yaml", "shop.yaml"])
def test_the_configs_are_valid(name, monkeypatch):
    from ictrain.config import load_config

    monkeypatch.chdir(SHOP)
    assert load_config(Path(name)).name == name.removesuffix(".yaml")
