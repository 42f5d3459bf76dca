"""A live local server that speaks the OpenAI dialect, and fails as a test wants it to."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def chat_reply(text, reason="stop"):
    message = {"role": "assistant", "content": text}
    return {
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }


def text_reply(text, reason="stop"):
    return {
        "choices": [{"index": 0, "text": text, "finish_reason": reason}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }


@dataclass
class Fault:
    """What comes in place of an answer."""

    status: int = 200
    body: bytes | str = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    cut: bool = False  # announces more bytes than it sends
    half: bool = False  # a stream that ends before its last part
    reset: bool = False  # the connection is gone, without a word
    drip_s: float = 0.0  # a space so often, in a reply that never ends
    drip_headers: bool = False  # as header lines, before any body
    huge: int = 0  # so many MiB of white space


FAULTS = {
    "429": Fault(429, '{"error": {"message": "slow down"}}', {"Retry-After": "0.05"}),
    "500": Fault(500, "<html>oops</html>"),
    "503": Fault(503, '{"error": "warming up"}'),
    "hang": Fault(hang_s=1.5, body=b"{}"),
    "not json": Fault(body=b"hello"),
    "cut json": Fault(body=b'{"choices": [{"mess', cut=True),
    "half stream": Fault(body=b'{"choices": [{"message": {"content": "hal', half=True),
    "reset": Fault(reset=True),
    "drip": Fault(drip_s=0.05),
    "drip headers": Fault(drip_s=0.05, drip_headers=True),
    "drip in an error": Fault(429, drip_s=0.05),
    "huge": Fault(huge=256),
    "half json": Fault(body=b'{"choices": [{"mess'),
    "no choices": Fault(body=b'{"choices": []}'),
    "null": Fault(body=b"null"),
    "number": Fault(body=b'{"choices": [{"message": {"content": 7}, "finish_reason": "stop"}]}'),
    "empty": Fault(body=b""),
}


class FaultyServer:
    """Answers each prompt by `answer(prompt)`; before that, gives the faults that are due.

    Args:
        answer: prompt text -> the text of the answer, or a whole reply.
        faults: (prompt, how often it was asked before) -> a Fault, or None for the answer.
    """

    def __init__(
        self,
        answer: Callable[[str], str | dict],
        faults: Callable[[str, int], Fault | None] = lambda _prompt, _times: None,
    ) -> None:
        self.answer, self.faults = answer, faults
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.bodies: list[dict] = []
        self.keys: set[str] = set()
        self.most_mib = 0  # of any huge reply, what was taken
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                server.handle(self)

            def do_GET(self):
                server.send(self, 200, {"data": [{"id": "small-one", "object": "model"}]})

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def handle(self, http):
        body = json.loads(http.rfile.read(int(http.headers["content-length"])))
        if body["model"] not in ("small-one",):
            self.send(http, 404, {"error": {"message": f"no model {body['model']}"}})
            return
        chat = http.path.endswith("/chat/completions")
        prompt = "\n".join(m["content"] for m in body["messages"]) if chat else body["prompt"]
        with self._lock:
            times = self.asked[prompt]
            self.asked[prompt] += 1
            self.bodies.append(body)
            self.keys.add(http.headers["authorization"])
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            fault = self.faults(prompt, times)
            if fault is not None:
                time.sleep(fault.hang_s)
                if fault.reset or fault.half:
                    self.break_off(http, fault)
                    return
                if fault.drip_s or fault.huge:
                    self.go_on(http, fault)
                    return
                self.send(http, fault.status, fault.body, fault.headers, fault.cut)
                return
            made = self.answer(prompt)
            reply = made if isinstance(made, dict) else (chat_reply if chat else text_reply)(made)
            with self._lock:
                self.answered[prompt] += 1
            self.send(http, 200, reply)
        finally:
            with self._lock:
                self.at_once -= 1

    def go_on(self, http, fault):
        """A reply without an end, or with one too far away, until the client has gone."""
        http.close_connection = True
        many, part = (fault.huge, b" " * (1 << 20)) if fault.huge else (600, b" ")
        with contextlib.suppress(OSError):
            http.send_response(fault.status)
            http.flush_headers()
            for i in range(many if fault.drip_headers else 0):
                http.wfile.write(b"x-wait-%d: yes\r\n" % i)
                time.sleep(fault.drip_s)
            http.send_header("transfer-encoding", "chunked")
            http.end_headers()
            for i in range(many):
                http.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                with self._lock:
                    self.most_mib = max(self.most_mib, (i + 1) * bool(fault.huge))
                time.sleep(fault.drip_s)
            http.wfile.write(b"0\r\n\r\n")

    @staticmethod
    def break_off(http, fault):
        http.close_connection = True
        if fault.half:
            http.send_response(200)
            http.send_header("transfer-encoding", "chunked")
            http.end_headers()
            http.wfile.write(b"%x\r\n%s\r\n" % (len(fault.body), fault.body))
            http.wfile.flush()
        now = struct.pack("ii", 1, 0)  # close with a reset, as a server that dies does
        http.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        http.connection.shutdown(socket.SHUT_RDWR) if fault.half else http.connection.close()

    @staticmethod
    def send(http, status, body, headers=None, cut=False):
        data = json.dumps(body) if isinstance(body, dict) else body
        data = data.encode() if isinstance(data, str) else data
        try:
            http.send_response(status)
            for name, value in (headers or {}).items():
                http.send_header(name, value)
            http.send_header("content-type", "application/json")
            http.send_header("content-length", str(len(data) + 50 * cut))
            http.end_headers()
            http.wfile.write(data)
            if cut:
                http.close_connection = True
        except OSError:
            pass  # the client has given up
