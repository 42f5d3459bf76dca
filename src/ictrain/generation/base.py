"""The contract of every generator: requests in, greedy answers out, in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """A prompt to be continued greedily.

    Attributes:
        ids: the prompt's token ids.
        max_new_tokens: at most so many tokens are made.
    """

    ids: tuple[int, ...]
    max_new_tokens: int


@dataclass(frozen=True, slots=True)
class Output:
    """A continuation.

    Attributes:
        ids: the new token ids, without prompt, EOS and padding.
        text: the same decoded, without special tokens and outer white space.
        stopped: the model ended its answer itself (EOS); False: max_new_tokens cut it.
    """

    ids: tuple[int, ...]
    text: str
    stopped: bool


class Generator(Protocol):
    """Anything that answers prompts, always the same way."""

    @property
    def digest(self) -> str:
        """Changes whenever any answer may change: weights, tokenizer, dtype, decoding."""
        ...

    def generate(self, requests: Sequence[Request]) -> list[Output]:
        """One Output for each request, in the order of the requests."""
        ...
