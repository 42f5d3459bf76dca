"""The similarities by name: a new one is one file (settings class, Index) and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from ictrain.errors import ConfigError, nearest
from ictrain.examples import PoolSnapshot
from ictrain.settings import Settings
from ictrain.similarity.base import Index
from ictrain.similarity.bm25 import Bm25Index, Bm25Settings
from ictrain.similarity.dense import DenseIndex
from ictrain.similarity.encoder import DenseSettings
from ictrain.similarity.overlap import OverlapIndex, OverlapSettings


@dataclass(frozen=True)
class Method:
    """A similarity's settings class, and what makes its Index from (settings, snapshot, cache)."""

    settings: type[Settings]
    build: Callable[[Any, PoolSnapshot, Path | None], Index]


METHODS: Mapping[str, Method] = {
    "bm25": Method(Bm25Settings, Bm25Index),
    "dense": Method(DenseSettings, DenseIndex),
    "overlap": Method(OverlapSettings, OverlapIndex),
}


class SimilaritySettings(Settings):
    """method: bm25, dense or overlap; options: of that method, e.g. {"k1": 1.2}."""

    method: str = Field(default="bm25", description="bm25, dense or overlap")
    options: dict[str, Any] = Field(
        default_factory=dict, description="of that method; each method has a section of its own"
    )

    @field_validator("method")
    @classmethod
    def _known(cls, method: str) -> str:
        if method not in METHODS:
            raise ConfigError(f"unknown similarity {method!r}", mend=nearest(method, METHODS))
        return method

    @model_validator(mode="after")
    def _options_of_method(self) -> SimilaritySettings:
        self.of_method()
        return self

    def of_method(self) -> Settings:
        """The options, checked and with their defaults.

        Raises:
            ConfigError: an option that the method does not have.
        """
        try:
            return METHODS[self.method].settings.parse(self.options)
        except ConfigError as error:
            found = f"{self.method} options: {error.where}: {error.found}"
            raise ConfigError(found, expected=error.expected, mend=error.mend) from None


def build_index(
    settings: SimilaritySettings, snapshot: PoolSnapshot, cache: Path | None = None
) -> Index:
    """The Index that the settings ask for.

    Args:
        settings: which similarity, with its options.
        snapshot: whose inputs are searched; outputs are never seen.
        cache: a folder for what is dear to compute (embeddings).

    Raises:
        ModelError: an encoder that cannot be had.
    """
    return METHODS[settings.method].build(settings.of_method(), snapshot, cache)
