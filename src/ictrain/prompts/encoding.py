"""Token ids of segments, each on its own and each as it would be behind what stands before it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from typing import Any

from ictrain.errors import ModelError


class Encoder:
    """Remembers ids, since segments recur.

    Args:
        tokenizer: a transformers tokenizer.
        control: tokens (as text) that only a template may write; in a user's text they are text.
    """

    def __init__(self, tokenizer: Any, control: Collection[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._control = {tokenizer.convert_tokens_to_ids(token): token for token in control}
        longest_first = sorted(self._control.values(), key=len, reverse=True)
        self._found = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._ids: dict[tuple[str, str, bool], tuple[int, ...]] = {}
        self._prefixes = bool(control) and _prefixes(tokenizer)

    def recognised(self, text: str, before: str = "") -> tuple[int, ...]:
        """Ids in which special tokens are recognised, without any added in front.

        Args:
            text: a segment.
            before: what stands before it; matters to tokenizers that put a space in front of
                everything they are given (as of Llama 2, Mistral and Phi-3).
        """
        return self._remembered(text, self._anchor(before), literal=False)

    def literal(self, text: str, before: str = "") -> tuple[int, ...]:
        """Ids in which a control token's name is only text.

        Raises:
            ModelError: the tokenizer cannot write this text without a control token.
        """
        return self._remembered(text, self._anchor(before), literal=True)

    def _remembered(self, text: str, anchor: str, literal: bool) -> tuple[int, ...]:
        key = (text, anchor, literal)
        if key not in self._ids:
            named = literal and self._found.search(text) is not None
            self._ids[key] = (self._spelt if named else self._behind)(text, anchor)
            if literal and (found := self._controls(self._ids[key])):
                raise ModelError(f"the text {text[:60]!r} becomes the control token {found!r}")
        return self._ids[key]

    def _behind(self, text: str, anchor: str) -> tuple[int, ...]:
        if anchor:
            head, both = self._encode(anchor), self._encode(anchor + text)
            if both[: len(head)] == head:
                return both[len(head) :]
        return self._encode(text)

    def _spelt(self, text: str, anchor: str) -> tuple[int, ...]:
        """A text that names a control token. split_special_tokens leaves tokens that are not marked
        as special, and a unigram model may know a special one as a word: such names are cut."""
        ids = self._encode(text, split_special_tokens=True)
        if not anchor and not self._controls(ids):
            return ids
        cuts = [0, *(m.start() + 1 for m in self._found.finditer(text)), len(text)]
        parts = [text[a:b] for a, b in itertools.pairwise(cuts)]
        anchors = [anchor] + [self._anchor("\n")] * len(parts[1:])
        return tuple(
            i for part, a in zip(parts, anchors, strict=True) for i in self._behind(part, a)
        )

    def _encode(self, text: str, **others: bool) -> tuple[int, ...]:
        try:
            return tuple(self._tokenizer.encode(text, add_special_tokens=False, **others))
        except Exception as error:  # tokenizers raises a bare one
            cause = " ".join(str(error).split())
            raise ModelError(
                f"the tokenizer cannot write {text[:60]!r}: {cause}"[:200],
                mend="set model.name (or model.tokenizer) to one that knows such texts",
            ) from error

    def _controls(self, ids: tuple[int, ...]) -> str:
        return next((self._control[i] for i in ids if i in self._control), "")

    def _anchor(self, before: str) -> str:
        """The end of what stands before: from its last control token on, or one character."""
        if not self._prefixes or not before:
            return ""
        starts = [m.start() for m in self._found.finditer(before)]
        return before[starts[-1] :] if starts else before[-1]


def _prefixes(tokenizer: Any) -> bool:
    """Whether a text on its own begins otherwise than inside another."""
    alone, line, both = (tokenizer.encode(t, add_special_tokens=False) for t in ("a", "\n", "\na"))
    return bool(both != line + alone)
