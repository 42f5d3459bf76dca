"""Answers of a model behind an OpenAI-compatible endpoint: bounded concurrency, patient retries.

Replies are read by hand and not by the client's models, which take any JSON for an answer. What is
passing is tried again: 408, 409, 425, 429, 5xx, lost connections, time-outs, malformed replies.
Everything else stops at once, on one line, after the answers under way have come in; so does what
only another server would say: 501, and a web page in place of an answer.
"""

from __future__ import annotations

import contextlib
import email.utils
import json
import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ictrain.errors import ModelError, nearest
from ictrain.files import digest
from ictrain.generation.base import Output, Request
from ictrain.generation.settings import EndpointSettings

_PASSING = {408, 409, 425, 429}
_NEVER = {501, 505}
"""Of 5xx: the server does not know such requests at all."""
_ANOTHER = "is it an OpenAI-compatible endpoint? its url ends with /v1 as a rule"
_LONGEST_WAIT = 120.0
"""Seconds: a Retry-After of hours is an outage that a user should hear of."""
_TOO_LONG = ("context_length_exceeded", "context length", "maximum context", "too many tokens")
_REFUSALS = ("content_filter", "safety", "recitation")


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
        usage = reply.get("usage")
        told = usage if isinstance(usage, dict) else {}
        with self.lock:
            self.requests += 1
            self.prompt_tokens += _whole(told.get("prompt_tokens"))
            self.completion_tokens += _whole(told.get("completion_tokens"))

    def told(self) -> dict[str, int]:
        """As plain values."""
        return {
            "requests": self.requests,
            "retries": self.retries,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
        }


class EndpointGenerator:
    """A Generator over HTTP. Give it to a CachedGenerator with valid=answered, so that every answer
    is kept as it comes and none is paid for twice.

    Args:
        settings: where, and how patiently.

    Attributes:
        spent: what was asked so far.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        from openai import OpenAI

        self.settings, self.spent = settings, Spent()
        self._client = OpenAI(
            base_url=settings.url,
            # A local server wants none, but the client insists on one.
            api_key=os.environ.get(settings.key) or "none",
            timeout=settings.timeout_s,
            max_retries=0,
        )

    @property
    def digest(self) -> str:
        """Over all that is known of the model: where it is and its name. Whoever puts another model
        behind the same name gives the run another name as well."""
        told = self.settings.model_dump(include={"url", "model", "api", "stop", "extra"})
        return digest("endpoint-greedy-1", told)

    def generate(self, requests: Sequence[Request]) -> list[Output]:
        """See Generator.generate.

        Raises:
            ModelError: the endpoint refuses, cannot be reached, or gives no answer.
        """
        found = dict(self.stream(list(dict.fromkeys(requests))))
        return [found[request] for request in requests]

    def stream(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Output]]:
        """See Streaming.stream; errors as generate, after all answers under way were given."""
        todo: queue.SimpleQueue[Request] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[Request, Output] | BaseException | None] = queue.SimpleQueue()
        for request in requests:
            todo.put(request)
        stop = threading.Event()
        workers = min(self.settings.concurrency, len(requests))
        for _ in range(workers):
            # Daemons, so that Ctrl-C does not wait for a server that hangs.
            threading.Thread(target=self._work, args=(todo, done, stop), daemon=True).start()
        failure: BaseException | None = None
        try:
            while workers:
                found = done.get()
                if found is None:
                    workers -= 1
                elif isinstance(found, BaseException):
                    failure = failure or found
                    stop.set()
                else:
                    yield found
        finally:
            stop.set()
        if failure is not None:
            raise failure

    def _work(
        self,
        todo: queue.SimpleQueue[Request],
        done: queue.SimpleQueue[tuple[Request, Output] | BaseException | None],
        stop: threading.Event,
    ) -> None:
        try:
            while not stop.is_set():
                try:
                    request = todo.get_nowait()
                except queue.Empty:
                    break
                done.put((request, self._patiently(request, stop)))
        except BaseException as error:
            done.put(error)
        finally:
            done.put(None)

    def _patiently(self, request: Request, stop: threading.Event) -> Output:
        """Tries until there is an answer, or the attempts are used up."""
        problem = ""
        for attempt in range(self.settings.attempts):
            try:
                return self._ask(request)
            except _PassingError as error:
                problem, wait = str(error), error.wait_s
            if attempt + 1 == self.settings.attempts:
                break
            with self.spent.lock:
                self.spent.retries += 1
            if stop.wait(max(wait, min(self.settings.backoff_s * 2**attempt, _LONGEST_WAIT))):
                break
        raise ModelError(
            f"no answer after {attempt + 1} tries, the last: {problem}",
            where=self.settings.url,
            mend="run the same command again when it is well: answers so far are kept",
        )

    def _ask(self, request: Request) -> Output:
        status, body, headers = self._post(request)
        if status in _PASSING or (status >= 500 and status not in _NEVER):
            raise _PassingError(f"status {status}: {_message(body)}", _retry_after(headers))
        if status == 400 and any(sign in body.lower() for sign in _TOO_LONG):
            return Output((), "", False, "too_long")
        if status != 200 or _is_page(body):
            raise self._refused(status, body)
        reply = _json(body)
        output = _output(reply)
        self.spent.add(reply)
        return output

    def _post(self, request: Request) -> tuple[int, str, Any]:
        """(status, body, headers), whatever they are."""
        import openai

        try:
            raw = self._sent(request)
            return raw.status_code, _text(raw.http_response), raw.headers
        except openai.APIStatusError as error:
            return error.status_code, _text(error.response), error.response.headers
        except openai.APITimeoutError:
            raise _PassingError(f"no answer within {self.settings.timeout_s:g} s") from None
        except openai.APIConnectionError as error:
            cause = " ".join(str(error.__cause__ or error).split())
            raise _PassingError(f"cannot connect: {cause}") from None
        except (ValueError, openai.APIError) as error:
            raise _PassingError(f"a malformed reply: {error}") from None

    def _sent(self, request: Request) -> Any:
        """The client's raw response."""
        settings = self.settings
        fields: dict[str, Any] = {"temperature": 0, "max_tokens": request.max_new_tokens}
        fields |= {"stop": list(settings.stop)} if settings.stop else {}
        fields = {k: v for k, v in (fields | settings.extra).items() if v is not None}
        if settings.api == "completions":
            return self._client.completions.with_raw_response.create(
                model=settings.model, prompt=request.text, extra_body=fields
            )
        told = request.messages or (("user", request.text),)
        messages: Any = [{"role": role, "content": text} for role, text in told]
        return self._client.chat.completions.with_raw_response.create(
            model=settings.model, messages=messages, extra_body=fields
        )

    def _refused(self, status: int, body: str) -> ModelError:
        where, message = self.settings.url, _message(body)
        if _is_page(body) or status in _NEVER:
            mend = _ANOTHER
        elif status in (401, 403):
            mend = f"put a valid key into the environment variable {self.settings.key}"
        elif status == 404:
            mend = self._known_models() or "end the url with /v1, and check the model's name"
        elif not body.lstrip().startswith("{"):
            mend = _ANOTHER
        else:
            mend = "see endpoint.extra for fields that this server wants or does not want"
        return ModelError(f"status {status}: {message}", where=where, mend=mend)

    def _known_models(self) -> str:
        with contextlib.suppress(Exception):
            names = [model.id for model in self._client.models.list()]
            return nearest(self.settings.model, names) if names else ""
        return ""


