"""Cases 1 to 5: what each training regime does, beside the fixed estimator."""

from __future__ import annotations

from ictrain.theory.claims.base import Claim, plainly
from ictrain.theory.findings import Findings
from ictrain.theory.world import TESTS


def cases(found: Findings) -> list[Claim]:
    """What each regime does, beside the fixed estimator."""
    return [
        *_case_1(found),
        *_case_2(found),
        _case_3(found),
        _case_4(found),
        _case_4_worse(found),
        _case_5(found),
    ]


def _case_1(found: Findings) -> list[Claim]:
    """Random contexts."""
    table, epsilon, control = found.core.fixed, found.core.facts.epsilon, found.core.control
    far = table.at("random", "random") / epsilon
    own = table.mass("random", "random", "self")
    near = table.at("random", "one_near")
    ignored = table.mass("random", "one_near", "near")
    held = far <= 1.05 and own >= 0.93
    return [
        Claim(
            "Case 1",
            "A.5.2, A.5.3",
            "Random contexts teach the model to answer from its weights alone.",
            f"loss {far:.3f} epsilon, self mass {own:.3f}; beside an estimator with independent "
            f"noise, self mass {control.self_mass:.3f} and loss "
            f"{control.loss / control.epsilon:.3f} epsilon",
            held,
            held and control.self_mass >= 0.93,
            "The estimator must be calibrated: its error may not go with its own output "
            f"(here {control.fixed_correlation:+.3f}, with noise {control.correlation:+.3f}) (C2).",
        ),
        Claim(
            "Case 1, brittle",
            "3, A.5.3",
            "That model ignores a near example when there is one.",
            f"one-near loss {near / epsilon:.2f} epsilon "
            f"({near / table.at('contrastive', 'one_near'):.1f} times contrastive's), near mass "
            f"{ignored:.3f}",
            *plainly(near >= 0.9 * epsilon and ignored <= 0.1),
        ),
    ]


def _case_2(found: Findings) -> list[Claim]:
    """Similar contexts."""
    table, facts = found.core.fixed, found.core.facts
    copies = table.at("similar", "similar") / facts.mean
    own = table.mass("similar", "similar", "self")
    lost = table.at("similar", "random") / facts.epsilon
    still = table.mass("similar", "random", "self")
    return [
        Claim(
            "Case 2",
            "A.5.2, A.5.3",
            "Similar contexts teach it to answer from the labels that it is shown.",
            f"loss {copies:.3f} of the mean label's, self mass {own:.4f}",
            *plainly(copies <= 1.1 and own <= 0.02),
        ),
        Claim(
            "Case 2, brittle",
            "3, A.5.3",
            "That model copies unrelated labels when nothing is near.",
            f"random loss {lost:.2f} epsilon, self mass {still:.3f}",
            *plainly(lost >= 2 and still <= 0.05),
        ),
    ]


def _case_3(found: Findings) -> Claim:
    """One-near contexts; that they make it brittle is decided by long training."""
    reads = found.core.fixed.at("one_near", "one_near") / found.core.facts.near
    near = _near_mass(found, "one_near")
    return Claim(
        "Case 3",
        "A.5.2, A.5.3",
        "One near example among far ones teaches it to read the nearest.",
        f"loss {reads:.3f} of a near label's, near mass {near:.3f}",
        *plainly(reads <= 1.15 and near >= 0.93),
    )


def _near_mass(found: Findings, regime: str) -> float:
    """On the near example of one-near contexts. With k = 1 EOC holds its label: to attend to it is
    to read the example."""
    mass = found.core.fixed.mass
    also = mass(regime, "one_near", "eoc") if found.settings.problem.k == 1 else 0.0
    return mass(regime, "one_near", "near") + also


def _case_4(found: Findings) -> Claim:
    """The quick form has Adam's answer alone and says so."""
    table, sgd = found.core.fixed, None if found.rest is None else found.rest.sgd
    loss = table.at("random_similar", "similar") / found.core.facts.mean
    eoc = table.mass("random_similar", "similar", "eoc")
    near = table.mass("random_similar", "one_near", "near")
    adam = loss <= 1.15 and eoc >= 0.9 and near <= 0.1
    other = None if sgd is None else sgd.mass("random_similar", "similar", "eoc")
    return Claim(
        "Case 4" if sgd else f"Case 4, under {found.settings.fixed.scalars.name}",
        "A.5.2, A.5.3",
        "Random and similar contexts in turn teach a switch between weights and context that "
        "sees only the average similarity.",
        f"similar loss {loss:.3f} of the mean label's with EOC mass {eoc:.3f}; one near example "
        f"gets mass {near:.3f}" + (f"; by the plan sgd, EOC mass {other:.4f}" if sgd else ""),
        adam,
        adam and (other is None or other >= 0.9),
        "Two limits solve both kinds of context: the switch on the average, and that on single "
        "examples, which is case 5's. The optimiser decides which is found (C4)."
        if sgd
        else "",
    )


def _case_4_worse(found: Findings) -> Claim:
    """The mixture of random and similar contexts, shown one near example."""
    table, gate = found.core.fixed, found.core.gate
    dead = table.at("random_similar", "one_near") / found.core.facts.epsilon
    shut = table.mass("random_similar", "one_near", "self")
    return Claim(
        "Case 4, worse than the weights",
        "A.5.3",
        "With one near example that model errs more than its weights alone would.",
        f"trained: one-near loss {dead:.3f} epsilon; by hand with gamma = 200, at the worst "
        f"threshold that solves both kinds {gate.worst:.2f}, at the middle one {gate.middle:.2f}",
        *plainly(dead > 1.05),
        f"It errs {dead:.2f} times as much, with self mass {shut:.2f}: "
        + ("the gate stays shut. " if shut >= 0.9 else "the gate opens to the near example. ")
        + "Only thresholds at the edge of the admissible range make it worse (C4).",
    )


def _case_5(found: Findings) -> Claim:
    """Contrastive."""
    table = found.core.fixed
    own, near = table.mass("contrastive", "random", "self"), _near_mass(found, "contrastive")
    context = table.mass("contrastive", "similar", "context")
    best = [table.at("contrastive", t) / table.loss[:, i].min() for i, t in enumerate(TESTS)]
    return Claim(
        "Case 5",
        "A.5.2, A.5.3",
        "Random and one-near contexts in turn teach a switch that is right in all three.",
        f"self, near and context mass {own:.3f}, {near:.3f}, {context:.3f} on random, one-near and "
        f"similar; loss over the best of the five {', '.join(f'{b:.3f}' for b in best)}",
        *plainly(max(best) <= 1.2 and own >= 0.9 and near >= 0.85),
    )
