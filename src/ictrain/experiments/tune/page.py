"""The page of a tune: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from ictrain.analysis.goals import in_words
from ictrain.experiments.tune import figures, tables, verdict
from ictrain.experiments.tune.tables import Tuned
from ictrain.files import new_folder
from ictrain.report import svg, theme, views, words

_LABELS: dict[str, tuple[str, Callable[[Tuned], Figure]]] = {
    "rungs": ("Score of every candidate by rung", figures.rung_figure),
    "parameters": ("Every searched number against score", figures.parameter_figure),
}


def write_page(tuned: Tuned, record: Mapping[str, Any], out: Path) -> Path:
    """Writes index.html and figures/*.svg and *.png in one step; the page's path."""
    shown: dict[str, str] = {}
    with new_folder(out) as folder:
        (folder / "figures").mkdir()
        for name, (label, draw) in _LABELS.items():
            if name == "parameters" and not figures.varied(tuned):
                continue
            with matplotlib.rc_context({"text.parse_math": False}):
                figure = draw(tuned)
                figure.draw_without_rendering()
            figure.set_layout_engine("none")
            text = svg.drawn(figure)
            shown[name] = svg.inline(text, name, label)
            (folder / "figures" / f"{name}.svg").write_text(svg.standalone(text), "utf-8")
            (folder / "figures" / f"{name}.png").write_bytes(svg.png(figure))
        (folder / "index.html").write_text(_render(tuned, record, shown), "utf-8")
    return out / "index.html"


def _render(tuned: Tuned, record: Mapping[str, Any], shown: Mapping[str, str]) -> str:
    loaders = [PackageLoader("ictrain.experiments.tune"), PackageLoader("ictrain.report")]
    env = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    env.filters |= {"number": words.number, "difference": in_words, "pretty": views.pretty}
    env.filters |= {"told": verdict.told, "span": verdict.interval}
    bands = sorted({name for one in tuned.outcome.found() for name in one.bands})
    return env.get_template("tune.html.j2").render(
        t=tuned,
        record=record,
        figures=shown,
        standing=tables.standing(tuned),
        values=[
            n for n in tables.VALUES if any(n in x.candidate.plain() for x in tuned.outcome.trials)
        ],
        bands=bands,
        costs=tables.costs(tuned),
        colors=theme.css(),
        font=svg.FONT,
    )
