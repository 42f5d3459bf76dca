"""Prints the tables of README and docs from finished runs, as Markdown.

Usage: python scripts/figures.py runs/demo [runs/demo-base-1 ...]
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

_COLUMNS = (("id", "none"), ("id", "low"), ("id", "medium"), ("id", "high"), ("ood", "low"),
            ("ood", "high"), ("changed", "high"))  # fmt: skip


def main() -> int:
    """One block per run: goals, then means with intervals by test set and band."""
    for folder in map(Path, sys.argv[1:]):
        tables = folder / "report" / "tables"
        print(f"### {folder.name}\n")
        for goal in _read(tables / "goals.csv"):
            if goal["kind"] in ("goal", "control"):
                verdict = {"True": "yes", "False": "no"}.get(goal["passed"], "not measured")
                print(f"- {goal['name']}: **{verdict}**. {goal['sentence']}")
        print()
        print(_table(_read(tables / "bands.csv")))
        print(_gains(_read(tables / "gains.csv")))
    return 0


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _table(rows: list[dict[str, str]]) -> str:
    metric = rows[0]["metric"]
    cells = {(r["test_set"], r["band"], r["strategy"]): r for r in rows if r["metric"] == metric}
    columns = [c for c in _COLUMNS if any(key[:2] == c for key in cells)]
    lines = ["| strategy | " + " | ".join(f"{t}, {b}" for t, b in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    for strategy in dict.fromkeys(r["strategy"] for r in rows):
        found = [cells.get((*column, strategy)) for column in columns]
        lines.append(f"| {strategy} | " + " | ".join(_cell(row) for row in found) + " |")
    return "\n".join(lines) + "\n"


def _cell(row: dict[str, str] | None) -> str:
    if row is None or not row["mean"]:
        return "–"
    mean = f"{float(row['mean']):.3f}"
    if not row["low"]:
        return mean
    return f"{mean} [{float(row['low']):.2f}, {float(row['high']):.2f}]"


def _gains(rows: list[dict[str, str]]) -> str:
    lines = [
        "Same-target gain (near example minus random ones):",
        "",
        "| strategy | test | mode | gain |",
    ]
    lines.append("|---|---|---|---|")
    for r in rows:
        lines.append(f"| {r['strategy']} | {r['test_set']} | {r['mode']} | {_cell(r)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
