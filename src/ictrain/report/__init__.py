"""Figures and one HTML page, from rows alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from ictrain.analysis import Analysis, AnalysisSettings, analyse
from ictrain.analysis.dynamics import Point, ProbeRow, points
from ictrain.analysis.grids import grids
from ictrain.analysis.sweep import sweep_table
from ictrain.analysis.transience import transience
from ictrain.errors import RunError
from ictrain.files import new_folder
from ictrain.report import csvs, svg
from ictrain.report.bars import bars_figure
from ictrain.report.costs import costs
from ictrain.report.curve import curve_figure
from ictrain.report.dynamics import PANELS, PLANE, panel, plane
from ictrain.report.fading import transience_figure
from ictrain.report.findings import Findings
from ictrain.report.gain import gain_figure
from ictrain.report.heat import heat_figure
from ictrain.report.page import render
from ictrain.report.raw import raw_figure
from ictrain.report.sweep import sweep_figure
from ictrain.rows import Row

__all__ = ["write_report"]

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
    "gain": "Score with a near example minus score with random ones, test set {}",
}


def write_report(
    rows: Iterable[Row],
    record: Mapping[str, Any],
    out: Path,
    settings: AnalysisSettings | None = None,
    exhibits: int = 2,
    probes: Iterable[ProbeRow] = (),
    sweep: Iterable[Row] = (),
) -> Path:
    """Writes index.html, figures/*.svg and *.png, and tables/*.csv, in one step.

    The page needs no network and no other file. The same rows and record give the same bytes, in
    whatever order the rows come.

    Args:
        rows: of all strategies and seeds.
        record: of the run; any of name, description, created, seconds, command, config, hashes,
            versions, machine, jobs, deviations, notes, test_sets, modes, strategies and
            prompt_separator may be missing.
        out: the report's folder; an older report there is replaced.
        settings: of the analysis.
        exhibits: prompts shown per test set and band.
        probes: of the trainings, where there were any.
        sweep: rows with other numbers of examples.

    Returns:
        The page's path.

    Raises:
        RunError: rows as analyse refuses them; out is a folder of something else; a full disk.
    """
    out = Path(out)
    if out.exists() and not (out / "index.html").exists() and any(out.iterdir()):
        raise RunError(
            "a folder that holds no report", where=str(out), mend="name a new folder for the report"
        )
    rows, probes = list(rows), list(probes)
    analysis = analyse(rows, settings)
    how = analysis.settings
    found = Findings(
        analysis,
        points(probes, how.bootstrap),
        sweep_table(rows, sweep, analysis.frame.metric, how),
        transience(probes, how.bootstrap),
        grids(_strategies(record)),
    )
    drawn = [*_draw(found.drawn), *_draw_raw(found), *_draw_heat(found)]
    drawn += [*_draw_dynamics(found.dynamics), *_draw_transience(found), *_draw_sweep(found)]
    shown = {
        (d.kind, d.test_set): svg.inline(d.text, d.name, _alt(d.kind).format(d.test_set))
        for d in drawn
    }
    with new_folder(out) as folder:
        _write_figures(drawn, folder / "figures")
        (folder / "tables").mkdir()
        tables = csvs.all_tables(found)
        if record.get("jobs"):
            tables["costs.csv"] = csvs.costs(costs(record["jobs"], analysis.settings.reference))
        for name, text in tables.items():
            (folder / "tables" / name).write_text(text, "utf-8")
        page = render(found, record, shown, exhibits)
        (folder / "index.html").write_text(page, "utf-8")
    return out / "index.html"


def _strategies(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of the run's config, by arm; a record may lack them."""
    config = record.get("config")
    found = config.get("strategies") if isinstance(config, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _write_figures(drawn: Sequence[_Drawn], folder: Path) -> None:
    folder.mkdir()
    for d in drawn:
        (folder / f"{d.name}.svg").write_text(svg.standalone(d.text), "utf-8")
        (folder / f"{d.name}.png").write_bytes(svg.png(d.figure))


@dataclass(frozen=True, slots=True)
class _Drawn:
    kind: str
    test_set: str
    name: str
    figure: Figure
    text: str


def _draw(analysis: Analysis) -> list[_Drawn]:
    found: list[_Drawn] = []
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


def _draw_dynamics(found: Sequence[Point]) -> list[_Drawn]:
    """A panel per probe and test set, and the plane of weights against context; none where no
    model was probed more than once."""
    drawn = []
    if len({p.step for p in found}) < 2:
        return []
    for test_set in dict.fromkeys(p.test_set for p in found):
        wanted = [k for k in PANELS if any((p.probe, p.test_set) == (k, test_set) for p in found)]
        for kind in [*wanted, *(["plane"] if set(PLANE) <= set(wanted) else [])]:
            draw = partial(plane, found, test_set)
            drawn.append(
                _drawn(
                    f"probe-{kind}",
                    test_set,
                    draw if kind == "plane" else partial(panel, found, test_set, kind),
                )
            )
    return drawn


def _draw_transience(found: Findings) -> list[_Drawn]:
    """A figure per test set, where there were steps enough."""
    tests = dict.fromkeys(t.test_set for t in found.transience)
    return [
        _drawn(
            "transience", test, partial(transience_figure, found.dynamics, found.transience, test)
        )
        for test in tests
    ]


def _draw_raw(found: Findings) -> list[_Drawn]:
    """Every score against similarity, a figure per test set."""
    frame = found.drawn.frame
    shown = [m for m in found.monotone if m.strategy not in found.mapped]
    tests = dict.fromkeys(m.test_set for m in shown)
    return [_drawn("raw", test, partial(raw_figure, shown, test, frame.metric)) for test in tests]


def _draw_heat(found: Findings) -> list[_Drawn]:
    """A map per grid over p and epsilon."""
    worst = {w.strategy: w for w in found.analysis.worst}
    treatment = found.analysis.settings.treatment
    return [
        _drawn("heat", grid.name, partial(heat_figure, grid, worst, treatment))
        for grid in found.grids
        if any(arm in worst for arm in grid.arms.values())
    ]


def _draw_sweep(found: Findings) -> list[_Drawn]:
    """A figure per test set and mode."""
    metric = found.analysis.frame.metric
    return [
        _drawn(f"sweep-{mode}", test, partial(sweep_figure, found.sweep, test, mode, metric))
        for test, mode in dict.fromkeys((c.test_set, c.mode) for c in found.sweep)
    ]


def _drawn(kind: str, test_set: str, draw: Callable[[], Figure]) -> _Drawn:
    with matplotlib.rc_context({"text.parse_math": False}):
        figure = draw()
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    name = f"{kind}-{re.sub(r'[^A-Za-z0-9_]+', '-', test_set)}"
    return _Drawn(kind, test_set, name, figure, svg.drawn(figure))
