"""Every figure of a page, drawn once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import matplotlib
from matplotlib.figure import Figure

from ictrain.analysis import Analysis
from ictrain.analysis.dynamics import Point
from ictrain.report import svg
from ictrain.report.bars import bars_figure
from ictrain.report.closest import closest_figure
from ictrain.report.curve import curve_figure
from ictrain.report.dynamics import PANELS, PLANE, panel, plane
from ictrain.report.fading import transience_figure
from ictrain.report.findings import Findings
from ictrain.report.gain import gain_figure
from ictrain.report.heat import heat_figure
from ictrain.report.raw import raw_figure
from ictrain.report.sweep import sweep_figure

_KINDS: dict[str, Callable[[Analysis, str], Figure]] = {
    "curve": curve_figure,
    "bars": bars_figure,
    "gain": gain_figure,
}
_ALT = {
    "curve": "Score against similarity of the closest context example, test set {}",
    "bars": "Score by similarity band, test set {}",
    "raw": "Every score against similarity, with a rising curve per strategy, test set {}",
    "transience": "Reading over training steps, the best step ringed, test set {}",
    "heat": "The lowest score of the bands that count, over p and epsilon: {}",
    "closest": "Items by the similarity of the closest pool item, test set {}",
    "gain": "Score with a near example minus score with random ones, test set {}",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure, drawn.

    Attributes:
        kind: e.g. 'curve'; with test_set it says where the figure stands on the page.
        test_set: or a grid's name.
        name: of its files, without suffix.
        figure: for the PNG.
        text: of the SVG.
    """

    kind: str
    test_set: str
    name: str
    figure: Figure
    text: str

    @property
    def alt(self) -> str:
        """What it shows, for those who do not see it."""
        return _alt(self.kind).format(self.test_set)


def all_figures(found: Findings) -> list[Drawn]:
    """Those for which there is something to be drawn."""
    drawn = [*_draw_scores(found.drawn), *_draw_raw(found), *_draw_heat(found)]
    drawn += _draw_closest(found)
    drawn += [
        *_draw_dynamics(found.dynamics, found.path),
        *_draw_transience(found),
        *_draw_sweep(found),
    ]
    return drawn


def _draw_scores(analysis: Analysis) -> list[Drawn]:
    """A figure per kind and test set; names that differ in signs alone are told apart by a +."""
    found: list[Drawn] = []
    for kind, draw in _KINDS.items():
        for test_set in analysis.frame.test_sets:
            if kind == "gain" and not any(g.test_set == test_set for g in analysis.gains):
                continue
            name = f"{kind}-{re.sub(r'[^A-Za-z0-9_]+', '-', test_set)}"
            one = _drawn(kind, test_set, partial(draw, analysis, test_set))
            twins = sum(d.name.rstrip("+") == name for d in found)
            found.append(replace(one, name=name + "+" * twins))
    return found


def _alt(kind: str) -> str:
    if kind.startswith("sweep-"):
        return f"Score against the number of examples, mode {kind[6:]}, test set {{}}"
    return _ALT.get(kind) or f"{kind.replace('-', ' ')} over training steps, test set {{}}"


def _draw_dynamics(found: Sequence[Point], path: Sequence[Point]) -> list[Drawn]:
    """A panel per probe and test set, and the plane of weights against context; none where no
    model was probed more than once."""
    drawn = []
    if len({p.step for p in found}) < 2:
        return []
    for test_set in dict.fromkeys(p.test_set for p in found):
        wanted = [k for k in PANELS if any((p.probe, p.test_set) == (k, test_set) for p in found)]
        for kind in [*wanted, *(["plane"] if set(PLANE) <= set(wanted) else [])]:
            draw = partial(plane, path, test_set)
            drawn.append(
                _drawn(
                    f"probe-{kind}",
                    test_set,
                    draw if kind == "plane" else partial(panel, found, test_set, kind),
                )
            )
    return drawn


def _draw_transience(found: Findings) -> list[Drawn]:
    """A figure per test set, where there were steps enough."""
    tests = dict.fromkeys(t.test_set for t in found.transience)
    return [
        _drawn(
            "transience", test, partial(transience_figure, found.dynamics, found.transience, test)
        )
        for test in tests
    ]


def _draw_raw(found: Findings) -> list[Drawn]:
    """Every score against similarity, a figure per test set."""
    frame = found.drawn.frame
    shown = [m for m in found.monotone if m.strategy not in found.mapped]
    tests = dict.fromkeys(m.test_set for m in shown)
    return [_drawn("raw", test, partial(raw_figure, shown, test, frame.metric)) for test in tests]


def _draw_heat(found: Findings) -> list[Drawn]:
    """A map per grid over p and epsilon."""
    worst = {w.strategy: w for w in found.analysis.worst}
    treatment = found.analysis.settings.treatment
    return [
        _drawn("heat", grid.name, partial(heat_figure, grid, worst, treatment))
        for grid in found.grids
        if any(arm in worst for arm in grid.arms.values())
    ]


def _draw_closest(found: Findings) -> list[Drawn]:
    """How close the pool comes, a figure per test set; names as those of _draw_scores."""
    drawn: list[Drawn] = []
    for test_set, overlap in found.closest.items():
        one = _drawn("closest", test_set, partial(closest_figure, overlap))
        twins = sum(d.name.rstrip("+") == one.name for d in drawn)
        drawn.append(replace(one, name=one.name + "+" * twins))
    return drawn


def _draw_sweep(found: Findings) -> list[Drawn]:
    """A figure per test set and mode."""
    metric = found.analysis.frame.metric
    return [
        _drawn(f"sweep-{mode}", test, partial(sweep_figure, found.sweep, test, mode, metric))
        for test, mode in dict.fromkeys((c.test_set, c.mode) for c in found.sweep)
    ]


def _drawn(kind: str, test_set: str, draw: Callable[[], Figure]) -> Drawn:
    with matplotlib.rc_context({"text.parse_math": False}):
        figure = draw()
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    name = f"{kind}-{re.sub(r'[^A-Za-z0-9_]+', '-', test_set)}"
    return Drawn(kind, test_set, name, figure, svg.drawn(figure))
