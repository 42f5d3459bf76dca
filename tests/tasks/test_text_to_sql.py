from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

from ictrain.config import RunSettings
from ictrain.contexts import Context, ContextExample, Source, StrategySettings, draw_contexts
from ictrain.errors import ConfigError, ContextError, DataError
from ictrain.examples import GROUP
from ictrain.experiments.data import data_report
from ictrain.prompts import PromptSettings, Renderer
from ictrain.randomness import rng
from ictrain.similarity import Hits, SimilaritySettings, build_index, neighbour_table
from ictrain.tasks import TextToSqlSettings, load_task, read_parts, task_digests
from ictrain.tasks.text_to_sql import databases as of_tasks
from tests.made_chats import instruct_tokenizer
from tests.made_tokenizers import byte_level_bpe
from tests.sql.kit import SHOP, make_database

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("ICTRAIN_DATA") or ROOT.parent / "shared" / "data") / "sql"
ZOO = "CREATE TABLE cage (id INT, animal TEXT); INSERT INTO cage VALUES (1, 'lion'), (2, 'gnu');"


def rows(db: str, table: str, column: str, count: int, start: int = 0) -> list[dict[str, object]]:
    return [
        {"question": f"which {column} has number {i} in the {table}?", "db_id": db,
         "SQL": f"SELECT {column} FROM {table} WHERE id = {i}",
         "evidence": f"number refers to id {i}" if i % 2 else "", "difficulty": "simple"}
        for i in range(start, start + count)
    ]  # fmt: skip


def bird(folder: Path) -> dict[str, object]:
    """BIRD's layout with two databases, and two gold statements that do not run."""
    make_database(folder / "dev_databases", "bikes")
    make_database(folder / "dev_databases", "zoo", ZOO)
    train = [*rows("bikes", "shop", "name", 12), *rows("zoo", "cage", "animal", 12)]
    train.append({**train[0], "question": "broken?", "SQL": "SELECT nam FROM shop"})
    train.append({**train[0], "question": "lost?", "db_id": "sea"})
    dev = [*rows("bikes", "shop", "price", 3, 1), *rows("zoo", "cage", "animal", 3, 90)]
    for name, part in (("train", train), ("dev", dev)):
        numbered = [{"question_id": i, **row} for i, row in enumerate(part)]
        text = json.dumps(numbered if name == "dev" else part)
        (folder / f"{name}.json").write_text(text)
    return {
        "name": "text_to_sql", "layout": "bird", "train": str(folder / "train.json"),
        "tests": {"dev": str(folder / "dev.json")}, "databases": str(folder / "dev_databases"),
        "shown_schema": {"filter": "words"}, "cache": None,
    }  # fmt: skip


def load(values, **more):
    return load_task(TextToSqlSettings.parse({**values, **more}), 0)


def test_birds_folder_is_read_and_broken_gold_set_aside(tmp_path):
    data = load(bird(tmp_path))
    assert len(data.train) == 24
    assert data.facts["gold"]["train"] == {"run": 24, "set_aside": 2, "empty": 4 + 10}
    assert "no such column: nam" in data.facts["set_aside"]["train"]["train:25"]
    assert "no such database" in data.facts["set_aside"]["train"]["train:26"]
    first = data.tests["dev"].examples[0]
    assert first.input == "which price has number 1 in the shop?"
    assert first.meta["schema"].startswith("CREATE TABLE shop")
    assert first.meta["hint"] == "Hint: number refers to id 1\n"
    assert data.tests["dev"].examples[1].meta["hint"] == ""
    assert {e.meta[GROUP] for e in data.tests["dev"].examples} == {"bikes", "zoo"}
    assert data.facts["test_items_per_database"] == {"dev": {"bikes": 3, "zoo": 3}}
    assert data.facts["schema_recall"]["train"]["columns"] == 1.0
    assert [m.name for m in data.metrics] == ["execution", "execution_strict", "sql_match"]
    assert data.metrics[0].score(first.output, first) == 1
    assert data.metrics[0].score("SELECT price FROM shop", first) == 0


BOATS = "CREATE TABLE boat (id INT, sail TEXT); INSERT INTO boat VALUES (0, 'jib'), (1, 'lug');"


