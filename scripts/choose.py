"""Picks each strategy's learning rate from a grid run on dev, by one rule that is written here.

Usage: python scripts/choose.py runs/demo-grid [--json FILE]

Arms are named STRATEGY@RATE. A strategy that was trained with contexts is judged by its mean
acceptance over all dev sets but the changed one and over the modes random, similar, one_similar and
one_paraphrase, each (set, mode) with the same weight; zero-context by its mean on the fixed task
without context, which is what it is for and what goal 2 holds the others against. Ties go to the
smaller rate.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import fmean

from ictrain.config import load_config
from ictrain.experiments.folder import RunFolder
from ictrain.experiments.run import jobs_of
from ictrain.rows import Row

WITH_CONTEXT = [
    (test, mode)
    for test in ("dev_id", "dev_ood")
    for mode in ("random", "similar", "one_similar", "one_paraphrase")
]
WITHOUT = [("dev_id", "none")]


def main() -> int:
    """Prints the grid and the choice."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    folder = RunFolder(arguments.folder)
    settings = load_config(folder.path / "config.yaml")
    rows = folder.rows([job for job in jobs_of(settings) if folder.is_done(job)])
    grid = judge(rows)
    chosen = {s: max(sorted(rates), key=lambda r: rates[r]) for s, rates in grid.items()}
    for strategy, rates in grid.items():
        cells = "  ".join(f"{rate:g}: {rates[rate]:.4f}" for rate in sorted(rates))
        print(f"{strategy:<16} {cells}   -> {chosen[strategy]:g}")
    if arguments.json:
        table = {s: {f"{r:g}": v for r, v in sorted(rates.items())} for s, rates in grid.items()}
        value = {"rule": __doc__, "seeds": list(settings.seeds), "grid": table, "chosen": chosen}
        arguments.json.write_text(json.dumps(value, indent=2) + "\n")
    return 0


def judge(rows: list[Row]) -> dict[str, dict[float, float]]:
    """By strategy and rate, the figure of the rule."""
    scores: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for row in rows:
        scores[row.strategy, row.test_set, row.mode].append(row.scores["acceptance"])
    grid: dict[str, dict[float, float]] = defaultdict(dict)
    for arm in dict.fromkeys(row.strategy for row in rows):
        strategy, at, rate = arm.partition("@")
        if at:
            cells = WITHOUT if strategy == "zero" else WITH_CONTEXT
            grid[strategy][float(rate)] = fmean(fmean(scores[arm, *cell]) for cell in cells)
    return grid


if __name__ == "__main__":
    sys.exit(main())
