"""What a server that speaks the OpenAI dialect sent back, read by hand."""

from __future__ import annotations

import contextlib
import email.utils
import json
import time
from dataclasses import dataclass
from typing import Any

LONGEST_WAIT = 120.0
"""Seconds: a Retry-After of hours is an outage that a user should hear of."""
_MOST_TOKENS = 10**9
"""No server has a window for more: whoever says so counts something else, or nothing."""
_REFUSALS = ("content_filter", "safety", "recitation")


class PassingError(Exception):
    """What is worth another try, in wait_s seconds at the earliest.

    Attributes:
        paid: the server may have done its work, and ask for its price.
    """

    def __init__(self, problem: str, wait_s: float = 0.0, *, paid: bool = False) -> None:
        super().__init__(problem)
        self.wait_s, self.paid = wait_s, paid


@dataclass(frozen=True)
class Said:
    """What a model said in a reply; outcome as in Output."""

    text: str
    stopped: bool
    outcome: str = "ok"


def said(reply: dict[str, Any]) -> Said:
    """The answer in a reply of either API.

    Raises:
        PassingError: there is none.
    """
    choices = reply.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, dict):
        raise PassingError(f"a reply without choices: {json.dumps(reply)[:120]}", paid=True)
    message = first.get("message")
    held = message if isinstance(message, dict) else first
    text, reason = held.get("content", held.get("text")), first.get("finish_reason")
    if reason in _REFUSALS or (text is None and held.get("refusal")):
        return Said("", False, "refused")
    if text is None and reason in ("stop", "length"):
        text = ""  # some servers send null for an empty answer
    if not isinstance(text, str):
        raise PassingError(f"a reply without text: {json.dumps(first)[:120]}", paid=True)
    return Said(text.strip(), reason != "length")


def usage_of(reply: dict[str, Any]) -> tuple[int | None, int | None]:
    """Tokens of prompt and answer, as the server counts them; None where it says nothing, or what
    cannot be: a truth value, a fraction, a number below nought or beyond any window.

    Where the total has more than both, the rest is the answer's too: some servers count thinking
    there alone, and it is paid for.
    """
    told = reply.get("usage")
    usage = told if isinstance(told, dict) else {}
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    prompt, answer, total = (_tokens(usage.get(name)) for name in names)
    if prompt is not None and answer is not None and total is not None:
        answer = max(answer, total - prompt)
    return prompt, answer


def _tokens(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= _MOST_TOKENS else None


def json_of(body: str) -> dict[str, Any]:
    """A reply's body as an object.

    Raises:
        PassingError: it is none.
    """
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        raise PassingError(f"not JSON: {body.strip()[:60]!r}", paid=True) from None
    if not isinstance(reply, dict):
        raise PassingError(f"not an object: {body.strip()[:60]!r}", paid=True)
    return reply


def is_page(body: str) -> bool:
    """Whether a web server answered, and no endpoint."""
    return body.lstrip("\ufeff \t\r\n")[:14].lower().startswith(("<!doctype html", "<html"))


def message_of(body: str) -> str:
    """What a server says of an error, on one line."""
    if is_page(body):
        return "a web page"
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        told = json.loads(body)
        error = told.get("error", told)
        message = error.get("message") if isinstance(error, dict) else error
        if message:
            return " ".join(str(message).split())[:200]
    return " ".join(body.split())[:100] or "no words"


def retry_after_of(headers: Any) -> float:
    """Seconds, from a number or a date; 0 where there is none, or nonsense."""
    value = str(headers.get("retry-after") or "").strip()
    with contextlib.suppress(ValueError):
        return min(max(float(value), 0.0), LONGEST_WAIT)
    with contextlib.suppress(ValueError, TypeError):
        at = email.utils.parsedate_to_datetime(value)
        return min(max(at.timestamp() - time.time(), 0.0), LONGEST_WAIT)
    return 0.0
