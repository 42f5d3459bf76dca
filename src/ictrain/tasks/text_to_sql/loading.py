"""The task's data: pairs, with near-duplicates that are executed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ictrain.contexts import NearDuplicate
from ictrain.paraphrase.sql import (
    SqlLiteralsSettings,
    SqlLlmSettings,
    SqlLocalSettings,
    sql_literals,
    sql_worded,
)
from ictrain.tasks.base import TaskData
from ictrain.tasks.pairs import load_pairs
from ictrain.tasks.text_to_sql.settings import TextToSqlSettings


def load_text_to_sql(settings: TextToSqlSettings, seed: int) -> TaskData:
    """The pairs, with near-duplicates that are executed; errors as load_pairs."""
    ways = {"near_duplicate": "paraphrase", "unseen": "unseen"}
    told = {way: getattr(settings, name) for way, name in ways.items()}
    ours = {way: rule for way, how in told.items() if (rule := _executed(how, settings))}
    bare = settings.model_copy(update={ways[way]: None for way in ours})
    data = load_pairs(bare, seed)
    return replace(
        data,
        near_duplicate=ours.get("near_duplicate", data.near_duplicate),
        unseen=ours.get("unseen", data.unseen),
    )


def _executed(how: Any, settings: TextToSqlSettings) -> NearDuplicate | None:
    """What makes near-duplicates with SQL of their own; None where another rule is named."""
    if isinstance(how, SqlLiteralsSettings):
        return sql_literals(how, settings.judge(), settings.schemas())
    if isinstance(how, SqlLlmSettings | SqlLocalSettings):
        return sql_worded(how, settings.judge(), settings.schemas())
    return None
