"""Questions that a language model words to another value in the SQL; the model is a live server."""

from __future__ import annotations

import dataclasses
import json
import pickle
import re
import sqlite3
from collections import Counter

import numpy as np
import pytest

from ictrain.config import load_config
from ictrain.errors import ConfigError, ModelError
from ictrain.examples import Example
from ictrain.experiments.folder import RunFolder
from ictrain.experiments.paraphrasing.command import paraphrase
from ictrain.experiments.run import run
from ictrain.files import read_jsonl
from ictrain.paraphrase import free_settings, make_paraphraser, paraphrase_settings
from ictrain.paraphrase.asked import BudgetError, Checker
from ictrain.paraphrase.asked.check import Answer
from ictrain.paraphrase.asked.prompt import ids_of, messages_of
from ictrain.paraphrase.sql import sql_worded
from ictrain.similarity import build_index
from ictrain.sql import Databases, Judge
from ictrain.sql.linking import Schemas, SchemaSettings
from tests.faulty_server import FaultyServer
from tests.sql.kit import make_database

STATES = ("texas", "nevada", "illinois", "ohio", "utah", "maine")
SCRIPT = "CREATE TABLE city (name TEXT, state TEXT, people INTEGER);\n" + "\n".join(
    f"INSERT INTO city VALUES ('{state[:3].upper()}ville', '{state}', {100 * (n + 1)});"
    for n, state in enumerate(STATES)
)
LLM = {"method": "sql_llm", "url": "http://none/v1", "model": "small-one"}
SQL = "SELECT name FROM city WHERE state = 'texas'"
TEXAS = Example("1", "Which cities lie in Texas?", SQL, {"db_id": "map"})


@pytest.fixture
def made(tmp_path):
    make_database(tmp_path, "map", SCRIPT)
    judge = Judge(Databases(tmp_path))
    schemas = Schemas(judge.databases, SchemaSettings(filter="none"))

    def kept(**more):
        cache = str(tmp_path / "p.sqlite")
        return sql_worded(paraphrase_settings({**LLM, "cache": cache, **more}), judge, schemas)

    return kept


def worded(item: dict) -> list[str]:
    """What a good model says of one item."""
    return ["Tell me: " + re.sub(item["old"], item["new"], item["question"], flags=re.IGNORECASE)]


def all_good(prompt: str) -> str:
    asked = json.loads(prompt[prompt.index("{") :])
    return json.dumps({name: worded(item) for name, item in asked.items()})


def test_statements_are_those_of_the_database_each_once_and_executed(made):
    items = [json.loads(item) for item in made(statements=9).items(TEXAS)]
    assert {item["new"] for item in items} == set(STATES) - {"texas"}
    assert all(item["new_sql"] == SQL.replace("texas", item["new"]) for item in items)
    assert {(i["question"], i["sql"], i["old"]) for i in items} == {(TEXAS.input, SQL, "texas")}
    few = made(statements=2).items(TEXAS)
    assert list(few) == list(made(statements=9).items(TEXAS))[:2]  # more of them cost only more
    nobody = SQL.replace("state =", "people > 500 AND state =")
    target = Example("2", TEXAS.input, nobody, TEXAS.meta)
    assert [json.loads(item)["new"] for item in made().items(target)] == ["maine"]
    assert made(executions=1).items(Example("3", "Say one", "SELECT 1", TEXAS.meta)) == []


def test_a_value_that_the_question_names_otherwise_is_exchanged_too(made):
    """Which the template cannot: the model is to find the words."""
    lone = Example("1", "Which cities lie in the Lone Star State?", SQL, TEXAS.meta)
    assert len(made().items(lone)) == 5
    both = Example("1", "Texan cities, below 5,000 people?", f"{SQL} AND people < 5000", TEXAS.meta)
    assert {json.loads(item)["old"] for item in made().items(both)} == {5000}  # it is named


def test_statements_depend_on_target_and_database_alone(made):
    assert made().items(TEXAS) == pickle.loads(pickle.dumps(made())).items(TEXAS)
    again = Example("other id", TEXAS.input, TEXAS.output, TEXAS.meta)
    assert made().items(again) == made().items(TEXAS)


