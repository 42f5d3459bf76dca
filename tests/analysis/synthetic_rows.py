"""Rows with a known truth: models of which we know why they answer as they do.

Six-letter symbols stand for a small alignment task: each target has two symbols, s is the share of
them that the closest context example covers (0, 1/3 or 1, as a Jaccard of letter sets).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ictrain.randomness import rng, stable_hash
from ictrain.rows import Row
from ictrain.statistics import band

MODES = ("none", "random", "similar", "one_similar", "one_paraphrase", "one_unseen")
_S = {"none": [None], "random": [0.0, 0.0, 0.0, 1 / 3], "similar": [1 / 3, 1 / 3, 1.0]}
_S |= {"one_similar": [1 / 3], "one_paraphrase": [1.0], "one_unseen": [1.0]}
_S |= {"one_paraphrase_shuffled": [1.0]}
_LETTERS = "abcdefgh"

Model = Callable[[str, str, float | None], float]
"""(test set, mode, s) -> the probability that a letter of the answer is right."""


def ideal(test_set: str, mode: str, s: float | None) -> float:
    """Uses the context where it helps and its weights where they know."""
    weights = 0.88 if test_set == "id" else 0.28
    if mode.endswith("_shuffled"):
        return 0.2 * weights
    return max(weights, {None: 0.0, 0.0: 0.1, 1 / 3: 0.62, 1.0: 0.97}[s])


def lookup(test_set: str, mode: str, s: float | None) -> float:
    """Knows the fixed task by heart and never reads its context."""
    return 0.86 if test_set == "id" else 0.22


def broken_by_context(test_set: str, mode: str, s: float | None) -> float:
    """Zero-context training: by heart, and lost as soon as there is any context."""
    return lookup(test_set, mode, s) - 0.08 if s is None else 0.3 - 0.25 * s


def copier(test_set: str, mode: str, s: float | None) -> float:
    """Reads the closest example and knows nothing else."""
    if mode.endswith("_shuffled"):
        return 0.05
    return {None: 0.06, 0.0: 0.09, 1 / 3: 0.5, 1.0: 0.94}[s]


def base(test_set: str, mode: str, s: float | None) -> float:
    """The untuned model: reads its context, knows little of the task."""
    return max(0.26, copier(test_set, mode, s))


MODELS: dict[str, Model] = {
    "base": base,
    "zero": broken_by_context,
    "random": lookup,
    "similar": copier,
    "random_similar": lambda t, m, s: 0.5 * lookup(t, m, s) + 0.5 * ideal(t, m, s),
    "contrastive": ideal,
}


def make_rows(
    models: dict[str, Model] | None = None,
    seeds: Sequence[int] = (1, 2, 3),
    items: int = 40,
    modes: Sequence[str] = MODES,
    test_sets: Sequence[str] = ("id", "ood"),
) -> list[Row]:
    """One row per (model, test set, seed, item, mode); contexts are the same for every model."""
    contexts = [
        _context(test_set, seed, item, mode)
        for test_set in test_sets
        for seed in seeds
        for item in range(items)
        for mode in modes
    ]
    table = MODELS if models is None else models
    return [_answered(row, name, model) for name, model in table.items() for row in contexts]


@lru_cache(maxsize=20_000)
def _context(test_set: str, seed: int, item: int, mode: str) -> Row:
    number = stable_hash(f"{test_set}-{item}-{mode}")
    draw = rng(seed, "synthetic context", 0, number)
    choices = _S[mode]
    s = choices[int(draw.integers(len(choices)))]
    words = rng(seed, "synthetic item", 0, stable_hash(f"{test_set}-{item}"))
    reference = _letters(words, 8)
    k = 0 if s is None else 4
    near = int(draw.integers(k)) if k else 0
    roles = ["random"] * k
    if k:
        roles[near] = {"similar": "similar", "random": "random"}.get(mode, "paraphrase")
        roles[near] = "near" if mode == "one_similar" else roles[near]
    similarities = [s if i == near else 0.0 for i in range(k)]
    symbols = [f"{chr(65 + int(words.integers(26)))}{int(words.integers(10))}" for _ in range(2)]
    lines = [f"Q{i} R{i} : {_letters(draw, 8)}" for i in range(k)]
    if s is not None and s > 0:
        other = symbols[::-1] if s == 1.0 else [symbols[0], "Z9"]
        label = reference if s == 1.0 else reference[:4] + _letters(draw, 4)
        lines[near] = f"{' '.join(other)} : {label}"
    return Row(
        run="synthetic",
        task="alignment",
        test_set=test_set,
        strategy="",
        seed=seed,
        step=0,
        mode=mode,
        target_id=f"{test_set}-{item:03}",
        context_ids=[f"pool-{int(draw.integers(400))}" for _ in range(k)],
        context_roles=roles,
        similarities={"overlap": similarities},
        s=s,
        band=band(s),
        k_drawn=k,
        k_rendered=k,
        prompt_tokens=4 + 8 * k,
        prompt="\n".join([*lines, f"{' '.join(symbols)} :"]),
        output="",
        reference=reference,
        scores={},
    )


def _answered(row: Row, strategy: str, model: Model) -> Row:
    p = model(row.test_set, row.mode, row.s)
    name = f"{row.test_set}-{row.target_id}-{row.mode}-{strategy}"
    draw = rng(row.seed, "synthetic answer", 0, stable_hash(name))
    right = draw.random(len(row.reference)) < p
    wrong = [_LETTERS[(_LETTERS.index(letter) + 1) % len(_LETTERS)] for letter in row.reference]
    output = "".join(a if ok else b for a, b, ok in zip(row.reference, wrong, right, strict=True))
    scores = {"acceptance": float(right.mean()), "exact_match": float(right.all())}
    step = 0 if strategy in ("base", "untrained") or strategy.startswith("copy_") else 800
    return replace(row, strategy=strategy, step=step, output=output, scores=scores)


def _letters(draw: np.random.Generator, n: int) -> str:
    return "".join(_LETTERS[i] for i in draw.integers(len(_LETTERS), size=n))
