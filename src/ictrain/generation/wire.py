"""Requests to one server, each within a time and a number of bytes, whatever the server does.

A time-out of sockets begins anew with every byte, so a server that drips would hold a request for
ever. Here the whole request has one clock: name, connection, headers and body. It can be cancelled
because it runs in an event loop; the loop has a thread of its own, and callers wait in theirs.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import Any, Final

from ictrain.errors import ModelError
from ictrain.generation.replies import PassingError

LONGEST_REPLY: Final = 16 << 20
"""Bytes of a reply: 100,000 tokens are below 1 MB; the rest is for log-probabilities [ours]."""
_REDIRECTS = 10
_FRAMING = ("content-encoding", "content-length", "transfer-encoding")


class Wire:
    """One server as the openai client speaks with it, asked from any thread.

    Args:
        url: up to and with /v1.
        key: for its header.
        timeout_s: for a request from its first step to the last byte of its reply.
    """

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._client = _client_of(url, key)
        self._loop, over = asyncio.new_event_loop(), asyncio.Event()
        served = (self._loop, self._client, over)
        threading.Thread(target=_serve, args=served, daemon=True).start()
        ends = weakref.finalize(self, self._loop.call_soon_threadsafe, over.set)
        ends.atexit = False  # the thread is a daemon

    def run(self, send: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """What one request gives; its errors.

        Args:
            send: makes the request with the openai client (asynchronous).

        Raises:
            PassingError: it took too long, its reply is too large or broke off.
            ModelError: it is sent from one place to the other without end.
        """
        waiting = asyncio.run_coroutine_threadsafe(send(self._client), self._loop)
        try:
            return waiting.result(self.timeout_s)
        except concurrent.futures.TimeoutError:
            waiting.cancel()
            told = f"no whole answer within {self.timeout_s:g} s (timeout_s)"
            raise PassingError(told, paid=True) from None
        except Exception as error:
            # The client wraps what its connection raises; ours is meant as it is.
            if isinstance(error.__cause__, PassingError | ModelError):
                raise error.__cause__ from None
            raise


def _serve(loop: asyncio.AbstractEventLoop, client: Any, over: asyncio.Event) -> None:
    """The loop's thread, until nobody has the Wire any more."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_stay(client, over))


async def _stay(client: Any, over: asyncio.Event) -> None:
    await over.wait()
    with contextlib.suppress(Exception):
        await client.close()


def _client_of(url: str, key: str) -> Any:
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    class Bounded(DefaultAsyncHttpxClient):
        """Reads a reply to its end itself, and follows redirects itself."""

        async def send(self, request: Any, **options: Any) -> Any:
            options |= {"stream": True, "follow_redirects": False}
            for _ in range(_REDIRECTS + 1):
                response = await super().send(request, **options)
                if response.next_request is None:
                    return await _whole(response)
                await response.aclose()
                request = response.next_request  # without the key, where it leads elsewhere
            raise ModelError(
                f"more than {_REDIRECTS} redirects, the last to {request.url}",
                where=url,
                mend="put the url that the server itself answers, up to and with /v1",
            )

    # No time-outs of its own: the clock of the whole request is in Wire.run.
    return AsyncOpenAI(
        base_url=url, api_key=key, timeout=None, max_retries=0,
        http_client=Bounded(timeout=None),
    )  # fmt: skip


async def _whole(response: Any) -> Any:
    """The same response with its body, unpacked; one that is too large is left where it is."""
    parts, size = [], 0
    try:
        async for part in response.aiter_bytes():
            size += len(part)
            if size > LONGEST_REPLY:
                told = f"a reply of more than {LONGEST_REPLY >> 20} MiB"
                raise PassingError(told, paid=True)
            parts.append(part)
    except PassingError:
        raise
    except Exception as error:
        raise PassingError(f"a broken reply: {error}", paid=True) from None
    finally:
        await response.aclose()
    headers = [(k, v) for k, v in response.headers.multi_items() if k.lower() not in _FRAMING]
    return type(response)(
        response.status_code, headers=headers, content=b"".join(parts), request=response.request
    )
