"""Which key goes where: one that no config names leaves neither this machine nor its networks, but
for the provider that it is of."""

import pytest

from ictrain.generation.keys import is_bare, is_near, key_name, key_of
from ictrain.generation.settings import ServerSettings

NEAR = [
    "localhost", "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "10.1.2.3", "172.16.0.9",
    "192.168.1.7", "169.254.1.1", "100.64.0.3", "fd00::7", "fe80::1", "::ffff:10.0.0.1",
    "vllm", "gpu-7", "box.local", "a.localhost", "host.docker.internal", "nas.lan", "x.home.arpa",
    "vllm.models.svc", "vllm.models.svc.cluster.local", "LOCALHOST", "localhost.",
]  # fmt: skip
FAR = [
    "8.8.8.8", "172.32.0.1", "::ffff:8.8.8.8", "2001:4860:4860::8888", "example.com",
    "localhost.example.com", "local.example", "notlocal.com", "134744072", "0x08080808", "010.1",
    "",
]  # fmt: skip


@pytest.mark.parametrize("host", NEAR)
def test_near(host):
    assert is_near(host)


@pytest.mark.parametrize("host", FAR)
def test_far(host):
    assert not is_near(host)


@pytest.mark.parametrize(
    ("url", "key", "name", "bare"),
    [
        ("https://api.openai.com/v1", "", "OPENAI_API_KEY", False),
        ("https://eu.api.openai.com/v1", "", "OPENAI_API_KEY", False),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "", "GEMINI_API_KEY", False),
        ("http://localhost:8000/v1", "", "OPENAI_API_KEY", False),
        ("http://[::1]:8000/v1", "", "OPENAI_API_KEY", False),
        ("http://192.168.0.9:11434/v1", "", "OPENAI_API_KEY", False),
        ("https://vllm:8000/v1", "", "OPENAI_API_KEY", False),
        ("http://api.openai.com/v1", "", "", False),
        ("http://gpu.example.com/v1", "", "", False),
        ("http://localhost@gpu.example.com/v1", "", "", False),
        ("https://gateway.example.com/v1", "", "", False),
        ("https://evilopenai.com/v1", "", "", False),
        ("https://api.openai.com.example/v1", "", "", False),
        ("https://gateway.example.com/v1", "OPENAI_API_KEY", "OPENAI_API_KEY", False),
        ("http://gpu.example.com/v1", "OPENAI_API_KEY", "OPENAI_API_KEY", True),
        ("http://localhost:8000/v1", "OTHER", "OTHER", False),
        ("http://gpu.example.com/v1", "OTHER", "OTHER", False),  # nothing is set: none goes
    ],
)
def test_the_variable_whose_key_goes_out(monkeypatch, url, key, name, bare):
    for one in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(one, f"the {one}")
    monkeypatch.delenv("OTHER", raising=False)
    settings = ServerSettings(url=url, model="m", key=key)
    assert key_name(settings) == name
    assert key_of(settings) == (f"the {name}" if name not in ("", "OTHER") else "")
    assert is_bare(settings) == bare