def birds_own(folder: Path) -> None:
    """BIRD as it is unpacked: training and dev each beside databases of their own, and ids that
    dev alone has; on a Mac its archives leave files of their own, too."""
    for part, db, script, items in (
        ("train", "zoo", ZOO, rows("zoo", "cage", "animal", 12)),
        ("train", "bikes", SHOP, rows("bikes", "shop", "name", 12)),
        ("dev", "boats", BOATS, rows("boats", "boat", "sail", 3)),
    ):
        place = folder / part
        make_database(place / f"{part}_databases", db, script)
        beside = place / f"{part}_databases" / db / "database_description"
        beside.mkdir()
        table = items[0]["SQL"].split()[3]
        (beside / f"{table}.csv").write_text(
            "original_column_name,column_name,column_description,data_format,value_description\n"
            f"id,,the number of a {table},integer,\n"
        )
        (beside / f"._{table}.csv").write_bytes(b"\x00\x05\x16\x07\x00\x02\xff\xfe")
        (place / f"{part}_databases" / db / f"._{db}.sqlite").write_bytes(b"\x00\x05\x16\x07")
        (place / f"{part}_databases" / ".DS_Store").write_bytes(b"\x00")
        file = place / f"{part}.json"
        items = [*(json.loads(file.read_text()) if file.exists() else []), *items]
        if part == "dev":
            items = [{"question_id": i, **row} for i, row in enumerate(items)]
        file.write_text(json.dumps(items))


@pytest.mark.parametrize("databases", ["docs", "bird", "${BIRD}"])
def test_birds_own_folders_are_read_as_the_docs_say(tmp_path, monkeypatch, databases):
    birds_own(tmp_path / "bird")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BIRD", str(tmp_path / "bird"))
    page = (ROOT / "docs" / "tasks-sql.md").read_text("utf-8")
    values = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])["task"]
    values = values if databases == "docs" else values | {"databases": databases}
    data = load(values, cache=None, shown_schema={"filter": "words"})
    assert data.facts["gold"] == {
        "train": {"run": 24, "set_aside": 0, "empty": 4 + 10},
        "dev": {"run": 3, "set_aside": 0, "empty": 1},
    }
    assert data.facts["test_items_per_database"] == {"dev": {"boats": 3}}
    assert [e.id for e in data.tests["dev"].examples] == ["0", "1", "2"]
    assert "the number of a boat" in data.tests["dev"].examples[0].meta["schema"]
    assert "the number of a cage" in next(
        e.meta["schema"] for e in data.train if e.meta["db_id"] == "zoo"
    )


def test_a_name_in_two_folders_is_one_database(tmp_path):
    birds_own(tmp_path)
    folders = [str(tmp_path / part / f"{part}_databases") for part in ("train", "dev")]
    values = {
        "name": "text_to_sql", "layout": "bird", "train": str(tmp_path / "train/train.json"),
        "tests": {"dev": str(tmp_path / "dev/dev.json")}, "databases": folders, "cache": None,
        "shown_schema": {"filter": "words"},
    }  # fmt: skip
    shutil.copytree(Path(folders[0], "zoo"), Path(folders[1], "zoo"))
    assert load(values).facts["gold"]["train"]["set_aside"] == 0
    other = Path(folders[1], "zoo", "zoo.sqlite")
    other.write_bytes(other.read_bytes().replace(b"lion", b"bear"))
    of_tasks.judge_of.cache_clear()
    with pytest.raises(ConfigError, match=r"'zoo': two databases of that name that differ"):
        load(values)
    with pytest.raises(ConfigError, match="databases"):
        load(values, databases=[])
    with pytest.raises(DataError, match=r"nowhere: no such folder of databases"):
        load(values, databases=[folders[0], "/nowhere"])


@pytest.mark.parametrize("chat", ["none", "turn", "turns"])
def test_the_prompt_shows_schema_hint_and_examples(tmp_path, chat):
    values = bird(tmp_path)
    data = load(values)
    own = TextToSqlSettings.prompt_defaults(values, turns=chat == "turns")
    tokenizer = byte_level_bpe() if chat == "none" else instruct_tokenizer("llama3")
    renderer = Renderer(PromptSettings(**own, chat=chat), tokenizer, "overlap")
    target = data.tests["dev"].examples[0]
    roles = [ContextExample(e, "random", {"overlap": 0.0}) for e in data.train[:2]]
    context = Context(target.id, "random", tuple(roles))
    text = renderer.render(context, target, "benchmark", label=False, room=0).text
    schema, first, hint, question = (
        text.index(part)
        for part in ("CREATE TABLE shop", data.train[0].output, "Hint: number", target.input)
    )
    assert schema < first < hint < question
    assert target.output not in text


