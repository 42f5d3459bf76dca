"""The page: one HTML file that needs nothing else, made from findings and drawn figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from ictrain.report import theme
from ictrain.report.svg import FONT
from ictrain.theory.bars import Outcome
from ictrain.theory.claims import CONDITION, HELD, NOT, Claim
from ictrain.theory.findings import Findings
from ictrain.theory.show import dynamics, glance, look, names, sentences, similarity
from ictrain.theory.show.facts import assumption_rows, control_rows, facts
from ictrain.theory.show.landscapes import name_of as landscape_name
from ictrain.theory.show.landscapes import title_of as landscape_title
from ictrain.theory.show.sample import COUNT, as_json, sample
from ictrain.theory.show.ternary import name_of, title_of

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
    drawn = sample(found)
    return (
        _environment()
        .get_template("theory.html.j2")
        .render(
            found=found,
            problem=found.settings.problem,
            marker=MARKER,
            facts=facts(found),
            command=command,
            glance=glance.glance(found.core.fixed),
            mixture_of=glance.needs(found.settings.problem),
            good=glance.GOOD,
            sample=drawn,
            sample_json=as_json(drawn),
            count=min(COUNT, found.settings.test),
            figures=figures,
            say=sentences,
            optimiser=dynamics.optimisers(found),
            curves=[
                (f"similarity-{similarity.name_of(c)}", names.named(c.name), c)
                for c in found.core.curves
            ],
            slices=[
                (f"landscape-{landscape_name(one)}", landscape_title(one), one)
                for one in (found.rest.landscapes if found.rest else ())
            ],
            mixtures=_mixtures(found),
            assumption=assumption_rows(found),
            control=control_rows(found),
            claims=claims,
            marks=_MARKS,
            counts=[(s, sum(c.status == s for c in claims)) for s in _MARKS],
            outcomes=outcomes,
            swatch={
                name: f"var({theme.variable_of(one)})" for name, one in look.regime_looks().items()
            },
            masses=list(look.MASS_LOOKS),
            colors=theme.css() + look.css(),
            font=FONT,
        )
    )


def _mixtures(found: Findings) -> list[tuple[bool, str, str, str]]:
    """Whether graded tests count, figure, title and sentence of each triangle."""
    return [
        (
            graded,
            f"mixtures-{name_of(one)}{'-all-tests' if graded else ''}",
            title_of(one),
            sentences.mixture_sentence(one, graded),
        )
        for graded in (False, True)
        for one in (found.rest.simplexes if found.rest else ())
    ]
