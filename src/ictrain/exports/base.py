"""The contract of every export format: one prompt to one row, and what a trainer makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ictrain.errors import ConfigError
from ictrain.prompts import PromptSettings, Rendered, Renderer

Row = dict[str, Any]
Read = tuple[tuple[int, ...], int]
"""(token ids, how many of the last ones carry loss)."""

TEMPLATE_ROOM = 256
"""Tokens that a trainer's own chat template may add to what was counted [ours]."""

NEVER, ALWAYS, EITHER = "plain text", "a chat", "either"


@dataclass(frozen=True)
class Style:
    """How the prompts of an export are written.

    Attributes:
        prompt: the settings of the prompts.
        bos, eos: the text of the token that stands first, '' for none, and of the one that ends a
            label; '' where there is no tokenizer.
        tokenizer: a transformers tokenizer, or None.
    """

    prompt: PromptSettings
    bos: str = ""
    eos: str = ""
    tokenizer: Any = None

    @classmethod
    def of(cls, renderer: Renderer) -> Style:
        """The style of a renderer that has a user's tokenizer."""
        tokenizer = renderer.tokenizer
        bos = "" if renderer.bos is None else str(tokenizer.convert_ids_to_tokens(renderer.bos))
        eos = str(tokenizer.convert_ids_to_tokens(renderer.eos))
        return cls(renderer.settings, bos, eos, tokenizer)

    @property
    def adds_bos(self) -> bool:
        """Whether the tokenizer itself puts a BOS token in front of a text."""
        ids = self.tokenizer("a")["input_ids"]
        return bool(ids) and ids[0] == self.tokenizer.bos_token_id

    @property
    def template_values(self) -> dict[str, Any]:
        """What the chat template is told beside the messages."""
        return {"enable_thinking": False, **self.prompt.chat_template_kwargs}


@dataclass(frozen=True)
class About:
    """What is known once all rows are written.

    Attributes:
        files: names, one per epoch, in order.
        longest: tokens of the longest prompt with its label; None without a tokenizer.
        rows: of each file.
    """

    files: Sequence[str]
    longest: int | None
    rows: int

    def window(self, chat: bool) -> int | None:
        """Tokens that a trainer must have room for, so that it cuts or drops no row."""
        if self.longest is None:
            return None
        return self.longest + (TEMPLATE_ROOM if chat else 1)


class Format(Protocol):
    """One trainer's way to be given prompts.

    Attributes:
        name: on the command line.
        chats: whether prompts are plain text, a chat, or either.
        needs_tokenizer: False where the model is somebody else's.
        source: where the format is documented.
    """

    name: str
    chats: str
    needs_tokenizer: bool
    source: str

    def row(self, rendered: Rendered, style: Style) -> Row:
        """One line of a file."""
        ...

    def read(self, row: Row, style: Style) -> Read | None:
        """What the trainer's documented preparation makes of a row; None where only it can say."""
        ...

    def files(self, about: About, style: Style) -> Mapping[str, str]:
        """Further files by name: what the trainer needs to find the rows."""
        ...

    def usage(self, about: About, style: Style) -> str:
        """Markdown: how the files are loaded, so that the loss is on the targets' outputs alone."""
        ...


def check_style(one: Format, prompt: PromptSettings) -> None:
    """Refuses prompts that a format cannot hold.

    Raises:
        ConfigError: with the setting to change.
    """
    chat = prompt.chat != "none"
    if one.chats == NEVER and chat:
        raise ConfigError(
            f"prompt.chat is {prompt.chat}",
            expected=f"plain text for format {one.name}",
            mend=f"use {one.name}-chat, or set prompt.chat=none",
        )
    if one.chats == ALWAYS and not chat:
        raise ConfigError(
            "prompt.chat is none",
            expected=f"a chat for format {one.name}",
            mend="set prompt.chat=turns (an example is a turn) or prompt.chat=turn",
        )


def words_of(rendered: Rendered) -> tuple[str, str]:
    """The text before the label, and the label's, which begins with its leading space."""
    texts = [segment.text for segment in rendered.segments]
    return "".join(texts[:-1]), texts[-1]


def turns_of(rendered: Rendered) -> list[dict[str, str]]:
    """Role and content of each turn; the last one is the target's output."""
    return [{"role": role, "content": content} for role, content in rendered.messages]


def encoded(tokenizer: Any, text: str) -> list[int]:
    """Ids of a text, special tokens recognised and none added."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