def answered(request: Request, output: Output) -> bool:
    """Which answers of an endpoint may be kept: all but refusals, cut ones too (they are as long as
    was asked for)."""
    del request
    return output.outcome == "ok"


class _PassingError(Exception):
    """What is worth another try, in wait_s seconds at the earliest."""

    def __init__(self, problem: str, wait_s: float = 0.0) -> None:
        super().__init__(problem)
        self.wait_s = wait_s


def _output(reply: dict[str, Any]) -> Output:
    """The answer in a reply of either API.

    Raises:
        _PassingError: there is none.
    """
    choices = reply.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, dict):
        raise _PassingError(f"a reply without choices: {json.dumps(reply)[:120]}")
    message = first.get("message")
    held = message if isinstance(message, dict) else first
    text, reason = held.get("content", held.get("text")), first.get("finish_reason")
    if reason in _REFUSALS or (text is None and held.get("refusal")):
        return Output((), "", False, "refused")
    if text is None and reason in ("stop", "length"):
        text = ""  # some servers send null for an empty answer
    if not isinstance(text, str):
        raise _PassingError(f"a reply without text: {json.dumps(first)[:120]}")
    return Output((), text.strip(), reason != "length")


def _json(body: str) -> dict[str, Any]:
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        raise _PassingError(f"not JSON: {body.strip()[:60]!r}") from None
    if not isinstance(reply, dict):
        raise _PassingError(f"not an object: {body.strip()[:60]!r}")
    return reply


def _text(response: Any) -> str:
    """The body, whatever it is; one that was cut off on the way is worth another try."""
    try:
        return str(response.text)
    except Exception as error:
        raise _PassingError(f"a broken reply: {error}") from None


def _is_page(body: str) -> bool:
    return body.lstrip("\ufeff \t\r\n")[:14].lower().startswith(("<!doctype html", "<html"))


def _message(body: str) -> str:
    """What a server says of an error, on one line."""
    if _is_page(body):
        return "a web page"
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        told = json.loads(body)
        error = told.get("error", told)
        message = error.get("message") if isinstance(error, dict) else error
        if message:
            return " ".join(str(message).split())[:200]
    return " ".join(body.split())[:100] or "no words"


def _retry_after(headers: Any) -> float:
    """Seconds, from a number or a date; 0 where there is none, or nonsense."""
    value = str(headers.get("retry-after") or "").strip()
    with contextlib.suppress(ValueError):
        return min(max(float(value), 0.0), _LONGEST_WAIT)
    with contextlib.suppress(ValueError, TypeError):
        at = email.utils.parsedate_to_datetime(value)
        return min(max(at.timestamp() - time.time(), 0.0), _LONGEST_WAIT)
    return 0.0


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
