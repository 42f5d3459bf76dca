"""What a claim is: a statement of the paper, the numbers that decide it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

HELD, CONDITION, NOT = "held", "holds with a condition", "does not hold"


@dataclass(frozen=True)
class Claim:
    """One statement of the paper (or, where said, of ours) and what came of it.

    Attributes:
        name, place: what it is called, and where the paper says it.
        says: the statement in our words.
        figure: the numbers that decide it.
        conditioned, plain: whether it holds under the condition, and as it stands.
        condition: what it needs, or what is right instead; empty where nothing does.
    """

    name: str
    place: str
    says: str
    figure: str
    conditioned: bool
    plain: bool
    condition: str = ""

    @property
    def status(self) -> str:
        """HELD, CONDITION or NOT."""
        if self.plain:
            return HELD
        return CONDITION if self.conditioned else NOT


def plainly(held: bool) -> tuple[bool, bool]:
    """Both tests of a claim that needs no condition."""
    return held, held
