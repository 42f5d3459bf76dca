"""Which rule makes near-duplicates; a new rule is one file and one line in the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Self

from pydantic import Field, model_validator

from ictrain.contexts import NearDuplicate
from ictrain.errors import ConfigError, nearest
from ictrain.examples import Example
from ictrain.paraphrase.literals import literal_swap
from ictrain.paraphrase.reword import reword
from ictrain.settings import Settings


class ParaphraseSettings(Settings):
    """One rule."""

    method: str = Field(description="literal_swap or reword")
    template: str = Field(
        default="tell me {input}", description="reword: the new input, around the old one"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.method not in METHODS:
            raise ConfigError(f"unknown method {self.method!r}", mend=nearest(self.method, METHODS))
        if "{input}" not in self.template or self.template.strip() == "{input}":
            raise ConfigError(f"template is {self.template!r}", expected="words around {input}")
        return self


METHODS: Mapping[str, Callable[[ParaphraseSettings, Sequence[Example]], NearDuplicate]] = {
    "literal_swap": lambda _, pool: literal_swap(pool),
    "reword": lambda settings, _: reword(settings.template),
}


def make_paraphraser(settings: ParaphraseSettings, pool: Sequence[Example]) -> NearDuplicate:
    """The rule as a function; pool is where a rule may look for values."""
    return METHODS[settings.method](settings, pool)
