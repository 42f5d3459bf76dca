"""The reproduction's committed rows, and what a check or a look makes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from afterwards import Look
from claims import MAIN, Ask, Check, Claim
from ictrain.analysis.nested import Nested, Place, nested

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "benchmarks" / "results" / "reproduction"

Key = tuple[str, int, str, str]
"""(base, seed, item, mode); of probes and of rows paired by item the mode is empty."""
Row = dict[str, Any]


@cache
def kept(base: str, kind: str) -> dict[tuple[str, str], list[Row]]:
    """(arm, test set) -> rows, or probes."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in pq.read_table(KEPT / f"{base}-{kind}.parquet").to_pylist():
        found[row["arm"], row["test_set"]].append(row)
    return found


@cache
def arms(base: str) -> frozenset[str]:
    """Those that this run trained itself."""
    return frozenset(arm for arm, _ in kept(base, "rows"))


def main_of(base: str) -> str:
    """The main comparison's run on the same base."""
    return f"{MAIN}-{base.rpartition('-')[2]}"


def bases(runs: str) -> list[str]:
    """Runs of that name with rows, one for each base."""
    return sorted(p.name.removesuffix("-rows.parquet") for p in KEPT.glob(f"{runs}-?-rows.parquet"))


@cache
def values(runs: str, ask: Ask, by_item: bool) -> Mapping[Key, float]:
    """The mean score or probe per key."""
    found: dict[Key, list[float]] = defaultdict(list)
    for base in bases(runs):
        for row in asked(base, ask):
            mode = "" if by_item or ask.probe else row["mode"]
            found[base, row["seed"], row["item"], mode].append(
                row["value" if ask.probe else "score"]
            )
    return {key: sum(scores) / len(scores) for key, scores in found.items()}


def asked(base: str, ask: Ask) -> Iterator[Row]:
    """The rows, or probes, that are asked for on one base."""
    if ask.probe:
        wanted = {"probe": ask.probe, "step": ask.step}
    else:
        wanted = {"band": ask.band} if ask.band else {}
        wanted |= {"mode": ask.mode} if ask.mode else {}
    rows = kept(lender(base, ask.arm), "probes" if ask.probe else "rows")
    for row in rows.get((ask.arm, ask.test_set), []):
        if all(row[name] == value for name, value in wanted.items()):
            yield row


def lender(base: str, arm: str) -> str:
    """The run that trained an arm: this one, or the main comparison on the same base.

    Not trained a second time: the same settings and seeds give the same bytes.
    """
    return base if arm in arms(base) else main_of(base)


def measured(runs: str, check: Check) -> Nested | None:
    """The paired difference with its two-stage interval."""
    first, second = (values(runs, ask, check.by_item) for ask in (check.first, check.second))
    differences: list[tuple[Place, float]] = [
        (key[:3], first[key] - second[key]) for key in sorted(first.keys() & second.keys())
    ]
    return nested(differences)


def looked_at(look: Look) -> Nested | None:
    """A level, or a difference, with its two-stage interval."""
    if look.second is not None:
        return measured(look.runs, look.check)
    found = values(look.runs, look.first, by_item=False)
    return nested([(key[:3], value) for key, value in sorted(found.items())])


@dataclass(frozen=True)
class Source:
    """Where a claim's numbers come from, by its rows.

    Attributes:
        runs: the configs configs/reproduction/RUN.yaml that trained its arms.
        seeds: those that its rows have.
    """

    runs: tuple[str, ...]
    seeds: tuple[int, ...]

    @property
    def command(self) -> str:
        """What trains them."""
        names = dict.fromkeys(run.rpartition("-")[0] for run in self.runs)
        return " ".join(["python scripts/reproduce.py", *names])


def source_of(claim: Claim) -> Source:
    """The runs and seeds of the rows that a claim's checks ask for."""
    asks = {ask for check in claim.checks for ask in (check.first, check.second)}
    runs, seeds = set(), set()
    for base in bases(claim.runs):
        for ask in asks:
            runs.add(lender(base, ask.arm))
            seeds |= {row["seed"] for row in asked(base, ask)}
    return Source(tuple(sorted(runs)), tuple(sorted(seeds)))
