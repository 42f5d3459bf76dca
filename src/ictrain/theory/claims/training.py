"""What needs the learned estimator, the other optimiser, long training, or graded examples."""

from __future__ import annotations

from ictrain.theory.claims.base import Claim, plainly
from ictrain.theory.curves import GRADES
from ictrain.theory.findings import Findings, Rest


def dynamics(found: Findings) -> list[Claim]:
    """What needs the learned estimator, the other optimiser, or long training."""
    rest = found.rest
    assert rest is not None
    epsilon, facts = found.core.facts.epsilon, found.core.facts
    return [
        _case_3_limit(found),
        *_learning(rest),
        Claim(
            "Section 2's three-way mixture switches too",
            "2",
            "Random, similar and one-near contexts, a third each, teach the same switch.",
            "; ".join(
                f"{plan}: " + ", ".join(f"{t} {m.loss:.4f}" for t, m in losses.items())
                for plan, losses in (
                    ("Adam", rest.three_way["fixed"]),
                    ("SGD", rest.three_way["sgd"]),
                )
            ),
            *plainly(
                all(
                    m["random"].loss <= 1.1 * epsilon
                    and m["one_near"].loss <= 1.3 * facts.near
                    and m["similar"].loss <= 1.2 * facts.mean
                    for m in rest.three_way.values()
                )
            ),
            "Under either optimiser.",
        ),
        _untrained(found),
    ]


def _case_3_limit(found: Findings) -> Claim:
    """Decided by the mass on the closest example: the loss of a learned estimator that was starved
    stays high whatever is read."""
    assert found.rest is not None
    long, steps = found.rest.long, found.settings.long_steps
    early, late = (
        [one.closest for one in pair]
        for pair in ((long.start, long.learned_start), (long.end, long.learned_end))
    )
    return Claim(
        "Case 3, brittle",
        "3, A.5.3",
        "A model trained on one-near contexts copies the closest label even when it is far.",
        f"mass on the closest of random examples: beside a fixed estimator {early[0]:.2f} after "
        f"{found.settings.fixed.steps} steps and {late[0]:.2f} after {steps}, with a learned one "
        f"{early[1]:.2f} after {found.settings.joint.steps} and {late[1]:.2f} after {steps}",
        min(early) >= 0.3,
        min(early) >= 0.3 and min(late) >= 0.3,
        "A long transient, with either estimator: the limit is no infinity but log-odds "
        f"alpha (1 - delta) + beta of {long.log_odds:.2f} beside the fixed estimator (theory: "
        f"{long.predicted:.2f}), which turns into case 5's switch (C6).",
    )


def _learning(rest: Rest) -> list[Claim]:
    joint, adam = rest.joint, rest.joint_adam
    base = joint.mse("random")
    starved = [joint.mse(name) / base for name in ("similar", "one_near")]
    place = adam.regimes.index("similar")
    start, least = float(adam.trace.mse[0][place]), float(adam.trace.mse[:, place].min())
    mixed = [joint.mse(name) / base for name in ("random_similar", "contrastive")]
    share = [
        float(joint.trace.random_share[-1][joint.regimes.index(name)])
        for name in ("random_similar", "contrastive")
    ]
    return [
        Claim(
            "The weights starve without random contexts",
            "A.5.4",
            "In similar and one-near contexts the in-weights estimator stops learning.",
            f"its squared error {starved[0]:.2f} and {starved[1]:.2f} times the random-trained "
            f"one's; with Adam for the estimator it falls from {start:.2f} to {least:.2f} on the "
            "way in similar contexts",
            starved[0] >= 2 and starved[1] >= 1.7,
            starved[0] >= 2 and starved[1] >= 1.7 and least >= 0.9 * start,
            "The signal starves, by the factor a_q; the weights do so under plain SGD. Adam "
            "rescales the small signal away, and corrupts the estimator later (C9).",
        ),
        Claim(
            "Mixtures divide the labour",
            "A.5.4",
            "With random contexts in the mixture the estimator learns, and from those alone.",
            f"squared error {mixed[0]:.3f} (random+similar) and {mixed[1]:.3f} (contrastive) of "
            f"the random-trained one's; share of the signal from random rows at the end "
            f"{share[0]:.4f}, {share[1]:.4f}",
            *plainly(max(mixed) <= 1.15 and min(share) >= 0.99),
        ),
    ]


def _untrained(found: Findings) -> Claim:
    assert found.rest is not None
    hump = found.rest.hump
    without, graded = hump.loss / hump.epsilon
    worst = int(without.argmax())
    return Claim(
        "The switch is right at every similarity",
        "ours, on section 3",
        "Trained on random and one-near contexts, the model also handles what lies between.",
        f"at similarity {GRADES[worst]:g} its loss is {without[worst]:.2f} epsilon; with graded "
        f"examples in training at most {graded.max():.2f} (one-near loss "
        f"{hump.one_near[1] / hump.one_near[0]:.2f} times)",
        bool(graded.max() <= 1.15),
        bool(without.max() <= 1.15),
        "Between far and near, where nobody trained, the switch turns on too early. Graded "
        "examples in the mixture remove the hump, at a price on the nearest: contexts should span "
        "the similarities that will be met (C10).",
    )
