"""What can be known of a model and its tokenizer without loading any weights."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ictrain.config import Arm, RunSettings
from ictrain.errors import ModelError
from ictrain.experiments.bench import with_tokenizer
from ictrain.experiments.dry_run.standin import ReadableBytes
from ictrain.models import (
    ModelSettings,
    add_adapter,
    load_adapter,
    load_tokenizer,
    model_folder,
)
from ictrain.models.known import KNOWN
from ictrain.models.quantised import loading_options
from ictrain.models.settings import check_path
from ictrain.models.skeleton import known_skeleton, load_skeleton
from ictrain.models.tokenizers import made_size
from ictrain.network import in_cache, told_offline
from ictrain.prompts import Renderer
from ictrain.tasks import TaskData


@dataclass(frozen=True)
class Known:
    """A model and its tokenizer, as far as they are on this machine.

    Attributes:
        name, source: of the model, and of its tokenizer.
        settings: the model's, after a tokenizer that is to be made has been made; None behind an
            endpoint.
        tokenizer: the real one, or a stand-in.
        counts: whether its numbers of tokens are right; else they are estimates.
        model: on the meta device; None where no config is to be had, and behind an endpoint.
        published: whether it was made of published numbers, since its config is not to be had.
        renderer: of its prompts.
        missing: what the run will need and is not here.
    """

    name: str
    source: str
    settings: ModelSettings | None
    tokenizer: Any
    counts: bool
    model: Any
    renderer: Renderer
    missing: tuple[str, ...] = ()
    published: bool = False

    @property
    def window(self) -> int:
        """The most tokens; a very large number where nothing is known of any limit, or where
        tokens are only estimated."""
        return self.positions if self.counts else sys.maxsize

    @property
    def positions(self) -> int:
        """The most positions that the model has; a very large number where that is not known."""
        if self.model is None:
            return sys.maxsize
        config = self.model.config.get_text_config()
        return getattr(config, "max_position_embeddings", None) or sys.maxsize

    @property
    def quantised(self) -> bool:
        """Whether its weights will be in 4 bits."""
        return self.settings is not None and self.settings.quantise != "none"

    @property
    def vocabulary(self) -> int:
        """Rows of the embedding, or a very large number; that of a stand-in's ids too."""
        if self.model is None or not self.counts:
            return sys.maxsize
        return int(self.model.get_input_embeddings().weight.shape[0])

    def with_adapter(self, arm: Arm) -> Any:
        """A fresh skeleton with the arm's adapter; None where no config is to be had."""
        if self.model is None or self.settings is None:
            return None
        model = _skeleton(self.settings, self.tokenizer if self.counts else (), self.published)
        if self.quantised and arm.adapter.peft == "none":
            model.is_loaded_in_4bit = True  # as the real one is, and add_adapter refuses it
        return add_adapter(model, arm.adapter, 0)


def look_up(settings: RunSettings, arm: Arm, data: TaskData | None, aside: Path) -> Known:
    """Finds an arm's tokenizer and config; what is absent is listed, what is wrong is refused.

    Raises:
        ModelError, ConfigError: as the run would raise, but for what is only absent.
    """
    if arm.endpoint is not None:
        return _behind_endpoint(settings, arm)
    model = arm.model or settings.model
    if data is not None:  # a tokenizer may have to be made of it
        model = with_tokenizer(settings, data, aside, arm.model)
    _check_weights(arm)
    missing = _machine(model)
    name = model.name if model.scratch is None else "a new model"
    source = (arm.model or settings.model).tokenizer or model.name
    to_be_made = data is None and made_size(source) is not None  # of the data, which are not here
    tokenizer = (
        None if to_be_made else _unless_absent(lambda: load_tokenizer(model), source, missing)
    )
    counts = tokenizer is not None
    skeleton, published = None, False
    if counts or model.scratch is None:
        # Without the real tokenizer nothing can be said of how the two fit.
        own = tokenizer if counts else ()
        skeleton = _unless_absent(lambda: load_skeleton(model, own), model.name, missing)
        published = skeleton is None and model.name in KNOWN
        skeleton = _skeleton(model, own, published) if published else skeleton
    tokenizer = tokenizer if counts else ReadableBytes()
    renderer = _renderer(settings, tokenizer, counts)
    found = (name, source, model, tokenizer, counts, skeleton, renderer, tuple(missing))
    return Known(*found, published)


def _skeleton(model: ModelSettings, tokenizer: Any, published: bool) -> Any:
    return (known_skeleton if published else load_skeleton)(model, tokenizer)


def has_weights(model: ModelSettings) -> bool:
    """Whether they are on this machine, or are made on the spot."""
    folder = model_folder(model)
    if folder is None:
        return model.scratch is not None
    return any(any(folder.glob(f"*.{kind}")) for kind in ("safetensors", "bin"))


def _machine(model: ModelSettings) -> list[str]:
    """What this machine has not: a GPU for 4 bits, or the weights in a folder."""
    missing = []
    folder = model_folder(model)
    if model.scratch is None:
        check_path(model.name)
    if folder is not None and not has_weights(model):
        missing.append(f"{model.name}: the folder holds no weights")
    if (
        folder is None
        and model.scratch is None
        and told_offline()
        and not in_cache(model.name, model.revision)
    ):
        missing.append(f"{model.name}: its weights are not in the hub's cache of this machine")
    try:
        loading_options(model)
    except ModelError as error:
        missing.append(str(error))
    return missing


def _behind_endpoint(settings: RunSettings, arm: Arm) -> Known:
    """What is known of a served model; it is not asked, since that may cost money."""
    assert arm.endpoint is not None
    name, source = arm.endpoint.model, arm.endpoint.tokenizer
    missing: list[str] = []
    tokenizer = None
    if source is not None:
        found = ModelSettings(name=source)
        tokenizer = _unless_absent(lambda: load_tokenizer(found), source, missing)
    counts = tokenizer is not None
    tokenizer = tokenizer if counts else ReadableBytes()
    # Without a tokenizer of its own the run counts a window in bytes as well.
    renderer = _renderer(settings, tokenizer, counts or source is None)
    return Known(name, source or "", None, tokenizer, counts, None, renderer, tuple(missing))


def _renderer(settings: RunSettings, tokenizer: Any, as_it_is: bool) -> Renderer:
    """The run's; with a stand-in nothing is dropped for want of room, and no BOS is asked for."""
    prompt = settings.prompt
    if not as_it_is:
        prompt = prompt.model_copy(update={"max_tokens": sys.maxsize, "bos": "auto"})
    return Renderer(prompt, tokenizer, settings.similarity.retrieval.method)


def _check_weights(arm: Arm) -> None:
    """An adapter's folder that holds none is refused by the same words as in the run."""
    if arm.weights is not None:
        folder = Path(arm.weights)
        if not any((folder / f).is_file() for f in ("adapter_config.json", "config.json")):
            load_adapter(None, folder)


def _unless_absent(load: Callable[[], Any], name: str, missing: list[str]) -> Any:
    """What load gives; None, with a line in missing, where a name leads to nothing here."""
    try:
        return load()
    except ModelError as error:
        # A folder that is there and does not hold what it should is a mistake; so is a tokenizer
        # that was found and cannot be used (nothing caused that error).
        if error.__cause__ is None or Path(name).is_dir():
            raise
        missing.append(str(error))
        return None
