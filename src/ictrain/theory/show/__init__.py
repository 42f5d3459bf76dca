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

__all__ = ["check_out", "write_page"]


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
    out = check_out(out)
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


def check_out(out: Path) -> Path:
    """The absolute path of a folder that a page may take the place of.

    Raises:
        RunError: neither a new or empty folder nor an older page; the working folder or one above.
    """
    mend = "name a new folder for the page"
    try:
        out = Path(out).resolve()
        if Path.cwd().is_relative_to(out):
            raise RunError("the working folder cannot be replaced", where=str(out), mend=mend)
        if not _replaceable(out):
            found = "something that is no page of ictrain theory"
            raise RunError(found, where=str(out), mend=mend)
    except OSError as error:
        raise RunError(f"cannot read: {error.strerror}", where=str(out), mend=mend) from error
    return out


def _replaceable(out: Path) -> bool:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return True
    page = out / "index.html"
    return page.is_file() and MARKER in page.read_text("utf-8", "replace")[:4000]


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
