"""What the trainer makes of the rows, against what ictrain trains on; and why they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ictrain.contexts import Context
from ictrain.examples import Example
from ictrain.exports.base import Read, Style
from ictrain.prompts import Rendered
from ictrain.prompts.chat import ChatTemplate

SAME, LABELS, TAIL, LABELS_TAIL, OTHER = KINDS = "same", "labels", "tail", "labels_tail", "other"
"""Ids and labels are equal; the labels, behind another prompt; ids and labels, with more labels
behind them; the labels, behind another prompt and with more behind them; other labels."""


class Tally:
    """How rows are read by their trainer, and which hold control tokens.

    Attributes:
        read: rows of each kind.
        tails: what else would be trained behind the labels.
        first_other: the id of the first target whose labels differ.
        blamed: rows of each kind that are read otherwise because of control tokens in their data.
        tokens: rows that hold each control token, compared or not.
        rows: rows that hold any.
        first: number, from 1 on over all files, and target's id of the first such row.
    """

    def __init__(self, style: Style) -> None:
        self._style, self._controls = style, Controls(style)
        self.read, self.tails = Counter[str](), Counter[str]()
        self.blamed, self.tokens = Counter[str](), Counter[str]()
        self.first: tuple[int, str] | None = None
        self.first_other, self.rows, self._seen = "", 0, 0

    def add(self, read: Read | None, context: Context, target: Example, rendered: Rendered) -> None:
        """Counts one row; read is None where nobody here can say."""
        held = self._controls.held(context, target, rendered)
        self.tokens.update(held)
        self._seen += 1
        if held:
            self.rows += 1
            self.first = self.first or (self._seen, target.id)
        if read is None:
            return
        kind = self._kind(read, rendered)
        self.read[kind] += 1
        if kind in (LABELS, LABELS_TAIL, OTHER):
            self.blamed[kind] += bool(held) and self._controls.to_blame(read[0], rendered.ids)
        if kind == OTHER:
            self.first_other = self.first_other or target.id

    def _kind(self, read: Read, rendered: Rendered) -> str:
        ids, start = read[0], len(read[0]) - read[1]
        theirs, ours = ids[start:], rendered.ids[rendered.label_start :]
        if theirs[: len(ours)] != ours:
            return OTHER
        equal = ids[:start] == rendered.ids[: rendered.label_start]
        if theirs == ours:
            return SAME if equal else LABELS
        self.tails[self._style.tokenizer.decode(theirs[len(ours) :])] += 1
        return TAIL if equal else LABELS_TAIL

    def told(self) -> dict[str, Any]:
        """The two entries of a manifest; of control tokens nothing is known without a tokenizer."""
        known = self._style.tokenizer is not None
        return {
            "read_by_the_trainer": {
                "compared": sum(self.read.values()),
                **{kind: self.read[kind] for kind in KINDS},
                "tails": dict(self.tails),
                "first_other": self.first_other or None,
                "because_of_control_tokens": {kind: n for kind, n in self.blamed.items() if n},
            },
            "control_tokens_in_data": {
                "rows": self.rows,
                "first": dict(zip(("row", "target"), self.first or (), strict=False)) or None,
                "tokens": dict(sorted(self.tokens.items())),
            }
            if known
            else None,
        }


class Controls:
    """Finds control tokens by their names in what is not a template's own text.

    In a chat that is all a user wrote, for there it is text to ictrain; in plain text it is the
    data alone, for the words around them may be meant to hold some.
    """

    def __init__(self, style: Style) -> None:
        self._chat = style.prompt.chat != "none"
        tokens = [] if style.tokenizer is None else _control(style)
        self._ids = {style.tokenizer.convert_tokens_to_ids(token) for token in tokens}
        self._found = re.compile(
            "|".join(map(re.escape, sorted(tokens, key=len, reverse=True))) or r"(?!)"
        )

    def held(self, context: Context, target: Example, rendered: Rendered) -> set[str]:
        """Those that a row holds."""
        texts = _turns(rendered) if self._chat else _data(context, target, rendered)
        return {token for text in texts for token in self._found.findall(text)}

    def to_blame(self, theirs: Sequence[int], ours: Sequence[int]) -> bool:
        """Whether a row that holds some is read otherwise because of them.

        In a chat they always are: ictrain takes as text what the trainer takes as a token, or what
        the template cuts at. In plain text they are tokens for both, unless the ids say otherwise
        (TRL adds no EOS to an output that ends with one).
        """
        return self._chat or self._among(theirs) != self._among(ours)

    def _among(self, ids: Sequence[int]) -> list[int]:
        return [i for i in ids if i in self._ids]


def _control(style: Style) -> list[str]:
    """Tokens that text is turned into; not what stands for a character that nobody knows."""
    if style.prompt.chat != "none":
        return ChatTemplate(style.tokenizer, style.prompt.chat_template_kwargs).control
    tokenizer = style.tokenizer
    ends = (tokenizer.bos_token, tokenizer.eos_token)
    unknown = None if tokenizer.unk_token in ends else tokenizer.unk_token
    return [
        token.content
        for token in tokenizer.added_tokens_decoder.values()
        if token.special and not token.content.isspace() and token.content != unknown
    ]


def _turns(rendered: Rendered) -> Iterator[str]:
    """Each turn's whole text: a token may stand across the joint of two parts."""
    return (content for _, content in rendered.messages)


def _data(context: Context, target: Example, rendered: Rendered) -> Iterator[str]:
    kept = (e.example for e in context.examples if e.example.id not in rendered.dropped)
    for example in (*kept, target):
        yield from (example.input, example.output)
