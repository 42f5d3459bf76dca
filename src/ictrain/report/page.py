"""The page: one HTML file that needs nothing else, made from an analysis and a run's record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ictrain.analysis.dynamics import SMOOTHER
from ictrain.analysis.goals import in_words, signed
from ictrain.analysis.worst import worst_places
from ictrain.report import gallery, theme, views, words
from ictrain.report.costs import costs
from ictrain.report.drawing import label_of
from ictrain.report.dynamics import titles
from ictrain.report.findings import Findings
from ictrain.report.selected import kept_steps
from ictrain.report.svg import FONT

_PARTS = ("config", "hashes", "versions", "metrics", "machine")


def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("ictrain.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "number": words.number,
        "signed": signed,
        "interval": words.with_interval,
        "difference": in_words,
        "pretty": views.pretty,
        "cell": views.cell_text,
    }
    return env


def render(
    found: Findings,
    record: Mapping[str, Any],
    figures: Mapping[tuple[str, str], str],
    exhibits: int = 2,
) -> str:
    """The page as text.

    Args:
        found: all numbers.
        record: of the run; every key may be missing.
        figures: (kind, test set) -> inline SVG; kinds are curve, bars and gain.
        exhibits: prompts shown per test set and band.
    """
    analysis = found.analysis
    frame, settings = analysis.frame, analysis.settings
    near, far = found.drawn.goals
    every = (*frame.strategies, *frame.copiers, *frame.controls)
    style = theme.looks(every)
    spent = costs(record.get("jobs") or (), settings.reference)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            a=analysis,
            record=record,
            title=str(record.get("name") or "Comparison of context strategies"),
            answer=words.answer(analysis),
            what_it_is=words.what_it_is(found),
            paragraph=words.paragraph(found.drawn),
            goals=[(near, views.forest(near, 0.0)), (far, views.forest(far, -settings.margin))],
            figures=figures,
            tables=views.band_tables(analysis, frame.metric, every[: len(frame.strategies)]),
            other_tables=[
                t
                for m in frame.metrics[1:]
                for t in views.band_tables(analysis, m, frame.strategies)
            ],
            mode_tables=views.mode_tables(analysis, frame.strategies),
            group_tables=views.group_tables(analysis, frame.strategies),
            copier_tables=views.band_tables(analysis, frame.metric, frame.copiers),
            contrasts=[c for c in analysis.contrasts if c.metric == frame.metric],
            exhibits=gallery.choose(
                found.drawn, exhibits, str(record.get("prompt_separator") or "")
            ),
            rule=gallery.RULE.format(count=exhibits),
            costs=views.cost_lines(spent),
            asked_paraphrases=spent.paraphrases,
            lost=views.lost(analysis, record.get("jobs") or ()),
            kept_steps=kept_steps(record.get("jobs") or ()),
            parts_of_record=[(name, record[name]) for name in _PARTS if record.get(name)],
            label={name: label_of(name, analysis) for name in every},
            color={name: f"var({theme.variable_of(look)})" for name, look in style.items()},
            colors=theme.css(),
            roles=theme.ROLES,
            about_tests=record.get("test_sets") or {},
            about_modes=record.get("modes") or {},
            about_strategies=record.get("strategies") or {},
            font=FONT,
            panels=titles(record.get("jobs") or ()),
            verdicts=found.verdicts,
            steps_of=found.steps_of,
            fading=found.transience,
            heats=[g for g in found.grids if ("heat", g.name) in figures],
            places=worst_places(settings),
            sweep_modes=list(dict.fromkeys(c.mode for c in found.sweep)),
            dropped_in_sweep=any(c.rendered < c.k for c in found.sweep),
            agreements=views.agreements(record.get("jobs") or ()),
            smoother=SMOOTHER,
            direction=words.direction,
        )
    )
