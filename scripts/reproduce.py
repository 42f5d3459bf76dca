"""Runs what docs/reproduction.md rests on, and writes its table; goes on where it was stopped.

    python scripts/reproduce.py            # make reproduce: trains what is missing, then the tables
    python scripts/reproduce.py base d6    # the same of these runs alone, on every base
    python scripts/reproduce.py --table    # the tables from the committed rows, without training

Rows are kept slim and compressed in benchmarks/results/reproduction: what a check needs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from afterwards import LOOKS, MARKS, MEANING, SAID
from claims import CLAIMS, Check, Claim
from ictrain.analysis.nested import Nested
from ictrain.analysis.settings import AnalysisSettings
from ictrain.files import write_atomic
from ictrain.probes.log import ProbeLog
from ictrain.rows import read_rows
from kept_rows import KEPT, ROOT, Source, looked_at, measured, source_of

PAGE = ROOT / "docs" / "reproduction.md"
CONFIGS = sorted((ROOT / "configs" / "reproduction").glob("*.yaml"))
NEAR_TESTS = "decisions/009-near-duplicates-of-tests.md"
BEGIN, END = "<!-- made by scripts/reproduce.py -->", "<!-- until here -->"


def main() -> int:
    """Trains, collects and writes."""
    if "--table" not in sys.argv:
        for config in chosen(sys.argv[1:]):
            subprocess.run(
                [sys.executable, "-m", "ictrain", "run", str(config)], check=True, cwd=ROOT
            )
            collect(ROOT / "runs" / f"reproduction-{config.stem}", config.stem)
    write_page()
    return 0


def chosen(names: list[str]) -> list[Path]:
    """The configs of these runs on every base; all without a name."""
    known = sorted({path.stem.rpartition("-")[0] for path in CONFIGS})
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"no run {unknown[0]!r}; there are {', '.join(known)}")
    return [path for path in CONFIGS if not names or path.stem.rpartition("-")[0] in names]


def collect(run: Path, base: str) -> None:
    """The slim rows and probes of one finished run."""
    bands = set(AnalysisSettings().band_modes)
    rows: list[dict[str, Any]] = []
    probes: list[dict[str, Any]] = []
    for file in sorted(run.glob("*/seed-*/rows.parquet")):
        rows += [
            {
                "arm": row.strategy,
                "seed": row.seed,
                "test_set": row.test_set,
                "item": row.target_id,
                "mode": row.mode,
                "band": row.band if row.mode in bands else "",
                "score": row.scores["acceptance"],
            }
            for row in read_rows(file)
        ]
        probes += _first_and_last(file.parent)
    KEPT.mkdir(parents=True, exist_ok=True)
    for name, found in (("rows", rows), ("probes", probes)):
        pq.write_table(
            pa.Table.from_pylist(found), KEPT / f"{base}-{name}.parquet", compression="zstd"
        )


def _first_and_last(job: Path) -> Iterator[dict[str, Any]]:
    """The probes of a job at step 0, the base as it came, and after its last step."""
    steps = ProbeLog(job / "probes").read()
    named = {min(steps): "first", max(steps): "last"} if steps else {}
    for step, word in named.items():
        for one in steps[step]:
            for name, value in one.values.items():
                yield {
                    "arm": job.parent.name,
                    "seed": int(job.name.removeprefix("seed-")),
                    "test_set": one.test_set,
                    "item": one.item,
                    "step": word,
                    "probe": name,
                    "value": value,
                }


def holds(check: Check, found: Nested | None) -> bool | None:
    """Whether the whole interval lies on its side; None without one."""
    if found is None or found.low is None or found.high is None:
        return None
    above = check.above is None or found.low > check.above
    return above and (check.below is None or found.high < check.below)


def verdict(told: Iterable[bool | None], found: Iterable[Nested | None]) -> str:
    """Of a claim; with fewer than three bases, or five trainings on each, it says so."""
    answers, rested = list(told), [one for one in found if one is not None]
    if None in answers or not rested:
        return "not run"
    word = "**shown**" if all(answers) else "shown in part" if any(answers) else "**not shown**"
    bases, trainings = (min(f(one) for one in rested) for f in (_bases, _trainings))
    return word if bases >= 3 and trainings >= 5 * bases else f"{word}, {_count(bases, trainings)}"


def _bases(found: Nested) -> int:
    return len(found.bases)


def _trainings(found: Nested) -> int:
    return found.trainings


def _count(bases: int, trainings: int) -> str:
    return f"of {trainings} trainings on {bases} base{'s' * (bases > 1)} only"


def write_page() -> None:
    """The tables between the page's marks, and all numbers as JSON."""
    made, record = tables()
    KEPT.mkdir(parents=True, exist_ok=True)
    write_atomic(KEPT / "claims.json", json.dumps(record, indent=1) + "\n")
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    write_atomic(PAGE, f"{head}{BEGIN}{made}{END}{rest.split(END)[1]}")


