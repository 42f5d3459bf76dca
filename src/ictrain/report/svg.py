"""A figure as SVG that follows the reader's light or dark, and as PNG; same figure, same bytes.

Matplotlib draws in the light colours; in the SVG each of them is replaced by a CSS variable.
"""

from __future__ import annotations

import html
import io
import re

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ictrain.report import theme

_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "ictrain"}
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_DPI = 160
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def png(figure: Figure) -> bytes:
    """The figure on white."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()


def drawn(figure: Figure) -> str:
    """The figure as SVG whose colours and fonts are CSS variables: for inline and standalone."""
    buffer = io.StringIO()
    with matplotlib.rc_context(_SETTINGS):
        FigureCanvasSVG(figure)
        figure.savefig(buffer, format="svg", metadata=_METADATA, transparent=True)
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r"(font: [^;\"']*?px) [^;\"]*", r"\1 var(--font)", text)
    for name, (_, _, drawn) in theme.variables().items():
        text = text.replace(drawn, f"var({name})")
    return text[text.index("<svg") :]


def inline(text: str, name: str, label: str) -> str:
    """A drawn figure as part of a page: ids of its own, no namespaces, a label for readers."""
    text = re.sub(r"\s+xmlns(:\w+)?=\"[^\"]*\"", "", text).replace("xlink:href", "href")
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = text.replace("url(#", f"url(#{name}-").replace('href="#', f'href="#{name}-')
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)


def standalone(text: str) -> str:
    """A drawn figure as a file of its own, with its paper, in light and dark."""
    style = f"{theme.css()}:root{{--font:{FONT}}}svg{{background:var(--paper)}}"
    body = text.index(">", text.index("<svg")) + 1
    return f"{text[:body]}\n<style>{style}</style>{text[body:]}"
