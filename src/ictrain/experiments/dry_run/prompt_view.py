"""A prompt for a human eye: one block per segment, its role and tokens in the margin.

    role           s tokens
    near        0.71     11  how much is the Heron? =>
                         15  ·SELECT price FROM bikes WHERE bike = 'Heron'⏎
    TARGET               10  price of the Swift =>
    LABEL                16 ▐·SELECT price FROM bikes WHERE bike = 'Swift'</s>▌

Outer blanks, line ends and tabs are shown by ·, ⏎ and →; ▐ and ▌ stand around what carries loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ictrain.contexts import Context
from ictrain.experiments.dry_run.paint import Mark, Paint
from ictrain.prompts import Rendered, Segment

_MARGIN = 27
_MOST_LINES = 6
_WIDTH = 100


def lines_of(
    rendered: Rendered, context: Context, tokenizer: Any, method: str, paint: Paint, counts: bool
) -> Iterator[str]:
    """The prompt, line by line.

    Args:
        rendered: with its label.
        context: its roles and similarities.
        tokenizer: to read the ids, and nothing else: what is shown is what the model gets.
        method: the similarity in the margin.
        paint: colours or none.
        counts: whether numbers of tokens mean anything.
    """
    shown_role: tuple[str, str] = ("", "")
    for segment in _joined(rendered.segments):
        name, score = _name(segment), ""
        if segment.role:
            own = (segment.role, segment.example_id)
            name = "" if own == shown_role else segment.role
            score = _score(context, segment, method) if name else ""
            shown_role = own
        tokens = str(segment.end - segment.start) if counts else ""
        yield from _block(name, score, tokens, _text(rendered, segment, tokenizer), segment, paint)


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """One segment where two of the same kind follow one another: an output and what closes it."""
    joined: list[Segment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if last is not None and replace(segment, start=last.start, end=last.end) == last:
            joined[-1] = replace(last, end=segment.end)
        else:
            joined.append(segment)
    return joined


def _name(segment: Segment) -> str:
    return segment.part.upper() if segment.part in ("target", "label") else segment.part


def _score(context: Context, segment: Segment, method: str) -> str:
    found = [e for e in context.examples if e.example.id == segment.example_id]
    value = found[0].similarities.get(method) if found else None
    return "" if value is None else f"{value:.2f}"


def _text(rendered: Rendered, segment: Segment, tokenizer: Any) -> str:
    """What the segment's ids say behind the ones before it: alone they may lose a blank."""
    before = _decoded(tokenizer, rendered.ids[: segment.start])
    return _decoded(tokenizer, rendered.ids[: segment.end])[len(before) :]


def _decoded(tokenizer: Any, ids: tuple[int, ...]) -> str:
    return str(tokenizer.decode(list(ids), clean_up_tokenization_spaces=False))


def _block(
    name: str, score: str, tokens: str, text: str, segment: Segment, paint: Paint
) -> Iterator[str]:
    label = segment.part == "label"
    mark: Mark = "label" if label else "near" if segment.role in ("near", "similar") else "random"
    lines = visible(text).split("\n")
    if not label:  # a label is never cut, not even for the eye
        lines = _shortened([line[i : i + _WIDTH] for line in lines for i in _starts(line)])
    for number, line in enumerate(lines):
        first, last = number == 0, number == len(lines) - 1
        margin = f"    {name:<11}{score:>5}{tokens:>7}" if first else " " * _MARGIN
        left, right = ("▐" if first else " ", "▌" if last else "") if label else (" ", "")
        body = paint(line, "label") if label else line
        painted = paint(margin, mark) if segment.role else margin
        yield f"{painted} {left}{body}{right}".rstrip()


def _starts(line: str) -> range:
    return range(0, max(len(line), 1), _WIDTH)


def _shortened(lines: list[str]) -> list[str]:
    """The first and last lines of a long text."""
    if len(lines) <= _MOST_LINES:
        return lines
    half = _MOST_LINES // 2
    left_out = sum(len(line) for line in lines[half:-half])
    return [*lines[:half], f"… {left_out:,} characters more …", *lines[-half:]]


def visible(text: str) -> str:
    """Line ends and tabs everywhere, and blanks at either end of a text."""
    text = text.replace("\t", "→")
    inner = text.strip(" ")
    if not inner:
        return "·" * len(text)
    head, tail = len(text) - len(text.lstrip(" ")), len(text) - len(text.rstrip(" "))
    shown = "·" * head + inner + "·" * tail
    return shown.replace("\n", "⏎\n").removesuffix("\n")
