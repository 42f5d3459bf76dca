"""What was said of the claims after the runs; the claims themselves stand in claims.py.

LOOKS: what was looked at to find reasons, no claim, and not written down before: the third table of
docs/reproduction.md, from the same committed rows by the same analysis. MARKS: what was changed
once a claim's numbers had been seen. SAID: what a verdict is not to be read without.
"""

from __future__ import annotations

from dataclasses import dataclass

from claims import MAIN, Ask, Check


@dataclass(frozen=True)
class Look:
    """A level, or a difference where there is a second.

    Attributes:
        about: the claim that it helps to read.
        runs: which configs/reproduction/NAME-*.yaml.
    """

    about: str
    runs: str
    first: Ask
    second: Ask | None = None

    @property
    def words(self) -> str:
        """As the table says it."""
        one = _told(self.first)
        return one if self.second is None else f"{one} minus {_told(self.second)}"

    @property
    def check(self) -> Check:
        """A difference as the analysis takes it."""
        return Check(self.words, self.first, self.second or self.first)


def _told(ask: Ask) -> str:
    if ask.probe:
        return f"{ask.probe} of {ask.arm}, {ask.test_set}, {ask.step} step"
    return f"{ask.arm}, {ask.test_set}, {ask.band or ask.mode}"


def _bands(about: str, runs: str, first: str, second: str, cells: str) -> tuple[Look, ...]:
    """cells: 'id-low ood-high'."""
    asked = [cell.split("-") for cell in cells.split()]
    return tuple(
        Look(about, runs, Ask(first, test, band), Ask(second, test, band)) for test, band in asked
    )


def _moved(about: str, probe: str, *arms: str) -> tuple[Look, ...]:
    return tuple(
        Look(about, MAIN, Ask(arm, probe=probe, step=step))
        for arm in arms
        for step in ("first", "last")
    )


MARKS = {MAIN: "¹", "d1": "³", **dict.fromkeys(("d3-alike", "d4", "d5", "d6"), "¹²")}
"""By the runs of a claim; each figure is one of MEANING."""

MEANING = (
    "*From*: the configs in `configs/reproduction` that trained a claim's arms (`base-0..2` stands "
    "for `base-0.yaml` to `base-2.yaml`, one for each base), the seeds of its rows, each run once "
    "on every base, and the command that trains what is missing and makes these tables again.",
    "",
    "¹ The intervals were replaced after numbers of these rows had been seen. ² Seeds 503 and 504 "
    "and the bases 1 and 2 were added after the numbers of seeds 500 to 502 on base 0 had been "
    "seen. ³ They were added before it was first run, after those of ² had been seen.",
)

LINEAR = "at the rates chosen for all linear layers"
POOL = "at the rates chosen for the demo's pool"
SAID = {
    "D3e": POOL,
    "D1": "with fresh knowledge counted too each corner falls behind somewhere",
    "D4": POOL,
    "D5a": "on the fixed task alone",
    "D6a": LINEAR,
    "D6b": LINEAR,
}
"""Behind the verdict, by the third table or by how rates were chosen."""

READING = "ood-medium ood-high changed-medium changed-high"
"""Bands that the checks of D1, D2b, D2c and D5 leave out."""
CORNERS = ("p10-e10", "p10-e50", "p50-e10", "p50-e50", "p33-e50")

LEVELS = (("id", "low"), ("ood", "high"), ("changed", "high"))

LOOKS = (
    *_moved("O3', P3", "copy_whole", "random", "similar", "contrastive"),
    *_moved("P3", "copy", "random"),
    *_moved("P3'", "copy_strict", "random"),
    *_moved("P1", "iwl", "random", "contrastive"),
    *_moved("P2", "icl", "random"),
    *_moved("P2", "follow", "random", "contrastive"),
    Look("O4", MAIN, Ask("base", "id", "high")),
    *_bands("D2b", MAIN, "no_natural", "contrastive", f"id-low id-high ood-low {READING}"),
    *_bands("D2c", MAIN, "p0", "contrastive", f"id-low id-high ood-low {READING}"),
    *_bands("D3d", MAIN, "random_similar_epsilon", "contrastive", "id-low id-medium"),
    *(
        Look("D3e", "d3-alike", Ask(arm, test, mode="one_paraphrase"))
        for arm in ("random_similar", "contrastive_plain")
        for test in ("id", "ood")
    ),
    *(Look("D1, D5", MAIN, Ask("contrastive", *cell)) for cell in LEVELS),
    *(
        look
        for arm in CORNERS
        for look in _bands(
            "D1",
            "d1",
            arm,
            "contrastive",
            "ood-low ood-medium ood-high changed-medium changed-high",
        )
    ),
    *_bands("D5a", "d5", "drifts", "contrastive", "ood-low ood-medium ood-high changed-high"),
    *_bands("D5b", "d5", "mislabels-10", "contrastive", "ood-low ood-high changed-high"),
    *_bands("D5c", "d5", "mislabels-50", "contrastive", "ood-low ood-high changed-high"),
    *_bands("D5", MAIN, "no_epsilon", "contrastive", "id-high ood-high changed-high"),
)
