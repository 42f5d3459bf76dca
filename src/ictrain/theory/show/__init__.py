"""The page of `ictrain theory`: figures, tables, and a model that the reader can steer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

from ictrain.errors import RunError
from ictrain.files import new_folder
from ictrain.report import svg
from ictrain.theory.bars import Outcome
from ictrain.theory.claims import Claim
from ictrain.theory.findings import Findings
from ictrain.theory.show import (
    csvs,
    dynamics,
    landscapes,
    look,
    rays,
    regimes,
    similarity,
    ternary,
)
from ictrain.theory.show.page import MARKER, render

__all__ = ["write_page"]


def write_page(
    findings: Findings,
    claims: Sequence[Claim],
    outcomes: Sequence[Outcome],
    out: Path,
    command: str,
) -> Path:
    """Writes index.html, figures/*.svg and *.png, and tables/*.csv, in one step.

    The page needs no network and no other file. The same findings give the same bytes.

    Args:
        findings: of one seed; what the quick form does not measure is left out.
        claims, outcomes: judged beforehand, shown in the order given.
        out: the page's folder; an older page there is replaced.
        command: that made the page.

    Returns:
        The page's path.

    Raises:
        RunError: out holds something else; a full disk.
    """
    out = Path(out)
    _check(out)
    drawn = [(one, _drawn(one)) for one in _figures(findings)]
    inline = {one.name: svg.inline(text, one.name, one.label) for one, text in drawn}
    page = render(findings, claims, outcomes, inline, command)
    with new_folder(out) as folder:
        (folder / "figures").mkdir()
        (folder / "tables").mkdir()
        for one, text in drawn:
            (folder / "figures" / f"{one.name}.svg").write_text(look.standalone(text), "utf-8")
            (folder / "figures" / f"{one.name}.png").write_bytes(svg.png(one.figure))
        for name, text in csvs.tables(findings, claims, outcomes).items():
            (folder / "tables" / name).write_text(text, "utf-8")
        (folder / "index.html").write_text(page, "utf-8")
    return out / "index.html"


def _check(out: Path) -> None:
    """Only an empty folder or an older page may be replaced."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    page = out / "index.html"
    if not page.is_file() or MARKER not in page.read_text("utf-8", "replace")[:4000]:
        raise RunError(
            "something that is no page of ictrain theory",
            where=str(out),
            mend="name a new folder for the page",
        )


def _figures(found: Findings) -> list[look.Drawn]:
    tables = [found.core.fixed] + ([found.rest.joint] if found.rest else [])
    return [
        *(one for table in tables for one in regimes.figures(table)),
        *similarity.figures(found),
        *similarity.hump_figure(found),
        *dynamics.figures(found),
        *landscapes.figures(found),
        *rays.figures(found.core.rays),
        *ternary.figures(found),
    ]


def _drawn(one: look.Drawn) -> str:
    with matplotlib.rc_context({"text.parse_math": False}):
        one.figure.draw_without_rendering()
    one.figure.set_layout_engine("none")
    return look.as_svg(one.figure)
