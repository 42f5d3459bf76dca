"""How strategies and roles look: one colour, marker and line each, the same in every figure.

The six strategies' colours come from a search for the largest least distance (CIE76, at least 20)
between any two of them as seen with normal vision, protanopia, deuteranopia and tritanopia, on
white and on dark paper (Machado, Oliveira & Fernandes 2009); a test holds them to it. Marker and
line style tell strategies apart without any colour.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """One strategy's look.

    Attributes:
        light, dark: colour on white, and on dark paper, as lower-case hex; each hex is used once,
            because figures are re-coloured by replacing it.
        marker, dash, width: of lines, as matplotlib names them; width in points.
    """

    light: str
    dark: str
    marker: str
    dash: str = "-"
    width: float = 1.4


_LOOKS = {
    "base": Look("#7b828c", "#818389", "o", ":"),
    "zero": Look("#4d3a00", "#f0d999", "v", "--"),
    "random": Look("#2f86dd", "#4d7afc", "s"),
    "similar": Look("#8c1f85", "#e781de", "D"),
    "random_similar": Look("#0d544a", "#c4fbef", "^"),
    "contrastive": Look("#e8440c", "#ff6a38", "o", width=2.8),
    "copy_nearest": Look("#555c66", "#c3c9d1", "x", ":"),
    "copy_random": Look("#9aa0aa", "#767e8a", "+", ":"),
}
_SPARE = (
    Look("#5a4fb0", "#a79df5", "P"),
    Look("#6f7a00", "#c2ce52", "X"),
    Look("#8a4b2f", "#d29a7c", "h"),
    Look("#0e7f8c", "#58c9d6", "<"),
    Look("#8c2f5a", "#e08aae", ">"),
    Look("#3f5f2f", "#9cc486", "*"),
)

INK, MUTED, GRID, PAPER, SHADE = "#16191d", "#5c6570", "#dde1e6", "#ffffff", "#f4f5f7"
_DARK = {INK: "#e8eaed", MUTED: "#a0a8b2", GRID: "#343a42", PAPER: "#14171b", SHADE: "#1c2026"}
_NAMES = {INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper", SHADE: "shade"}

ROLES = {
    "random": ("#eceef1", "#262b32", "#8b939d"),
    "similar": ("#e3effa", "#1b2c3d", "#2f7cc0"),
    "near": ("#dff2ec", "#17312a", "#16906b"),
    "paraphrase": ("#fbecd9", "#3a2a14", "#cc7a00"),
    "exact": ("#f5e4ee", "#38202f", "#b0578f"),
}
"""Role -> tint on white, tint on dark, edge."""


def looks(strategies: tuple[str, ...]) -> dict[str, Look]:
    """The look of each strategy; names that the paper does not know get spare ones in order."""
    unknown = [name for name in strategies if name not in _LOOKS]
    spare = {name: _SPARE[i % len(_SPARE)] for i, name in enumerate(unknown)}
    return {name: _LOOKS.get(name) or spare[name] for name in strategies}


def variables() -> dict[str, tuple[str, str, str]]:
    """CSS variable -> (light, dark, the hex that stands for it in a drawn figure)."""
    found = {f"--{name}": (hex_, _DARK[hex_], hex_) for hex_, name in _NAMES.items()}
    every = [*_LOOKS.values(), *_SPARE]
    return found | {f"--s{i}": (x.light, x.dark, x.light) for i, x in enumerate(every)}


def variable_of(look: Look) -> str:
    """The CSS variable of a look."""
    return next(name for name, (light, _, _) in variables().items() if light == look.light)


def css() -> str:
    """Definitions of all colours for light and dark."""
    light = "".join(f"{name}:{value[0]};" for name, value in variables().items())
    dark = "".join(f"{name}:{value[1]};" for name, value in variables().items())
    light += "".join(f"--r-{role}:{tint};" for role, (tint, _, _) in ROLES.items())
    dark += "".join(f"--r-{role}:{tint};" for role, (_, tint, _) in ROLES.items())
    edges = "".join(f"--e-{role}:{edge};" for role, (_, _, edge) in ROLES.items())
    return f":root{{{light}{edges}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
