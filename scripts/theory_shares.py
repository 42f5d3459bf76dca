"""Prints the table of decision 005: what share of the near examples should be graded.

Usage: python scripts/theory_shares.py    (a minute; three seeds)
"""

from __future__ import annotations

import sys

import numpy as np

from ictrain.theory.settings import TheorySettings
from ictrain.theory.simplex import one_seed
from ictrain.theory.world import World
from ictrain.workers import run_all

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
MIXTURES = ((0.25, 0.25, 0.5), (1 / 3, 1 / 3, 1 / 3), (0.4, 0.4, 0.2), (0.5, 0.0, 0.5))
"""Weights of random, similar and one-near contexts."""
SEEDS = range(3)


def main() -> int:
    """A row per mixture and share; ratios are to the best of the table in each condition."""
    weights, worlds = np.array(MIXTURES), [World(TheorySettings(), seed) for seed in SEEDS]
    print(
        "| estimator | random / similar / near | graded | random | one-near | similar | between |"
    )
    print("|---|---|---|---|---|---|---|")
    for plan in ("fixed", "joint"):
        jobs = [(one_seed, world, plan, weights, s) for s in SHARES for world in worlds]
        losses = np.stack(run_all(jobs, 2)).reshape(len(SHARES), len(SEEDS), *weights.shape[:1], -1)
        mean = losses.mean(1)
        ratio = mean / mean.min((0, 1))
        for j, mixture in enumerate(MIXTURES):
            for i, share in enumerate(SHARES):
                row = ratio[i, j]
                name = " / ".join(f"{w:.2f}" for w in mixture)
                shown = (*row[:3], row[3:].max())
                cells = " | ".join(f"{v:.2f}" for v in shown)
                print(f"| {plan} | {name} | {share:g} | {cells} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
