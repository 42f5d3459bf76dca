"""For commands that want a model's words and not its weights, and may be without network."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ictrain.config import RunSettings
from ictrain.errors import ModelError
from ictrain.experiments.bench import with_tokenizer
from ictrain.models import load_tokenizer, model_folder
from ictrain.models.standin import BytesTokenizer
from ictrain.network import hub_url, offline, reachable, told_offline
from ictrain.prompts import Renderer
from ictrain.readers.hub import SCHEME
from ictrain.tasks import FileTask, TaskData

_NO_END = 10**9


@contextlib.contextmanager
def asked_once(settings: RunSettings, say: Callable[[str], None]) -> Iterator[None]:
    """Looks once whether the hub answers, if anything is to be had there; else asks nobody."""
    if told_offline() or not _asks_hub(settings) or reachable(hub_url()):
        yield
        return
    say(f"{hub_url()} does not answer: only what is on this machine is used")
    with offline():
        yield


def _asks_hub(settings: RunSettings) -> bool:
    models = [settings.model, *(arm.model for arm in settings.strategies.values() if arm.model)]
    if any(model.scratch is None and model_folder(model) is None for model in models):
        return True
    task = settings.task
    return isinstance(task, FileTask) and any(SCHEME in s for s in task.sources().values())


def renderer_of(settings: RunSettings, data: TaskData) -> tuple[Renderer, str]:
    """The run's own renderer; where its tokenizer is not to be had one for which no target is too
    long, and why."""
    prompt, method = settings.prompt, settings.similarity.retrieval.method
    with tempfile.TemporaryDirectory() as aside:
        try:
            tokenizer = load_tokenizer(with_tokenizer(settings, data, Path(aside)))
        except ModelError as error:
            prompt = prompt.model_copy(update={"max_tokens": _NO_END, "bos": "auto"})
            return Renderer(prompt, BytesTokenizer(), method), error.found
    return Renderer(prompt, tokenizer, method), ""
