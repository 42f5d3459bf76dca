from __future__ import annotations

import pickle
import signal
import time
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictrain.errors import DataError
from ictrain.examples import Example
from ictrain.sql import Databases, Executor, Judge, SqlLimits, compare, run_gold, shared_executor
from ictrain.sql.compare import same_rows, same_set
from ictrain.sql.syntax import normalised, orders
from tests.sql.kit import make_database
from tests.sql.test_executor import killing

NAMES = "SELECT name FROM shop WHERE price > 19"


@pytest.fixture
def judge(tmp_path):
    make_database(tmp_path / "databases")
    limits = SqlLimits(instructions=1_000_000, rows=100, seconds=5)
    return Judge(Databases(tmp_path / "databases"), limits)


@pytest.mark.parametrize(
    ("sql", "bird", "strict"),
    [
        (NAMES, "match", "match"),
        ("SELECT s.name FROM shop s WHERE NOT s.price <= 19 ORDER BY 1", "match", "match"),
        ("SELECT name FROM shop a, (SELECT 1 UNION ALL SELECT 2) WHERE price > 19",
         "match", "mismatch"),
        ("SELECT name FROM shop", "mismatch", "mismatch"),
        ("SELECT name, price FROM shop WHERE price > 19", "mismatch", "mismatch"),
        ("SELECT nam FROM shop", "invalid", "invalid"),
        ("SELECT a.id FROM shop a, shop b, shop c", "too_large", "too_large"),
        ("DELETE FROM shop", "forbidden", "forbidden"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT max(i) FROM n",
         "time_out", "time_out"),
    ],
)  # fmt: skip
def test_every_outcome_has_its_name(judge, sql, bird, strict):
    found = judge.verdict("bikes", sql, [NAMES])
    assert (found.bird, found.strict) == (bird, strict)


def test_a_gold_that_orders_asks_for_the_order(judge):
    gold = f"{NAMES} ORDER BY price"
    backwards = f"{NAMES} ORDER BY price DESC"
    assert judge.verdict("bikes", backwards, [gold]).strict == "mismatch"
    assert judge.verdict("bikes", backwards, [gold]).bird == "match"
    assert judge.verdict("bikes", backwards, [NAMES]).strict == "match"
    assert judge.verdict("bikes", backwards, [gold, NAMES]).strict == "match"


def test_nothing_is_executed_twice(judge, monkeypatch):
    asked = []
    execute = judge.execute
    monkeypatch.setattr(judge, "execute", lambda d, s: asked.append(s) or execute(d, s))
    for _ in range(3):
        judge.verdict("bikes", "SELECT 1", [NAMES])
    judge.verdict("bikes", "SELECT 2", [NAMES])
    assert sorted(asked) == sorted(["SELECT 1", NAMES, "SELECT 2"])
    copy = pickle.loads(pickle.dumps(judge))
    assert copy.verdict("bikes", "SELECT 1", [NAMES]).bird == "mismatch"


def test_a_gold_that_does_not_run_is_told(judge):
    with pytest.raises(DataError, match="the gold does not run: no such table: absent"):
        judge.verdict("bikes", "SELECT 1", ["SELECT * FROM absent"])
    assert judge.verdict("bikes", NAMES, ["SELECT * FROM absent", NAMES]).bird == "match"


def test_floats_are_compared_as_the_module_says():
    assert not same_set([(0.1 + 0.2,)], [(0.3,)])
    assert same_rows([(0.1 + 0.2,)], [(0.3,)], ordered=False)
    assert same_rows([(0.1 + 0.2, "a"), (1.0, "b")], [(1, "b"), (0.3, "a")], ordered=False)
    assert not same_rows([(0.3000001,)], [(0.3,)], ordered=False)
    assert not same_rows([(2**60 + 1,)], [(2**60,)], ordered=False)
    assert not same_rows([("1",)], [(1,)], ordered=False)
    assert same_rows([(1e-13,)], [(0,)], ordered=True)
    assert not same_rows([(1.0,), (1.0,), (2.0,)], [(1.0,), (2.0,), (2.0,)], ordered=False)
    assert not same_rows([(1.5, 2)], [(1.5,)], ordered=False)
    assert same_rows([(None,), (b"x",)], [(b"x",), (None,)], ordered=False)


VALUES = st.one_of(
    st.none(), st.integers(-9, 9), st.text("ab", max_size=2), st.binary(max_size=2),
    st.floats(-9, 9).map(lambda x: round(x, 2)),
)  # fmt: skip


