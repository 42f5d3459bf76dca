"""The page: one HTML file that needs nothing else, made from findings and drawn figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from ictrain.report import theme
from ictrain.report.svg import FONT
from ictrain.theory.bars import Outcome
from ictrain.theory.claims import CONDITION, HELD, NOT, Claim
from ictrain.theory.findings import Findings
from ictrain.theory.show import (
    dynamics,
    glance,
    landscapes,
    look,
    names,
    sentences,
    similarity,
    ternary,
)
from ictrain.theory.show.facts import assumption_rows, control_rows, facts
from ictrain.theory.show.sample import COUNT, as_json, sample

MARKER = '<meta name="generator" content="ictrain theory">'
"""By which an older page is known."""
_MARKS = {HELD: ("✓", "held"), CONDITION: ("◐", "condition"), NOT: ("✗", "failed")}


def _environment() -> Environment:
    env = Environment(
        loader=ChoiceLoader(
            [PackageLoader("ictrain.theory.show"), PackageLoader("ictrain.report")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "short": names.short,
        "percent": names.percent,
        "times": names.times,
        "pretty": names.pretty,
        "named": names.named,
    }
    return env


def render(
    found: Findings,
    claims: Sequence[Claim],
    outcomes: Sequence[Outcome],
    figures: Mapping[str, str],
    command: str,
) -> str:
    """The page as text.

    Args:
        found: all numbers.
        claims, outcomes: judged beforehand.
        figures: name -> inline SVG.
        command: that made the page.
    """
    values = {
        "found": found,
        "problem": found.settings.problem,
        "command": command,
        "facts": facts(found),
        "say": sentences,
        **_style(),
        **_first_table(found),
        **_sliders(found),
        **_pictures(found, figures),
        **_small_tables(found),
        **_judged(claims, outcomes),
    }
    return _environment().get_template("theory.html.j2").render(values)


def _style() -> dict[str, Any]:
    regimes = look.regime_looks().items()
    return {
        "marker": MARKER,
        "colors": theme.css() + look.css(),
        "font": FONT,
        "swatch": {name: f"var({theme.variable_of(one)})" for name, one in regimes},
        "masses": list(look.MASS_LOOKS),
    }


def _first_table(found: Findings) -> dict[str, Any]:
    return {
        "glance": glance.glance(found.core.fixed),
        "mixture_of": glance.needs(found.settings.problem),
        "good": glance.GOOD,
    }


def _sliders(found: Findings) -> dict[str, Any]:
    drawn = sample(found)
    return {
        "sample": drawn,
        "sample_json": as_json(drawn),
        "count": min(COUNT, found.settings.test),
    }


def _pictures(found: Findings, figures: Mapping[str, str]) -> dict[str, Any]:
    """The figures, and the names by which sections of several of them find theirs."""
    return {
        "figures": figures,
        "optimiser": dynamics.optimisers(found),
        "curves": [
            (f"similarity-{similarity.name_of(c)}", names.named(c.name), c)
            for c in found.core.curves
        ],
        "slices": [
            (f"landscape-{landscapes.name_of(one)}", landscapes.title_of(one), one)
            for one in (found.rest.landscapes if found.rest else ())
        ],
        "mixtures": _mixtures(found),
    }


def _mixtures(found: Findings) -> list[tuple[bool, str, str, str]]:
    """Whether graded tests count, figure, title and sentence of each triangle."""
    return [
        (
            graded,
            ternary.figure_of(one, graded),
            ternary.title_of(one),
            sentences.mixture_sentence(one, graded),
        )
        for graded in (False, True)
        for one in (found.rest.simplexes if found.rest else ())
    ]


def _small_tables(found: Findings) -> dict[str, Any]:
    return {"assumption": assumption_rows(found), "control": control_rows(found)}


def _judged(claims: Sequence[Claim], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "claims": claims,
        "outcomes": outcomes,
        "marks": _MARKS,
        "counts": [(s, sum(c.status == s for c in claims)) for s in _MARKS],
    }
