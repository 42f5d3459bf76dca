"""The paper's claims about the minimal model: each held, held with a condition, or not, by measure.

A claim has two tests. The first takes the statement with the condition that theory or measurement
puts on it; the second takes it as it stands. Both are made of numbers of the run.
"""

from __future__ import annotations

from ictrain.theory.claims.base import CONDITION, HELD, NOT, Claim
from ictrain.theory.claims.cases import cases
from ictrain.theory.claims.limits import bounds, limits
from ictrain.theory.claims.training import dynamics
from ictrain.theory.findings import Findings

__all__ = ["CONDITION", "HELD", "NOT", "Claim", "claims"]


def claims(found: Findings) -> list[Claim]:
    """All that this run can tell; the quick form leaves out what it did not measure."""
    parts = (cases, limits, bounds) if found.rest is None else (cases, limits, bounds, dynamics)
    return [claim for part in parts for claim in part(found)]
