"""What a config asks a model, without a model: data, tokenizer and prompts of one seed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Formatter

from ictrain.config import RunSettings
from ictrain.errors import ConfigError, DataError
from ictrain.evaluation import Question, questions
from ictrain.experiments.bench import with_tokenizer
from ictrain.models import load_tokenizer
from ictrain.prompts import Rendered, Renderer
from ictrain.tasks import TaskData, load_task


@dataclass(frozen=True)
class Asked:
    """All questions of one seed.

    Attributes:
        questions: those that fit the window.
        too_long: those whose target alone does not.
    """

    settings: RunSettings
    seed: int
    data: TaskData
    renderer: Renderer
    questions: tuple[Question, ...]
    too_long: tuple[Question, ...]

    @cached_property
    def stop(self) -> list[str]:
        """What ends an answer, beside the tokenizer's EOS, which a harness knows by itself.

        The text that the template puts behind an output: a model that was never taught to end an
        answer goes on with the next example. A text that stands in a reference too cannot end an
        answer, and is left out. In a chat it is the token that ends the answer's turn.
        """
        eos, end = self.renderer.tokenizer.eos_token_id, self.renderer.eos
        if self.settings.prompt.chat != "none":
            return [self.renderer.tokenizer.decode([end])] if end != eos else []
        after = _literal(self.settings.prompt.example_parts()[2])
        held = any(after in q.target.output for q in self.questions)
        return [after] if after.strip(" ") and not held else []

    @cached_property
    def begins_with_bos(self) -> bool:
        """Whether prompts do, by their ids."""
        bos = self.renderer.tokenizer.bos_token_id
        return bos is not None and self._first.ids[0] == bos

    @cached_property
    def bos_argument(self) -> bool | None:
        """add_bos_token as this config's own tokenizer needs it; None where its default does."""
        tokenizer = self.renderer.tokenizer
        if tokenizer.bos_token is not None and self._first.text.startswith(tokenizer.bos_token):
            return None  # a harness puts no second one before a text that begins with it
        ids = tokenizer.encode("a", add_special_tokens=True)
        adds = bool(ids) and ids[0] == tokenizer.bos_token_id
        return None if adds == self.begins_with_bos else self.begins_with_bos

    @cached_property
    def same_ids(self) -> int:
        """How many prompts have the renderer's token ids when they are tokenised as one text."""
        return sum(self._whole(r) == r.ids for q in self.questions if (r := q.rendered))

    @property
    def _first(self) -> Rendered:
        return next(q.rendered for q in self.questions if q.rendered)

    def _whole(self, rendered: Rendered) -> tuple[int, ...]:
        tokenizer = self.renderer.tokenizer
        ids = tuple(tokenizer.encode(rendered.text, add_special_tokens=False))
        bos = tokenizer.bos_token_id
        return ids if not self.begins_with_bos or ids[:1] == (bos,) else (bos, *ids)


def ask(settings: RunSettings, seed: int) -> Asked:
    """Draws the contexts of a seed and renders all questions, as `ictrain run` does.

    Raises:
        ConfigError: a seed below 0, or settings that do not fit together.
        DataError: in the files; or no question fits the window.
        ModelError: no such tokenizer, or one that cannot write these texts.
    """
    if seed < 0:
        raise ConfigError(f"seed {seed}", expected="a whole number from 0 on")
    data = load_task(settings.task, seed)
    with tempfile.TemporaryDirectory() as aside:
        tokenizer = load_tokenizer(with_tokenizer(settings, data, Path(aside)))
    renderer = Renderer(settings.prompt, tokenizer, settings.similarity.retrieval.method)
    found = _questions(settings, data, renderer, seed)
    fitting = tuple(q for q in found if q.rendered is not None)
    if not fitting:
        raise DataError(
            f"none of {len(found)} prompts fits {settings.prompt.max_tokens} tokens",
            where="prompt.max_tokens",
            mend="raise it, or shorten the inputs",
        )
    too_long = tuple(q for q in found if q.rendered is None)
    return Asked(settings, seed, data, renderer, fitting, too_long)


def _questions(
    settings: RunSettings, data: TaskData, renderer: Renderer, seed: int
) -> list[Question]:
    evaluation, similarity = settings.evaluation, settings.similarity
    return questions(data, evaluation, similarity, renderer, seed=seed, cache=None)


def _literal(template: str) -> str:
    """The text of a template before its first field."""
    return next((text for text, *_ in Formatter().parse(template)), "")
