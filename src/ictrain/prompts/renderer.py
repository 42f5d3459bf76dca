"""The one renderer, used by training, evaluation and serving alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ictrain.contexts.context import Context, ContextExample
from ictrain.errors import ContextError, DataError, IctrainError, ModelError
from ictrain.examples import Example, Purpose, normalise
from ictrain.prompts.rendered import Part, Rendered, Segment
from ictrain.prompts.settings import PromptSettings


class TooLong(DataError):
    """A target that does not fit the window even without context; it is never cut."""


class Renderer:
    """Turns (context, target, purpose) into token ids whose segments are known by construction.

    Args:
        settings: the template and the window.
        tokenizer: a transformers tokenizer with an EOS token.
        drop_by: the similarity by which the least similar example is dropped first.

    Raises:
        ModelError: the tokenizer has no EOS token, or no BOS token where one is wanted.
    """

    def __init__(self, settings: PromptSettings, tokenizer: Any, drop_by: str) -> None:
        self.settings, self.tokenizer, self.drop_by = settings, tokenizer, drop_by
        if tokenizer.eos_token_id is None:
            raise ModelError(
                "the tokenizer has no EOS token", mend="name one: tokenizer.eos_token = '...'"
            )
        self.eos: int = tokenizer.eos_token_id
        self.bos = _bos(settings, tokenizer)
        self._ids: dict[str, tuple[int, ...]] = {}

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
        pieces = self._pieces(kept, target, label)
        rendered = self._join(pieces, context.k, len(kept), dropped)
        if rendered.k_rendered != rendered.k_drawn - len(rendered.dropped):
            raise IctrainError("examples were lost without being counted", where=target.id)
        return rendered

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
        pieces = self._pieces(examples, target, label)
        return sum(len(ids) for _, ids, _, _, _ in pieces) + (0 if label else room)

    def _pieces(
        self, examples: Sequence[ContextExample], target: Example, label: bool
    ) -> list[tuple[str, tuple[int, ...], Part, str, str]]:
        """(text, ids, part, role, id) of each segment, in order."""
        pieces: list[tuple[str, tuple[int, ...], Part, str, str]] = []

        def add(text: str, part: Part, role: str = "", name: str = "") -> None:
            if text:
                pieces.append((text, self.encode(text), part, role, name))

        if self.bos is not None:
            pieces.append(("", (self.bos,), "bos", "", ""))
        add(self._instruction(len(examples)), "instruction")
        before, output, after = self.settings.example_parts()
        for index, e in enumerate(examples, 1):
            values = {"input": e.example.input, "output": e.example.output, "index": index}
            add(before.format(**values), "input", e.role, e.example.id)
            add(output.format(**values), "output", e.role, e.example.id)
            add(after.format(**values), "output", e.role, e.example.id)
        before, output = self.settings.target_parts()
        values = {"input": target.input, "output": target.output, "index": len(examples) + 1}
        add(before.format(**values), "target", "", target.id)
        if label:
            text = output.format(**values)
            pieces.append((text, (*self.encode(text), self.eos), "label", "", target.id))
        return pieces

    def _instruction(self, k: int) -> str:
        text = self.settings.instruction
        if k and self.settings.instruction_with_context is not None:
            text = self.settings.instruction_with_context
        return text.replace("{k}", str(k))

    def encode(self, text: str) -> tuple[int, ...]:
        """Token ids of one segment, without special tokens; remembered, since segments recur."""
        if text not in self._ids:
            self._ids[text] = tuple(self.tokenizer.encode(text, add_special_tokens=False))
        return self._ids[text]

    def _join(
        self,
        pieces: Sequence[tuple[str, tuple[int, ...], Part, str, str]],
        k_drawn: int,
        k_rendered: int,
        dropped: tuple[str, ...],
    ) -> Rendered:
        ids: list[int] = []
        segments = []
        for _, own, part, role, name in pieces:
            segments.append(Segment(len(ids), len(ids) + len(own), part, role, name))
            ids += own
        label_start = segments[-1].start if segments[-1].part == "label" else len(ids)
        if label_start < len(ids) and ids[-1] != self.eos:
            raise IctrainError("the last label is not EOS", where=segments[-1].example_id)
        if self.bos is not None and self.bos != self.eos and self.bos in ids[1:]:
            raise ModelError("a second BOS token in one prompt", where=segments[-1].example_id)
        text = "".join(piece[0] for piece in pieces)
        return Rendered(
            tuple(ids), tuple(segments), label_start, text, k_drawn, k_rendered, dropped
        )


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


def _bos(settings: PromptSettings, tokenizer: Any) -> int | None:
    bos: int | None = tokenizer.bos_token_id
    if settings.bos == "never" or (settings.bos == "auto" and bos is None):
        return None
    if bos is None:
        raise ModelError("the tokenizer has no BOS token", mend="set prompt.bos: never")
    if settings.bos == "auto":
        ids = tokenizer.encode("a", add_special_tokens=True)
        return bos if ids and ids[0] == bos else None
    return bos
