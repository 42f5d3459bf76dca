"""What the reproduction's figures owe to near-duplicates that happened to be test inputs.

    python scripts/near_tests.py          # makes benchmarks/results/reproduction/near-tests.json
    python scripts/near_tests.py --drawn  # how many test items of id the trainings of decision 009
                                          # would have shown (ICTRAIN_DATA for geoquery)

The trainings of docs/reproduction.md were drawn before training refused such near-duplicates. Here
every check is computed again without the test items that any near-duplicate of a training pair
could have been: inputs with the symbols of one, in any order.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import cache
from typing import Any

import kept_rows
import reproduce
from claims import CLAIMS
from ictrain import Contexts
from ictrain.analysis.nested import Nested
from ictrain.config import load_config
from ictrain.contexts import asks_for_duplicates
from ictrain.contexts.duplicates import near_duplicates
from ictrain.contexts.slots import Draw
from ictrain.examples import normalise, stable_index
from ictrain.files import write_atomic
from ictrain.tasks import load_task

KEPT_ROWS = kept_rows.kept
FILE = kept_rows.KEPT / "near-tests.json"


@cache
def reachable(config: str, seed: int) -> dict[str, frozenset[str]]:
    """By test set, the items that share all their symbols with a training pair."""
    settings = load_config(kept_rows.ROOT / "configs" / "reproduction" / f"{config}.yaml")
    data = load_task(settings.task, seed)
    trained = {symbols(e.input) for e in data.train}
    return {
        name: frozenset(e.id for e in test.examples if symbols(e.input) in trained)
        for name, test in data.tests.items()
    }


def symbols(text: str) -> tuple[str, ...]:
    """What all orders of an input share."""
    return tuple(sorted(text.split()))


@cache
def without(base: str, kind: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """As kept_rows reads them, but for those of reachable items."""
    return {
        (arm, name): [r for r in rows if r["item"] not in reachable(base, r["seed"])[name]]
        for (arm, name), rows in KEPT_ROWS(base, kind).items()
    }


def main() -> None:
    """Compares every check; says what changed."""
    everything = checked()
    kept_rows.kept = without
    kept_rows.values.cache_clear()
    fewer = checked()
    changed = [(a, b) for a, b in zip(everything, fewer, strict=True) if a["holds"] != b["holds"]]
    moved = [abs(a["mean"] - b["mean"]) for a, b in zip(everything, fewer, strict=True)]
    items = [
        len(reachable(file.stem, seed)["id"])
        for file in reproduce.CONFIGS
        for seed in load_config(file).seeds
    ]
    found = {
        "items_left_out_of_id": {"from": min(items), "to": max(items)},
        "checks": len(fewer),
        "largest_change_of_a_mean": round(max(moved), 4),
        "mean_change": round(sum(moved) / len(moved), 4),
        "checks_that_change": changed,
        "verdicts_that_change": {
            claim: {"all items": word, "without": words(fewer)[claim]}
            for claim, word in words(everything).items()
            if word != words(fewer)[claim]
        },
        "without": fewer,
    }
    write_atomic(FILE, json.dumps(found, indent=1) + "\n")
    print(json.dumps({k: v for k, v in found.items() if k != "without"}, indent=1))


def checked() -> list[dict[str, Any]]:
    """Each check's mean, interval and answer."""
    return [
        {"claim": claim.name, "check": check.words, **told(found)}
        | {"holds": reproduce.holds(check, found)}
        for claim in CLAIMS
        for check in claim.checks
        for found in [kept_rows.measured(claim.runs, check)]
    ]


def words(checks: list[dict[str, Any]]) -> dict[str, str]:
    """Each claim's verdict, whatever its number of trainings."""
    answers: dict[str, list[bool]] = {}
    for one in checks:
        answers.setdefault(one["claim"], []).append(one["holds"])
    return {
        claim: "shown" if all(own) else "shown in part" if any(own) else "not shown"
        for claim, own in answers.items()
    }


def told(found: Nested | None) -> dict[str, float | None]:
    """Rounded as the page rounds."""
    assert found is not None
    ends = {"low": found.low, "high": found.high}
    return {"mean": round(found.mean, 4)} | {
        name: None if end is None else round(end, 4) for name, end in ends.items()
    }


def shown(config: str, seed: int) -> int:
    """Test items of id that contrastive's near-duplicates are in a training that refuses none."""
    contexts = Contexts.from_config(
        kept_rows.ROOT / "configs" / config, strategy="contrastive", seed=seed
    )
    arm = load_config(kept_rows.ROOT / "configs" / config).strategies["contrastive"].training
    source, targets = replace(contexts.source, held_out=frozenset()), contexts.data.train
    inputs = {normalise(e.input) for e in contexts.data.tests["id"].examples}
    found: set[str] = set()
    for epoch in range(-(-arm.steps * arm.batch_size // len(targets))):
        asked = asks_for_duplicates(
            contexts.strategy, targets, seed=seed, epoch=epoch, purpose="train"
        )
        draw = Draw(seed, "context/train", epoch, stable_index(targets))
        made = near_duplicates(contexts.strategy, source, targets, asked, draw)
        found |= inputs & {normalise(e.input) for e in made if e is not None}
    return len(found)


def drawn() -> None:
    """Prints them by config and seed."""
    for config in ("demo.yaml", "c4-3x2.yaml", "c4-2x4.yaml", "geoquery.yaml"):
        for seed in load_config(kept_rows.ROOT / "configs" / config).seeds:
            print(f"{config}, seed {seed}: {shown(config, seed)}", flush=True)


if __name__ == "__main__":
    drawn() if "--drawn" in sys.argv else main()