def test_what_was_set_aside_is_told(tmp_path):
    told = read_parts(TextToSqlSettings.parse(bird(tmp_path))).left_out()
    (line,) = told
    assert line.startswith("2 examples of train set aside; the first: train:25, invalid: no such")


def test_spiders_folder_is_read(tmp_path):
    values = bird(tmp_path)
    items = json.loads((tmp_path / "train.json").read_text())[:24]
    for row in items:
        row.update(query=row.pop("SQL"), sql={"select": [1]}, query_toks=["SELECT"])
        del row["evidence"]
    (tmp_path / "train_spider.json").write_text(json.dumps(items))
    (tmp_path / "dev_databases").rename(tmp_path / "database")
    data = load(
        values, layout="spider", train=str(tmp_path / "train_spider.json"),
        databases=str(tmp_path / "database"), tests={}, split={"dev": 0.2, "test": 0.2, "seed": 1},
    )  # fmt: skip
    assert data.pool.examples[0].output.startswith("SELECT")
    assert not {"sql", "query_toks"} & data.pool.examples[0].meta.keys()
    assert data.dev


def test_one_database_need_not_be_named(tmp_path):
    make_database(tmp_path / "databases", "bikes")
    lines = [
        {
            "id": f"q{i}",
            "input": f"what is number {i}?",
            "output": f"SELECT name FROM shop LIMIT {i}",
        }
        for i in range(1, 60)
    ]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, lines)))
    values = {
        "name": "text_to_sql", "train": str(tmp_path / "train.jsonl"), "cache": None,
        "databases": str(tmp_path / "databases"), "shown_schema": {"filter": "words"},
    }  # fmt: skip
    assert {e.meta["db_id"] for e in load(values).pool} == {"bikes"}
    make_database(tmp_path / "databases", "zoo", ZOO)
    with pytest.raises(DataError, match=r"no gold statement runs; the first: .* names none"):
        load(values)


@pytest.mark.parametrize("scope", ["same_database", "all"])
@pytest.mark.parametrize("name", ["random", "similar", "contrastive"])
def test_contexts_come_from_the_scope(tmp_path, scope, name):
    data = load(bird(tmp_path), pool_scope=scope)
    index = build_index(SimilaritySettings(method="overlap"), data.pool)
    table = neighbour_table(index, data.train, "train", 16)
    strategy = StrategySettings(name=name, k=4, epsilon=0)
    drawn = draw_contexts(
        strategy, Source(data.pool, {"overlap": index}), data.train,
        Hits(table.positions, table.scores), seed=0, epoch=0, purpose="train",
    )  # fmt: skip
    same = [
        all(e.example.meta["db_id"] == target.meta["db_id"] for e in context.examples)
        for target, context in zip(data.train, drawn, strict=True)
    ]
    assert all(same) == (scope == "same_database" or name == "similar")


def test_similarity_sees_the_question_alone(tmp_path):
    data = load(bird(tmp_path))
    assert all("CREATE" not in e.input and "Hint" not in e.input for e in data.pool)


def test_gold_is_kept_between_processes(tmp_path, monkeypatch):
    values = {**bird(tmp_path), "cache": str(tmp_path / "cache")}
    first = load(values)
    monkeypatch.setattr(
        "ictrain.sql.gold.run_many", lambda jobs, *_: pytest.fail("asked") if jobs else iter(())
    )
    assert load(values).pool.version == first.pool.version


def test_a_changed_database_is_another_digest(tmp_path):
    settings = TextToSqlSettings.parse(bird(tmp_path))
    before = task_digests(settings)
    file = tmp_path / "dev_databases" / "zoo" / "zoo.sqlite"
    file.write_bytes(file.read_bytes().replace(b"lion", b"bear"))
    after = task_digests(settings)
    assert [k for k in before if before[k] != after[k]] == ["task/databases/zoo"]