@given(st.lists(st.tuples(VALUES, VALUES), max_size=8), st.randoms(), st.booleans())
def test_order_and_noise_do_not_count_and_a_changed_row_does(rows, random, drop):
    shuffled = [
        tuple(v * (1 + 1e-12) if isinstance(v, float) else v for v in row)
        for row in random.sample(rows, len(rows))
    ]
    assert same_rows(rows, shuffled, ordered=False)
    if rows:
        changed = shuffled[1:] if drop else [*shuffled[1:], ("other", "row")]
        assert not same_rows(rows, changed, ordered=False)


MIXED = st.one_of(
    VALUES, st.sampled_from([0, 0.0, -0.0, 1, 1.0, 2**53, 2.0**53, 2**53 + 1, -(2**63), -(2.0**63),
                             2**63 - 1, 2.0**63, float("inf"), "1", "1.0", "None", b"1", None, ""])
)  # fmt: skip
ROWS = st.lists(st.tuples(MIXED, MIXED), max_size=5)


@given(ROWS, ROWS, st.randoms())
def test_the_comparison_says_what_sets_and_counters_say(one, other, random):
    assert same_set(one, other) == (set(one) == set(other))
    for rows in (other, random.sample(one, len(one)), one[:1] * 2 + one[2:]):
        assert same_set(one, rows) == (set(one) == set(rows))
        if not any(isinstance(v, float) for row in (*one, *rows) for v in row):
            assert same_rows(one, rows, ordered=False) == (Counter(one) == Counter(rows))
        elif Counter(one) == Counter(rows):
            assert same_rows(one, rows, ordered=False)


@pytest.mark.parametrize("strict", [False, True])
def test_rows_whose_hashes_are_all_equal_take_no_longer(judge, strict):
    """As many as a result may have: as a set of Python they take two minutes."""
    values = ",".join(f"({2.0 ** (61 * k)!r})" for k in range(-8, 9))
    assert len({hash(2.0 ** (61 * k)) for k in range(-8, 9)}) == 1
    names = ", ".join(f"{name}.x" for name in "abcde")
    sql = f"WITH v(x) AS (VALUES {values}) SELECT {names} FROM v a, v b, v c, v d, v e LIMIT 100000"
    with Executor() as executor:
        rows = executor.run(judge.databases.path("bikes"), sql).rows
    assert len(rows) == SqlLimits().rows == len({tuple(map(str, row)) for row in rows})
    started = time.process_time()
    if strict:
        assert same_rows(rows, rows[::-1], ordered=False)
    else:
        assert not same_set(rows, rows[1:])
    assert time.process_time() - started < 30


def test_rows_that_sorting_does_not_pair_are_compared_in_bounded_work(monkeypatch):
    """The first column rounds up in one half here and in the other half there."""

    def rows(columns, count, up):
        low, high = 1.000005 - 1e-10, 1.000005 + 1e-10
        return [
            (high if (i < count / 2) == up else low, *[0] * columns, float(i)) for i in range(count)
        ]

    done = []
    equal = compare._equal
    monkeypatch.setattr(compare, "_equal", lambda a, b: done.append(1) or equal(a, b))
    assert same_rows(rows(8, 60, True), rows(8, 60, False), ordered=False)
    done.clear()
    same_rows(rows(990, 200, True), rows(990, 200, False), ordered=False)
    assert len(done) < 1_000_000


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a)", False),
        ("SELECT rank() OVER (ORDER BY a) FROM t", False),
        ("SELECT a FROM t UNION SELECT b FROM t ORDER BY 1", True),
        ("WITH x AS (SELECT a FROM t ORDER BY a) SELECT * FROM x", False),
        ("SELECT 'order by' FROM t", False),
        ("SELECT a FROM t ORDER BY a LIMIT 2 - (SELECT 1) % 2 OFFSET (SELECT 1)", True),
        ("SELECT 'x order by' FROM (SELECT 1 ORDER BY 1) LIMIT 2 - (SELECT 1) % 2", False),
    ],
)
def test_only_the_statements_own_order_counts(sql, expected):
    assert orders(sql) is expected


def test_spellings_of_one_statement_are_equal():
    one = "SELECT T1.name FROM shop AS T1 INNER JOIN x T2 ON T1.id=(T2.id) WHERE T1.a != 'X' -- c"
    two = "select t.NAME from Shop t\n join X as b on t.id = b.ID where t.a <> 'X';"
    assert normalised(one) == normalised(two)
    for other in ("SELECT a FROM t WHERE a = 'x'", "SELECT a FROM t WHERE a = 'X'",
                  "SELECT b FROM t WHERE a = 'x'", 'SELECT a FROM t WHERE a = "X"',
                  "SELECT DISTINCT a FROM t WHERE a = 'x'"):  # fmt: skip
        assert [normalised(other)].count(normalised("SELECT a FROM t WHERE a = 'x'")) == (
            other == "SELECT a FROM t WHERE a = 'x'"
        )
    assert normalised("this is no SQL (") is None
    assert normalised("SELECT 1; SELECT 2") is None


