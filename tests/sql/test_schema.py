from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing

import numpy as np
import pytest

from ictrain.errors import DataError
from ictrain.sql import Databases, Executor
from ictrain.sql.filter import Linker, kept_by_score, words
from ictrain.sql.layouts import descriptions
from ictrain.sql.linking import Recall, Schemas, SchemaSettings
from ictrain.sql.names import written
from ictrain.sql.schema import read_schema
from ictrain.sql.used import used
from tests.sql.attacks import HOSTILE
from tests.sql.kit import make_database

ODD = """
CREATE TABLE "the order" (id INTEGER PRIMARY KEY, "Free Meal (%)" REAL, "quo""ted" TEXT, note TEXT);
INSERT INTO "the order" VALUES (1, 0.5, 'O''Brien', 'line one
-- DROP TABLE x'), (2, NULL, '', printf('%.99c', 'x'));
CREATE TABLE part (order_id INT REFERENCES "the order", kind TEXT);
"""
WIDE = "\n".join(
    [f"CREATE TABLE t{i} (id INTEGER PRIMARY KEY, name{i} TEXT, next_id INT REFERENCES "
     f"t{min(i + 1, 9)}(id), colour{i} TEXT);" for i in range(10)]
    + ["INSERT INTO t7 VALUES (1, 'blue whale', 1, 'grey')"]
)  # fmt: skip


@pytest.fixture
def schema(tmp_path):
    return read_schema("bikes", make_database(tmp_path))


def test_a_schema_says_keys_and_values(schema):
    assert [t.name for t in schema.tables] == ["shop", "sale", "dear"]
    assert schema.only({"sale": ["id", "shop_id"], "shop": ["id", "name"]}).ddl(2) == (
        "CREATE TABLE shop (\n  id INTEGER, -- e.g. 1, 2\n  name TEXT, -- e.g. 'bell', 'lamp'\n"
        "  PRIMARY KEY (id)\n)\n\n"
        "CREATE TABLE sale (\n  id INTEGER, -- e.g. 1, 2\n  shop_id INTEGER, -- e.g. 1, 2\n"
        "  PRIMARY KEY (id),\n  FOREIGN KEY (shop_id) REFERENCES shop (id)\n)"
    )
    assert "FOREIGN KEY" not in schema.only({"sale": ["id", "shop_id"]}).ddl(0)
    assert "e.g." not in schema.ddl(0)


def test_odd_names_and_values_stay_what_they_are(tmp_path):
    """What is shown can be executed: no value ends its comment, every name is quoted."""
    schema = read_schema("odd", make_database(tmp_path, "odd", ODD))
    text = schema.ddl(3)
    assert "'O''Brien'" in text
    assert "'line one -- DROP TABLE x'" in text
    assert "xxxxx" not in text
    with closing(sqlite3.connect(":memory:")) as base:
        base.executescript(text.replace("\n)\n\n", "\n);\n"))
        names = [r[1] for r in base.execute('PRAGMA table_info("the order")')]
        assert names == ["id", "Free Meal (%)", 'quo"ted', "note"]
        (key,) = base.execute("PRAGMA foreign_key_list(part)").fetchall()
        assert key[2:5] == ("the order", "order_id", "id")


KEYWORDS = """
ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN
BY CASCADE CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT
CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH
DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER FIRST
FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP GROUPS HAVING IF IGNORE IMMEDIATE IN INDEX
INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE LIMIT MATCH
MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS OUTER OVER
PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX
RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP
TEMPORARY THEN TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VACUUM VALUES VIEW
VIRTUAL WHEN WHERE WINDOW WITH WITHOUT
""".split()  # noqa: SIM905
"""sqlite.org/lang_keywords.html"""
ORDINARY = "größe 名前 año _x date name year user rank".split()  # noqa: SIM905


def executed(text: str, *asked: str) -> list[list[tuple]] | None:
    """What a live SQLite says of statements after a script; None where it refuses one."""
    with closing(sqlite3.connect(":memory:")) as base:
        try:
            base.executescript(text.replace("\n)\n\n", "\n);\n"))
            return [base.execute(sql).fetchall() for sql in asked]
        except sqlite3.Error:
            return None


def test_what_is_shown_of_any_name_is_sql(tmp_path):
    """Each keyword as a table, a column, a key and what a key refers to."""
    assert len(KEYWORDS) == 147
    script = "".join(
        f'CREATE TABLE "{n}" ("{n}" INT, a, "{n}2", b INT, PRIMARY KEY ("{n}", a));'
        f'CREATE TABLE "of {n}" (a INT, "{n}", FOREIGN KEY ("{n}") REFERENCES "{n}" ("{n}"));'
        for n in (*KEYWORDS, *(k.lower() + "x" for k in KEYWORDS), *ORDINARY)
    )
    schema = read_schema("words", make_database(tmp_path, "words", script))
    text = schema.ddl(0)
    asked = [f'PRAGMA table_info("{t.name}")' for t in schema.tables]
    found = executed(text, *asked)
    assert found is not None
    assert [[c[1] for c in rows] for rows in found] == [
        [c.name for c in t.columns] for t in schema.tables
    ]
    assert not any(f'"{name}"' in text for name in ORDINARY)