def test_what_no_question_names_does_no_harm(tmp_path):
    """Not to the digests, and not to rows that leave the name of the only database out."""
    values = bird(tmp_path)
    before = task_digests(TextToSqlSettings.parse(values))
    folder = tmp_path / "dev_databases"
    zoo = folder / "zoo" / "zoo.sqlite"
    for name in ("log", "empty", "._mac", "gone", "away"):
        (folder / name).mkdir()
    (folder / "log" / "log.sqlite").write_bytes(zoo.read_bytes())
    (folder / "log" / "log.sqlite-wal").write_bytes(b"x" * 100)
    (folder / "empty" / "empty.sqlite").touch()
    (folder / "._mac" / "._mac.sqlite").write_bytes(b"\x00\x05")
    (folder / "._zoo.sqlite").write_bytes(b"\x00\x05")
    (folder / "gone" / "gone.sqlite").symlink_to(tmp_path / "nowhere")
    shutil.copy(zoo, tmp_path / "away.sqlite")
    (folder / "away" / "away.sqlite").symlink_to(tmp_path / "away.sqlite")
    of_tasks.judge_of.cache_clear()
    assert task_digests(TextToSqlSettings.parse(values)) == before
    assert {"task/databases/bikes", "task/databases/zoo"} <= before.keys()
    shutil.rmtree(folder / "bikes")
    lines = [{"input": f"number {i}?", "output": "SELECT animal FROM cage"} for i in range(60)]
    (tmp_path / "train.jsonl").write_text("\n".join(map(json.dumps, lines)))
    of_tasks.judge_of.cache_clear()
    of_tasks.schemas_of.cache_clear()
    data = load(values, layout="pairs", columns={}, train=str(tmp_path / "train.jsonl"), tests={})
    assert {e.meta["db_id"] for e in data.pool} == {"zoo"}
    unnamed = TextToSqlSettings.parse(
        {**values, "layout": "pairs", "train": str(tmp_path / "train.jsonl"), "tests": {}}
    )
    assert task_digests(unnamed)["task/databases/zoo"] == before["task/databases/zoo"]


@pytest.mark.parametrize("spider", [False, True])
def test_words_that_stand_in_prompts_are_part_of_the_digest(tmp_path, spider):
    values = bird(tmp_path)
    settings = TextToSqlSettings.parse(values)
    before = task_digests(settings)
    if spider:
        file = tmp_path / "tables.json"
        text = json.dumps([{
            "db_id": "zoo", "table_names_original": ["cage"], "table_names": ["cage"],
            "column_names_original": [[-1, "*"], [0, "id"]],
            "column_names": [[-1, "*"], [0, "number"]],
        }])  # fmt: skip
    else:
        file = tmp_path / "dev_databases" / "zoo" / "database_description" / "cage.csv"
        file.parent.mkdir()
        text = "original_column_name,column_name\nid,number\n"
    seen = [before]
    for words in ("number", "figure"):
        file.write_text(text.replace("number", words))
        seen.append(task_digests(settings))
        changed = {k for k in seen[-1] if seen[-1][k] != seen[-2].get(k)}
        assert changed == {"task/descriptions/zoo"}
    bare = TextToSqlSettings.parse(
        {**values, "shown_schema": {"filter": "words", "descriptions": False}}
    )
    assert task_digests(bare) == before


def test_a_description_that_is_none_is_told(tmp_path):
    values = bird(tmp_path)
    file = tmp_path / "dev_databases" / "zoo" / "database_description" / "cage.csv"
    file.parent.mkdir()
    file.with_name("folder.csv").mkdir()
    file.with_name("gone.csv").symlink_to(tmp_path / "nowhere")
    assert load(values).facts["gold"]["train"]["set_aside"] == 2
    for text, told in (
        ('a,"' + "y" * 200_000, "a cell of 200,000 characters"),
        ("a\rb,c\n", "new-line character"),
    ):
        file.write_bytes(text.encode())
        of_tasks.schemas_of.cache_clear()
        with pytest.raises(DataError, match=rf"cage\.csv: no CSV file: {told}"):
            load(values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"databases": "/nowhere"}, "no such folder of databases"),
        ({"shown_schema": {"filter": "word"}}, "did you mean 'words'"),
        ({"shown_schema": {"filter": "none.py:f"}}, "shown_schema: none.py: no such file"),
        ({"layout": "birds"}, "'pairs', 'bird' or 'spider'"),
        ({"metrics": ["exec"]}, "unknown metric 'exec'"),
    ],
)
def test_mistakes_are_told(tmp_path, change, message):
    with pytest.raises((ConfigError, DataError), match=message):
        load({**bird(tmp_path), **change})


