"""What is not here of the models that a run would ask for near-duplicates."""

from __future__ import annotations

from pathlib import Path

from ictrain.generation import host_of, is_near, key_name, key_of
from ictrain.network import in_cache, told_offline
from ictrain.paraphrase.asked import AskedSettings, LlmSettings, LocalSettings
from ictrain.paths import expanded
from ictrain.settings import Settings


def paraphrasers_missing(task: Settings) -> list[str]:
    """A line for each key that is not set, and each local model that is not there."""
    asked = {key: own for key, own in task if isinstance(own, AskedSettings)}
    told = {key: _missing(own) for key, own in asked.items()}
    return [f"task.{key}: {why}" for key, why in told.items() if why]


def _missing(settings: AskedSettings) -> str:
    if isinstance(settings, LlmSettings):
        host, name = host_of(settings.url), key_name(settings)
        if is_near(host) or key_of(settings):
            return ""
        if name:
            return f"no key in the environment variable {name}, which {host} may want"
        return f"no key goes to {host}, which may want one: name its environment variable in key"
    assert isinstance(settings, LocalSettings)
    there = Path(expanded(settings.model)).is_dir() or not told_offline()
    if there or in_cache(settings.model, None):
        return ""
    return f"{settings.model}: its weights are not in the hub's cache of this machine"
