from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from ictrain.errors import ConfigError
from ictrain.examples import Example, PoolSnapshot, normalise
from ictrain.paraphrase import make_paraphraser, paraphrase_settings
from ictrain.paraphrase.sql import (
    Changes,
    SqlLiterals,
    SqlLiteralsSettings,
    mentions,
    renamed,
    sql_literals,
)
from ictrain.randomness import rng
from ictrain.sql import Databases, Judge
from ictrain.sql.linking import Schemas, SchemaSettings
from ictrain.sql.schema import read_schema
from ictrain.sql.sites import exchanged, sites_of
from ictrain.sql.syntax import parsed
from tests.sql.kit import make_database

SCRIPT = """
CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT, state TEXT, people INTEGER, founded TEXT);
INSERT INTO city VALUES
  (1, 'Austin', 'texas', 1000, '1839-12-27'), (2, 'Reno', 'nevada', 200, '1868-05-09'),
  (3, 'O''Fallon', 'illinois', 30, '1854-01-01'), (4, 'Elko', 'nevada', 20, '1869-01-01 10:00'),
  (5, 'Old Town', 'n/a', 5, NULL);
CREATE TABLE empty (name TEXT);
"""


@pytest.fixture
def rule(tmp_path):
    make_database(tmp_path, "map", SCRIPT)
    judge = Judge(Databases(tmp_path))
    return SqlLiterals(Changes(judge, Schemas(judge.databases, SchemaSettings(filter="none"))))


def item(question: str, sql: str, **meta: object) -> Example:
    return Example("q", question, sql, {"db_id": "map", **meta})


def all_of(rule, target, count=60):
    made = [rule(target, rng(0, "test", 0, i)) for i in range(count)]
    return {(m.input, m.output) for m in made if m is not None}


def test_question_and_sql_change_together(rule):
    sql = "SELECT  name FROM city AS c\nWHERE c.state = 'texas'  -- of texas"
    found = all_of(rule, item("Which cities lie in Texas?", sql))
    assert found == {
        (f"Which cities lie in {state}?", sql.replace("'texas'", f"'{state}'"))
        for state in ("nevada", "illinois")
    }


def test_the_new_sql_is_executed_and_gives_a_result(rule):
    """Of all names, two alone lie in Nevada."""
    sql = "SELECT people FROM city WHERE state = 'nevada' AND name = 'Reno'"
    target = item("How many people live in Reno?", sql)
    assert all_of(rule, target) == {("How many people live in Elko?", sql.replace("Reno", "Elko"))}
    assert not all_of(rule, item("How many live in Reno?", f"{sql} AND people < 0"))
    counting = "SELECT count(*) FROM city WHERE people > 900 AND name = 'Austin'"
    assert not all_of(rule, item("Is Austin large?", counting))  # every other count is 0


def test_what_the_question_does_not_name_stays(rule):
    assert not all_of(rule, item("Which cities lie there?", "SELECT 1 WHERE 'texas' = 'texas'"))
    sql = "SELECT name FROM city WHERE state = 'texas'"
    assert not all_of(rule, item("Which cities lie in the Lone Star State?", sql))
    assert not all_of(rule, item("Which cities lie in Tex (texas)?", sql))
    assert not all_of(rule, item("Which cities lie in texas (TX)?", sql))
    assert not all_of(rule, item("Which texasian cities are there?", sql))


def test_quotes_in_values_stay_values(rule):
    sql = "SELECT state FROM city WHERE name = 'Reno'"
    found = all_of(rule, item("Where is Reno?", sql))
    assert ("Where is O'Fallon?", "SELECT state FROM city WHERE name = 'O''Fallon'") in found
    double = 'SELECT state FROM city WHERE name = "Reno" ;'
    found = all_of(rule, item("where is reno?", double))
    assert ("where is o'fallon?", 'SELECT state FROM city WHERE name = "O\'Fallon" ;') in found
    back = all_of(rule, item("Where is O'Fallon?", "SELECT state FROM city WHERE name='O''Fallon'"))
    assert ("Where is Reno?", "SELECT state FROM city WHERE name='Reno'") in back