def test_what_is_said_beside_a_question_makes_it_another(made):
    told = Example("2", TEXAS.input, SQL, {**TEXAS.meta, "evidence": "Texas, the state"})
    kept = made()
    assert kept.key(told) != kept.key(TEXAS)
    assert "hint" in json.loads(kept.items(told)[0])
    assert "hint" not in json.loads(kept.items(TEXAS)[0])


def test_a_stand_in_has_what_templates_ask_of_it(made):
    target = Example("2", TEXAS.input, SQL, {**TEXAS.meta, "hint": "Hint: x"})
    pending = dataclasses.replace(made(), pending=True)(target, np.random.default_rng(0))
    assert pending.input.endswith("[to be asked for]")
    assert pending.meta["hint"] == "Hint: x"


def test_the_request_holds_objects_by_id_and_the_hint(made):
    target = Example("1", TEXAS.input, SQL, {**TEXAS.meta, "evidence": "Texas is a state"})
    kept = made(statements=2, language="en")
    ids = ids_of(kept.items(target))
    (_, told), (_, asked) = messages_of(kept.settings, ids)
    assert "write 1 question, in English, to which" in told
    (first, second) = json.loads(asked).values()
    assert set(first) == {"question", "sql", "new_sql", "old", "new", "hint"}
    assert (first["hint"], first["old"]) == ("Texas is a state", "texas")
    assert first["new"] != second["new"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Which cities lie in Ohio?", ""),
        ("Name Ohio's cities", ""),
        ("Which cities lie in Utah?", "does not name the new value"),
        ("Which cities lie in Ohio, not Texas?", "still names the old value"),
        (TEXAS.input, "equal to the sentence"),
        ("¿Qué ciudades hay en Ohio y por qué?", "another language"),
        ("Which? SELECT name FROM city WHERE state = 'ohio' of Ohio", "gives the output away"),
        (f"Which cities of Ohio: {SQL}", "gives the output away"),
    ],
)
def test_a_question_names_the_new_value_and_not_the_old_one(made, text, why):
    kept = made(similarity_range=[0.0, 1.0])
    item = next(i for i in made(statements=9).items(TEXAS) if json.loads(i)["new"] == "ohio")
    checker = Checker(kept.settings, build_index(kept.settings.similarity, None, None))
    ((texts, wrong),) = checker.good([Answer(item, kept.outputs(TEXAS, item), [text])])
    assert (texts, list(wrong)) == (([text], []) if not why else ([], [why]))


def test_what_is_kept_becomes_a_pair_with_its_own_sql_and_evidence(made):
    kept = made()
    meta = {**TEXAS.meta, "evidence": "the state = 'texas'", "alt_sql": ["x"], "schema": "s"}
    target = Example("1", TEXAS.input, SQL, meta)
    assert kept.near(target) is None
    item = next(i for i in kept.items(target) if json.loads(i)["new"] == "utah")
    kept.store.keep({item: ["Cities of Utah?"]}, kept.store.spent())
    pair = kept(target, np.random.default_rng(0))
    assert (pair.input, pair.output) == ("Cities of Utah?", SQL.replace("texas", "utah"))
    assert pair.meta["evidence"] == "the state = 'utah'"
    assert pair.meta["schema"] == "s"
    assert "alt_sql" not in pair.meta
    nothing = Example("9", "Say one", "SELECT 1", TEXAS.meta)
    assert kept.near(nothing) == ()
    assert kept(nothing, np.random.default_rng(0)) is None
    afresh = made()
    assert afresh.near_of([nothing, target]) == [(), kept.near(target)]
    assert len(afresh._known) == 2


def test_evidence_is_true_of_a_worded_question_too(made):
    kept = made()
    evidence = "TEXAS refers to state = 'texas'; Lone Star means Texas; size = SUM(people > 100)"
    target = Example("1", TEXAS.input, SQL, {**TEXAS.meta, "evidence": evidence})
    item = next(i for i in kept.items(target) if json.loads(i)["new"] == "utah")
    kept.store.keep({item: ["Cities of Utah?"]}, kept.store.spent())
    pair = kept(target, np.random.default_rng(0))
    assert pair.meta["evidence"] == "utah refers to state = 'utah'; size = SUM(people > 100)"
    assert kept.near(target)[0].beside == {"evidence": pair.meta["evidence"]}


