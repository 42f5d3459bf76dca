"""Where the limits are stationary and optimal, and what the paper's inequalities are worth."""

from __future__ import annotations

from ictrain.theory.claims.base import Claim, plainly
from ictrain.theory.findings import Findings
from ictrain.theory.rays import DISTANCES


def limits(found: Findings) -> list[Claim]:
    """Where the limits are stationary, and what that is worth."""
    rays = {ray.name: ray for ray in found.core.rays}
    at = len(DISTANCES) - 1
    main = max(rays[name].gradient[at] for name in ("1", "2a", "3", "4", "5"))
    misplaced, facts = rays["1 misplaced"], found.core.facts
    flat, bound = found.core.plateau
    third, fixed = found.core.third, found.core.fixed
    alpha, _, gamma = fixed.scalars[fixed.regimes.index("contrastive")]
    return [
        Claim(
            "The limits are stationary",
            "A.5.2",
            "The gradient vanishes along the rays of cases 1, 2a, 3, 4 and 5.",
            f"largest component at t = {DISTANCES[at]:g} on any of them: {main:.1e}",
            *plainly(main <= 1e-9),
            "It says little by itself: wherever attention saturates the gradient vanishes. The "
            f"ray of case 1 in similar contexts is flat too ({misplaced.gradient[at]:.1e}) at "
            f"{misplaced.loss / facts.mean:.0f} times the loss of the mean label (C7).",
        ),
        Claim(
            "Case 2b is stationary",
            "A.5.2",
            "With beta to infinity alone the gradient vanishes in similar contexts.",
            f"largest component at beta = 160: {flat:.1e}; bound 8 L^2 delta = {bound:.2f}",
            0 < flat <= bound,
            flat <= 1e-12,
            "Up to a plateau of the order of L^2 delta: examples are never quite equal, so "
            "weighting them still pays (C3).",
        ),
        Claim(
            "Case 5's two conditions suffice",
            "A.5.2",
            "Near logits to +infinity and far logits to -infinity make the near example win.",
            f"k = 2, r = .1, (alpha, beta, gamma) = 20 (20, -10, 80): self mass on random "
            f"{third.self_mass:.2f}, EOC mass on one-near {third.eoc:.2f}, loss {third.loss:.2f}; "
            f"with gamma = alpha, near mass {third.near:.2f}",
            third.self_mass >= 0.99 and third.near >= 0.95,
            third.eoc <= 0.05,
            "A third is needed: alpha (1 - delta) - gamma <x, x_bar> to infinity, for which "
            "gamma <= alpha with k >= 2 is enough. Contrastive training ended at alpha "
            f"{alpha:.1f}, gamma {gamma:.1f} (C5).",
        ),
    ]


def bounds(found: Findings) -> list[Claim]:
    """What the paper's inequalities are worth."""
    facts, control, early = found.core.facts, found.core.control, found.core.early
    calibrated, noisy = control.best_weight["random"]
    return [
        Claim(
            "Lipschitz bounds the far error from below",
            "A.5.3",
            "A random label's error is at least 2 L^2 (1 - r).",
            f"2 L^2 (1 - r) = {facts.far_bound:.1f}; measured {facts.far:.2f} for one far label, "
            f"{facts.far_mean:.2f} for their mean; the variance of y is {facts.variance:.2f}",
            facts.far >= facts.far_bound,
            facts.far >= facts.far_bound,
            "Lipschitz bounds from above only; a constant function is a counterexample. What "
            f"counts is the measured order: near label {facts.near:.4f} < epsilon "
            f"{facts.epsilon:.3f} < mean far label {facts.far_mean:.2f} (C1).",
        ),
        Claim(
            "The limits are optimal",
            "A.5.3",
            "All mass on the weights is the best that random contexts allow.",
            f"best weight of the fixed estimator {calibrated:.3f} (its error and its output "
            f"correlate by {control.fixed_correlation:+.3f}), of one with independent noise "
            f"{noisy:.3f} ({control.correlation:+.3f})",
            abs(calibrated - 1) <= 0.03,
            abs(noisy - 1) <= 0.03,
            "The comparison is between extremes. A mixture of two errors is best at one end only "
            "if they are correlated enough, which a calibrated estimator provides (C2).",
        ),
        Claim(
            "The early signal points the wrong way",
            "A.5.4",
            "At the start the context's errors dominate what the estimator is told and mislead it.",
            f"at the first step, slope on y of the estimator's own term {early.own_slope:.3f}, of "
            f"the polluting one {early.polluting_slope:.3f} with noise {early.noise:.3f}",
            early.polluting_slope <= 0,
            early.polluting_slope <= 0,
            f"It is {early.polluting_slope / early.own_slope:.1f} times the own term, and noisy. "
            "Its slope has the own term's sign where the context's mean hardly depends on y: the "
            "error y_ctx - y is then mostly -y, and the estimator overshoots instead (C8).",
        ),
    ]