def test_numbers_change_where_they_are_compared(rule):
    sql = "SELECT name FROM city WHERE people > 200 ORDER BY 1 LIMIT 7"
    found = all_of(rule, item("7 cities with more than 200 people?", sql))
    assert found == {
        (f"7 cities with more than {n} people?", sql.replace("> 200", f"> {n}"))
        for n in (20, 30, 5)
    }
    (made,) = all_of(rule, item("more than 1,000?", "SELECT 1 FROM city WHERE people <> 1000"), 1)
    assert "1,000" not in made[0]


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("200 cities with more than 200 people?", "WHERE people > 200 LIMIT 200"),
        ("cities with 200 people?", "WHERE people = 200 LIMIT 200"),
        ("cities with 200 people?", "WHERE people = 200 GROUP BY name HAVING count(*) < 200"),
        ("of 200 questions: cities with 200 people?", "WHERE people = 200"),
    ],
)
def test_a_number_that_stands_for_something_else_too_is_not_changed(rule, question, sql):
    assert not all_of(rule, item(question, f"SELECT name FROM city {sql}"))


def test_a_number_that_is_computed_with_beside_the_question_is_not_changed(rule):
    sql = "SELECT people * 100 / 200 FROM city WHERE people = 200"
    plain = item("share of cities with 200 people?", "SELECT name FROM city WHERE people = 200")
    assert all_of(rule, plain)
    told = replace(plain, meta={**plain.meta, "evidence": "share = people * 100 / 200"})
    assert not all_of(rule, told)
    assert not all_of(rule, replace(plain, output=sql))


def test_a_short_text_is_named_in_its_own_case_alone():
    assert [m.start() for m in mentions("A", "a student with grade A")] == [21]
    assert not mentions("IT", "is it so?")
    assert mentions("texas", "In Texas")
    assert renamed("Is a city with a grade A?", "A", "D") == "Is a city with a grade D?"


def test_a_text_keeps_the_case_that_the_statement_wants(rule):
    sql = "SELECT state FROM city WHERE lower(name) = 'austin'"
    found = all_of(rule, item("Where is austin?", sql))
    assert ("Where is reno?", sql.replace("austin", "reno")) in found
    assert all(new == new.replace(new.split("= ")[1], new.split("= ")[1].lower())
               for _, new in found)  # fmt: skip
    differs = "SELECT state FROM city WHERE lower(name) <> 'austin'"
    assert all("Reno" not in new for _, new in all_of(rule, item("Not austin?", differs)))


def test_dates_stay_dates_and_placeholders_are_no_values(rule):
    sql = "SELECT name FROM city WHERE founded = '1839-12-27'"
    found = all_of(rule, item("Founded on 1839-12-27?", sql))
    assert {text for text, _ in found} == {"Founded on 1868-05-09?", "Founded on 1854-01-01?"}
    assert not any("n/a" in text for text, _ in all_of(
        rule, item("In texas?", "SELECT 1 FROM city WHERE state = 'texas'")))  # fmt: skip


def test_like_keeps_its_signs(rule):
    sql = "SELECT state FROM city WHERE name LIKE 'A%'"
    found = all_of(rule, item("Cities with A?", sql))
    assert ("Cities with R?", sql.replace("A%", "R%")) in found
    sql = "SELECT state FROM city WHERE lower(name) LIKE lower('%Austin%')"
    assert ("Which Reno?", sql.replace("Austin", "Reno")) in all_of(
        rule, item("Which Austin?", sql)
    )


def test_equal_literals_change_together(rule):
    sql = ("SELECT name FROM city WHERE state = 'nevada' AND people = "
           "(SELECT max(people) FROM city WHERE state = 'nevada')")  # fmt: skip
    found = all_of(rule, item("What is the largest city in nevada?", sql))
    assert found
    assert all("nevada" not in text + new for text, new in found)


def test_evidence_changes_too_and_other_gold_goes(rule):
    sql = "SELECT name FROM city WHERE state = 'texas'"
    target = item(
        "in texas?", sql, evidence="texas refers to state = 'texas'", alt_sql=["SELECT 1"]
    )
    made = rule(target, rng(0, "test"))
    state = made.output.split("'")[1]
    assert made.meta["evidence"] == f"{state} refers to state = '{state}'"
    assert "alt_sql" not in made.meta
    assert made.meta["db_id"] == "map"
    assert made.id == f"q#{state}"


