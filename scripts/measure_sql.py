"""Prints the tables of docs/tasks-sql.md: gold, schema filter, near-duplicates, speed.

Usage: ICTRAIN_DATA=FOLDER python scripts/measure_sql.py gold|schema|near|evidence|speed|show
FOLDER holds sql/*.jsonl.gz and sql/databases; each takes under two minutes.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ictrain.examples import Example
from ictrain.paraphrase.sql import Changes, SqlLiterals
from ictrain.randomness import rng, stable_hash
from ictrain.readers import read_examples
from ictrain.sql import Databases, Executor, Judge, run_gold, run_many
from ictrain.sql.linking import Recall, Schemas, SchemaSettings, vectors_of
from ictrain.sql.sites import sites_of

SHOWN_PER_FILE = 3


def main() -> int:
    """One of the tables."""
    folder = Path(os.environ.get("ICTRAIN_DATA", "")) / "sql"
    asked = TABLES.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if asked is None or not folder.is_dir():
        print((__doc__ or "").split("\n\n")[1])
        return 2
    files = {p.name.split(".")[0]: read_examples(p) for p in sorted(folder.glob("*.jsonl.gz"))}
    asked(files, Judge(Databases(folder / "databases")))
    return 0


Files = Mapping[str, Sequence[Example]]
Job = tuple[Path, str]


def gold(files: Files, judge: Judge) -> None:
    """What all gold comes to."""
    print("| file | databases | gold | runs | set aside | gives no row | most instructions |")
    print("|---|---|---|---|---|---|---|")
    for name, examples in files.items():
        found = run_gold(examples, judge)
        steps = max(judge.gold(e.meta["db_id"], e.output).steps for e in found.kept)
        databases = len({e.meta["db_id"] for e in examples})
        print(
            f"| {name} | {databases} | {len(examples)} | {len(found.kept)} | "
            f"{len(found.quarantined)} | {found.empty} | {steps:,} |"
        )
        for reason, count in Counter(found.quarantined.values()).items():
            print(f"  {count} x {reason}")
    print(f"SQLite {sqlite3.sqlite_version}")


def schema(files: Files, judge: Judge) -> None:
    """How often the gold finds its tables and columns in what a prompt would show."""
    from ictrain.similarity.embeddings import Embedder
    from ictrain.similarity.encoder import DenseSettings, SentenceEncoder

    encode = Embedder(SentenceEncoder(DenseSettings()))
    print("| file | filter | at most | tables | columns | of all columns shown |")
    print("|---|---|---|---|---|---|")
    for name, every in files.items():
        examples = run_gold(every, judge).kept
        vectors = vectors_of(encode, [e.input for e in examples])
        for how in ("words", "words_and_meaning"):
            for tables, columns in ((4, 6), (6, 10)):
                settings = SchemaSettings(filter=how, tables=tables, columns=columns)
                meaning = encode if how == "words_and_meaning" else None
                schemas, recall = Schemas(judge.databases, settings, meaning), Recall()
                for e in examples:
                    db_id, evidence = e.meta["db_id"], str(e.meta.get("evidence") or "")
                    vector = vectors[e.input] if meaning else None
                    kept = schemas.kept(db_id, e.input, evidence, vector)
                    recall.add(e.output, schemas.linker(db_id).schema, kept)
                p = recall.plain()
                print(
                    f"| {name} | {how} | {tables} x {columns} | {p['tables']:.3f} | "
                    f"{p['columns']:.3f} | {p['share_of_columns_shown']:.2f} |"
                )


def near(files: Files, judge: Judge) -> None:
    """How many targets have a near-duplicate, and where the others are lost."""
    rule = rule_of(judge)
    print("| file | targets | SQL compares a literal | question names it | near-duplicate |")
    print("|---|---|---|---|---|")
    for name, every in files.items():
        examples = run_gold(every, judge).kept
        literals = [e for e in examples if _sites(rule, e)]
        named = [e for e in literals if rule.groups(e)]
        made = [e for e in named if made_of(rule, e) is not None]
        shares = " | ".join(f"{len(part) / len(examples):.3f}" for part in (literals, named, made))
        print(f"| {name} | {len(examples)} | {shares} |")


def evidence(files: Files, judge: Judge) -> None:
    """What becomes of what is said beside a question, where a near-duplicate is made."""
    rule = rule_of(judge)
    print("| file | near-duplicates with evidence | all clauses | some left out | all left out |")
    print("|---|---|---|---|---|")
    for name, every in files.items():
        told = [e for e in run_gold(every, judge).kept if e.meta.get("evidence")]
        made = [(e.meta["evidence"], m.meta["evidence"]) for e in told if (m := made_of(rule, e))]
        empty = sum(not new for _, new in made)
        whole = sum(bool(new) and old.count(";") == new.count(";") for old, new in made)
        if made:
            left = len(made) - whole - empty
            print(f"| {name} | {len(made)} | {whole} | {left} | {empty} |")


def show(files: Files, judge: Judge) -> None:
    """A few of each file, to be read."""
    rule = rule_of(judge)
    for name, examples in files.items():
        made = [(e, m) for e in run_gold(examples, judge).kept if (m := made_of(rule, e))]
        order = rng(0, "measure/show", 0, stable_hash(name)).permutation(len(made))
        for place in order[:SHOWN_PER_FILE].tolist():
            old, new = made[place]
            print(f"{old.input}\n  {old.output}\n  -> {new.input}\n  -> {new.output}")
            if old.meta.get("evidence"):
                print(f"  {old.meta['evidence']}\n  -> {new.meta['evidence']}")


def speed(files: Files, judge: Judge) -> None:
    """Statements a second: in one process, in two, and in this very process without any guard."""
    asked = [
        (judge.databases.path(e.meta["db_id"]), e.output)
        for examples in files.values()
        for e in run_gold(examples, judge).kept
    ]
    quick = [job for job in asked if _steps(judge, job) <= 100_000]
    for words, jobs in (("all gold", asked), ("gold of at most 100,000 instructions", quick)):
        rates = ", ".join(
            f"{name} {len(jobs) / _seconds(way, jobs, judge):,.0f}" for name, way in WAYS.items()
        )
        print(f"{words} ({len(jobs)}): statements a second: {rates}")


def rule_of(judge: Judge) -> SqlLiterals:
    """As a task makes it."""
    return SqlLiterals(Changes(judge, Schemas(judge.databases, SchemaSettings(filter="none"))))


def made_of(rule: SqlLiterals, example: Example) -> Example | None:
    """One near-duplicate, always the same."""
    return rule(example, rng(0, "measure", 0, stable_hash(example.id)))


def _sites(rule: SqlLiterals, example: Example) -> bool:
    return bool(sites_of(example.output, rule.changes.schemas.linker(example.meta["db_id"]).schema))


def _steps(judge: Judge, job: Job) -> int:
    return judge.gold(job[0].stem, job[1]).steps


def _unguarded(jobs: Sequence[Job], _: Judge) -> None:
    for file, sql in jobs:
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.execute(sql).fetchall()
        connection.close()


def _in_one(jobs: Sequence[Job], judge: Judge) -> None:
    with Executor(judge.limits) as executor:
        for job in jobs:
            executor.run(*job)


def _in_two(jobs: Sequence[Job], judge: Judge) -> None:
    list(run_many(jobs, judge.limits, 2))


def _seconds(
    way: Callable[[Sequence[Job], Judge], None], jobs: Sequence[Job], judge: Judge
) -> float:
    begun = time.perf_counter()
    way(jobs, judge)
    return time.perf_counter() - begun


WAYS = {"unguarded": _unguarded, "one process": _in_one, "two": _in_two}
TABLES = {
    "gold": gold,
    "schema": schema,
    "near": near,
    "evidence": evidence,
    "speed": speed,
    "show": show,
}

if __name__ == "__main__":
    sys.exit(main())
