"""What the paper claims, and what of our rows would refute it. Committed before the rows were made.

A check is a paired difference on the same (base, seed, item, mode) with the side on which its whole
interval has to lie. 'no worse' means above -0.02. Nothing here was changed after the runs but for
what docs/reproduction.md says.
"""

from __future__ import annotations

from dataclasses import dataclass

MARGIN = -0.02


@dataclass(frozen=True)
class Ask:
    """Which rows: of an arm, a test set, and a band or one mode."""

    arm: str
    test_set: str = "id"
    band: str = ""
    mode: str = ""
    probe: str = ""
    step: str = "last"
    """Of a probe: first (the base as it came) or last."""


@dataclass(frozen=True)
class Check:
    """first minus second has to lie above a number, or below it.

    Where pairing by mode is not wanted (asked without context against with one), by_item is true:
    rows are paired on (base, seed, item).
    """

    words: str
    first: Ask
    second: Ask
    above: float | None = 0.0
    below: float | None = None
    by_item: bool = False


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper, and the checks that all have to hold for it to be shown."""

    name: str
    source: str
    says: str
    runs: str
    """Which configs/reproduction/NAME-*.yaml."""
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Side:
    """Where the whole interval has to lie."""

    above: float | None = 0.0
    below: float | None = None


ABOVE, BELOW, NO_WORSE = Side(), Side(None, 0.0), Side(MARGIN)
OTHERS = ("base", "zero", "random", "similar", "random_similar")


def _bands(
    first: str, second: str, bands: str, test_set: str = "id", side: Side = ABOVE
) -> tuple[Check, ...]:
    return tuple(
        Check(
            f"{first} - {second}, {test_set} {band}",
            Ask(first, test_set, band),
            Ask(second, test_set, band),
            side.above,
            side.below,
        )
        for band in bands.split()
    )


def _moves(probe: str, arm: str, side: Side = ABOVE) -> Check:
    first, second = Ask(arm, probe=probe), Ask(arm, probe=probe, step="first")
    return Check(f"{probe} of {arm}, end - start", first, second, side.above, side.below)


def _ends(probe: str, one: str, other: str, side: Side = ABOVE) -> Check:
    first, second = Ask(one, probe=probe), Ask(other, probe=probe)
    words = f"{probe} at the end, {one} - {other}"
    return Check(words, first, second, side.above, side.below)


MAIN = "base"

CLAIMS = (
    Claim(
        "O1a",
        "section 4, observation 1",
        "Zero-context fine-tuning is better than the base at low and medium similarity.",
        MAIN,
        _bands("zero", "base", "low medium"),
    ),
    Claim(
        "O1b",
        "section 4, observation 1",
        "Zero-context fine-tuning loses in-context learning: below the base at high similarity.",
        MAIN,
        _bands("zero", "base", "high", side=BELOW)
        + _bands("zero", "base", "high", "ood", side=BELOW),
    ),
    Claim(
        "O2",
        "section 4, observation 2",
        "Random-Context is worse than zero-context when similar examples are given.",
        MAIN,
        _bands("random", "zero", "high", side=BELOW),
    ),
    Claim(
        "O2'",
        "ours",
        "The same against zero-context asked as it was trained, without context.",
        MAIN,
        (
            Check(
                "random (similar contexts) - zero (none), id",
                Ask("random", mode="similar"),
                Ask("zero", mode="none"),
                above=None,
                below=0.0,
                by_item=True,
            ),
        ),
    ),
    Claim(
        "O3",
        "section 4, observation 3",
        "Similar-Context is the worst of the trained strategies at low similarity.",
        MAIN,
        tuple(
            c
            for other in ("zero", "random", "random_similar", "contrastive")
            for c in _bands("similar", other, "low", side=BELOW)
        ),
    ),
    Claim(
        "O3'",
        "section 4, observation 3",
        "Similar-Context copies blindly: more than Contrastive-Context.",
        MAIN,
        (
            _ends("copy_whole", "similar", "contrastive"),
            _ends("copy_strict", "similar", "contrastive"),
        ),
    ),
    Claim(
        "O4",
        "section 4, observation 4",
        "Contrastive-Context is no worse than any other at every grade of similarity.",
        MAIN,
        tuple(
            c
            for other in OTHERS
            for c in _bands("contrastive", other, "low medium high", side=NO_WORSE)
        ),
    ),
    Claim(
        "O4'",
        "section 4, observation 4",
        "The same on fresh knowledge, out of domain.",
        MAIN,
        tuple(
            c
            for other in OTHERS
            for c in _bands("contrastive", other, "low medium high", "ood", side=NO_WORSE)
        ),
    ),
    Claim(
        "G1",
        "section 1, goal 1",
        "A newly added close example helps at once.",
        MAIN,
        (
            Check(
                "contrastive: near-duplicate - random contexts, ood",
                Ask("contrastive", "ood", mode="one_paraphrase"),
                Ask("contrastive", "ood", mode="random"),
                by_item=True,
            ),
            Check(
                "the same, by an operation that training never used",
                Ask("contrastive", "ood", mode="one_unseen"),
                Ask("contrastive", "ood", mode="random"),
                by_item=True,
            ),
        ),
    ),
    Claim(
        "G2",
        "section 1, goal 2",
        "With nothing close, no worse than zero-context fine-tuning asked without context.",
        MAIN,
        (
            Check(
                "contrastive (random contexts, low) - zero (none), id",
                Ask("contrastive", mode="random", band="low"),
                Ask("zero", mode="none"),
                above=MARGIN,
                by_item=True,
            ),
        ),
    ),
    Claim(
        "P1",
        "section 8, IWL",
        "The IWL score rises under Random and Contrastive and stays lower under Similar.",
        MAIN,
        (
            _moves("iwl", "random"),
            _moves("iwl", "contrastive"),
            _ends("iwl", "similar", "random", side=BELOW),
            _ends("iwl", "similar", "contrastive", side=BELOW),
        ),
    ),
    Claim(
        "P2",
        "section 8, ICL",
        "The ICL score falls under Random-Context, stays or rises under Similar and Contrastive.",
        MAIN,
        (
            _moves("icl", "random", side=BELOW),
            _moves("icl", "similar", side=NO_WORSE),
            _moves("icl", "contrastive", side=NO_WORSE),
        ),
    ),
    Claim(
        "P3",
        "section 8, copying",
        "Copying (the paper's score) falls under Random and Contrastive, is higher under Similar.",
        MAIN,
        (
            _moves("copy", "random", side=BELOW),
            _moves("copy", "contrastive", side=BELOW),
            _ends("copy", "similar", "random"),
            _ends("copy", "similar", "contrastive"),
        ),
    ),
    Claim(
        "P3'",
        "ours",
        "The same in the strict form: an answer from the weights does not count as copied.",
        MAIN,
        (
            _moves("copy_strict", "random", side=BELOW),
            _moves("copy_strict", "contrastive", side=BELOW),
            _ends("copy_strict", "similar", "random"),
            _ends("copy_strict", "similar", "contrastive"),
        ),
    ),
    Claim(
        "D2a",
        "appendix D.2",
        "Without near-duplicates (epsilon 0), tests at high similarity suffer.",
        MAIN,
        _bands("no_epsilon", "contrastive", "high", side=BELOW)
        + _bands("no_epsilon", "contrastive", "high", "ood", side=BELOW),
    ),
    Claim(
        "D2b",
        "appendix D.2",
        "Without natural similar examples (those cells at 0), medium similarity suffers.",
        MAIN,
        _bands("no_natural", "contrastive", "medium", side=BELOW),
    ),
    Claim(
        "D2c",
        "appendix D.2, the other reading",
        "With p = 0 to the letter (one-near contexts alone), medium similarity suffers.",
        MAIN,
        _bands("p0", "contrastive", "medium", side=BELOW),
    ),
    Claim(
        "D3a",
        "appendix D.3",
        "Random + Similar is below Contrastive-Context at high similarity.",
        MAIN,
        _bands("random_similar", "contrastive", "high", side=BELOW)
        + _bands("random_similar", "contrastive", "high", "ood", side=BELOW),
    ),
    Claim(
        "D3b",
        "appendix D.3",
        "Random + Similar is as good at low and medium similarity (no worse).",
        MAIN,
        _bands("random_similar", "contrastive", "low medium", side=NO_WORSE),
    ),
    Claim(
        "D3c",
        "appendix D.3",
        "On natural pools, Contrastive without near-duplicates is no better than Random + Similar.",
        MAIN,
        _bands("random_similar", "no_epsilon", "low medium high", side=NO_WORSE),
    ),
    Claim(
        "D3d",
        "ours",
        "Random + Similar with as many near-duplicates is still below Contrastive at high.",
        MAIN,
        _bands("random_similar_epsilon", "contrastive", "high", side=BELOW)
        + _bands("random_similar_epsilon", "contrastive", "high", "ood", side=BELOW),
    ),
    Claim(
        "D3e",
        "appendix D.3 and the theory's separating case",
        "Where the top k are alike, Random + Similar uses one near example less (both without "
        "near-duplicates in training).",
        "d3-alike",
        tuple(
            Check(
                f"contrastive_plain - random_similar, one near-duplicate, {test}",
                Ask("contrastive_plain", test, mode="one_paraphrase"),
                Ask("random_similar", test, mode="one_paraphrase"),
            )
            for test in ("id", "ood")
        ),
    ),
    Claim(
        "D1",
        "appendix D.1",
        "The mixture is robust to p and epsilon between 0.1 and 0.5: no corner falls behind.",
        "d1",
        tuple(
            check
            for arm in ("p10-e10", "p10-e50", "p50-e10", "p50-e50", "p33-e50")
            for check in _bands(arm, "contrastive", "low medium high", side=NO_WORSE)
        ),
    ),
    Claim(
        "D4",
        "appendix D.4",
        "With paraphrases as plain data, Similar-Context is good at high similarity and collapses "
        "at low.",
        "d4",
        _bands("similar", "contrastive", "high", side=NO_WORSE)
        + _bands("similar", "contrastive", "low", side=BELOW)
        + _bands("similar", "base", "low", side=BELOW),
    ),
    Claim(
        "D5a",
        "appendix D.5",
        "A paraphraser that always drifts (its output right for what it says) does no harm.",
        "d5",
        _bands("drifts", "contrastive", "low medium high", side=NO_WORSE),
    ),
    Claim(
        "D5b",
        "ours",
        "Nor does one that mislabels a tenth of its near-duplicates.",
        "d5",
        _bands("mislabels-10", "contrastive", "low medium high", side=NO_WORSE),
    ),
    Claim(
        "D5c",
        "ours",
        "Nor does one that mislabels half of them.",
        "d5",
        _bands("mislabels-50", "contrastive", "low medium high", side=NO_WORSE),
    ),
    Claim(
        "D6a",
        "appendix D.6",
        "With LoRA on all linear layers every strategy is better than on query, key and value.",
        "d6",
        tuple(
            check
            for arm in ("zero", "random", "similar", "contrastive")
            for check in _bands(arm, f"{arm}-qkv", "low medium high")
        ),
    ),
    Claim(
        "D6b",
        "appendix D.6",
        "The ranking stays: Contrastive-Context is no worse than any on query, key and value.",
        "d6",
        tuple(
            check
            for arm in ("zero", "random", "similar")
            for check in _bands("contrastive-qkv", f"{arm}-qkv", "low medium high", side=NO_WORSE)
        ),
    ),
)
"""In the order of docs/reproduction.md."""
