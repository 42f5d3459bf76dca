"""Figures and one HTML page, from rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ictrain.analysis import AnalysisSettings, analyse
from ictrain.analysis.dynamics import ProbeRow, as_kept, points
from ictrain.analysis.grids import grids
from ictrain.analysis.sweep import sweep_table
from ictrain.analysis.transience import transience
from ictrain.errors import RunError
from ictrain.files import new_folder
from ictrain.report import csvs, svg
from ictrain.report.closest import drawable
from ictrain.report.costs import costs
from ictrain.report.figures import Drawn, all_figures
from ictrain.report.findings import Findings
from ictrain.report.page import render
from ictrain.report.selected import chosen_steps
from ictrain.rows import Row

__all__ = ["write_report"]


def write_report(
    rows: Iterable[Row],
    record: Mapping[str, Any],
    out: Path,
    settings: AnalysisSettings | None = None,
    exhibits: int = 2,
    probes: Iterable[ProbeRow] = (),
    sweep: Iterable[Row] = (),
    kept: Iterable[ProbeRow] = (),
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
        kept: of the kept weights, where the record's jobs say that a training chose its step.

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
    curves, chosen = points(probes, how.bootstrap), chosen_steps(record.get("jobs") or ())
    path = points(as_kept(probes, kept, chosen), how.bootstrap) if chosen else curves
    found = Findings(
        analysis,
        curves,
        sweep_table(rows, sweep, analysis.frame.metric, how),
        transience(probes, how.bootstrap),
        grids(_strategies(record)),
        drawable(record.get("overlap")),
        path,
        chosen,
    )
    drawn = all_figures(found)
    shown = {(d.kind, d.test_set): svg.inline(d.text, d.name, d.alt) for d in drawn}
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


def _write_figures(drawn: Sequence[Drawn], folder: Path) -> None:
    folder.mkdir()
    for d in drawn:
        (folder / f"{d.name}.svg").write_text(svg.standalone(d.text), "utf-8")
        (folder / f"{d.name}.png").write_bytes(svg.png(d.figure))