HEROES = """
CREATE TABLE gender (id INTEGER PRIMARY KEY, gender TEXT);
INSERT INTO gender VALUES (1, 'Male'), (2, 'Female'), (3, 'Neither');
CREATE TABLE hero (name TEXT, gender_id INT REFERENCES gender (id), eye TEXT, height INT, F TEXT,
                   born TEXT, home INT REFERENCES gender);
INSERT INTO hero VALUES ('Ann', 2, 'Blue', 150, 'F', '1950-01-01', 1),
  ('Bob', 1, 'Amber', 170, 'M', '1960-01-01', 1), ('Cy', 3, 'Grey', 190, 'F', '1970-01-01', 2),
  ('Di', 2, 'Green', 234, 'M', '1980-01-01', 3);
"""
OF_GENDER = (
    "SELECT name FROM hero JOIN gender ON gender_id = gender.id WHERE gender.gender = 'Male'"
)


@pytest.fixture
def heroes(tmp_path):
    make_database(tmp_path, "heroes", HEROES)
    judge = Judge(Databases(tmp_path))
    return SqlLiterals(Changes(judge, Schemas(judge.databases, SchemaSettings(filter="none"))))


def hero(question: str, sql: str, evidence: str) -> Example:
    return Example("q", question, sql, {"db_id": "heroes", "evidence": evidence})


def evidence_of(rule, target, new) -> str:
    """That of the near-duplicate with this value."""
    made = (rule(target, rng(0, "test", 0, i)) for i in range(99))
    return next(m.meta["evidence"] for m in made if m is not None and str(new) in m.output)


@pytest.mark.parametrize(
    ("evidence", "new"),
    [
        ("male refers to gender = 'Male'", "neither refers to gender = 'Neither'"),
        ("MALE heroes refers to gender = 'male';", "Neither heroes refers to gender = 'neither';"),
        ("'Male' is the gender; height in cm", "'Neither' is the gender; height in cm"),
        ("share = SUM(gender = 'Male')", "share = SUM(gender = 'Neither')"),
        ("male refers to gender_id = 1", ""),
        ("male refers to gender.id = 1; tall refers to height > 170;",
         "tall refers to height > 170;"),
        ("tall refers to height > 170; male refers to 'Male' and gender = 'm';",
         "tall refers to height > 170;"),
        ("ratio = DIVIDE(SUM(gender_id = 1), SUM(gender_id IN (2, 3)))", ""),
        ("hosts refers to home = 1; x refers to name", " x refers to name"),
        ("the boys refers to gender = 'Male'", ""),
        ("gender 1 means male", ""),
        ("male refers to gender = 'males'", ""),
        ("share = SUM(gender = 'males'); eye refers to eye = 'grey'", "eye refers to eye = 'grey'"),
        ("old refers to born < 1960; eye = 'blue'", "old refers to born < 1960; eye = 'blue'"),
    ],
)  # fmt: skip
def test_evidence_is_true_of_the_new_value_or_left_out(heroes, evidence, new):
    target = hero("Who is male?", OF_GENDER, evidence)
    assert evidence_of(heroes, target, "Neither").strip() == new.strip()


def test_what_the_statement_has_as_well_ties_nothing_to_the_old_value(heroes):
    sql = f"{OF_GENDER} AND height > 160 AND F <> 'X' AND eye LIKE '%e%'"
    evidence = "males over 160 means gender = 'Male' AND height > {} AND F <> 'x' AND eye = 'e'"
    target = hero("Which Male over 160?", sql, evidence.replace("males", "Male").format("160.0"))
    assert evidence_of(heroes, target, "Neither") == target.meta["evidence"].replace(
        "Male", "Neither"
    )
    assert evidence_of(heroes, hero(target.input, sql, evidence.format("160")), "Neither") == ""
    other = evidence.replace("males", "Male").format("161")
    assert evidence_of(heroes, hero(target.input, sql, other), "Neither") == ""


