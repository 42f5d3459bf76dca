import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ictrain.errors import ConfigError, ModelError
from ictrain.generation import (
    CachedGenerator,
    EndpointGenerator,
    EndpointSettings,
    Output,
    Request,
    answered,
)
from tests.faulty_server import FAULTS, Fault, FaultyServer, chat_reply


@pytest.fixture
def serve():
    servers = []

    def made(faults=lambda _prompt, _times: None, answer=str.upper):
        servers.append(FaultyServer(answer, faults))
        return servers[-1]

    yield made
    for server in servers:
        server.close()


def settings_of(server, **changes):
    values = {"url": server.url, "model": "small-one", "backoff_s": 0.01, "timeout_s": 0.7}
    return EndpointSettings(**{**values, **changes})


def asks(n):
    return [Request((i,), 5, f"prompt {i}") for i in range(n)]


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_answers_come_in_the_order_of_the_requests(serve, api):
    server = serve()
    requests = [*asks(9), *asks(3)]
    generator = EndpointGenerator(settings_of(server, api=api, concurrency=3))
    outputs = generator.generate(requests)
    assert [o.text for o in outputs] == [r.text.upper() for r in requests]
    assert all(o.stopped and o.outcome == "ok" for o in outputs)
    assert set(server.asked.values()) == {1}  # equal requests are asked once
    assert server.most_at_once <= 3
    assert generator.spent.told() == {
        "requests": 9, "retries": 0, "prompt_tokens": 63, "completion_tokens": 18
    }  # fmt: skip
    body = server.bodies[0]
    assert (body["temperature"], body["max_tokens"]) == (0, 5)


def test_a_web_server_is_no_endpoint_and_is_asked_once(tmp_path, monkeypatch):
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        settings = EndpointSettings(url=url, model="m", concurrency=1)
        with pytest.raises(ModelError, match="501: a web page; is it an OpenAI-compatible"):
            EndpointGenerator(settings).generate(asks(3))
        server.shutdown()
    assert 1 <= len(asked) <= 2  # a line for the request and one for its error


@pytest.mark.parametrize("name", FAULTS)
def test_what_passes_is_tried_again_and_the_answer_is_the_right_one(serve, name):
    server = serve(lambda _, times: FAULTS[name] if times < 2 else None)
    generator = EndpointGenerator(settings_of(server))
    assert [o.text for o in generator.generate(asks(3))] == [f"PROMPT {i}" for i in range(3)]
    assert set(server.asked.values()) == {3}
    assert generator.spent.retries == 6


def test_retry_after_is_honoured(serve):
    fault = Fault(429, "{}", {"Retry-After": "0.6"})
    server = serve(lambda _, times: fault if times == 0 else None)
    began = time.monotonic()
    EndpointGenerator(settings_of(server)).generate(asks(1))
    assert time.monotonic() - began >= 0.6


@pytest.mark.parametrize("name", ["drip", "drip headers", "drip in an error"])
def test_a_server_that_drips_is_given_up_by_the_clock_of_the_whole_request(serve, name):
    """Each byte comes well within the time-out; all of them never do."""
    server = serve(lambda _prompt, _times: FAULTS[name])
    began = time.monotonic()
    told = r"no answer after 2 tries, the last: no whole answer within 0\.5 s \(timeout_s\)"
    with pytest.raises(ModelError, match=told):
        EndpointGenerator(settings_of(server, timeout_s=0.5, attempts=2)).generate(asks(1))
    assert time.monotonic() - began < 4
    assert sum(server.asked.values()) == 2


@pytest.mark.parametrize("status", [200, 500])
def test_a_reply_without_measure_is_not_taken_into_memory(serve, status):
    server = serve(lambda _prompt, _times: Fault(status, huge=3000))
    told = r"no answer after 2 tries, the last: a reply of more than 16 MiB"
    with pytest.raises(ModelError, match=told):
        EndpointGenerator(settings_of(server, timeout_s=20, attempts=2)).generate(asks(1))
    assert sum(server.asked.values()) == 2
    assert server.most_mib < 64  # what buffers hold besides


def test_a_packed_reply_is_measured_as_it_is_unpacked(serve):
    packed = gzip.compress(b" " * (64 << 20))
    assert len(packed) < 1 << 20
    server = serve(lambda _prompt, _times: Fault(200, packed, {"Content-Encoding": "gzip"}))
    with pytest.raises(ModelError, match="a reply of more than 16 MiB"):
        EndpointGenerator(settings_of(server, timeout_s=20, attempts=1)).generate(asks(1))
    small = gzip.compress(json.dumps(chat_reply("well")).encode())
    server = serve(lambda _prompt, _times: Fault(200, small, {"Content-Encoding": "gzip"}))
    assert EndpointGenerator(settings_of(server)).generate(asks(1))[0].text == "well"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_without_end_are_told_at_once(serve, status):
    with saying(status, lambda path: f"{path}?again") as (url, asked):
        settings = EndpointSettings(url=url, model="m", backoff_s=0.01)
        told = rf"{url}: more than 10 redirects, the last to http.*; put the url that the server"
        with pytest.raises(ModelError, match=told) as caught:
            EndpointGenerator(settings).generate(asks(1))
    assert "\n" not in str(caught.value)
    assert len(asked) == 11  # one try


