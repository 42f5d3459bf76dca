"""Figures and one HTML page, from rows alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from ictrain.analysis import Analysis, AnalysisSettings, analyse
from ictrain.analysis.dynamics import Point, ProbeRow, points
from ictrain.analysis.verdict import verdicts
from ictrain.errors import RunError
from ictrain.files import new_folder
from ictrain.report import csvs, svg
from ictrain.report.bars import bars_figure
from ictrain.report.curve import curve_figure
from ictrain.report.dynamics import PANELS, PLANE, panel, plane
from ictrain.report.gain import gain_figure
from ictrain.report.page import render
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
    "gain": "Score with a near example minus score with random ones, test set {}",
}


def write_report(
    rows: Iterable[Row],
    record: Mapping[str, Any],
    out: Path,
    settings: AnalysisSettings | None = None,
    exhibits: int = 2,
    probes: Iterable[ProbeRow] = (),
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
    analysis = analyse(rows, settings)
    dynamics = points(probes, analysis.settings.bootstrap)
    told = verdicts(dynamics)
    drawn = [*_draw(analysis), *_draw_dynamics(dynamics)]
    shown = {
        (d.kind, d.test_set): svg.inline(d.text, d.name, _alt(d.kind).format(d.test_set))
        for d in drawn
    }
    with new_folder(out) as folder:
        (folder / "figures").mkdir()
        (folder / "tables").mkdir()
        for d in drawn:
            (folder / "figures" / f"{d.name}.svg").write_text(svg.standalone(d.text), "utf-8")
            (folder / "figures" / f"{d.name}.png").write_bytes(svg.png(d.figure))
        tables = csvs.tables(analysis)
        tables |= (
            {"probes.csv": csvs.probes(dynamics), "verdicts.csv": csvs.verdicts(told)}
            if dynamics
            else {}
        )
        for name, text in tables.items():
            (folder / "tables" / name).write_text(text, "utf-8")
        page = render(analysis, record, shown, exhibits, told)
        (folder / "index.html").write_text(page, "utf-8")
    return out / "index.html"


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
            twins = sum(d.name.rstrip("+") == name for d in found)
            with matplotlib.rc_context({"text.parse_math": False}):
                figure = draw(analysis, test_set)
                figure.draw_without_rendering()
            figure.set_layout_engine("none")
            found.append(_Drawn(kind, test_set, name + "+" * twins, figure, svg.drawn(figure)))
    return found


def _alt(kind: str) -> str:
    return _ALT.get(kind) or f"{kind.replace('-', ' ')} over training steps, test set {{}}"


def _draw_dynamics(found: Sequence[Point]) -> list[_Drawn]:
    """A panel per probe and test set, and the plane of weights against context."""
    drawn = []
    for test_set in dict.fromkeys(p.test_set for p in found):
        wanted = [k for k in PANELS if any((p.probe, p.test_set) == (k, test_set) for p in found)]
        for kind in [*wanted, *(["plane"] if set(PLANE) <= set(wanted) else [])]:
            with matplotlib.rc_context({"text.parse_math": False}):
                figure = plane(found, test_set) if kind == "plane" else panel(found, test_set, kind)
                figure.draw_without_rendering()
            figure.set_layout_engine("none")
            name = f"probe-{kind}-{re.sub(r'[^A-Za-z0-9_]+', '-', test_set)}"
            drawn.append(_Drawn(f"probe-{kind}", test_set, name, figure, svg.drawn(figure)))
    return drawn
