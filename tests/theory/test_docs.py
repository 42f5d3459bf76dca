"""docs/theory.md and the code refer to one another; its tables are those of the committed files."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "src" / "ictrain" / "theory").rglob("*.py"))


def test_every_equation_that_is_cited_is_there():
    cited = set()
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for first, last in re.findall(r"(?:eq\.|[Ee]quations?) (\d+)(?: to (\d+))?", text):
            cited |= set(range(int(first), int(last or first) + 1))
    assert cited == set(range(1, 13))


def test_equations_are_numbered_in_the_order_in_which_they_appear():
    shown = [int(number) for number in re.findall(r"^ {4,}\((\d+)\) ", PAGE, re.MULTILINE)]
    assert shown == list(range(1, 13))


def test_every_correction_is_told_by_a_claim_and_explained_on_the_page():
    told = set(re.findall(r"\((C\d+)\)", "".join(p.read_text("utf-8") for p in SOURCES)))
    assert told == {f"C{number}" for number in range(1, 11)}
    assert all(f"**{name}. " in PAGE for name in told)


def test_the_tables_are_those_of_the_committed_files():
    spec = importlib.util.spec_from_file_location("tables", ROOT / "scripts" / "theory_tables.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    results = ROOT / "benchmarks" / "results" / "theory"
    names = ("bars-seeds-0-4.csv", "bars-seeds-100-104.csv", "bars-seeds-200-239.csv")
    files = [script._read(results / name) for name in names]
    lines = [*script.bars(files), *script.claims(results), *script.regimes(results)]
    missing = [line for line in lines if line not in PAGE and not line.startswith("| trained on")]
    assert not missing
    failed = {(r["bar"], r["seed"]) for rows in files for r in rows if r["held"] != "True"}
    assert failed == {("6a", "101"), ("6b", "228"), ("4", "228")}