def test_a_file_whose_gold_all_fails_is_told(tmp_path):
    values = bird(tmp_path)
    broken = [{"question": f"q{i}", "SQL": "SELECT no", "db_id": "zoo"} for i in range(3)]
    (tmp_path / "dev.json").write_text(json.dumps(broken))
    with pytest.raises(DataError, match="the dev set: no gold statement runs; the first: dev:1"):
        load(values)


def test_near_duplicates_are_executed_and_scored(tmp_path):
    data = load(bird(tmp_path), paraphrase={"method": "sql_literals"})
    target = next(e for e in data.train if e.meta["db_id"] == "zoo" and e.output.endswith("= 1"))
    made = data.near_duplicate(target, rng(0, "test"))
    assert (made.input, made.output) == (target.input.replace("1", "2"),
                                         target.output.replace("= 1", "= 2"))  # fmt: skip
    assert made.meta["hint"] == "Hint: number refers to id 2\n"
    assert data.metrics[1].judge(made.output, made) == "match"
    assert data.unseen is None
    rewording = {"method": "reword", "template": "please: {input}"}
    both = load(bird(tmp_path / "b"), paraphrase={"method": "sql_literals"}, unseen=rewording)
    assert both.unseen(target, rng(0, "test")).input == f"please: {target.input}"


def test_a_filter_of_ones_own_is_used(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def first(question, evidence, schema):\n"
                    "    table = schema.tables[0]\n"
                    "    return {table.name: [table.columns[0].name]}\n")  # fmt: skip
    data = load(bird(tmp_path), shown_schema={"filter": f"{file}:first", "sample_values": 0})
    assert data.train[0].meta["schema"].count("\n") == 2
    assert 0 < data.facts["schema_recall"]["train"]["tables"] <= 1


def test_real_questions_on_their_databases():
    """BIRD's superhero database and geography, as they lie in the shared data."""
    missing = not (DATA / "geography.jsonl.gz").is_file()
    if missing and os.environ.get("CI"):
        pytest.fail(f"the data set is not there: {DATA}")
    if missing:
        pytest.skip(f"the data set is not there: {DATA}; set ICTRAIN_DATA to its folder")
    data = load_task(TextToSqlSettings.parse({
        "name": "text_to_sql", "train": str(DATA / "geography.jsonl.gz"),
        "tests": {"superhero": str(DATA / "bird_dev_superhero.jsonl.gz")},
        "databases": str(DATA / "databases"), "shown_schema": {"filter": "words"}, "cache": None,
    }), 0)  # fmt: skip
    assert data.facts["gold"]["train"]["set_aside"] == 5
    assert data.facts["gold"]["superhero"] == {"run": 105, "set_aside": 0, "empty": 0}
    assert data.facts["schema_recall"]["superhero"]["columns"] > 0.95
    with gzip.open(DATA / "bird_dev_superhero.jsonl.gz", "rt", encoding="utf-8") as lines:
        meta = {(row := json.loads(line))["id"]: row["meta"] for line in lines}
    judge = data.metrics[0].on
    for example in data.tests["superhero"].examples:
        found = judge.gold("superhero", example.output)
        assert len(found.rows) == meta[example.id]["gold_rows"]


def test_odd_names_of_databases_are_set_aside_and_have_no_digest(tmp_path):
    values = bird(tmp_path)
    items = json.loads((tmp_path / "train.json").read_text())
    odd = [["zoo"], {"a": 1}, 7, "../zoo", ""]
    items += [{**items[0], "question": f"odd {name}?", "db_id": name} for name in odd]
    (tmp_path / "train.json").write_text(json.dumps(items))
    assert load(values).facts["gold"]["train"]["set_aside"] == 2 + len(odd)
    found = task_digests(TextToSqlSettings.parse(values))
    assert {k for k in found if "databases" in k} == {"task/databases/bikes", "task/databases/zoo"}


