"""The one renderer, used by training, evaluation and serving alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ictrain.contexts.context import Context, ContextExample
from ictrain.errors import ContextError, DataError, IctrainError, ModelError
from ictrain.examples import Example, Purpose, normalise
from ictrain.prompts.rendered import Rendered, Segment
from ictrain.prompts.settings import PromptSettings
from ictrain.prompts.words import Piece
from ictrain.prompts.writers import writer


class TooLong(DataError):
    """A target that does not fit the window even without context; it is never cut."""


class Renderer:
    """Turns (context, target, purpose) into token ids whose segments are known by construction.

    Args:
        settings: the template and the window.
        tokenizer: a transformers tokenizer with an EOS token.
        drop_by: the similarity by which the least similar example is dropped first.

    Attributes:
        eos: the token that ends every label: the tokenizer's EOS, or in a chat the one that its
            template puts behind an assistant's turn. A generator has to stop there.
        bos: the token that stands first, if there is one.

    Raises:
        ModelError: the tokenizer has no EOS token, no BOS token where one is wanted, or no chat
            template that does what prompt.chat asks of it.
    """

    def __init__(self, settings: PromptSettings, tokenizer: Any, drop_by: str) -> None:
        self.settings, self.tokenizer, self.drop_by = settings, tokenizer, drop_by
        self._writer = writer(settings, tokenizer)
        self.eos, self.bos = self._writer.eos, self._writer.bos

    def render(
        self,
        context: Context,
        target: Example,
        purpose: Purpose,
        *,
        label: bool = True,
        room: int = 0,
    ) -> Rendered:
        """One prompt; with its label for training, without for generation.

        Args:
            context, target, purpose: what is rendered, and what may stand in it.
            label: without it the target's output is not looked at.
            room: without label, tokens that are kept free for the answer.

        Raises:
            ContextError: a leak of the target, or one input twice in a context.
            TooLong: the target alone is longer than the window.
        """
        check_context(context, target, purpose)
        kept = self._fit(context, target, label, room)
        dropped = tuple(e.example.id for e in self._drop_order(context)[: context.k - len(kept)])
        rendered = Rendered(
            *self._join(self._writer.pieces(kept, target, label)),
            context.k,
            len(kept),
            dropped,
            self._writer.messages(kept, target, label),
        )
        if rendered.k_rendered != rendered.k_drawn - len(rendered.dropped):
            raise IctrainError("examples were lost without being counted", where=target.id)
        return rendered

    def encode(self, text: str) -> tuple[int, ...]:
        """Token ids of a text on its own, with none added in front or behind."""
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))

    def _fit(
        self, context: Context, target: Example, label: bool, room: int
    ) -> list[ContextExample]:
        """The examples that there is room for, in prompt order."""
        kept, victims = list(context.examples), self._drop_order(context)
        while (size := self._length(kept, target, label, room)) > self.settings.max_tokens:
            if not kept:
                raise TooLong(
                    f"{size} tokens with its output",
                    expected=f"at most max_tokens = {self.settings.max_tokens}",
                    where=f"target {target.id!r}",
                )
            victim = victims.pop(0)
            kept = [e for e in kept if e is not victim]
        return kept

    def _drop_order(self, context: Context) -> list[ContextExample]:
        """Least similar first; among equals the one farthest from the target."""
        return sorted(context.examples, key=lambda e: e.similarities.get(self.drop_by, 0.0))

    def _length(
        self, examples: Sequence[ContextExample], target: Example, label: bool, room: int
    ) -> int:
        pieces = self._writer.pieces(examples, target, label)
        return sum(len(piece.ids) for piece in pieces) + (0 if label else room)

    def _join(
        self, pieces: Sequence[Piece]
    ) -> tuple[tuple[int, ...], tuple[Segment, ...], int, str]:
        """Ids, segments, the first labelled position and the text."""
        ids: list[int] = []
        segments = []
        for piece in pieces:
            words, start = piece.words, len(ids)
            ids += piece.ids
            who = (words.part, words.role, words.example_id)
            segments.append(Segment(start, len(ids), *who, words.text))
        label_start = segments[-1].start if segments[-1].part == "label" else len(ids)
        if label_start < len(ids) and ids[-1] != self.eos:
            raise IctrainError("the last label is not EOS", where=segments[-1].example_id)
        others = (self.eos, self.tokenizer.eos_token_id)
        if self.bos is not None and self.bos not in others and self.bos in ids[1:]:
            raise ModelError("a second BOS token in one prompt", where=segments[-1].example_id)
        text = "".join(piece.words.text for piece in pieces)
        return tuple(ids), tuple(segments), label_start, text


def check_context(context: Context, target: Example, purpose: Purpose) -> None:
    """Refuses a context that holds its target (unless serving) or one input twice.

    Raises:
        ContextError: naming the target and the example.
    """
    own, seen = normalise(target.input), set[str]()
    for e in context.examples:
        name = normalise(e.example.input)
        leaks = name == own or (e.example.id == target.id and e.role != "paraphrase")
        if leaks and purpose != "serve":
            raise ContextError(
                f"example {e.example.id!r} is the target itself",
                expected=f"no equal input or id in a context drawn to {purpose}",
                where=f"target {target.id!r}",
            )
        if name in seen:
            raise ContextError(
                f"the input of {e.example.id!r} stands twice in one context",
                where=f"target {target.id!r}",
            )
        seen.add(name)