def tables() -> tuple[str, list[dict[str, Any]]]:
    """What stands between the page's marks, and the same numbers as a record, from the rows."""
    brief = ["| | the paper says | | from | verdict |", "|---|---|---|---|---|"]
    whole = ["| | check | measured | holds |", "|---|---|---|---|"]
    record = []
    for claim in CLAIMS:
        found = [(check, measured(claim.runs, check)) for check in claim.checks]
        told = [holds(check, value) for check, value in found]
        source, word = source_of(claim), _word(claim, found, told)
        record.append(_record(claim, found, told, source))
        brief.append(
            f"| {_marked(claim)} | {claim.says} | {claim.source} | {_from(source)} | {word} |"
        )
        whole += _lines(claim, found, told)
    late = ["| | looked at afterwards | measured |", "|---|---|---|"]
    late += [f"| {one.about} | {one.words} | {_number(looked_at(one))} |" for one in LOOKS]
    lines = ["## Verdicts", "", *MEANING, "", *brief, "", "## Every check", "", *whole]
    lines += ["", "## Looked at afterwards", "", *late]
    return "\n".join(["", "", *lines, "", ""]), record


Found = list[tuple[Check, Nested | None]]


def _word(claim: Claim, found: Found, told: list[bool | None]) -> str:
    """The verdict, and what has to be said with it."""
    more = [SAID[claim.name]] if claim.name in SAID else []
    if claim.name in (changed := _without_near_tests()):
        more.append(f"{changed[claim.name]} without the test items of [009]({NEAR_TESTS})")
    return "; ".join([verdict(told, [value for _, value in found]), *more])


def _without_near_tests() -> dict[str, str]:
    """Claim -> its verdict where it is another without them; scripts/near_tests.py finds it."""
    file = KEPT / "near-tests.json"
    if not file.exists():
        return {}
    changed = json.loads(file.read_text(encoding="utf-8"))["verdicts_that_change"]
    return {name: words["without"] for name, words in changed.items()}


def _marked(claim: Claim) -> str:
    return " ".join([claim.name, *MARKS[claim.runs]])


def _from(source: Source) -> str:
    """'`base-0` to `2`, seeds 500 to 504: `the command`'."""
    runs: dict[str, list[str]] = {}
    for run in source.runs:
        name, _, base = run.rpartition("-")
        runs.setdefault(name, []).append(base)
    told = ", ".join(f"`{name}-{_span(numbers)}`" for name, numbers in runs.items())
    return f"{told}, seeds {_span(list(map(str, source.seeds)))}: `{source.command}`"


def _span(numbers: list[str]) -> str:
    """'0..2' where none is left out."""
    whole = len(numbers) > 1 and len(numbers) == int(numbers[-1]) - int(numbers[0]) + 1
    return f"{numbers[0]}..{numbers[-1]}" if whole else ",".join(numbers)


def _record(claim: Claim, found: Found, told: list[bool | None], source: Source) -> dict[str, Any]:
    checks = [
        {
            "check": c.words,
            "above": c.above,
            "below": c.below,
            "holds": h,
            **(asdict(n) if n else {}),
        }
        for (c, n), h in zip(found, told, strict=True)
    ]
    return {
        "name": claim.name,
        "says": claim.says,
        "verdict": _word(claim, found, told),
        "runs": list(source.runs),
        "seeds": list(source.seeds),
        "command": source.command,
        "checks": checks,
    }


def _lines(claim: Claim, found: Found, told: list[bool | None]) -> list[str]:
    words = {True: "yes", False: "no", None: "–"}
    return [
        f"| {_marked(claim)} | {check.words} {_side(check)} | {_number(value)} | {words[answer]} |"
        for (check, value), answer in zip(found, told, strict=True)
    ]


def _side(check: Check) -> str:
    return f"< {check.below:g}" if check.below is not None else f"> {check.above:g}"


def _number(value: Nested | None) -> str:
    if value is None:
        return "no rows"
    each = ", ".join(f"{mean:+.3f}" for mean in value.bases.values())
    if value.low is None or value.high is None:
        return f"{value.mean:+.3f} ({each})"
    return f"{value.mean:+.3f} [{value.low:+.3f}, {value.high:+.3f}] ({each})"


if __name__ == "__main__":
    sys.exit(main())