def test_a_question_may_be_asked_of_two_databases(tmp_path):
    """Which rows train is decided for each database by itself."""
    values = bird(tmp_path)
    train = json.loads((tmp_path / "train.json").read_text())
    both = [{**row, "question": "how many?", "SQL": "SELECT 1"} for row in (train[0], train[12])]
    (tmp_path / "train.json").write_text(json.dumps([*both, *both, *train[1:4]]))
    data = load(values)
    asked = [e.meta["db_id"] for e in data.train if e.input == "how many?"]
    assert sorted(asked) == ["bikes", "zoo"]
    assert (len(data.train), len(data.pool.examples)) == (5, 7)


@pytest.mark.parametrize("named", [True, False])
def test_the_same_questions_about_other_databases_were_not_trained_on(tmp_path, named):
    values = bird(tmp_path)
    ask = [{"question": f"how many {n}?", "SQL": f"SELECT {n}"} for n in range(9)]
    about = {"train": "bikes", "dev": "zoo"} if named else {"train": "zoo", "dev": None}
    for name, db_id in about.items():
        rows_of = [{**row, "db_id": db_id} if db_id else row for row in ask]
        (tmp_path / f"{name}.json").write_text(json.dumps(rows_of))
    if named:
        data = load(values)
        assert len(data.tests["dev"].examples) == len(data.train) == 9
        settings = {"name": "r", "task": values, "strategies": {"zero": {}},
                    "similarity": {"bands": {"method": "overlap"}}}  # fmt: skip
        report = data_report(RunSettings.parse(settings), None)
        (leak,) = [one for one in report["leaks"] if one["against"] == "train"]
        assert (leak["exact"], leak["near"], leak["looked"]) == (0, 0, 9)
        assert not [line for line in report["warnings"] if "dev" in line]
        (tmp_path / "dev.json").write_text((tmp_path / "train.json").read_text())
    else:  # there is one database alone, which the rows of dev need not name
        shutil.rmtree(tmp_path / "dev_databases" / "bikes")
    for more in ({}, {"split": {"dev": 0.5}}):
        with pytest.raises(DataError, match="every input of the test set 'dev' stands in the tr"):
            load(values, **more)
    assert load(values, on_trained_test="warn").tests["dev"].examples


def test_other_statements_are_run_before_too_and_evidence_may_be_a_list(tmp_path):
    values = bird(tmp_path)
    dev = json.loads((tmp_path / "dev.json").read_text())
    dev[0] |= {"alt_sql": ["SELECT 9.5", "SELECT nam FROM shop"], "evidence": ["one", " two "]}
    (tmp_path / "dev.json").write_text(json.dumps(dev))
    data = load(values)
    first = data.tests["dev"].examples[0]
    assert first.meta["alt_sql"] == ["SELECT 9.5"]
    assert first.meta["hint"] == "Hint: one two\n"
    (line,) = data_report(
        RunSettings.parse({"name": "r", "task": values, "strategies": {"zero": {}}}), None
    )["warnings"][-1:]
    assert line.startswith("1 items of dev have other right statements (alt_sql) that do not run")
    (told,) = data.facts["gold"]["dev"]["others_set_aside"].values()
    assert "no such column: nam" in told


def test_a_broken_database_is_told_before_the_pool_that_it_leaves_too_small(tmp_path):
    values = bird(tmp_path)
    for name in ("bikes", "zoo"):
        (tmp_path / "dev_databases" / name / f"{name}.sqlite").write_text("no database")
    train = [row | {"db_id": 7} for row in json.loads((tmp_path / "train.json").read_text())[:2]]
    (tmp_path / "train.json").write_text(json.dumps([*train, *rows("good", "shop", "name", 2)]))
    make_database(tmp_path / "dev_databases", "good")
    (tmp_path / "dev.json").write_text(json.dumps(rows("good", "shop", "price", 1)))
    settings = RunSettings.parse(
        {"name": "r", "task": values, "strategies": {"random": {"context": {"k": 5}}}}
    )
    told = r"pool has \d distinct .*2 examples of train set aside; the first: .*db_id is 7, no text"
    with pytest.raises(ContextError, match=told):
        data_report(settings, None)
