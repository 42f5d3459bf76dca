"""A server that speaks the OpenAI dialect, asked patiently: whoever asks one shares this.

Replies are read by hand and not by the client's models, which take any JSON for an answer. What is
passing is tried again: 408, 409, 425, 429, 5xx, lost connections, time-outs, malformed replies.
Everything else stops at once, on one line, after the answers under way have come in; so does what
only another server would say: 501, and a web page in place of an answer.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ictrain.errors import ModelError, nearest
from ictrain.generation.keys import key_of, mend_of
from ictrain.generation.replies import (
    LONGEST_WAIT,
    PassingError,
    is_page,
    json_of,
    message_of,
    retry_after_of,
    usage_of,
)
from ictrain.generation.settings import ServerSettings
from ictrain.generation.wire import Wire

R = TypeVar("R")
Send = Callable[[Any], Coroutine[Any, Any, Any]]
"""Makes a request with the openai client (asynchronous); gives its raw response."""

_PASSING = {408, 409, 425, 429}
_NEVER = {501, 505}
"""Of 5xx: the server does not know such requests at all."""
_BEHIND = {504, 524}
"""A gateway gave up waiting: the server behind it may well have done its work."""
_NOWHERE = ("UnsupportedProtocol", "InvalidURL", "LocalProtocolError")
"""A redirect to what is no web server, a key that no header can hold: they do not pass."""
_ANOTHER = "is it an OpenAI-compatible endpoint? its url ends with /v1 as a rule"
_TOO_LONG = ("context_length_exceeded", "context length", "maximum context", "too many tokens")


@dataclass
class Spent:
    """What the endpoint was asked, for a run's costs."""

    requests: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, reply: dict[str, Any]) -> None:
        """Counts an answer by what it says of itself."""
        prompt, completion = usage_of(reply)
        with self.lock:
            self.requests += 1
            self.prompt_tokens += prompt or 0
            self.completion_tokens += completion or 0

    def told(self) -> dict[str, int]:
        """As plain values."""
        return {
            "requests": self.requests,
            "retries": self.retries,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
        }


async def _models(client: Any) -> Any:
    return await client.models.list()


class TooLongError(ModelError):
    """The server has no room for the prompt."""


def _nothing(_: PassingError | None = None) -> None: ...


class PatientClient:
    """One server.

    Args:
        settings: where, and how patiently.
        section: of the config, for messages.

    Attributes:
        spent: what was asked so far.
    """

    def __init__(self, settings: ServerSettings, section: str = "endpoint") -> None:
        self.settings, self.section, self.spent = settings, section, Spent()
        # A local server wants no key, but the client insists on one.
        self._wire = Wire(settings.url, key_of(settings) or "none", settings.timeout_s)

    def ask(
        self,
        send: Send,
        read: Callable[[dict[str, Any]], R],
        stop: threading.Event,
        *,
        before: Callable[[], None] = _nothing,
        lost: Callable[[PassingError], None] = _nothing,
    ) -> R:
        """Tries until there is an answer, or the attempts are used up.

        Args:
            send: the request.
            read: the answer in a reply; may raise PassingError.
            stop: ends the waiting.
            before: is called before each request that goes out.
            lost: is called for each that gave no answer.

        Raises:
            ModelError: no answer, or the server refuses.
            TooLongError: the server has no room for the prompt.
        """
        problem = ""
        for attempt in range(self.settings.attempts):
            before()
            try:
                return self._once(send, read)
            except PassingError as error:
                problem, wait = str(error), error.wait_s
                lost(error)
            if attempt + 1 == self.settings.attempts:
                break
            with self.spent.lock:
                self.spent.retries += 1
            if stop.wait(max(wait, min(self.settings.backoff_s * 2**attempt, LONGEST_WAIT))):
                break
        raise ModelError(
            f"no answer after {attempt + 1} tries, the last: {problem}",
            where=self.settings.url,
            mend="run the same command again when it is well: answers so far are kept",
        )

    def _once(self, send: Send, read: Callable[[dict[str, Any]], R]) -> R:
        status, body, headers = self._post(send)
        if status in _PASSING or (status >= 500 and status not in _NEVER):
            told, wait = f"status {status}: {message_of(body)}", retry_after_of(headers)
            raise PassingError(told, wait, paid=status in _BEHIND)
        if status == 400 and any(sign in body.lower() for sign in _TOO_LONG):
            raise TooLongError(message_of(body), where=self.settings.url)
        if status != 200 or is_page(body):
            raise self._refused(status, body)
        reply = json_of(body)
        found = read(reply)
        self.spent.add(reply)
        return found

    def _post(self, send: Send) -> tuple[int, str, Any]:
        """(status, body, headers), whatever they are."""
        import openai

        try:
            raw = self._wire.run(send)
            return raw.status_code, raw.http_response.text, raw.headers
        except openai.APIStatusError as error:
            return error.status_code, error.response.text, error.response.headers
        except openai.APIConnectionError as error:
            raise self._unconnected(error.__cause__ or error) from None
        except (ValueError, openai.APIError) as error:
            raise PassingError(f"a malformed reply: {error}", paid=True) from None

    def _unconnected(self, cause: BaseException) -> Exception:
        """What a connection that came to nothing is told as."""
        kind, told = type(cause).__name__, " ".join(str(cause).split())
        if kind in _NOWHERE:
            return ModelError(f"cannot connect: {told}", where=self.settings.url, mend=_ANOTHER)
        return PassingError(f"cannot connect: {told}", paid=kind != "ConnectError")

    def _refused(self, status: int, body: str) -> ModelError:
        where, message = self.settings.url, message_of(body)
        if is_page(body) or status in _NEVER:
            mend = _ANOTHER
        elif status in (401, 403):
            mend = mend_of(self.settings, self.section)
        elif status == 404:
            mend = self._known_models() or "end the url with /v1, and check the model's name"
        elif not body.lstrip().startswith("{"):
            mend = _ANOTHER
        else:
            mend = f"see {self.section}.extra for fields that this server wants or does not want"
        return ModelError(f"status {status}: {message}", where=where, mend=mend)

    def _known_models(self) -> str:
        with contextlib.suppress(Exception):
            found = self._wire.run(_models)
            names = [model.id for model in found.data]
            return nearest(self.settings.model, names) if names else ""
        return ""