@pytest.mark.parametrize("name", [k.lower() for k in KEYWORDS])
def test_a_name_is_quoted_where_sqlite_needs_it_and_nowhere_else(name):
    places = (
        f"CREATE TABLE {name} ({name} INT)",
        f"CREATE TABLE t (a INT, {name}, PRIMARY KEY ({name}, a))",
        f"CREATE TABLE t ({name} INT, FOREIGN KEY ({name}) REFERENCES {name} ({name}))",
    )
    row = f'CREATE TABLE "{name}" ("{name}" INT); INSERT INTO "{name}" VALUES (7)'
    bare = all(executed(sql) is not None for sql in places) and executed(
        row, f"SELECT {name}.{name} FROM {name} WHERE {name} > 1 ORDER BY {name}"
    ) == [[(7,)]]
    assert written(name) == (name if bare else f'"{name}"')


def test_a_hostile_database_is_described_all_the_same(tmp_path):
    file, started = make_database(tmp_path, "hostile", HOSTILE), time.monotonic()
    schema = read_schema("hostile", file)
    assert time.monotonic() - started < 20
    assert [(c.name, c.values) for c in schema.tables[0].columns] == [("a", ("x",)), ("b", ("X",))]
    assert [t.name for t in schema.tables] == ["t", "endless"]
    assert schema.tables[1].columns[0].values == ()
    with pytest.raises(DataError, match="its schema cannot be read"):
        read_schema("none", tmp_path / "none.sqlite")


def test_words_take_identifiers_apart():
    assert words("superheroNames T2.birth_dates HTTPServer cities class") == [
        "superhero", "name", "t", "2", "birth", "date", "http", "server", "city", "class"
    ]  # fmt: skip


@pytest.fixture
def linker(tmp_path):
    return Linker(read_schema("wide", make_database(tmp_path, "wide", WIDE)))


def test_words_and_values_find_their_columns(linker):
    def first(question, evidence=""):
        return linker.places[int(np.argmax(linker.scores(question, evidence)))]

    assert first("which colour4 is it?") == ("t4", "colour4")
    assert first("is it a blue whale?") == ("t7", "name7")
    assert first("which one?", "one refers to name3") == ("t3", "name3")
    assert linker.scores("").max() == 0


