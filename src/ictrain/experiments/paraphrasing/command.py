"""`ictrain paraphrase CONFIG`: what a run will want is asked for now, or only counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ictrain.config import RunSettings
from ictrain.errors import ConfigError
from ictrain.experiments.folder import RunFolder
from ictrain.experiments.hub import asked_once
from ictrain.experiments.paraphrasing.first import ask_for, checker_of
from ictrain.experiments.paraphrasing.wanted import Need, needs_of
from ictrain.experiments.paraphrasing.words import told_before
from ictrain.paraphrase.asked import AskedFor, estimate_of
from ictrain.randomness import rng

Say = Callable[[str], None]
SAMPLES = 20


def paraphrase(settings: RunSettings, out: Path, only_estimate: bool, say: Say) -> None:
    """Asks for all near-duplicates of a config, keeps them, and shows some.

    Args:
        settings: the comparison.
        out: the folder that holds runs, and the cache.
        only_estimate: nothing is asked; what it would cost is told.
        say: gets lines for the user.

    Raises:
        ConfigError: no model has to be asked.
        IctrainError: as ask_first.
    """
    with asked_once(settings, say):
        _paraphrased(settings, RunFolder(Path(out) / settings.name), only_estimate, say)


def _paraphrased(settings: RunSettings, folder: RunFolder, only_estimate: bool, say: Say) -> None:
    needs = needs_of(settings, folder)
    if not needs:
        raise ConfigError(
            "no model has to be asked: rules make the near-duplicates, or nobody wants any",
            expected="task.paraphrase with method: llm or local",
        )
    if only_estimate:
        told = [estimated(need, folder) for need in needs]
        for line in [*told, "nothing was asked; the same command without --estimate asks"]:
            say(line)
        return
    for need in needs:
        for line in samples(need, ask_for(need, folder.path / "cache", say)):
            say(line)
        say(f"kept in {need.kept.cache}")


def estimates(settings: RunSettings, folder: RunFolder) -> list[str]:
    """What a run would ask for, a line for each model; nothing is asked."""
    return [estimated(need, folder) for need in needs_of(settings, folder)]


def estimated(need: Need, folder: RunFolder) -> str:
    """What one model would be asked for, in a line."""
    checker = checker_of(need, folder.path / "cache")
    found = estimate_of(need.wanted, need.kept.settings, checker, need.kept.store)
    return told_before(need, found)


def samples(need: Need, found: AskedFor) -> list[str]:
    """A table of results, then up to twenty sentences drawn by chance with their paraphrases."""
    sentences = len(need.wanted)
    counts = [
        ("targets", len(need.targets)),
        ("of them nothing to ask", need.without),
        (need.unit, sentences),
        ("kept before", found.cached),
        ("with paraphrases", len(found.found)),
        ("with fewer than wanted", found.short),
        ("without any", len(found.failed)),
    ]
    lines = [f"  {name:<24}{n:>9,}" for name, n in counts]
    texts, shown = sorted(found.found), need.kept.settings.form.shown
    order = rng(0, "paraphrase/shown").permutation(len(texts))[:SAMPLES]
    for text in (texts[i] for i in sorted(order.tolist())):
        lines += [f"\n  {shown(text)}", *(f"    ~ {one}" for one in found.found[text])]
    return lines
