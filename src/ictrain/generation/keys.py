"""Which key goes to which server: one that the config does not name goes to no stranger."""

from __future__ import annotations

import ipaddress
import os
import re
from urllib.parse import urlsplit

from ictrain.generation.settings import ServerSettings

_USUAL = "OPENAI_API_KEY"
_OWN = {"openai.com": _USUAL, "generativelanguage.googleapis.com": "GEMINI_API_KEY"}
"""The providers whose variable everybody calls so, by the domain of their servers."""
_NEAR = ("localhost", "local", "internal", "lan", "home.arpa", "svc")
"""Domains that no public server has (RFC 6761, 6762, 8375; ICANN's .internal; Kubernetes)."""


def is_near(host: str) -> bool:
    """Whether a host is this machine or one of a private network, by its address or name alone.

    A name without a dot is one of a private network (a container, a machine next door). Names are
    not looked up: a name that leads to a private address counts as a stranger.
    """
    host = host.rstrip(".").lower()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        single = re.fullmatch(r"[a-z][a-z0-9_-]*", host)  # 134744072 is an address too
        return bool(single) or any(host.endswith(f".{domain}") for domain in _NEAR)
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_global


def host_of(url: str) -> str:
    """The host's name or address; empty where there is none."""
    return urlsplit(url).hostname or ""


def key_name(settings: ServerSettings) -> str:
    """The variable whose key goes to the server; empty where none goes."""
    if settings.key:
        return settings.key
    parts, host = urlsplit(settings.url), host_of(settings.url)
    if is_near(host):
        return _USUAL
    own = [name for domain, name in _OWN.items() if f".{host}".endswith(f".{domain}")]
    return own[0] if own and parts.scheme == "https" else ""


def key_of(settings: ServerSettings) -> str:
    """The key itself; empty where none goes or none is set."""
    name = key_name(settings)
    return os.environ.get(name, "") if name else ""


def is_bare(settings: ServerSettings) -> bool:
    """Whether a key goes to a stranger for everybody on the way to read: only one that the config
    names does."""
    plain = urlsplit(settings.url).scheme == "http" and not is_near(host_of(settings.url))
    return plain and bool(key_of(settings))


def mend_of(settings: ServerSettings, section: str) -> str:
    """What to do where a server wants a key, or another one."""
    if name := key_name(settings):
        return f"put a valid key into the environment variable {name}"
    plain = " (unencrypted: better an https url)" * settings.url.startswith("http://")
    return (
        f"no key was sent: a key goes to {host_of(settings.url)} only where {section}.key names "
        f"its environment variable{plain}"
    )
