"""The setting in a line, and the small tables of numbers beside the pictures."""

from __future__ import annotations

from ictrain.theory.findings import Findings
from ictrain.theory.show.names import short

Row = tuple[str, str, str]


def facts(found: Findings) -> list[str]:
    """The setting and the errors that everything is measured by."""
    p, core = found.settings.problem, found.core
    form = "quick form" if found.rest is None else "full form"
    return [
        f"seed {found.seed}",
        form,
        f"d = {p.d}",
        f"k = {p.k} examples",
        f"near: similarity ≥ 1 − δ, δ = {p.delta:g}",
        f"far: similarity ≤ r = {p.r:g}",
        f"p = {p.p:g} random in the two mixtures",
        f"L = {short(core.lipschitz)}",
        f"ε = {short(core.facts.epsilon)}, the in-weights estimator's error",
        f"one near label's error {short(core.facts.near)}",
        f"average far label's error {short(core.facts.far_mean)}",
    ]


def assumption_rows(found: Findings) -> list[tuple[str, list[str], bool]]:
    """Assumption (A) as bounded and as measured: name, near, ε and far, whether it holds."""
    f = found.core.facts
    rows = [
        ("as the paper bounds it: 2L²δ < ε < 2L²(1−r)", f.near_bound, f.far_bound),
        ("as measured: near label < ε < average far label", f.near, f.far_mean),
    ]
    return [
        (name, [short(v) for v in (low, f.epsilon, high)], low < f.epsilon < high)
        for name, low, high in rows
    ]


def control_rows(found: Findings) -> list[Row]:
    """What, beside the fixed estimator of the table, and beside independent noise."""
    c, table = found.core.control, found.core.fixed
    epsilon = found.core.facts.epsilon
    best, noisy = c.best_weight["random"]
    return [
        ("correlation of error and output", f"{c.fixed_correlation:+.3f}", f"{c.correlation:+.3f}"),
        ("error alone", short(epsilon), short(c.epsilon)),
        ("best weight on it in random contexts", f"{best:.3f}", f"{noisy:.3f}"),
        (
            "self mass after training on random contexts",
            f"{table.mass('random', 'random', 'self'):.3f}",
            f"{c.self_mass:.3f}",
        ),
        (
            "loss over the error alone",
            f"{table.at('random', 'random') / epsilon:.3f}",
            f"{c.loss / c.epsilon:.3f}",
        ),
    ]