def test_a_hint_says_what_the_evidence_says(heroes):
    evidence = "male refers to gender = 'male'; height in cm"
    plain = hero("Who is male?", OF_GENDER, evidence)
    told = replace(plain, meta={**plain.meta, "hint": f"Hint: {evidence}\n"})
    made = heroes(told, rng(0, "test"))
    assert made.meta["hint"] == f"Hint: {made.meta['evidence']}\n"
    nothing = {
        "evidence": "male refers to gender_id = 1",
        "hint": "Hint: male refers to gender_id = 1\n",
    }
    made = heroes(replace(plain, meta={**plain.meta, **nothing}), rng(0, "test"))
    assert (made.meta["evidence"], made.meta["hint"]) == ("", "")


def test_a_few_letters_are_a_value_in_quotes_and_else_a_word(heroes):
    sql = "SELECT name FROM hero WHERE F = 'F'"
    same = "F refers to F = 'f'; f is a letter"
    assert (
        evidence_of(heroes, hero("Who is F?", sql, same), "'M'")
        == "M refers to M = 'm'; f is a letter"
    )
    assert evidence_of(heroes, hero("Who is F?", sql, "f refers to F = 'F'"), "'M'") == ""


def test_a_value_that_is_named_already_becomes_no_other_one(heroes):
    """Between female and female there is no ratio."""
    both = OF_GENDER.replace("= 'Male'", "IN ('Male', 'Female')")
    found = all_of(heroes, hero("How do male and female heroes compare?", both, ""))
    assert {text for text, _ in found} == {
        "How do Neither and female heroes compare?".replace("N", "n"),
        "How do male and neither heroes compare?",
    }
    said = all_of(heroes, hero("Which male heroes are no Female?", OF_GENDER, ""))
    assert {text for text, _ in said} == {"Which neither heroes are no Female?"}
    beside = all_of(heroes, hero("Which male heroes?", OF_GENDER, "girls means FEMALE"))
    assert {text for text, _ in beside} == {"Which neither heroes?"}
    tall = "SELECT name FROM hero WHERE height > 150 LIMIT 170"
    assert {text for text, _ in all_of(heroes, hero("more than 150?", tall, ""))} == {
        "more than 190?"
    }


@pytest.mark.parametrize(
    ("where", "froms", "tos"),
    [
        ("height BETWEEN 160 AND 200", (150, 170, 190), (170, 190, 234)),
        ("height >= 160 AND height <= 200", (150, 170, 190), (170, 190, 234)),
        ("height > 160 AND name <> 'x' AND 200 > height", (150, 170), (190, 234)),  # else no row
        ("(height < 200 AND height > 160) OR height = 0", (150, 170), (190, 234)),
    ],
)
def test_the_ends_of_a_range_stay_in_order(heroes, where, froms, tos):
    target = hero("Who is 160 to 200?", f"SELECT name FROM hero WHERE {where}", "")
    found = {text for text, _ in all_of(heroes, target)}
    assert found == {f"Who is {n} to 200?" for n in froms} | {f"Who is 160 to {n}?" for n in tos}
    counted = replace(target, output=target.output.replace("name", "count(*) + 1", 1))
    assert {text for text, _ in all_of(heroes, counted)} == {
        *(f"Who is {n} to 200?" for n in (150, 170, 190)),
        *(f"Who is 160 to {n}?" for n in (170, 190, 234)),
    }


def test_ends_that_are_texts_stay_in_order_too(heroes):
    sql = "SELECT name FROM hero WHERE born BETWEEN '1955-01-01' AND '1975-01-01'"
    found = {text for text, _ in all_of(heroes, hero("From 1955-01-01 to 1975-01-01?", sql, ""))}
    assert found == {
        "From 1950-01-01 to 1975-01-01?", "From 1960-01-01 to 1975-01-01?",
        "From 1970-01-01 to 1975-01-01?", "From 1955-01-01 to 1960-01-01?",
        "From 1955-01-01 to 1970-01-01?", "From 1955-01-01 to 1980-01-01?",
    }  # fmt: skip
    apart = sql.replace("BETWEEN", ">").replace("AND", "OR born <")
    assert "From 1980-01-01 to 1975-01-01?" in {
        text for text, _ in all_of(heroes, hero("From 1955-01-01 to 1975-01-01?", apart, ""))
    }


def test_a_number_that_a_function_takes_is_not_changed(heroes):
    sql = "SELECT name FROM hero WHERE home = 1"
    assert all_of(heroes, hero("Whose home is 1?", sql, "home IN (1)"))
    assert not all_of(heroes, hero("Whose home is 1?", sql, "year = SUBSTR(born, 1, 4)"))


