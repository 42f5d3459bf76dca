"""A user's own files of pairs as a task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from ictrain.contexts import NearDuplicate
from ictrain.examples import Example, PoolSnapshot, asked, check_examples
from ictrain.metrics import metric_files
from ictrain.paraphrase import ParaphraseSettings, make_paraphraser
from ictrain.randomness import rng
from ictrain.tasks.base import TaskData, TestSet, inputs_of
from ictrain.tasks.files import FileTask
from ictrain.tasks.parts import Parts
from ictrain.tasks.planted import planted
from ictrain.tasks.reading import content_digests, files_of, read_parts


class PairsSettings(FileTask):
    """A user's own files of labelled pairs."""

    name: Literal["pairs"] = Field(default="pairs", description="which kind of task this is")


def load_pairs(settings: FileTask, seed: int) -> TaskData:
    """Reads the files; the seed decides pool order and which test items are kept.

    Raises:
        DataError: by file and line.
    """
    parts = read_parts(settings)
    read = parts.train
    near = _rule(settings.paraphrase, read)
    if settings.clusters and near is not None:
        parts = planted(parts, settings.clusters, near, seed)
    train = _in_order(parts.train, seed, "pairs/order")
    labelled = train if parts.pool is None else _in_order(parts.pool, seed, "pairs/order/pool")
    pool = PoolSnapshot.of(labelled, settings.train if parts.pool is None else settings.pool or "")
    kept = _with_unique_inputs(train)
    tests = {name: _test_set(name, items, parts, settings, pool, seed)
             for name, items in parts.tests.items()}  # fmt: skip
    dev = {}
    if parts.dev is not None:
        dev = {"dev": _test_set("dev", parts.dev, parts, settings, pool, seed)}
    return TaskData(
        name=settings.name,
        train=tuple(kept),
        pool=pool,
        dev=dev,
        tests=tests,
        metrics=[settings.metric(name) for name in settings.metrics],
        max_new_tokens=settings.max_new_tokens,
        near_duplicate=near,
        held_out=inputs_of(dev, tests),
        unseen=_rule(settings.unseen, read),
        facts={
            "train": len(train),
            "train_distinct": len(kept),
            "skipped_rows": {source: count for source, (count, _) in parts.skipped.items()},
            "long_rows": dict(parts.too_long),
            **_overlaps(pool, tests),
            **parts.facts,
        },
    )


def _in_order(examples: Sequence[Example], seed: int, purpose: str) -> list[Example]:
    return [examples[i] for i in rng(seed, purpose).permutation(len(examples)).tolist()]


def _rule(settings: ParaphraseSettings | None, train: Sequence[Example]) -> NearDuplicate | None:
    return None if settings is None else make_paraphraser(settings, train)


def pair_files(settings: FileTask) -> dict[str, Path]:
    """Every file on this machine that the settings name, by its part."""
    found: dict[str, Path] = {}
    for part, source in settings.sources().items():
        found |= files_of(part, source)
    return found | metric_files(settings.metrics)


def pair_digests(settings: FileTask) -> dict[str, str]:
    """Digests of the parts that come from the hub."""
    return content_digests(settings)


def _with_unique_inputs(train: Sequence[Example]) -> list[Example]:
    """One target per distinct input, of each group (a database) for itself; the pool keeps all."""
    found = {asked(e): e for e in reversed(train)}
    return list(found.values())[::-1]


def _test_set(
    name: str,
    items: Sequence[Example],
    parts: Parts,
    settings: FileTask,
    pool: PoolSnapshot,
    seed: int,
) -> TestSet:
    most = settings.max_test_items
    if most is not None and most < len(items):
        chosen = rng(seed, f"pairs/test/{name}").permutation(len(items))[:most]
        items = [items[i] for i in sorted(chosen.tolist())]
    added = parts.pools.get(name)
    if added is not None:
        check_examples([*pool.examples, *added], settings.pools[name])
        pool = pool.append(added)
    return TestSet(tuple(items), pool, f"{len(items)} items of {parts.sources[name]}")


def _overlaps(pool: PoolSnapshot, tests: dict[str, TestSet]) -> dict[str, int]:
    """How many test items have an equal input in the pool (excluded from their contexts)."""
    return {
        f"{name}_inputs_in_pool": sum(pool.group_of(e.input) >= 0 for e in test.examples)
        for name, test in tests.items()
    }
