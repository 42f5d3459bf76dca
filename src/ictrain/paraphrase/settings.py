"""What makes near-duplicates, by name; a new way is one file (settings class, what makes it) and
one line in the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Field

from ictrain.contexts import NearDuplicate
from ictrain.examples import Example
from ictrain.paraphrase.asked.kept import Kept
from ictrain.paraphrase.asked.settings import FREE, LlmSettings, LocalSettings
from ictrain.paraphrase.given import GivenSettings, given
from ictrain.paraphrase.literals import LiteralSwapSettings, literal_swap
from ictrain.paraphrase.reword import RewordSettings, reword
from ictrain.paraphrase.rules import RulesSettings, by_rules
from ictrain.paraphrase.sql import (
    SqlLiteralsSettings,
    SqlLlmSettings,
    SqlLocalSettings,
    without_databases,
)
from ictrain.settings import Settings


@dataclass(frozen=True)
class Method:
    """One way: its settings class, with a field `method` of one value, and what makes the function
    from (settings, the pool where it may look for values); free: its settings that decide no
    near-duplicate, so that a run goes on when they change."""

    settings: type[Settings]
    make: Callable[[Any, Sequence[Example]], NearDuplicate]
    free: frozenset[str] = frozenset()


METHODS: Mapping[str, Method] = {
    "given": Method(GivenSettings, lambda settings, _: given(settings)),
    "literal_swap": Method(
        LiteralSwapSettings, lambda _, pool: literal_swap(pool), frozenset({"template"})
    ),
    "llm": Method(LlmSettings, lambda settings, _: Kept(settings), FREE["llm"]),
    "local": Method(LocalSettings, lambda settings, _: Kept(settings), FREE["local"]),
    "reword": Method(RewordSettings, lambda settings, _: reword(settings.frames)),
    "rules": Method(RulesSettings, lambda settings, _: by_rules(settings)),
    "sql_literals": Method(SqlLiteralsSettings, without_databases),
    "sql_llm": Method(SqlLlmSettings, without_databases, FREE["llm"]),
    "sql_local": Method(SqlLocalSettings, without_databases, FREE["local"]),
}

if TYPE_CHECKING:
    ParaphraseSettings = Settings
else:
    ParaphraseSettings = Annotated[
        Union[tuple(method.settings for method in METHODS.values())],  # noqa: UP007
        Field(discriminator="method"),
    ]
"""Any of the settings classes, told apart by `method`."""


class _Holder(Settings):
    paraphrase: ParaphraseSettings


def paraphrase_settings(values: Mapping[str, Any]) -> ParaphraseSettings:
    """The settings that a mapping with the key `method` means.

    Raises:
        ConfigError: an unknown method or key, or a wrong value.
    """
    return _Holder.parse({"paraphrase": dict(values)}).paraphrase


def make_paraphraser(settings: ParaphraseSettings, pool: Sequence[Example]) -> NearDuplicate:
    """The way as a function; pool is where a rule may look for values."""
    return METHODS[settings.model_dump()["method"]].make(settings, pool)


def free_settings(method: str) -> frozenset[str]:
    """The settings of a method that decide no near-duplicate."""
    return METHODS[method].free if method in METHODS else frozenset()