def test_without_databases_it_says_what_it_needs():
    for method in ({"method": "sql_llm", "url": "http://none/v1", "model": "m"},
                   {"method": "sql_local", "model": "m"}):  # fmt: skip
        with pytest.raises(ConfigError, match=f"{method['method']} needs databases"):
            make_paraphraser(paraphrase_settings(method), [])
        assert "cache" in free_settings(method["method"])


CONFIG = """
name: small
seeds: [1, 2]
workers: 1
task:
  name: text_to_sql
  train: FOLDER/train.jsonl
  tests: {id: FOLDER/test.jsonl}
  databases: FOLDER/db
  cache: null
  metrics: [execution]
  max_new_tokens: 12
  shown_schema: {filter: none}
  paraphrase:
    {method: sql_llm, url: "URL", model: small-one, per_call: 4, backoff_s: 0.01, timeout_s: 2}
model:
  tokenizer: made:bpe-300
  scratch: {hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2}
adapter: {peft: none}
prompt: {instruction: "", target: "{input} => {output}\\n", example: "{input} => {output}\\n"}
context: {k: 1-3, neighbours: 8}
training: {steps: 5, batch_size: 4, learning_rate: 1.0e-3}
evaluation: {modes: [none, one_paraphrase], k: 2}
probes: {items: 2, points: 2}
strategies: {contrastive: {context: {epsilon: 0.5}}}
"""


def rows() -> list[dict[str, str]]:
    ask = ("Which cities lie in {}?", "SELECT name FROM city WHERE state = '{}'")
    many = ("How many people live in {}?", "SELECT sum(people) FROM city WHERE state = '{}'")
    return [{"input": q.format(s.title()), "output": sql.format(s), "db_id": "map"}
            for q, sql in (ask, many) for s in STATES]  # fmt: skip


