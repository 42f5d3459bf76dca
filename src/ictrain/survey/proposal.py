"""From what was measured to settings, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ictrain.examples import normalise
from ictrain.survey.closeness import Tau
from ictrain.survey.look import Survey, largest_k

_LARGEST_PROMPT = 4096
"""Tokens; longer prompts want more memory than most have, and seldom hold more that helps."""

_UNKNOWN_WINDOW = 2048
REJECTED = 0.01
"""The share of targets longer than the window from which on training refuses to begin."""

_ENOUGH_SWAPS = 0.2
_CLEAR = 0.75
"""The share of pairs in which one_near should be closer than random; 0.5 is chance [ours]."""

_MOST_TEST_ITEMS = 500
_LONGEST_ANSWER = 1024


@dataclass(frozen=True)
class Proposal:
    """Settings; reasons: one sentence each, by the setting's name."""

    k_most: int
    max_tokens: int
    max_new_tokens: int
    tau: float
    swaps: bool
    metrics: tuple[str, ...]
    steps: int
    batch_size: int
    max_test_items: int | None
    max_characters: int | None
    reasons: dict[str, str]

    @property
    def k(self) -> str:
        """In training: drawn anew for each target."""
        return f"1-{self.k_most}" if self.k_most > 1 else "1"

    @property
    def k_test(self) -> int:
        """In the evaluation."""
        return min(4, self.k_most)


def propose(survey: Survey) -> Proposal:
    """The settings that a run on these data should begin with."""
    reasons: dict[str, str] = {}
    answer = _answer(survey, reasons)
    k, window = _contexts(survey, answer, reasons)
    metrics = _metrics(survey, reasons)
    steps, batch = _steps(survey, reasons)
    tau = _tau([] if survey.drawn is None else survey.drawn.taus, reasons)
    swaps = survey.swappable >= _ENOUGH_SWAPS
    reasons["mixture"] = (
        "near-duplicates by swapping quoted literals, which "
        f"{survey.swappable:.0%} of the targets have in input and output"
        if swaps
        else "nothing here makes near-duplicates: only "
        f"{survey.swappable:.0%} of the targets have a quoted literal in input and output"
    )
    most = max(len(items) for items in survey.parts.tests.values())
    cap = _MOST_TEST_ITEMS if most > _MOST_TEST_ITEMS else None
    return Proposal(
        k_most=k,
        max_tokens=window,
        max_new_tokens=answer,
        tau=tau,
        swaps=swaps,
        metrics=metrics,
        steps=steps,
        batch_size=batch,
        max_test_items=cap,
        max_characters=_longest_row(survey, window),
        reasons=reasons,
    )


def _longest_row(survey: Survey, window: int) -> int | None:
    """Only where more rows are too long than training takes, of all or of its own targets."""
    most = survey.measured.characters_of(window)
    if most is None:
        return None
    targets = {normalise(e.input): len(e.input) + len(e.output) for e in survey.parts.train}
    of_train = float(np.mean([length > most for length in targets.values()]))
    too_long = max(of_train, float((survey.measured.alone > window).mean()))
    return most if too_long > REJECTED else None


def _answer(survey: Survey, reasons: dict[str, str]) -> int:
    outputs = survey.measured.outputs
    longest = int(outputs.max())
    wanted = _up(1.1 * longest + 2, 8)
    if wanted <= _LONGEST_ANSWER:
        reasons["max_new_tokens"] = f"outputs have up to {longest:,} tokens"
        return wanted
    most = min(_LONGEST_ANSWER, _up(1.1 * float(np.percentile(outputs, 99)) + 2, 8))
    cut = float((outputs > most).mean())
    reasons["max_new_tokens"] = f"{cut:.1%} of the outputs are longer (up to {longest:,} tokens)"
    return most


def _contexts(survey: Survey, room: int, reasons: dict[str, str]) -> tuple[int, int]:
    """k in training and the window, so that 95% of the prompts with the most examples fit."""
    window = min(survey.tokens.window or _UNKNOWN_WINDOW, _LARGEST_PROMPT)
    scratch = survey.request.model.scratch is not None
    alone = _up(float(np.percentile(survey.measured.alone, 99.5, method="inverted_cdf")), 64)
    k = largest_k(survey.distinct_pool)
    while k > 1 and survey.measured.prompt(k, window).p95 > window:
        k //= 2
    fits = survey.measured.prompt(k, window).p95
    if k == 8:
        reasons["k"] = "the paper's range; 95% of prompts with 8 examples fit max_tokens"
    elif survey.distinct_pool < 11:
        reasons["k"] = f"the pool has only {survey.distinct_pool} different inputs"
    else:
        reasons["k"] = f"with more, prompts would not fit {window:,} tokens"
    # An evaluated prompt keeps room for the longest answer.
    asked = (
        survey.measured.prompt(min(4, k), window).p95
        - int(np.median(survey.measured.outputs))
        + room
    )
    needed = min(window, max(_up(max(fits, asked), 64), alone))
    origin = (
        "a model from scratch has the window that it is given"
        if scratch
        else f"the model's window is {survey.tokens.window:,}"
        if survey.tokens.window
        else "the model's own window is not known here"
    )
    reasons["max_tokens"] = (
        f"95% of prompts with {k} example{'s' * (k > 1)} have up to {fits:,}; {origin}"
    )
    return k, needed


def _metrics(survey: Survey, reasons: dict[str, str]) -> tuple[str, ...]:
    outputs = survey.outputs
    found, reason = {
        "labels": (("exact_match",), f"the outputs are {outputs.distinct} different labels"),
        "formal": (("exact_match", "token_f1"), "the outputs are in a formal language"),
        "short": (("exact_match", "token_f1"), f"outputs of up to {outputs.words} words"),
        "text": (("chrf", "exact_match"), f"outputs are text of up to {outputs.words} words"),
    }[outputs.kind]
    reasons["metrics"] = reason
    return found


def _steps(survey: Survey, reasons: dict[str, str]) -> tuple[int, int]:
    scratch = survey.request.model.scratch is not None
    batch, epochs, most = (16, 40, 3000) if scratch else (8, 3, 2000)
    wanted = epochs * survey.targets / batch
    steps = max(100, min(most, _up(wanted, 10)))
    times = steps * batch / survey.targets
    reasons["steps"] = f"{batch} targets a step: each of the {survey.targets:,} {times:.2g} times"
    return steps, batch


def _tau(taus: Sequence[Tau], reasons: dict[str, str]) -> float:
    """2, or the first larger one with which the near example is clearly closer than random."""
    if not taus:
        reasons["tau"] = "the default: the pool is too small to measure it"
        return 2.0
    tried = [one for one in taus if one.tau >= 2]
    clear = next((one for one in tried if one.nearer >= _CLEAR), None)
    best = clear or max(tried, key=lambda one: one.nearer)
    reasons["tau"] = (
        f"one_near is closer than random in {best.nearer:.0%} of pairs (50% is chance), "
        f"median {best.near:.2f} against {best.random:.2f}"
    )
    return best.tau


def _up(number: float, step: int) -> int:
    return max(step, math.ceil(number / step) * step)
