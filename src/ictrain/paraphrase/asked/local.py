"""A Hugging Face model in memory as one who is asked: the same prompts, greedily answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ictrain.errors import ModelError
from ictrain.files import digest, file_digest
from ictrain.generation import Generator, Output, Request
from ictrain.generation.base import Message
from ictrain.paraphrase.asked.ask import Batch, Reply
from ictrain.paraphrase.asked.cache import Cost
from ictrain.paraphrase.asked.ledger import Ledger, longest
from ictrain.paraphrase.asked.prompt import ids_of, instruction_of, messages_of, text_of
from ictrain.paraphrase.asked.settings import LocalSettings
from ictrain.paths import expanded

_AT_ONCE = 8
"""Requests that are answered before they are kept: what a kill may cost."""


def local_identity(settings: LocalSettings) -> dict[str, Any]:
    """All that answers depend on but the sentence; a folder by its files' contents."""
    folder = Path(expanded(settings.model))
    files = sorted(f for f in folder.iterdir() if f.is_file()) if folder.is_dir() else []
    known = digest([(f.name, file_digest(f)) for f in files]) if files else settings.model
    return {
        "local": known,
        "dtype": [settings.dtype, settings.quantise],
        "instruction": instruction_of(settings),
        "count": settings.count,
    }


class LocalAsker:
    """See Asker.

    Args:
        settings: how many are asked for.
        generator: the model.
        tokenizer: its tokenizer; where it has a chat template, the request is a chat.
        window: the most tokens of prompt and answer; None knows of no end.
    """

    def __init__(
        self, settings: LocalSettings, generator: Generator, tokenizer: Any, window: int | None
    ) -> None:
        self.settings, self.generator = settings, generator
        self.tokenizer, self.window = tokenizer, window

    @property
    def identity(self) -> Mapping[str, Any]:
        """See Asker.identity."""
        return local_identity(self.settings)

    @property
    def repeats(self) -> bool:
        """See Asker.repeats: it is greedy."""
        return True

    def answers(self, batches: Sequence[Batch], ledger: Ledger) -> Iterator[tuple[Batch, Reply]]:
        """See Asker.answers."""
        requests = [(batch, self._request(batch)) for batch in batches]
        for start in range(0, len(requests), _AT_ONCE):
            ledger.check()
            part = requests[start : start + _AT_ONCE]
            fitting = [request for _, request in part if self._fits(request)]
            outputs = dict(zip(fitting, self.generator.generate(fitting), strict=True))
            for batch, request in part:
                output = outputs.get(request)
                cost = Cost(1, len(request.ids), len(output.ids) if output else 0)
                ledger.settle(Cost(), cost)
                yield batch, _reply(output, cost)

    def _fits(self, request: Request) -> bool:
        return self.window is None or len(request.ids) + request.max_new_tokens <= self.window

    def _request(self, batch: Batch) -> Request:
        messages = messages_of(self.settings, ids_of(batch))
        return Request(self._ids(messages), longest(self.settings, batch), messages=messages)

    def _ids(self, messages: Sequence[Message]) -> tuple[int, ...]:
        try:
            return self._tokenised(messages)
        except Exception as error:  # the tokenizers library raises nothing more special
            raise ModelError(
                f"its tokenizer cannot read the request: {error}",
                where=self.settings.model,
                mend="take a model that knows whole sentences",
            ) from error

    def _tokenised(self, messages: Sequence[Message]) -> tuple[int, ...]:
        messages = [(role, _without_control(text, self.tokenizer)) for role, text in messages]
        if getattr(self.tokenizer, "chat_template", None):
            told = [{"role": role, "content": text} for role, text in messages]
            text = self.tokenizer.apply_chat_template(
                told, tokenize=False, add_generation_prompt=True
            )
            return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        return tuple(self.tokenizer(text_of(messages))["input_ids"])


def _without_control(text: str, tokenizer: Any) -> str:
    """The same JSON without the tokenizer's control tokens, which a sentence may hold as text: the
    first character of each is written by its number."""
    added: dict[str, int] = getattr(tokenizer, "get_added_vocab", dict)()
    special = {*getattr(tokenizer, "all_special_tokens", ()), *added}
    for token in sorted(special, key=len, reverse=True):
        if token in text and len(token) > 1 and "\\" not in token:
            text = text.replace(token, f"\\u{ord(token[0]):04x}{token[1:]}")
    return text


def _reply(output: Output | None, cost: Cost) -> Reply:
    if output is None:
        return Reply("", "too long", cost)
    return Reply(output.text, "ok" if output.outcome == "ok" else output.outcome, cost)
