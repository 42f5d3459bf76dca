"""Colours of the four attention masses, and figures whose colours follow the reader's.

The masses' colours are told apart with any kind of colour vision, on white and on dark paper; a
test holds them to it. As in the report, figures are drawn in the light ones and re-coloured.
"""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ictrain.report import svg
from ictrain.report.theme import Look, looks
from ictrain.theory.settings import Problem, regimes

MASS_LOOKS = {
    "near": Look("#0b7c58", "#56dfa0", "o"),
    "far": Look("#ef8a00", "#ecd94f", "s", "--"),
    "eoc": Look("#b45fa5", "#c47aae", "^", "-."),
    "self": Look("#3b2fc9", "#6f7dff", "D", ":", 2.0),
}
"""In the order of table.MASSES; no hex is one of the report's."""
DARK_TEXT, LIGHT_TEXT = "#111111", "#fdfdfd"
"""On heat maps, which keep their colours; so these are none of the colours that are replaced."""
RATIOS = LinearSegmentedColormap.from_list(
    "ratios", ["#f4f1ea", "#f6d9a8", "#ee9f62", "#cf5546", "#8d1d3f", "#4f0f33"]
)
"""Times the best: paper where it is 1."""


@dataclass(frozen=True)
class Drawn:
    """One figure of the page.

    Attributes:
        name: of its files.
        figure: laid out.
        label: what it shows, for readers who do not see it.
    """

    name: str
    figure: Figure
    label: str


def regime_looks() -> dict[str, Look]:
    """Colour and line of each training regime, the same as in the report."""
    return looks(tuple(regimes(Problem())))


def css() -> str:
    """Definitions of the masses' colours for light and dark."""
    light = "".join(f"--m-{name}:{look.light};" for name, look in MASS_LOOKS.items())
    dark = "".join(f"--m-{name}:{look.dark};" for name, look in MASS_LOOKS.items())
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def as_svg(figure: Figure) -> str:
    """The figure with all colours as variables."""
    text = svg.drawn(figure)
    for name, look in MASS_LOOKS.items():
        text = text.replace(look.light, f"var(--m-{name})")
    return text


def standalone(text: str) -> str:
    """The figure as a file of its own."""
    return svg.standalone(text).replace("<style>", f"<style>{css()}", 1)


def on(color: tuple[float, ...]) -> str:
    """The text colour that is readable on a colour of a heat map."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3]]
    brightness = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return DARK_TEXT if brightness > 0.18 else LIGHT_TEXT