def test_meaning_finds_what_no_word_says(tmp_path):
    """An encoder that knows that 'shade' means colour."""

    def encode(texts):
        marks = [("colour" in t or "shade" in t, "name" in t, 1e-3) for t in texts]
        vectors = np.array(marks, dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    schema = read_schema("wide", make_database(tmp_path, "wide", WIDE))
    found = Linker(schema, encode).scores("which shade?")
    assert {schema_column(found, i, schema) for i in np.argsort(-found)[:10]} == {
        f"colour{i}" for i in range(10)
    }


def schema_column(scores, place, schema):
    return [c.name for t in schema.tables for c in t.columns][int(place)]


def test_the_way_between_two_tables_is_kept(linker):
    scores = np.zeros(len(linker.places))
    scores[linker.places.index(("t2", "name2"))] = 2
    scores[linker.places.index(("t5", "name5"))] = 1
    kept = kept_by_score(linker.schema, scores, 2, 1)
    assert list(kept) == ["t2", "t3", "t4", "t5"]
    assert kept["t2"] == ["id", "name2", "next_id"]


def test_what_a_statement_uses(schema):
    one = used("SELECT s.NAME, pieces FROM Shop s JOIN sale ON s.id = shop_id", schema)
    assert one.tables == {"shop", "sale"}
    assert one.columns_in({"shop": ["id", "name"], "sale": ["pieces", "shop_id"]})
    assert not one.columns_in({"shop": ["id", "name"], "sale": ["shop_id"]})
    assert not one.tables_in({"shop": ["id", "name"]})
    assert used("SELECT * FROM shop WHERE name = 'id'", schema).columns == (
        frozenset({("shop", "name")}),
    )
    assert used("no SQL (", schema) is None


def test_recall_is_a_share_of_the_gold(schema):
    recall = Recall()
    assert recall.plain() == {"items": 0}
    for sql in ("SELECT name FROM shop", "SELECT pieces FROM sale", "(", "SELECT price FROM shop"):
        recall.add(sql, schema, {"shop": ["id", "name"]})
    found = recall.plain()
    assert (found["items"], found["tables"], found["columns"]) == (3, 0.6667, 0.3333)
    assert found["share_of_columns_shown"] == round(2 / 8, 4)


def schemas(tmp_path, own=None, **settings):
    make_database(tmp_path, "wide", WIDE)
    values = {"filter": "words", "tables": 2, "columns": 1, **settings}
    return Schemas(Databases(tmp_path), SchemaSettings(**values), own=own)


def test_a_small_schema_stays_whole_and_a_large_one_is_cut(tmp_path):
    one = schemas(tmp_path)
    assert len(one.kept("wide", "name3?", "")) < 10
    for how in ({"keep_whole": 40}, {"filter": "none"}):
        whole = Schemas(Databases(tmp_path), SchemaSettings(**{"filter": "words", **how}))
        assert len(whole.kept("wide", "name3?", "")) == 10
    assert (
        one.text("wide", {"t1": ["id"]})
        == "CREATE TABLE t1 (\n  id INTEGER,\n  PRIMARY KEY (id)\n)"
    )


def test_a_filter_of_ones_own_is_asked_and_checked(tmp_path):
    answers = {"q": {"t1": ["id"]}, "table": {"t11": []}, "column": {"t1": ["nam1"]}}
    one = schemas(tmp_path, lambda question, evidence, schema: answers[question])
    assert one.kept("wide", "q", "") == {"t1": ["id"]}
    with pytest.raises(
        DataError, match=r"named 't11', which wide does not have; did you mean 't1'"
    ):
        one.kept("wide", "table", "")
    with pytest.raises(DataError, match="did you mean 'name1'"):
        one.kept("wide", "column", "")
    with pytest.raises(DataError, match="the schema filter failed: KeyError"):
        one.kept("wide", "else", "")


def test_birds_and_spiders_words_about_columns(tmp_path):
    make_database(tmp_path / "database", "bikes")
    folder = tmp_path / "database" / "bikes" / "database_description"
    folder.mkdir()
    head = "original_column_name,column_name,column_description,data_format,value_description\n"
    (folder / "shop.csv").write_bytes(
        b"\xef\xbb\xbf" + head.encode() + b'price,retail price,"what it costs,\n in EUR",real,\n'
        b"name,name,name,text,\n"
    )
    (folder / "sale.csv").write_bytes((head + "day,,the day – of sale,,\n").encode("cp1252"))
    found = descriptions(tmp_path / "database", "bikes")
    assert found == {
        ("shop", "price"): "retail price: what it costs, in EUR",
        ("sale", "day"): "the day – of sale",
    }
    text = read_schema("bikes", tmp_path / "database/bikes/bikes.sqlite", found).ddl(1)
    assert "price REAL, -- retail price: what it costs, in EUR; e.g. 9.5" in text.replace(
        "price REAL --", "price REAL, --"
    )
    tables = [{"db_id": "boats", "table_names_original": ["Boat"], "column_names_original":
               [[-1, "*"], [0, "Bname"], [0, "max_speed"]], "column_names":
               [[-1, "*"], [0, "boat name"], [0, "max speed"]]}]  # fmt: skip
    (tmp_path / "tables.json").write_text(json.dumps(tables))
    assert descriptions(tmp_path / "database", "boats") == {("boat", "bname"): "boat name"}
    assert descriptions(tmp_path / "database", "none") == {}
    (tmp_path / "tables.json").write_text("[{}]")
    with pytest.raises(DataError, match="not Spider's"):
        descriptions(tmp_path / "database", "boats")


def test_types_and_descriptions_stay_on_their_line(tmp_path):
    script = 'CREATE TABLE part (id "INTEGER\n-- x", kind TEXT);'
    told = {("part", "kind"): "of what\nkind;\n  DROP it"}
    text = read_schema("odd", make_database(tmp_path, "odd", script), told).ddl(0)
    assert text.splitlines()[1:3] == ["  id INTEGER -- x,", "  kind TEXT -- of what kind; DROP it"]


def test_views_that_run_for_ever_cost_bounded_work(tmp_path, monkeypatch):
    """Each is ended by its own limit; what all of them may cost is bounded too."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    views = "\n".join(f"CREATE VIEW v{i} AS {endless};" for i in range(12))
    script = f"{views}\nCREATE TABLE late (name TEXT); INSERT INTO late VALUES ('x');"
    file = make_database(tmp_path, "slow", script)
    asked = []
    run = Executor.run
    monkeypatch.setattr(Executor, "run", lambda self, *job: asked.append(job) or run(self, *job))
    monkeypatch.setattr("ictrain.sql.schema._IN_ALL", 20_000_000)
    schema = read_schema("slow", file)
    assert len(asked) == 4
    assert [t.name for t in schema.tables] == [*(f"v{i}" for i in range(12)), "late"]
    assert not any(c.values for t in schema.tables for c in t.columns)