def test_a_redirect_to_no_web_server_is_told_at_once(serve):
    told = pytest.raises(ModelError, match=r"cannot connect: .*protocol.*; is it an OpenAI")
    with saying(307, lambda _: "ftp://127.0.0.1/v1") as (url, asked), told:
        EndpointGenerator(EndpointSettings(url=url, model="m")).generate(asks(1))
    assert len(asked) == 1


def test_one_redirect_is_followed_and_the_key_stays_behind(serve, monkeypatch):
    monkeypatch.setenv("MY_KEY", "secret-1")
    server = serve()
    with saying(307, lambda path: server.url.removesuffix("/v1") + path) as (url, asked):
        settings = settings_of(server, url=url, key="MY_KEY")
        assert EndpointGenerator(settings).generate(asks(1))[0].text == "PROMPT 0"
    assert [key for _, key in asked] == ["Bearer secret-1"]
    assert server.keys == {None}


@contextlib.contextmanager
def saying(status, location=None):
    """A server that says one thing to everybody; (its url, path and key of each request)."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"] or 0))
            self.do_GET()

        def do_GET(self):
            seen.append((self.path, self.headers["authorization"]))
            self.send_response(status)
            if location is not None:
                self.send_header("location", location(self.path))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
        server.shutdown()


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (Fault(401, '{"error": {"message": "bad key"}}'), r"401: bad key.*OPENAI_API_KEY"),
        (Fault(304, ""), r"304: no words; is it an OpenAI-compatible"),
        (Fault(400, '{"error": {"message": "no field x"}}'), r"400: no field x.*endpoint.extra"),
        (Fault(405, "<html>nothing here</html>"), r"is it an OpenAI-compatible endpoint"),
        (Fault(405, "no"), r"405: no; is it an OpenAI-compatible endpoint"),
        (Fault(404, "<HTML>\nnot found"), r"404: a web page; is it an OpenAI-compatible"),
        (Fault(501, "<!DOCTYPE HTML>\n<html>"), r"501: a web page; is it an OpenAI-compatible"),
        (Fault(501, '{"error": "no"}'), r"501: no; is it an OpenAI-compatible endpoint"),
        (Fault(200, "\n<html>hello</html>"), r"200: a web page; is it an OpenAI-compatible"),
    ],
)
def test_what_does_not_pass_stops_at_once_on_one_line(serve, fault, found):
    server = serve(lambda _prompt, _times: fault)
    with pytest.raises(ModelError, match=found) as caught:
        EndpointGenerator(settings_of(server, concurrency=1)).generate(asks(5))
    assert "\n" not in str(caught.value)
    assert sum(server.asked.values()) == 1


def test_an_unknown_model_names_the_nearest(serve):
    with pytest.raises(ModelError, match=r"404: no model smal-one; did you mean 'small-one'"):
        EndpointGenerator(settings_of(serve(), model="smal-one")).generate(asks(1))


def test_nobody_there():
    settings = EndpointSettings(url="http://127.0.0.1:9/v1", model="m", attempts=2, backoff_s=0.01)
    with pytest.raises(ModelError, match=r"no answer after 2 tries, the last: cannot connect"):
        EndpointGenerator(settings).generate(asks(1))
    with pytest.raises(ConfigError, match="http://"):
        EndpointSettings.parse({"url": "localhost:8000", "model": "m"})


def test_too_long_refused_cut_and_empty_answers_are_told_apart(serve):
    long = Fault(400, '{"error": {"code": "context_length_exceeded", "message": "too long"}}')
    replies = {
        "prompt 0": long,
        "prompt 1": Fault(body=json.dumps(chat_reply(None, "content_filter"))),
        "prompt 2": Fault(body=json.dumps(chat_reply("half an answ", "length"))),
        "prompt 3": Fault(body=json.dumps(chat_reply("", "stop"))),
        "prompt 4": Fault(body=json.dumps(chat_reply(None, "stop"))),
    }
    server = serve(lambda prompt, _: replies[prompt])
    found = EndpointGenerator(settings_of(server)).generate(asks(5))
    assert [o.outcome for o in found] == ["too_long", "refused", "ok", "ok", "ok"]
    assert found[2] == Output((), "half an answ", False)
    assert found[3] == found[4] == Output((), "", True)
    kept = [answered(request, output) for request, output in zip(asks(5), found, strict=True)]
    assert kept == [False, False, True, True, True]


def test_an_endpoint_that_fails_midway_loses_no_answer_and_is_asked_nothing_twice(serve, tmp_path):
    """Half of the prompts are answered, then the key is withdrawn; then all is well again."""
    state = {"well": False, "asked": 0}

    def faults(_prompt, _times):
        state["asked"] += 1
        return None if state["well"] or state["asked"] <= 10 else Fault(403, "{}")

    server = serve(faults)
    generator = EndpointGenerator(settings_of(server))
    cached = CachedGenerator(generator, tmp_path / "answers.sqlite", valid=answered)
    with pytest.raises(ModelError, match="403"):
        cached.generate(asks(20))
    assert sum(server.answered.values()) == 10
    state["well"] = True
    again = CachedGenerator(generator, tmp_path / "answers.sqlite", valid=answered)
    assert [o.text for o in again.generate(asks(20))] == [f"PROMPT {i}" for i in range(20)]
    assert again.hits == 10
    assert set(server.answered.values()) == {1}


SCRIPT = """
import sys
from pathlib import Path
from ictrain.generation import *
generator = EndpointGenerator(EndpointSettings(url=sys.argv[1], model="small-one", concurrency=2))
cached = CachedGenerator(generator, Path(sys.argv[2]), valid=answered)
cached.generate([Request((i,), 5, f"prompt {i}") for i in range(40)])
"""


def test_killed_in_the_middle_at_most_what_was_under_way_is_asked_again(serve, tmp_path):
    server = serve(answer=lambda text: (time.sleep(0.05), text.upper())[1])
    path = tmp_path / "answers.sqlite"
    killed = subprocess.Popen([sys.executable, "-c", SCRIPT, server.url, str(path)])
    while sum(server.answered.values()) < 12:
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    time.sleep(0.2)
    before = sum(server.answered.values())
    subprocess.run([sys.executable, "-c", SCRIPT, server.url, str(path)], check=True)
    assert len(server.answered) == 40
    # Two under way, and the two whose answers had come but were not yet written.
    assert sum(server.answered.values()) - 40 <= 4
    assert before < 40


def test_extra_fields_are_sent_and_ours_taken_away(serve):
    server = serve()
    extra = {"reasoning_effort": "minimal", "temperature": None, "max_tokens": None}
    changes = {"extra": {**extra, "max_completion_tokens": 9}, "stop": ("\n",)}
    EndpointGenerator(settings_of(server, **changes)).generate(asks(1))
    body = server.bodies[0]
    assert body["reasoning_effort"] == "minimal"
    assert body["stop"] == ["\n"]
    assert body["max_completion_tokens"] == 9
    assert not {"temperature", "max_tokens"} & body.keys()


def test_a_chat_is_sent_as_messages(serve):
    server = serve(answer=lambda text: text.rpartition("\n")[2])
    messages = (("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "c"))
    request = Request((1,), 5, "the text", messages)
    assert EndpointGenerator(settings_of(server)).generate([request])[0].text == "c"
    assert server.bodies[0]["messages"][1] == {"role": "user", "content": "a"}


def test_the_key_comes_from_the_environment(serve, monkeypatch):
    server = serve()
    monkeypatch.setenv("MY_KEY", "secret-1")
    EndpointGenerator(settings_of(server, key="MY_KEY")).generate(asks(1))
    assert server.keys == {"Bearer secret-1"}


def test_a_server_of_this_machine_works_with_and_without_a_key(serve, monkeypatch):
    server = serve()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    EndpointGenerator(settings_of(server)).generate(asks(1))
    monkeypatch.setenv("OPENAI_API_KEY", "secret-2")
    EndpointGenerator(settings_of(server)).generate(asks(1))
    assert server.keys == {"Bearer none", "Bearer secret-2"}


def seen_by(url, monkeypatch, **changes):
    """The Authorization header of a request to any url, which a proxy of this machine sees."""
    with saying(401) as (proxy, seen):
        monkeypatch.setenv("http_proxy", proxy.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        settings = EndpointSettings(url=url, model="m", attempts=1, **changes)
        with pytest.raises(ModelError, match="status 401") as caught:
            EndpointGenerator(settings).generate(asks(1))
    ((path, key),) = seen
    assert path == f"{url}/chat/completions"
    return key, str(caught.value)


def test_a_key_that_the_config_does_not_name_goes_to_no_stranger(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret-3")
    header, told = seen_by("http://gpu.example.com:8000/v1", monkeypatch)
    assert header == "Bearer none"
    assert "no key was sent: a key goes to gpu.example.com only where endpoint.key names" in told
    assert "unencrypted: better an https url" in told
    assert "\n" not in told
    named = seen_by("http://gpu.example.com:8000/v1", monkeypatch, key="OPENAI_API_KEY")
    assert named[0] == "Bearer secret-3"
    assert "put a valid key into the environment variable OPENAI_API_KEY" in named[1]