def examples():
    def one(name, sql, db="bikes"):
        return Example(name, f"question {name}", sql, {"db_id": db})

    return [
        one("good", NAMES), one("empty", "SELECT name FROM shop WHERE id < 0"),
        one("typo", "SELECT nam FROM shop"), one("writes", "DELETE FROM shop"),
        one("lost", NAMES, "boats"), one("out", NAMES, "../bikes"),
        Example("none", "question", NAMES),
    ]  # fmt: skip


def test_gold_that_fails_is_set_aside_with_its_reason(judge):
    found = run_gold(examples(), judge)
    assert [e.id for e in found.kept] == ["good", "empty"]
    assert found.empty == 1
    assert found.quarantined["typo"] == "invalid: no such column: nam"
    assert found.quarantined["writes"].startswith("forbidden")
    assert "no such database" in found.quarantined["lost"]
    assert "no name of a database" in found.quarantined["out"]
    assert "names none" in found.quarantined["none"]
    with pytest.raises(DataError, match="no gold statement runs"):
        run_gold(examples()[2:], judge)


def test_gold_is_run_once_and_anew_when_the_database_changes(judge, tmp_path, monkeypatch):
    cache = tmp_path / "cache" / "gold.sqlite"
    first = run_gold(examples(), judge, cache)
    asked = []
    monkeypatch.setattr(
        "ictrain.sql.gold.run_many", lambda jobs, *_: asked.extend(jobs) or iter(())
    )
    assert run_gold(examples(), judge, cache) == first
    assert asked == []
    make_database(tmp_path / "other")
    judge.databases.path("bikes").write_bytes((tmp_path / "other/bikes/bikes.sqlite").read_bytes())
    with pytest.raises(ValueError, match="zip"):
        run_gold(examples(), judge, cache)
    assert {sql for _, sql in asked} == {e.output for e in examples()[:4]}


def test_a_broken_cache_is_no_reason_to_stop(judge, tmp_path):
    (tmp_path / "gold.sqlite").write_bytes(b"no database at all")
    assert len(run_gold(examples(), judge, tmp_path / "gold.sqlite").kept) == 2


def test_an_accident_of_the_process_is_never_kept(judge, tmp_path):
    """Neither as a verdict, nor on a gold statement, nor in the file."""
    executor, cache = shared_executor(judge.limits), tmp_path / "gold.sqlite"
    gold, answer = examples()[:1], "SELECT name FROM shop WHERE price > 18.5"
    left = killing(executor, [signal.SIGKILL] * 2)
    try:
        with pytest.raises(DataError, match="the system killed the process that ran it"):
            run_gold(gold, judge, cache)
        assert run_gold(gold, judge, cache).kept
        assert judge.gold("bikes", NAMES).ok
        left += [signal.SIGSEGV] * 2
        assert judge.verdict("bikes", answer, [NAMES]).bird == "invalid"
        assert judge.verdict("bikes", answer, [NAMES]).bird == "match"
        left += [signal.SIGSEGV] * 2
        assert not judge.gold("bikes", answer).ok
        assert judge.gold("bikes", answer).ok
        assert left == []
    finally:
        del executor._answer


def test_other_statements_that_do_not_run_count_no_longer_and_are_told(judge, tmp_path):
    rows = examples()[:2]
    told = ["SELECT name FROM shop", "SELECT nam FROM shop", 7, "DELETE FROM shop"]
    rows[0] = replace(rows[0], meta={**rows[0].meta, "alt_sql": told})
    found = run_gold(rows, judge, tmp_path / "gold.sqlite")
    assert [e.meta.get("alt_sql") for e in found.kept] == [told[:1], None]
    assert found.quarantined == {}
    assert list(found.others) == ["good"]
    assert found.others["good"].startswith("invalid: no such column: nam; forbidden: ")
    again = run_gold(rows, judge, tmp_path / "gold.sqlite")
    assert again.others == found.others


def test_an_alias_is_never_taken_for_a_table_that_is_called_so():
    one, two = (f"SELECT {t}.a FROM t0 JOIN x AS y ON t0.i = y.i" for t in ("t0", "y"))
    assert normalised(one) != normalised(two)
    assert normalised(two) == normalised(two.replace("y", "z"))


def test_ascending_order_need_not_be_said():
    plain = normalised("SELECT a FROM t ORDER BY a, b DESC")
    assert plain == normalised("select a from t order by a ASC, b desc")
    assert plain != normalised("SELECT a FROM t ORDER BY a, b")
