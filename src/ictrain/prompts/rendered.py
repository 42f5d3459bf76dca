"""Words: a Rendered prompt as token ids with its segments known by construction, not by search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Part = Literal["bos", "template", "system", "instruction", "input", "output", "target", "label"]


@dataclass(frozen=True, slots=True)
class Segment:
    """Token positions [start, end) of one part.

    Attributes:
        part: bos; template (a chat template's own text); system; instruction; input or output of a
            context example; target (the target's own input); label (the target's output with the
            token that ends it).
        role: the context example's role, '' for the rest.
        example_id: the context example's or the target's id, '' where it is neither's.
        text: its words, without a BOS token that the tokenizer adds by itself and without EOS.
    """

    start: int
    end: int
    part: Part
    role: str = ""
    example_id: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One prompt, with or without its label, as it goes to training, evaluation or serving.

        ids     BOS  instr  in_1 out_1  in_2 out_2   target | label ... EOS
        loss                                                |   x x x    x
                                                      label_start

    Attributes:
        ids: token ids.
        segments: they follow one another without gap from 0 to len(ids).
        label_start: the first labelled position; len(ids) when there is no label.
        text: the same as one string, without EOS and without a BOS token that the tokenizer adds by
            itself: what an endpoint that takes text gets.
        k_drawn, k_rendered: examples drawn, and left after drops for room.
        dropped: ids of the examples that the window had no room for, least similar first.
        messages: of a chat, (role, content) of each turn: what an endpoint that takes messages
            gets; with a label its turn is the last. None for plain text.
    """

    ids: tuple[int, ...]
    segments: tuple[Segment, ...]
    label_start: int
    text: str
    k_drawn: int
    k_rendered: int
    dropped: tuple[str, ...] = ()
    messages: tuple[tuple[str, str], ...] = ()
