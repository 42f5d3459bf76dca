"""A user's own files of pairs as a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field

from ictrain.contexts import NearDuplicate
from ictrain.examples import Example, PoolSnapshot, check_examples, normalise
from ictrain.metrics import get_metric, is_own, metric_name, own_file
from ictrain.paraphrase import ParaphraseSettings, make_paraphraser
from ictrain.paths import expanded
from ictrain.randomness import rng
from ictrain.readers import Columns, read_examples
from ictrain.settings import Settings
from ictrain.tasks.base import TaskData, TestSet


class PairsSettings(Settings):
    """Files of labelled pairs."""

    name: Literal["pairs"] = "pairs"
    train: str = Field(
        description="file of training pairs; ${NAME} and ${NAME:-default} are read from the "
        "environment"
    )
    dev: str | None = Field(default=None, description="file for choosing settings")
    tests: dict[str, str] = Field(description="test files by name")
    pools: dict[str, str] = Field(
        default_factory=dict,
        description="labelled pairs to append to the pool of a test set, by its name",
    )
    columns: Columns = Field(default_factory=Columns, description="which column is what")
    metrics: tuple[str, ...] = Field(
        default=("exact_match",),
        min_length=1,
        description="exact_match, normalised_exact_match, token_f1, chrf, bleu, or a function of "
        "your own as path/to/file.py:function; the first is the headline",
    )
    max_new_tokens: int = Field(default=128, ge=1, description="the longest answer")
    paraphrase: ParaphraseSettings | None = Field(
        default=None, description="how near-duplicates are made, in training and in one_paraphrase"
    )
    unseen: ParaphraseSettings | None = Field(
        default=None, description="another way, which training never uses, for one_unseen"
    )
    max_test_items: int | None = Field(
        default=None, description="a random part of larger test files"
    )


def load_pairs(settings: PairsSettings, seed: int) -> TaskData:
    """Reads the files; the seed decides pool order and which test items are kept.

    Raises:
        DataError: by file and line.
    """
    train = _read(settings.train, settings, "train")
    order = rng(seed, "pairs/order").permutation(len(train))
    train = [train[i] for i in order.tolist()]
    pool = PoolSnapshot.of(train, settings.train)
    kept = _with_unique_inputs(train)
    tests = {
        name: _test_set(name, path, settings, pool, seed) for name, path in settings.tests.items()
    }
    dev = {}
    if settings.dev is not None:
        dev = {"dev": _test_set("dev", settings.dev, settings, pool, seed)}
    return TaskData(
        name=settings.name,
        train=tuple(kept),
        pool=pool,
        dev=dev,
        tests=tests,
        metrics=[get_metric(name) for name in settings.metrics],
        max_new_tokens=settings.max_new_tokens,
        near_duplicate=_rule(settings.paraphrase, train),
        unseen=_rule(settings.unseen, train),
        facts={"train": len(train), "train_distinct": len(kept), **_overlaps(pool, tests)},
    )


def _rule(settings: ParaphraseSettings | None, train: Sequence[Example]) -> NearDuplicate | None:
    return None if settings is None else make_paraphraser(settings, train)


def pair_files(settings: PairsSettings) -> dict[str, Path]:
    """Every file that the settings name, by its part."""
    named = {"train": settings.train, "dev": settings.dev}
    named |= {f"tests.{name}": path for name, path in settings.tests.items()}
    named |= {f"pools.{name}": path for name, path in settings.pools.items()}
    files = {f"task/{part}": expanded(path) for part, path in named.items() if path is not None}
    own = [name for name in settings.metrics if is_own(name)]
    return files | {f"metrics/{metric_name(name)}": own_file(name) for name in own}


def _with_unique_inputs(train: Sequence[Example]) -> list[Example]:
    """One target per distinct input; the pool keeps all of them."""
    return list({normalise(e.input): e for e in reversed(train)}.values())[::-1]


def _test_set(
    name: str, path: str, settings: PairsSettings, pool: PoolSnapshot, seed: int
) -> TestSet:
    items = _read(path, settings, name)
    most = settings.max_test_items
    if most is not None and most < len(items):
        chosen = rng(seed, f"pairs/test/{name}").permutation(len(items))[:most]
        items = [items[i] for i in sorted(chosen.tolist())]
    extra = settings.pools.get(name)
    if extra is not None:
        added = _read(extra, settings, f"{name}-pool")
        check_examples([*pool.examples, *added], extra)
        pool = pool.append(added)
    return TestSet(tuple(items), pool, f"{len(items)} items of {Path(path).name}")


def _read(path: str, settings: PairsSettings, part: str) -> list[Example]:
    file = expanded(path)
    examples = read_examples(file, settings.columns)
    if all(e.id == str(number) for number, e in enumerate(examples, 1)):
        # Row numbers of two files mean different examples: keep them apart.
        return [replace(e, id=f"{part}:{e.id}") for e in examples]
    return examples


def _overlaps(pool: PoolSnapshot, tests: dict[str, TestSet]) -> dict[str, int]:
    """How many test items have an equal input in the pool (excluded from their contexts)."""
    return {
        f"{name}_inputs_in_pool": sum(pool.group_of(e.input) >= 0 for e in test.examples)
        for name, test in tests.items()
    }
