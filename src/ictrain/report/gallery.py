"""Real prompts with each strategy's answer, chosen by a fixed rule and never by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ictrain.analysis import Analysis
from ictrain.analysis.frame import Key, cluster_of
from ictrain.rows import Row
from ictrain.statistics import BANDS, Cluster

RULE = (
    "per test set and band the first {count} items, by seed and name, on which some trained "
    "strategies are right and others wrong, each in the first such mode by name"
)


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a prompt: a context example with its role, or the target."""

    text: str
    role: str
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One strategy's answer; note says what is particular about how it was asked."""

    strategy: str
    output: str
    score: float
    right: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One prompt with its reference and all answers; place counts within its test set and band."""

    place: int
    row: Row
    instruction: str
    blocks: tuple[Block, ...]
    target: str
    answers: tuple[Answer, ...]
    same_prompt: bool


def choose(analysis: Analysis, count: int, separator: str = "") -> list[Exhibit]:
    """The first `count` prompts with disagreement, per test set and band, by RULE.

    Args:
        analysis: rows and settings.
        count: per test set and band.
        separator: what stands between the examples of a prompt; '' for an empty line or, without
            any, a line's end.
    """
    found = []
    for test_set in analysis.frame.test_sets:
        for band in BANDS:
            keys = _candidates(analysis, test_set, band)[:count]
            found += [_exhibit(analysis, place, key, separator) for place, key in enumerate(keys)]
    return found


def _candidates(analysis: Analysis, test_set: str, band: str) -> list[Key]:
    groups: dict[Key, list[Row]] = {}
    for name in analysis.frame.strategies:
        for key, row in analysis.frame.by_strategy.get(name, {}).items():
            pooled = row.mode in analysis.settings.band_modes
            if key[0] == test_set and row.band == band and pooled and name != "base":
                groups.setdefault(key, []).append(row)
    first: dict[Cluster, Key] = {}
    for key in sorted(groups):
        if len({_right(analysis, row) for row in groups[key]}) > 1:
            first.setdefault(cluster_of(key), key)
    return list(first.values())


def _right(analysis: Analysis, row: Row) -> bool:
    exact = row.scores.get(analysis.settings.exact_metric)
    return (row.scores[analysis.frame.metric] if exact is None else exact) >= 1 - 1e-9


def _exhibit(analysis: Analysis, place: int, key: Key, separator: str) -> Exhibit:
    table, settings = analysis.frame.by_strategy, analysis.settings
    names = [*analysis.frame.strategies, *analysis.frame.copiers]
    rows = [table[name][key] for name in names if key in table.get(name, {})]
    shown = table.get(settings.treatment, {}).get(key, rows[0])
    instruction, pieces = split_prompt(shown, separator)
    answers = []
    for row in rows:
        asked_with = row.strategy == settings.reference and settings.never_saw_a_context
        answers.append(_answer(analysis, row, "given this context" if asked_with else ""))
        alone = table[row.strategy].get((*key[:3], "none"))
        if asked_with and alone is not None:
            answers.append(_answer(analysis, alone, "asked without context"))
    prompts = {row.prompt for row in rows if row.strategy in analysis.frame.strategies}
    blocks = tuple(_blocks(shown, pieces))
    return Exhibit(place, shown, instruction, blocks, pieces[-1], tuple(answers), len(prompts) == 1)


def _answer(analysis: Analysis, row: Row, note: str) -> Answer:
    score = row.scores[analysis.frame.metric]
    return Answer(row.strategy, row.output, score, _right(analysis, row), note)


def split_prompt(row: Row, separator: str = "") -> tuple[str, list[str]]:
    """A prompt's instruction and its pieces: context examples in order, the target last.

    Returns:
        (instruction, pieces): k_rendered + 1 pieces, or the whole prompt as one piece where it
        cannot be told apart.
    """
    for mark in [separator] if separator else ["\n\n", "\n"]:
        pieces = [piece for piece in row.prompt.split(mark) if piece.strip()]
        if len(pieces) > row.k_rendered:
            start = len(pieces) - row.k_rendered - 1
            return mark.join(pieces[:start]), pieces[start:]
    return "", [row.prompt]


def _blocks(row: Row, pieces: Sequence[str]) -> list[Block]:
    texts = pieces[:-1]
    best: Sequence[float] = next(
        (v for v in row.similarities.values() if v and max(v) == row.s),
        next(iter(row.similarities.values()), []),
    )
    known = len(row.context_roles) == len(texts)
    measured = len(best) == len(texts)
    return [
        Block(text, row.context_roles[i] if known else "", best[i] if measured else None)
        for i, text in enumerate(texts)
    ]
