"""What the pictures show, as sentences made from the numbers of the run."""

from __future__ import annotations

import numpy as np

from ictrain.theory.curves import Curve
from ictrain.theory.findings import Findings
from ictrain.theory.landscape import Landscape
from ictrain.theory.rays import DISTANCES, Ray
from ictrain.theory.show.glance import GOOD
from ictrain.theory.show.names import named, percent, short, times
from ictrain.theory.show.regimes import ratios
from ictrain.theory.simplex import DEFAULT, Simplex
from ictrain.theory.table import MASSES, Table


def listed(names: list[str]) -> str:
    """a, b and c; 'none' where there is none."""
    if len(names) < 2:
        return names[0] if names else "none"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def table_sentence(table: Table) -> str:
    """Which training does well everywhere, and where each other one fails most."""
    every = ratios(table)
    good = [named(n) for n, row in zip(table.regimes, every, strict=True) if row.max() <= GOOD]
    fails = []
    for i, name in enumerate(table.regimes):
        j = int(every[i].argmax())
        if every[i, j] > GOOD:
            most = int(table.masses[i, j].argmax())
            share = percent(float(table.masses[i, j, most]))
            fails.append(
                f"{named(name)} on {named(table.tests[j])} ({times(every[i, j])}, "
                f"{share} of attention on {_WHERE[MASSES[most]]})"
            )
    text = f"Within {GOOD} times the best in all three columns: {listed(good)}."
    return f"{text} Worst cells of the others: {'; '.join(fails)}." if fails else text


_WHERE = {"near": "near", "far": "far examples", "eoc": "EOC", "self": "itself"}


def curve_sentence(curve: Curve, epsilon: float) -> str:
    """Where its self mass goes and where its loss is largest."""
    own = curve.masses[:, MASSES.index("self")]
    text = f"Self mass {percent(float(own[0]))} at similarity 0, {percent(float(own[-1]))} at 1"
    crossed = np.nonzero((own[:-1] >= 0.5) & (own[1:] < 0.5))[0]
    if len(crossed):
        low, high = curve.similarity[crossed[0]], curve.similarity[crossed[0] + 1]
        text += f", through a half between {low:.3g} and {high:.3g}"
    top = int(curve.loss.argmax())
    most = f"{times(curve.loss[top] / epsilon)} ε"
    return f"{text}. Largest loss: {most}, at similarity {curve.similarity[top]:.3g}."


def hump_sentence(found: Findings) -> str:
    """The largest loss without and with graded examples, and the price on the nearest."""
    if found.rest is None:
        return ""
    hump = found.rest.hump
    first, second = ((c.loss.max() / hump.epsilon, c) for c in hump.curves)
    at = [c.similarity[int(c.loss.argmax())] for _, c in (first, second)]
    return (
        f"Largest loss without graded examples: {times(first[0])} ε, at similarity {at[0]:.3g}; "
        f"with them: {times(second[0])} ε, at {at[1]:.3g}. On the one-near test set the loss is "
        f"{short(hump.one_near[0])} without and {short(hump.one_near[1])} with them."
    )


def dynamics_sentence(table: Table) -> str:
    """Each estimator's error over the random-trained one's, and its lowest along the way."""
    base = table.mse("random")
    parts = []
    for j, name in list(enumerate(table.regimes))[1:]:
        lowest = float(table.trace.mse[:, j].min())
        text = f"{named(name)} {times(table.mse(name) / base)}"
        if lowest < 0.9 * table.mse(name):
            text += f" (lowest on the way {times(lowest / base)})"
        parts.append(text)
    return f"The estimator's error at the end, over the random-trained one's: {', '.join(parts)}."


def share_sentence(table: Table) -> str:
    """The share of the signal from random rows at the first and the last step."""
    parts = []
    for name in ("random_similar", "contrastive"):
        shown = table.trace.random_share[:, table.regimes.index(name)]
        parts.append(f"{named(name)} from {shown[0]:.1%} to {_nearly(float(shown[-1]))}")
    return f"Thick lines, first to last step: {', '.join(parts)}."


def _nearly(share: float) -> str:
    """Enough digits that what is below 1 does not look like 1."""
    return f"{share:.1%}" if share < 0.999 else f"{share:.2%}" if share < 0.9999 else "over 99.99%"


def landscape_sentence(one: Landscape) -> str:
    """What the third scalar is, and how the end of each way compares with the least loss."""
    third = next(n for n in ("alpha", "beta", "gamma") if n not in one.axes)
    slice_ = f"The least loss over {named(third)}"
    if one.third is not None:
        value = f"{one.third:.3g}".replace("-", "−")
        slice_ = f"{named(third)} = {value}, its value at the end"
    ends = []
    for name, path in one.paths.items():
        i, j = (int(np.abs(a - v).argmin()) for a, v in zip((one.x, one.y), path[-1], strict=True))
        ends.append(f"{named(name)} {times(one.loss[j, i] / one.loss.min())}")
    return f"{slice_}. Loss at the star over the least shown: {', '.join(ends)}."


def rays_sentence(rays: list[Ray]) -> str:
    """Gradients at the farthest point, smallest and largest, and the misplaced ray's loss."""
    ends = sorted((ray.gradient[-1], ray.name) for ray in rays)
    flat = [name for gradient, name in ends if gradient < 1e-9]
    rest = [f"{name} ({short(gradient)})" for gradient, name in ends if gradient >= 1e-9]
    text = f"At t = {DISTANCES[-1]:g} the gradient is below 1e-9 on {listed(sorted(flat))}"
    text += f"; it is larger on {listed(rest)}." if rest else "."
    by = {ray.name: ray for ray in rays}
    wrong, right = by.get("1 misplaced"), by.get("2a")
    if wrong and right:
        ratio = wrong.loss / right.loss
        judged = "flat, and bad all the same" if ratio > GOOD else "flat"
        text += f" Ray 1 in similar contexts ends at {times(ratio)} the loss of ray 2a: {judged}."
    return text


def mixture_sentence(one: Simplex, graded: bool) -> str:
    """The best point, the region's size, and the default mixture."""
    worst, inside = one.worst(graded), one.near_best(graded)
    best, default = int(worst.argmin()), one.index(*DEFAULT)
    weights = " / ".join(f"{w:.2f}" for w in one.weights[best])
    return (
        f"Best {times(worst[best])} at {weights} (random / similar / one near); "
        f"{int(inside.sum())} of {len(worst)} mixtures within 1.1 of it. The default mixture "
        f"has {times(worst[default])} and lies {'inside' if inside[default] else 'outside'}."
    )
