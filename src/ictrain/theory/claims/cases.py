"""Cases 1 to 5: what each training regime does, beside the fixed estimator."""

from __future__ import annotations

from ictrain.theory.claims.base import Claim, plainly
from ictrain.theory.findings import Findings
from ictrain.theory.world import TESTS


def cases(found: Findings) -> list[Claim]:
    """What each regime does, beside the fixed estimator."""
    at, mass = found.core.fixed.at, found.core.fixed.mass
    facts, control = found.core.facts, found.core.control
    epsilon = facts.epsilon
    far = at("random", "random") / epsilon
    own = mass("random", "random", "self")
    blind = at("random", "one_near") / at("contrastive", "one_near")
    copies = at("similar", "similar") / facts.mean
    lost = at("similar", "random") / epsilon
    reads = at("one_near", "one_near") / facts.near
    dead = at("random_similar", "one_near") / epsilon
    shut = mass("random_similar", "one_near", "self")
    # With one example EOC holds its label: to attend to it is to read the example.
    also = (lambda regime: mass(regime, "one_near", "eoc")) if found.settings.problem.k == 1 else _0
    near = {r: mass(r, "one_near", "near") + also(r) for r in ("one_near", "contrastive")}
    switch = [mass("contrastive", "random", "self"), near["contrastive"]]
    switch.append(mass("contrastive", "similar", "context"))
    best = [at("contrastive", t) / found.core.fixed.loss[:, i].min() for i, t in enumerate(TESTS)]
    return [
        Claim(
            "Case 1",
            "A.5.2, A.5.3",
            "Random contexts teach the model to answer from its weights alone.",
            f"loss {far:.3f} epsilon, self mass {own:.3f}; beside an estimator with independent "
            f"noise, self mass {control.self_mass:.3f} and loss "
            f"{control.loss / control.epsilon:.3f} epsilon",
            far <= 1.05 and own >= 0.93,
            far <= 1.05 and own >= 0.93 and control.self_mass >= 0.93,
            "The estimator must be calibrated: its error may not go with its own output "
            f"(here {control.fixed_correlation:+.3f}, with noise {control.correlation:+.3f}) (C2).",
        ),
        Claim(
            "Case 1, brittle",
            "3, A.5.3",
            "That model ignores a near example when there is one.",
            f"one-near loss {at('random', 'one_near') / epsilon:.2f} epsilon ({blind:.1f} times "
            "contrastive's), near mass "
            f"{mass('random', 'one_near', 'near'):.3f}",
            *plainly(
                at("random", "one_near") >= 0.9 * epsilon
                and mass("random", "one_near", "near") <= 0.1
            ),
        ),
        Claim(
            "Case 2",
            "A.5.2, A.5.3",
            "Similar contexts teach it to answer from the labels that it is shown.",
            f"loss {copies:.3f} of the mean label's, self mass "
            f"{mass('similar', 'similar', 'self'):.4f}",
            *plainly(copies <= 1.1 and mass("similar", "similar", "self") <= 0.02),
        ),
        Claim(
            "Case 2, brittle",
            "3, A.5.3",
            "That model copies unrelated labels when nothing is near.",
            f"random loss {lost:.2f} epsilon, self mass {mass('similar', 'random', 'self'):.3f}",
            *plainly(lost >= 2 and mass("similar", "random", "self") <= 0.05),
        ),
        Claim(
            "Case 3",
            "A.5.2, A.5.3",
            "One near example among far ones teaches it to read the nearest.",
            f"loss {reads:.3f} of a near label's, near mass {near['one_near']:.3f}",
            *plainly(reads <= 1.15 and near["one_near"] >= 0.93),
        ),
        _case_4(found),
        Claim(
            "Case 4, worse than the weights",
            "A.5.3",
            "With one near example that model errs more than its weights alone would.",
            f"trained: one-near loss {dead:.3f} epsilon; by hand with gamma = 200, at the worst "
            f"threshold that solves both kinds {found.core.gate.worst:.2f}, at the middle one "
            f"{found.core.gate.middle:.2f}",
            dead > 1.05,
            dead > 1.05,
            f"It errs {dead:.2f} times as much, with self mass {shut:.2f}: "
            + ("the gate stays shut. " if shut >= 0.9 else "the gate opens to the near example. ")
            + "Only thresholds at the edge of the admissible range make it worse (C4).",
        ),
        Claim(
            "Case 5",
            "A.5.2, A.5.3",
            "Random and one-near contexts in turn teach a switch that is right in all three.",
            "self, near and context mass "
            + ", ".join(f"{m:.3f}" for m in switch)
            + " on random, one-near and similar; loss over the best of the five "
            + ", ".join(f"{b:.3f}" for b in best),
            *plainly(max(best) <= 1.2 and switch[0] >= 0.9 and switch[1] >= 0.85),
        ),
    ]


def _0(regime: str) -> float:
    del regime
    return 0.0


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
