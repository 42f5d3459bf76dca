"""What a user reads of near-duplicates that a model is asked for."""

from __future__ import annotations

from collections import Counter

from ictrain.experiments.paraphrasing.wanted import Need
from ictrain.generation import host_of, is_bare
from ictrain.paraphrase.asked import (
    TOO_MUCH,
    AskedFor,
    AskedSettings,
    Cost,
    Estimate,
    LlmSettings,
    LocalSettings,
    money_of,
    passed,
)

NOTHING_TO_ASK = "no other value in its SQL gives a result"


def model_of(settings: AskedSettings) -> str:
    """Its name, and where it is."""
    if isinstance(settings, LlmSettings):
        return f"{settings.model} at {settings.url}"
    assert isinstance(settings, LocalSettings)
    return f"{settings.model} on this machine"


def told_before(need: Need, estimate: Estimate) -> str:
    """How much is to be asked for, and its price."""
    sentences = len(need.wanted)
    kept = f", {sentences - estimate.sentences:,} of them kept" * (estimate.sentences < sentences)
    return (
        f"paraphrases: {sentences:,} {need.unit}{_targets(need)}{kept}, by "
        f"{model_of(need.kept.settings)}: {estimate.told()}{_thinks(need.kept.settings)}"
        f"{_bare(need.kept.settings)}"
    )


def _targets(need: Need) -> str:
    """Of how many targets, where that is another number; and how many have none."""
    targets = len(need.targets)
    of = f" of {targets:,} targets" * (need.unit != "sentences")
    none = f" ({need.without:,} have none: {NOTHING_TO_ASK})" * bool(need.without)
    return f"{of}{none}"


def _thinks(settings: AskedSettings) -> str:
    """What an estimate by length leaves out, where the config gives a model room to think."""
    if not isinstance(settings, LlmSettings):
        return ""
    top = "; if it thinks before it answers, that comes on top: "
    if settings.unbounded:
        return f"{top}nothing in the request bounds it"
    return f"{top}up to {settings.room:,} tokens back a call" if settings.room else ""


def _bare(settings: AskedSettings) -> str:
    """A key that everybody on the way can read, because the config says so."""
    if not isinstance(settings, LlmSettings) or not is_bare(settings):
        return ""
    return (
        f"; WARNING: the key in {settings.key} goes unencrypted to {host_of(settings.url)}: "
        "better an https url"
    )


def told_cut_off(need: Need, left: Cost) -> str:
    """What calls that an earlier process left under way may have cost."""
    calls = "1 call was" if left.calls == 1 else f"{left.calls:,} calls were"
    return (
        f"{calls} under way when an earlier run was cut off: counted as paid for, "
        f"at most {left.unsure:,} tokens{_price(need.kept.settings, left)}"
    )


def _price(settings: AskedSettings, cost: Cost) -> str:
    """', 0.12 USD'; nothing without prices."""
    money = money_of(settings, cost)
    if money is None or not isinstance(settings, LlmSettings):
        return ""
    return f", {money:,.4g} {settings.price.currency}"


def told_after(need: Need, found: AskedFor) -> list[str]:
    """What came of it, and what was paid."""
    settings, cost = need.kept.settings, found.cost
    lines = []
    if cost.calls:
        unsure = f", {cost.unsure:,} perhaps paid for in vain" * bool(cost.unsure)
        lines.append(
            f"{cost.calls:,} calls: {cost.prompt:,} tokens sent, {cost.completion:,} back"
            f"{unsure}{_price(settings, cost)}"
        )
    if cost.calls and (beyond := passed(settings, need.kept.store.spent())):
        lines.append(
            f"WARNING: {beyond.told} are spent in all, the budget is {beyond.limit}: {TOO_MUCH}"
        )
    if found.reasons:
        told = ", ".join(f"{why} ({n:,})" for why, n in found.reasons.most_common(6))
        lines.append(f"not taken: {told}")
    if found.failed:
        reasons = Counter(found.failed.values()).most_common(4)
        told = ", ".join(f"{why} ({n:,})" for why, n in reasons)
        alone = need.unit == "sentences"  # else a target may have others
        lines.append(
            f"WARNING: {len(found.failed):,} of {len(need.wanted):,} {need.unit} got no valid "
            f"paraphrase: {told}{'; their contexts keep their other examples' * alone}"
        )
    return lines


def told_of(need: Need, found: AskedFor) -> list[str]:
    """The same for a page: whom, how many, what it cost, what is missing."""
    sentences = f"{len(need.wanted):,} {need.unit}{_targets(need)} by "
    sentences += model_of(need.kept.settings)
    kept = f"{found.cached:,} of them were kept from earlier"
    return [sentences, kept, *(line.removeprefix("WARNING: ") for line in told_after(need, found))]
