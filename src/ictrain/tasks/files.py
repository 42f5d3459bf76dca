"""A task whose pairs stand in files: what every such task has to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ictrain.errors import ConfigError, nearest
from ictrain.metrics import Metric, get_metric
from ictrain.paraphrase import ParaphraseSettings
from ictrain.paraphrase.asked.settings import AskedSettings
from ictrain.paraphrase.given import GivenSettings
from ictrain.readers import Columns, OnBadRow, SourceSettings
from ictrain.settings import Settings
from ictrain.tasks.parts import Parts
from ictrain.tasks.splits import SplitSettings

JOIN, GIVEN = ".join", ".source"
"""Behind a part's name: the source that it is joined with; the file of given rewordings."""


class FileTask(Settings):
    """Files of labelled pairs."""

    name: str = Field(description="which kind of task this is")
    train: str = Field(
        description="file of training pairs, a folder of save_to_disk, or hf:NAME#SPLIT; ${NAME} "
        "and ${NAME:-default} are read from the environment"
    )
    dev: str | None = Field(default=None, description="the same, for choosing settings")
    tests: dict[str, str] = Field(
        default_factory=dict, description="test files by name; if empty, `test` is split off train"
    )
    pool: str | None = Field(
        default=None, description="labelled pairs for contexts; the training pairs if empty"
    )
    pools: dict[str, str] = Field(
        default_factory=dict,
        description="labelled pairs to append to the pool of a test set, by its name",
    )
    split: SplitSettings | None = Field(
        default=None,
        description="how dev and test are split off train; if empty, by its defaults where there "
        "are no tests, and not at all where there are",
    )
    on_bad_row: OnBadRow = Field(
        default="stop", description="skip: bad rows are left out, counted and told"
    )
    max_characters: int | None = Field(
        default=None,
        ge=1,
        description="rows whose input and output are longer together are left out and counted",
    )
    on_trained_test: Literal["stop", "warn"] = Field(
        default="stop", description="when every input of a test set is trained on"
    )
    columns: Columns = Field(default_factory=Columns, description="which column is what")
    reading: dict[str, SourceSettings] = Field(
        default_factory=dict,
        description="for a part whose file is built otherwise, by its name (train, dev, pool, "
        "tests.NAME, pools.NAME): its own columns, which rows, how many, joined with what",
    )
    metrics: tuple[str, ...] = Field(
        default=("exact_match",),
        min_length=1,
        description="exact_match, normalised_exact_match, token_f1, chrf, bleu, tree_accuracy, "
        "comet (or comet:FOLDER), or a function of your own as path/to/file.py:function; the first "
        "is the headline",
    )
    max_new_tokens: int = Field(default=128, ge=1, description="the longest answer")
    paraphrase: ParaphraseSettings | None = Field(
        default=None, description="how near-duplicates are made, in training and in one_paraphrase"
    )
    unseen: ParaphraseSettings | None = Field(
        default=None, description="another way, which training never uses, for one_unseen"
    )
    clusters: int = Field(
        default=0,
        ge=0,
        description="near-duplicates planted for each training pair, as targets and in the pool, "
        "by the way that paraphrase names; none has an input of dev or a test",
    )
    max_test_items: int | None = Field(
        default=None, description="a random part of larger test files"
    )

    def resolved_split(self) -> SplitSettings | None:
        """What is split off and how; None where nothing is."""
        if self.split is None:
            return None if self.tests else SplitSettings()
        return self.split if self.split.dev or self.split.test else None

    def parts(self) -> dict[str, str]:
        """The source of each part by its name: train, dev, pool, tests.NAME, pools.NAME."""
        named = {"train": self.train, "dev": self.dev, "pool": self.pool}
        named |= {f"tests.{name}": source for name, source in self.tests.items()}
        named |= {f"pools.{name}": source for name, source in self.pools.items()}
        return {part: source for part, source in named.items() if source is not None}

    def sources(self) -> dict[str, str]:
        """Every source that the settings name, joined ones and given near-duplicates too, by its
        part behind task/."""
        there = self.parts()
        for part in ("paraphrase", "unseen"):
            if isinstance(maker := getattr(self, part), GivenSettings):
                there[f"{part}{GIVEN}"] = maker.source
        joins = {f"{part}{JOIN}": how.join for part, how in self.reading.items() if how.join}
        return {f"task/{part}": source for part, source in (there | joins).items()}

    @model_validator(mode="after")
    def _check_reading(self) -> Self:
        named = (part.removeprefix("task/") for part in self.sources())
        parts = [part for part in named if not part.endswith((JOIN, GIVEN))]
        for part in self.reading:
            if part not in parts:
                raise ConfigError(
                    f"no part {part!r}", where="task.reading", mend=nearest(part, parts)
                )
        return self

    @model_validator(mode="after")
    def _check_clusters(self) -> Self:
        """A model that is asked gives its near-duplicates after the pool has been drawn."""
        if self.clusters and (
            self.paraphrase is None or isinstance(self.paraphrase, AskedSettings)
        ):
            raise ConfigError(
                f"clusters is {self.clusters} and paraphrase is "
                f"{self.paraphrase.model_dump()['method'] if self.paraphrase else 'not set'}",
                expected="a rule, or rewordings of a file",
                where="task.clusters",
                mend="set task.paraphrase.method to rules, reword, literal_swap or given",
            )
        return self

    def how(self, part: str) -> SourceSettings:
        """How a part's source is read: train, dev, pool, tests.NAME, pools.NAME."""
        told = self.reading.get(part, SourceSettings())
        return (
            told if told.columns is not None else told.model_copy(update={"columns": self.columns})
        )

    def metric(self, name: str) -> Metric:
        """One of the task's metrics by its name; errors as get_metric."""
        return get_metric(name)

    def prepared(self, parts: Parts) -> Parts:
        """The parts as they were read, made ready: what cannot be used set aside, meta filled."""
        return parts

    def warnings(self, parts: Parts) -> list[str]:
        """What of the parts a user should look at; a sentence each."""
        del parts
        return []

    def own_digests(self) -> dict[str, str]:
        """Digests of what a task is read from beside its pairs, by part."""
        return {}

    @classmethod
    def prompt_defaults(cls, values: Mapping[str, Any], *, turns: bool) -> dict[str, Any]:
        """The prompt of a task that has one of its own, where a config names none.

        Args:
            values: the task's section of a config, not yet checked.
            turns: whether examples are turns of a chat, and so stand there bare.
        """
        del values, turns
        return {}
