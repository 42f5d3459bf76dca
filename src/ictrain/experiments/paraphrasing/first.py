"""Asks for all that a run will want, before its jobs; afterwards nobody asks."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ictrain.config import RunSettings
from ictrain.errors import IctrainError, ModelError
from ictrain.experiments.folder import RunFolder
from ictrain.experiments.paraphrasing.attach import table_of
from ictrain.experiments.paraphrasing.bar import shown
from ictrain.experiments.paraphrasing.wanted import Need, needs_of, only_missing
from ictrain.experiments.paraphrasing.words import (
    NOTHING_TO_ASK,
    told_after,
    told_before,
    told_cut_off,
    told_of,
)
from ictrain.generation import HuggingFaceGenerator
from ictrain.models import ModelSettings, load_model
from ictrain.paraphrase.asked import (
    AskedFor,
    Asker,
    Checker,
    Kept,
    Key,
    LlmSettings,
    LocalAsker,
    LocalSettings,
    ServerAsker,
    Table,
    add_rows,
    ask,
    estimate_of,
    money_of,
)
from ictrain.similarity import build_index

Say = Callable[[str], None]


def ask_first(settings: RunSettings, folder: RunFolder, say: Say) -> list[dict[str, Any]]:
    """Fills the run's own file of near-duplicates, from the cache and by asking.

    What the run went without once it goes without for good, so that finished and later jobs had
    the same; a new arm or seed adds what only it wants.

    Returns:
        For the record: what was asked for now, by model; empty where nothing was.

    Raises:
        BudgetError: before the call that could pass the budget; what is paid for is kept.
        ModelError: the model refuses, cannot be reached, or gives nothing of use.
    """
    told = []
    for need in needs_of(settings, folder):
        missing = only_missing(need, table_of(folder))
        if missing.targets:
            found = ask_for(missing, folder.path / "cache", say)
            rows, why = rows_of(missing, found)
            add_rows(table_of(folder), need.kept.name, rows, why)
            told.append(for_record(missing, found))
    return told


def ask_for(need: Need, cache: Path | None, say: Say) -> AskedFor:
    """Asks one model for what is not kept; tells what it will cost, how far it is, what it cost.

    Raises:
        IctrainError: as ask; and where not one sentence got anything.
    """
    kept, wanted = need.kept, need.wanted
    if need.targets and not wanted:
        raise ModelError(
            f"nothing can be asked for any of {len(need.targets):,} targets: {NOTHING_TO_ASK}",
            where="the paraphraser",
            mend="take another one, or context.epsilon=0",
        )
    checker, store = checker_of(need, cache), kept.store
    with store.alone(lambda: say("another process asks the same model: waiting for it")):
        cut_off = store.cut_off()
        if cut_off.calls:
            say(told_cut_off(need, cut_off))
        before = estimate_of(wanted, kept.settings, checker, store)
        say(told_before(need, before))
        try:
            with shown("paraphrases", need.unit, say) as progress:
                asker = asker_of(kept) if before.sentences else _Nobody()
                found = ask(wanted, kept.settings, asker, checker, store, progress)
                del asker
                _release(kept)
        except (IctrainError, KeyboardInterrupt):
            left = estimate_of(wanted, kept.settings, checker, store).sentences
            done = len(wanted) - left
            say(f"{done:,} of {len(wanted):,} {need.unit} have theirs, kept in {kept.cache}")
            raise
    for line in told_after(need, found):
        say(line)
    if wanted and not found.found:
        why = ", ".join(f"{reason} ({n})" for reason, n in found.reasons.most_common(3))
        raise ModelError(
            f"none of {len(wanted):,} {need.unit} got a valid paraphrase: {why}",
            mend="try another model, language or similarity_range of the paraphraser, or "
            "context.epsilon=0",
        )
    return found


def checker_of(need: Need, cache: Path | None) -> Checker:
    """The checks of one model's answers."""
    settings = need.kept.settings
    return Checker(settings, build_index(settings.similarity, need.pool, cache))


def asker_of(kept: Kept) -> Asker:
    """The model that is asked.

    Raises:
        ModelError: a local one cannot be loaded.
    """
    settings = kept.settings
    if isinstance(settings, LlmSettings):
        return ServerAsker(settings, kept.store)
    assert isinstance(settings, LocalSettings)
    chosen = settings.model_dump(include={"dtype", "quantise", "attn"})
    named = ModelSettings.parse({"name": settings.model, **chosen}, "task.paraphrase")
    model, tokenizer = load_model(named, 0)
    window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    generator = HuggingFaceGenerator(model, tokenizer, settings.batch_tokens)
    return LocalAsker(settings, generator, tokenizer, window)


def _release(kept: Kept) -> None:
    """A local model's memory is free before the jobs want theirs."""
    if isinstance(kept.settings, LocalSettings):
        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


class _Nobody:
    """Where all is kept, no model is loaded and no client made."""

    identity: dict[str, Any] = {}  # noqa: RUF012
    repeats = True

    def answers(self, batches: Any, ledger: Any) -> Any:
        """Nothing is asked."""
        del ledger
        assert not batches
        return iter(())


def rows_of(need: Need, found: AskedFor) -> tuple[Table, dict[Key, str]]:
    """By target what there is, empty where all was given up, and why it was."""
    rows, why = {}, {}
    for target in need.targets:
        key, items = need.kept.key(target), need.kept.items(target)
        rows[key] = need.kept.made(target, found.found)
        failed = [found.failed[item] for item in items if item in found.failed]
        why[key] = failed[0] if failed else NOTHING_TO_ASK if not items else ""
    return rows, why


def for_record(need: Need, found: AskedFor) -> dict[str, Any]:
    """What was asked for, in plain values."""
    settings, cost = need.kept.settings, found.cost
    return {
        "settings": settings.model_dump(mode="json", exclude={"key", "cache"}),
        "sentences": len(need.wanted),
        "unit": need.unit,
        "targets": len(need.targets),
        "nothing_to_ask": need.without,
        "kept_before": found.cached,
        "without": len(found.failed),
        "short": found.short,
        "reasons": dict(found.reasons.most_common()),
        "calls": cost.calls,
        "prompt_tokens": cost.prompt,
        "completion_tokens": cost.completion,
        "unsure_tokens": cost.unsure,
        "money": money_of(settings, cost),
        "told": told_of(need, found),
    }
