"""The contract of every generator: requests in, greedy answers out, in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

Message = tuple[str, str]
"""(role, content) of a chat."""


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt to be continued greedily.

    Attributes:
        ids: the prompt's token ids.
        max_new_tokens: at most so many tokens are made.
        text: the same prompt as text, for generators that take no ids.
        messages: the same prompt as a chat; empty where it is none.
    """

    ids: tuple[int, ...]
    max_new_tokens: int
    text: str = ""
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """A continuation.

    Attributes:
        ids: the new token ids, without prompt, EOS and padding.
        text: the same decoded, without special tokens and outer white space.
        stopped: the model ended its answer itself (EOS); False: max_new_tokens cut it.
        outcome: 'ok'; or why there is no answer to score: 'refused', 'too_long'.
    """

    ids: tuple[int, ...]
    text: str
    stopped: bool
    outcome: str = "ok"


class Generator(Protocol):
    """Anything that answers prompts, always the same way."""

    @property
    def digest(self) -> str:
        """Changes whenever any answer may change: weights, tokenizer, dtype, decoding."""
        ...

    def generate(self, requests: Sequence[Request]) -> list[Output]:
        """One Output for each request, in the order of the requests."""
        ...


@runtime_checkable
class Streaming(Protocol):
    """A generator whose answers are dear: each is given back, and kept, as soon as it is there."""

    def stream(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Output]]:
        """Every request with its Output, in whatever order they come; requests are distinct."""
        ...