@pytest.fixture
def serve(tmp_path):
    servers = []

    def started(answer=all_good, faults=lambda _prompt, _times: None):
        servers.append(FaultyServer(answer, faults))
        (tmp_path / "db").mkdir()
        make_database(tmp_path / "db", "map", SCRIPT)
        for name, part in (("train", rows()[::2]), ("test", rows()[1::2])):
            lines = [json.dumps(row) for row in part]
            (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
        text = CONFIG.replace("FOLDER", str(tmp_path)).replace("URL", servers[-1].url)
        (tmp_path / "small.yaml").write_text(text)
        return tmp_path / "small.yaml", servers[-1]

    yield started
    for server in servers:
        server.close()


def items_answered(server: FaultyServer) -> Counter[str]:
    found: Counter[str] = Counter()
    for prompt, times in server.answered.items():
        for item in json.loads(prompt[prompt.index("{") :]).values():
            found[json.dumps(item)] += times
    return found


def ran(config, *overrides):
    said: list[str] = []
    settings = load_config(config, overrides)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ictrain.experiments.run.report", lambda *_: None)
        run(settings, config.parent / "runs", said.append)
    return RunFolder(config.parent / "runs" / settings.name), "\n".join(said)


def test_a_run_asks_first_and_draws_executed_pairs_that_are_never_paid_for_twice(serve):
    config, server = serve()
    folder, said = ran(config)
    assert re.search(r"paraphrases: \d+ statements of \d+ targets, by small-one at", said)
    assert max(items_answered(server).values()) == 1
    near = [one for row in read_jsonl(folder.path / "paraphrases.jsonl")
            for one in row["paraphrases"]]  # fmt: skip
    assert near
    assert all(one["input"].startswith("Tell me: ") for one in near)
    base = sqlite3.connect(config.parent / "db" / "map" / "map.sqlite")
    for one in near:  # the question is about what its statement compares with, and it has a result
        (state,) = re.findall("'(.*)'", one["output"])
        assert one["input"].endswith(f"in {state}?")
        assert base.execute(one["output"]).fetchall()
    paid = sum(items_answered(server).values())
    ran(config, "name=again")
    assert sum(items_answered(server).values()) == paid


def test_the_budget_ends_the_asking_and_keeps_what_is_paid_for(serve):
    config, server = serve()
    with pytest.raises(BudgetError):
        ran(config, "task.paraphrase.budget={calls: 2}", "task.paraphrase.concurrency=1")
    kept = items_answered(server)
    assert sum(server.answered.values()) == 2
    ran(config)
    assert max((items_answered(server)).values()) == 1
    assert set(kept) < set(items_answered(server))


def test_bad_questions_are_told_and_their_targets_go_without(serve):
    """Of people the model always speaks of Berlin."""

    def answer(prompt: str) -> str:
        asked = json.loads(prompt[prompt.index("{") :])
        said = {
            name: ["How many people live in Berlin?"]
            if "people" in item["question"]
            else worded(item)
            for name, item in asked.items()
        }
        return json.dumps(said)

    config, _ = serve(answer)
    folder, said = ran(config)
    assert "does not name the new value" in said
    assert "got no valid paraphrase" in said
    for row in read_jsonl(folder.path / "paraphrases.jsonl"):
        assert bool(row["paraphrases"]) is ("people" not in row["input"])
        assert row.get("given_up", "does not name the new value") == "does not name the new value"


def test_the_command_counts_before_and_shows_after(serve):
    config, server = serve()
    said: list[str] = []
    settings = load_config(config, ())
    paraphrase(settings, config.parent / "runs", True, said.append)
    assert not server.asked
    assert "nothing was asked" in said[-1]
    assert "about" in said[0]
    paraphrase(settings, config.parent / "runs", False, said.append)
    shown = "\n".join(said)
    assert re.search(r"Which cities lie in \w+\?\n    -> SELECT name .*\n    ~ Tell me: ", shown)


def test_a_question_that_two_databases_are_asked_has_the_values_of_each(serve):
    config, _ = serve()
    small = "CREATE TABLE city (name TEXT, state TEXT, people INTEGER);\n" + "\n".join(
        f"INSERT INTO city VALUES ('{s}burg', '{s}', 7);" for s in ("texas", "iowa", "alaska")
    )
    make_database(config.parent / "db", "other", small)
    train = config.parent / "train.jsonl"
    same = [json.loads(line) for line in train.read_text().splitlines()]
    texas = [row | {"db_id": "other"} for row in same if "texas" in row["output"]]
    train.write_text("\n".join(map(json.dumps, [*same, *texas])) + "\n")
    folder, _ = ran(config, "strategies.contrastive.context.epsilon=1.0")
    rows = read_jsonl(folder.path / "paraphrases.jsonl")
    assert {row["of"] for row in rows} == {"map", "other"}
    for row in rows:
        values = {"iowa", "alaska"} if row["of"] == "other" else set(STATES)
        for near in row["paraphrases"]:
            assert re.findall("'(.*)'", near["output"])[0] in values


def test_targets_without_another_statement_are_told_and_nothing_is_asked_of_them(serve):
    config, _ = serve()
    train = config.parent / "train.jsonl"
    plain = [{"input": f"how many, {i}?", "output": f"SELECT count(*) + {i} FROM city",
              "db_id": "map"} for i in range(3)]  # fmt: skip
    train.write_text(train.read_text() + "\n".join(map(json.dumps, plain)) + "\n")
    folder, said = ran(config, "strategies.contrastive.context.epsilon=1.0")
    assert "targets (3 have none: no other value in its SQL gives a result), by" in said
    rows = read_jsonl(folder.path / "paraphrases.jsonl")
    assert [r["given_up"] for r in rows if not r["paraphrases"]] == [
        "no other value in its SQL gives a result"
    ] * 3
    record = json.loads((folder.path / "record.json").read_text())
    (told,) = record["paraphrases"]
    assert (told["unit"], told["nothing_to_ask"]) == ("statements", 3)


def test_a_task_of_whose_sql_nothing_can_change_is_told(serve):
    config, server = serve()
    for name in ("train", "test"):
        plain = [{"input": f"how many {name}, {i}?", "output": f"SELECT count(*) + {i} FROM city",
                  "db_id": "map"} for i in range(6)]  # fmt: skip
        (config.parent / f"{name}.jsonl").write_text("\n".join(map(json.dumps, plain)) + "\n")
    with pytest.raises(ModelError, match=r"nothing can be asked for any of \d+ targets: no other"):
        ran(config)
    assert not server.asked