def test_it_is_a_pure_function_that_pickles(rule):
    target = item("in texas?", "SELECT name FROM city WHERE state = 'texas'")
    copy = pickle.loads(pickle.dumps(rule))
    for i in range(5):
        assert rule(target, rng(0, "p", 0, i)) == copy(target, rng(0, "p", 0, i))


def test_only_literals_differ(rule):
    """The trees agree but for literals: checked by a parser, not by the code under test."""
    from sqlglot import exp

    sql = "SELECT name FROM city WHERE state IN ('texas', 'nevada') AND people BETWEEN 10 AND 1000"

    def bare(text):
        tree = parsed(text).copy()
        for literal in list(tree.find_all(exp.Literal)):
            literal.replace(exp.Placeholder())
        return tree.sql()

    found = all_of(rule, item("In texas or nevada, between 10 and 1000?", sql))
    assert len(found) > 3
    assert {bare(new) for _, new in found} == {bare(sql)}
    assert all(normalise(text) != "in texas or nevada, between 10 and 1000?" for text, _ in found)


def test_a_function_may_word_the_question(rule):
    """The language model's way: held to naming the new value and not the old one."""
    target = item("Which lie there?", "SELECT name FROM city WHERE state = 'texas'")

    def with_answer(answer):
        return SqlLiterals(rule.changes, answer)

    found = all_of(
        with_answer(lambda q, old, new: f"Cities of {new.split(chr(39))[1]}, please"), target
    )
    assert {text for text, _ in found} == {"Cities of nevada, please", "Cities of illinois, please"}
    for bad in (lambda *_: None, lambda *_: "Which?", lambda *_: "texas or nevada or illinois",
                lambda q, *_: q):  # fmt: skip
        assert not all_of(with_answer(bad), target, 5)


def test_words_around_a_value_fit_it():
    assert renamed("an Italian or a french one", "Italian", "Greek") == "a Greek or a french one"
    assert renamed("A Greek one", "Greek", "Italian") == "An Italian one"
    assert renamed("two rooms, 2 beds, 20 m, 2.5", 2, 3) == "three rooms, 3 beds, 20 m, 2.5"
    assert renamed("more than 1,000 of 1000", 1000, 25000) == "more than 25,000 of 25000"
    assert renamed("on 2014-01-02 in 01", 1, 5) == "on 2014-01-02 in 01"


def test_sites_stand_where_they_say(tmp_path):
    schema = read_schema("map", make_database(tmp_path, "map", SCRIPT))
    sql = (
        "SELECT count(*) FROM city c WHERE (c.state = 'a''b') AND 10 < people AND name IN "
        "('x', 'y') AND upper(name) = 'Z' AND strftime('%Y', founded) = '1900' LIMIT 7"
    )
    found = [(s.value, sql[s.start : s.end], s.columns[0].name) for s in sites_of(sql, schema)]
    assert found == [
        ("a'b", "'a''b'", "state"), (10, "10", "people"), ("x", "'x'", "name"),
        ("y", "'y'", "name"), ("Z", "'Z'", "name"),
    ]  # fmt: skip
    assert exchanged(sql, sites_of(sql, schema)[:1], "c'd").count("'c''d'") == 1
    assert sites_of("not ( SQL", schema) == []


def test_settings_and_a_task_without_databases():
    settings = paraphrase_settings({"method": "sql_literals", "tries": 3})
    assert isinstance(settings, SqlLiteralsSettings)
    with pytest.raises(ConfigError, match="needs databases"):
        make_paraphraser(settings, PoolSnapshot.of([Example("a", "b", "c")]).examples)


def test_the_settings_reach_the_rule(rule, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def ask(question, old, new):\n    return None\n")
    made = sql_literals(
        SqlLiteralsSettings(tries=2, question=f"{file}:ask"),
        rule.changes.judge,
        rule.changes.schemas,
    )
    assert made.changes.tries == 2
    assert made.rewrite("", "", "") is None
    with pytest.raises(ConfigError, match=r"paraphrase\.question: .*no such file"):
        sql_literals(
            SqlLiteralsSettings(question="none.py:f"), rule.changes.judge, rule.changes.schemas
        )
