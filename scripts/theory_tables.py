"""Prints the tables of docs/theory.md, from a finished `ictrain theory` and files of its --check.

Usage: python scripts/theory_tables.py runs/theory/tables benchmarks/results/theory/bars-seeds-*.csv
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path


def main() -> int:
    """Regimes, claims, and bars, as Markdown."""
    tables = Path(sys.argv[1])
    for lines in (regimes(tables), claims(tables), bars([_read(Path(p)) for p in sys.argv[2:]])):
        print("\n".join(lines), end="\n\n")
    return 0


def regimes(tables: Path, plan: str = "fixed") -> Iterator[str]:
    """Loss and masses: a row per training regime, a column per test set."""
    rows = [r for r in _read(tables / "regimes.csv") if r["plan"] == plan and r["alpha"]]
    tests = list(dict.fromkeys(r["test"] for r in rows))
    yield f"| trained on | {' | '.join(f'on {_word(t)}' for t in tests)} | alpha, beta, gamma |"
    yield "|---" * (2 + len(tests)) + "|"
    for name in dict.fromkeys(r["train"] for r in rows):
        mine = [r for r in rows if r["train"] == name]
        cells = [f"{float(r['loss']):.4f} ({_masses(r)})" for r in mine]
        scalars = ", ".join(f"{float(mine[0][s]):.1f}" for s in ("alpha", "beta", "gamma"))
        yield f"| {_word(name)} | {' | '.join(cells)} | {scalars} |"


def _word(name: str) -> str:
    return {"one_near": "one-near", "random_similar": "random+similar"}.get(name, name)


def _masses(row: dict[str, str]) -> str:
    return " / ".join(f"{float(row[m]):.2f}" for m in ("near", "far", "eoc", "self"))


def claims(tables: Path) -> Iterator[str]:
    """What each claim came to."""
    yield "| claim | came out | measured |"
    yield "|---|---|---|"
    for row in _read(tables / "claims.csv"):
        status = row["status"] if row["status"] == "held" else f"**{row['status']}**"
        yield f"| {row['name']} ({row['place']}). {row['says']} | {status} | {row['figure']} |"


def bars(files: list[list[dict[str, str]]]) -> Iterator[str]:
    """One row per bar, one column of ranges per file."""
    seeds = [f"seeds {_span({int(r['seed']) for r in rows})}" for rows in files]
    yield "| bar | estimator | what is measured | bound | " + " | ".join(seeds) + " |"
    yield "|---" * (4 + len(files)) + "|"
    keys = dict.fromkeys((r["bar"], r["plan"], r["measured"]) for rows in files for r in rows)
    for key in sorted(keys, key=lambda k: k[:2]):
        found = [[r for r in rows if (r["bar"], r["plan"], r["measured"]) == key] for rows in files]
        first = next(r for rows in found for r in rows)
        bound = f"{_SIGNS.get(first['relation'], first['relation'])} {float(first['bound']):g}"
        ranges = " | ".join(_range(rows) for rows in found)
        yield f"| {key[0]} | {_PLANS.get(key[1], key[1])} | {key[2]} | {bound} | {ranges} |"


_SIGNS = {"<=": "≤", ">=": "≥"}
_PLANS = {"exact": "–", "joint": "learned", "sgd": "fixed, SGD"}


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _span(seeds: set[int]) -> str:
    return f"{min(seeds)} to {max(seeds)}"


def _range(rows: list[dict[str, str]]) -> str:
    if not rows:
        return "–"
    values = [float(r["value"]) for r in rows]
    failed = [r["seed"] for r in rows if r["held"] != "True"]
    span = f"{min(values):.3g} to {max(values):.3g}"
    return f"**{span}, not held at seed {', '.join(failed)}**" if failed else span


if __name__ == "__main__":
    sys.exit(main())
