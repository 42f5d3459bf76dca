"""Contexts of a user's own pairs, as an object that is asked for what another program needs."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ictrain.config import RunSettings, load_config
from ictrain.config.settings import TaskSettings
from ictrain.contexts import (
    Context,
    NearDuplicate,
    Source,
    StrategySettings,
    asked,
    check_paraphrases,
    context_for,
)
from ictrain.errors import ConfigError, ContextError, nearest
from ictrain.exports import Written, check_request, check_style, get_format, write_export
from ictrain.exports.base import Style
from ictrain.models.standin import BytesTokenizer
from ictrain.paraphrase.asked import Kept
from ictrain.prompts import PromptSettings, Rendered, Renderer
from ictrain.settings import Settings
from ictrain.similarity.roles import SimilarityRoles
from ictrain.tasks import PairsSettings, TaskData, load_task
from ictrain.tasks.pairs import load_pairs
from ictrain.training import DrawnBatches, batches_for

if TYPE_CHECKING:
    from ictrain.api.dataset import ContextDataset

S = TypeVar("S", bound=Settings)


def _silent(_: str) -> None: ...


class Contexts:
    """Contexts for the targets of a file of pairs, by one strategy and seed.

    Everything that is drawn is what `ictrain run` draws for the same pairs, strategy and seed.

    Args:
        pairs: the file, folder or hf:NAME#SPLIT, as `task.train` of a config; all of it is
            trained on.
        strategy: a name, or its settings.
        seed: of pool order and draws.
        prompt: how a prompt is written, as the section `prompt` of a config.
        similarity: what finds neighbours and what grades contexts, as the section `similarity`.
        paraphrase: how near-duplicates are made, as `task.paraphrase`, or a function.
        columns: which column is what, as `task.columns`.
        cache: a folder for neighbours and embeddings; None keeps nothing.
        options: of the strategy, e.g. k="1-8", epsilon=0; the section `context` has all.

    Raises:
        DataError: in the file, by line.
        ConfigError: an unknown name or a wrong value.
        ContextError: a strategy that wants paraphrases, and nothing makes them.
    """

    def __init__(
        self,
        pairs: str | Path,
        *,
        strategy: str | StrategySettings = "contrastive",
        seed: int = 0,
        prompt: PromptSettings | Mapping[str, Any] | None = None,
        similarity: SimilarityRoles | Mapping[str, Any] | None = None,
        paraphrase: Mapping[str, Any] | NearDuplicate | None = None,
        columns: Mapping[str, str] | None = None,
        cache: str | Path | None = None,
        **options: Any,
    ) -> None:
        values: dict[str, Any] = {"train": str(pairs), "columns": columns or {}}
        values["split"] = {"dev": 0, "test": 0}  # all of it is trained on
        if isinstance(paraphrase, Mapping):
            values["paraphrase"] = dict(paraphrase)
        task = PairsSettings.parse(values, "Contexts")
        data = load_pairs(task, seed)
        if callable(paraphrase):
            data = replace(data, near_duplicate=paraphrase)
        known = {"name": strategy} if isinstance(strategy, str) else strategy.model_dump()
        self._config: RunSettings | None = None
        self._set(
            task,
            data,
            StrategySettings.parse({**known, **options}, "Contexts"),
            _parsed(PromptSettings, prompt, "prompt"),
            _parsed(SimilarityRoles, similarity, "similarity"),
            seed,
            cache,
        )

    @classmethod
    def from_config(
        cls,
        config: str | Path | RunSettings,
        *,
        strategy: str,
        seed: int | None = None,
        overrides: Sequence[str] = (),
        cache: str | Path | None = None,
    ) -> Self:
        """The contexts that `ictrain run CONFIG` trains an arm with.

        Args:
            config: a file, or its settings.
            strategy: which arm.
            seed: the config's first one if None.
            overrides: values to change, e.g. ["context.k=4"].
            cache: see Contexts.

        Raises:
            ConfigError: no such arm, or one that is not trained.
        """
        settings = (
            config if isinstance(config, RunSettings) else load_config(Path(config), overrides)
        )
        if strategy not in settings.strategies:
            mend = nearest(strategy, settings.strategies)
            raise ConfigError(f"unknown strategy {strategy!r}", mend=mend)
        arm = settings.strategies[strategy]
        if arm.kind != "trained":
            raise ConfigError(
                f"strategy {strategy!r} is of kind {arm.kind}: it is not trained",
                expected="one that draws contexts",
            )
        chosen = settings.seeds[0] if seed is None else seed
        self = cls.__new__(cls)
        self._config = settings
        data = load_task(settings.task, chosen)
        self._set(
            settings.task, data, arm.context, settings.prompt, settings.similarity, chosen, cache
        )
        return self

    def _set(
        self,
        task: TaskSettings,
        data: TaskData,
        strategy: StrategySettings,
        prompt: PromptSettings,
        similarity: SimilarityRoles,
        seed: int,
        cache: str | Path | None,
    ) -> None:
        self.task, self.data = task, data
        self.strategy, self.prompt_settings = strategy, prompt
        self.similarity, self.seed = similarity, seed
        self.cache = None if cache is None else Path(cache)
        check_paraphrases(strategy, data.training_source({}))

    @cached_property
    def source(self) -> Source:
        """The pool with its similarities."""
        return self.data.training_source(self.similarity.build(self.data.pool, self.cache))

    def dataset(
        self, tokenizer: Any = None, prompt: PromptSettings | Mapping[str, Any] | None = None
    ) -> ContextDataset:
        """The training targets with a fresh context in every epoch, as a torch dataset.

        Args:
            tokenizer: a transformers tokenizer; the config's if None.
            prompt: how prompts are written, where it is not as Contexts was told.

        Raises:
            DataError: too many targets are longer than the window.
            ModelError: the tokenizer cannot render the prompt.
        """
        from ictrain.api.dataset import ContextDataset

        return ContextDataset(self._batches(self.renderer(tokenizer, prompt)))

    def export(
        self,
        folder: str | Path,
        format: str = "trl",
        *,
        epochs: int = 1,
        tokenizer: Any = None,
        say: Callable[[str], None] = _silent,
    ) -> Written:
        """Files for another trainer, one per epoch, with a manifest and how to load them.

        Args:
            folder: to be made; it appears whole or not at all.
            format: trl, trl-chat, axolotl, llama-factory, openai or tokens.
            epochs: how many, from epoch 0 on.
            tokenizer: a transformers tokenizer; the config's if None. openai needs none.
            say: gets a line per epoch.

        Raises:
            ConfigError: an unknown format, a prompt that it cannot hold, a wrong number of epochs.
            RunError: the folder exists already.
        """
        one = get_format(format)
        check_style(one, self.prompt_settings)
        check_request(Path(folder), self.strategy, epochs)
        renderer = self.renderer(tokenizer) if one.needs_tokenizer else self.wordy()
        batches = self._batches(renderer)
        _tell_missing(batches, epochs, say)
        style = Style.of(renderer) if one.needs_tokenizer else Style(renderer.settings)
        facts = {"task": self.data.name, "ictrain": version("ictrain")}
        return write_export(Path(folder), one, batches, style, epochs, facts, say)

    def _batches(self, renderer: Renderer) -> DrawnBatches:
        near = self.data.near_duplicate
        if isinstance(near, Kept) and self.strategy.needs_paraphrases() and not near.cache.exists():
            raise ContextError(
                "no near-duplicate was asked for yet",
                where=str(near.cache),
                mend="ictrain paraphrase CONFIG asks for them; or set epsilon: 0",
            )
        return batches_for(
            self.strategy,
            self.source,
            self.data.train,
            renderer,
            batch_size=1,
            seed=self.seed,
            cache=self.cache,
        )

    def sample(self, text: str, *, k: int = 4, mode: str = "similar") -> Context:
        """A context for one input that somebody asks about now: purpose serve.

        An equal input may stand in it (role exact). The same text gets the same context until the
        pool changes.

        Args:
            text: the input.
            k: how many examples.
            mode: none, random, similar or one_similar.

        Raises:
            ConfigError: an unknown mode, one that needs the input's output, or a wrong k.
            ContextError: a pool smaller than k.
        """
        return context_for(text, self.source, k=k, mode=mode, seed=self.seed)

    def render(
        self, text: str, tokenizer: Any = None, *, k: int = 4, mode: str = "similar", room: int = 0
    ) -> Rendered:
        """What a model is sent for one input: ids, text and, for a chat, messages.

        Args:
            text: the input.
            tokenizer: with one, examples that the window has no room for are dropped, least similar
                first; without, all are kept and the ids mean nothing.
            k, mode: see sample.
            room: tokens that are kept free for the answer.
        """
        context = self.sample(text, k=k, mode=mode)
        renderer = self.wordy() if tokenizer is None else self.renderer(tokenizer)
        return renderer.render(context, asked(text), "serve", label=False, room=room)

    def prompt(self, text: str, tokenizer: Any = None, **how: Any) -> str:
        """The prompt for one input as text; arguments as of render.

        A chat has no text without its tokenizer, whose template writes it: see messages.
        """
        if tokenizer is None and self.prompt_settings.chat != "none":
            raise ConfigError("the text of a chat needs a tokenizer", mend="give it, or messages()")
        return self.render(text, tokenizer, **how).text

    def messages(self, text: str, tokenizer: Any = None, **how: Any) -> list[dict[str, str]]:
        """The prompt for one input as role and content of each turn; arguments as of render.

        Raises:
            ConfigError: the prompt is no chat.
        """
        if self.prompt_settings.chat == "none":
            raise ConfigError("the prompt is no chat", mend="set prompt.chat to turn or turns")
        turns = self.render(text, tokenizer, **how).messages
        return [{"role": role, "content": content} for role, content in turns]

    def renderer(
        self, tokenizer: Any = None, prompt: PromptSettings | Mapping[str, Any] | None = None
    ) -> Renderer:
        """The one that writes prompts; arguments as of dataset."""
        settings = self.prompt_settings if prompt is None else _parsed(PromptSettings, prompt, "")
        found = self.tokenizer if tokenizer is None else tokenizer
        return Renderer(settings, found, self.similarity.retrieval.method)

    def wordy(self) -> Renderer:
        """A renderer for who needs words alone: no window, and ids that mean nothing."""
        changes = {"max_tokens": sys.maxsize, "bos": "never"}
        settings = self.prompt_settings.model_copy(update=changes)
        return Renderer(settings, BytesTokenizer(), self.similarity.retrieval.method)

    @cached_property
    def tokenizer(self) -> Any:
        """The config's own.

        Raises:
            ConfigError: these contexts come from no config.
        """
        if self._config is None:
            raise ConfigError("no tokenizer", mend="give one: AutoTokenizer.from_pretrained(...)")
        from ictrain.experiments.bench import with_tokenizer
        from ictrain.models import load_tokenizer

        with tempfile.TemporaryDirectory() as aside:
            return load_tokenizer(with_tokenizer(self._config, self.data, Path(aside)))


def _tell_missing(batches: DrawnBatches, epochs: int, say: Callable[[str], None]) -> None:
    """How many near-duplicates a model was not asked for, or did not give."""
    near, targets = batches.source.near_duplicate, batches.prepared.targets
    if not isinstance(near, Kept):
        return
    times = batches.asked_duplicates(epochs * len(targets))
    wanted = [targets[i] for i in times.nonzero()[0].tolist()]
    missing = sum(not found for found in near.near_of(wanted))
    if missing:
        say(
            f"WARNING: {missing:,} of {len(wanted):,} targets that were to get a near-duplicate "
            "have none; ictrain paraphrase CONFIG asks for those of its training.steps"
        )


def _parsed(kind: type[S], given: S | Mapping[str, Any] | None, where: str) -> S:
    return given if isinstance(given, kind) else kind.parse(dict(given or {}), where)
