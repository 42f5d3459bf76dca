"""How close the pool comes to each test item, and how many stand in it, on the real data sets.

    PYTHONPATH=src python scripts/closeness.py DATA --method overlap
    PYTHONPATH=src python scripts/closeness.py DATA --method dense --only mtop sql
    PYTHONPATH=src python scripts/closeness.py --tables      # of docs/closeness.md
    PYTHONPATH=src python scripts/closeness.py --pictures    # of docs/tasks.md

DATA is the folder of data sets. Writes benchmarks/results/closeness/METHOD.json: numbers alone, no
text of the data. A finished set is kept, so a stopped call goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from ictrain.config import load_config
from ictrain.evaluation import in_bands, overlap
from ictrain.examples import Example, PoolSnapshot
from ictrain.files import write_atomic
from ictrain.readers import Columns, read
from ictrain.similarity import SimilaritySettings, build_index
from ictrain.tasks import TestSet, load_task

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results" / "closeness"
CONFIGS = RESULTS.parents[2] / "configs"
Set = tuple[str, Callable[[], tuple[tuple[Example, ...], TestSet]]]
"""A name, and what reads (training pairs, the test set with its pool)."""


def main() -> int:
    """Measures every set of the data folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--pictures", action="store_true")
    parser.add_argument("--method", choices=["overlap", "dense"], default="overlap")
    parser.add_argument("--only", nargs="*", default=[""], help="beginnings of the sets' names")
    parser.add_argument("--cache", type=Path, default=None, help="a folder for embeddings")
    asked = parser.parse_args()
    if asked.tables:
        print("\n".join(tables()))
        return 0
    if asked.pictures:
        for task, shown in SHOWN.items():
            picture(shown, PICTURES / f"closeness-{task}.png")
        return 0
    out = RESULTS / f"{asked.method}.json"
    found = json.loads(out.read_text("utf-8")) if out.exists() else {"sets": {}}
    found["command"] = f"scripts/closeness.py DATA --method {asked.method}"
    for name, load in sets(asked.data):
        if name in found["sets"] or not name.startswith(tuple(asked.only)):
            continue
        started = time.perf_counter()
        train, test = load()
        index = build_index(SimilaritySettings(method=asked.method), test.pool, asked.cache)
        one = asdict(overlap(test, train, index))
        found["sets"][name] = {"pool": len(test.pool), **one}
        write_atomic(out, json.dumps(found, indent=1) + "\n")
        print(f"{name:<46} {one['items']:>5} of a pool of {len(test.pool):>6}: {in_bands(one)} "
              f"({time.perf_counter() - started:.0f} s)", flush=True)  # fmt: skip
    return 0


def tables() -> Iterator[str]:
    """All results as Markdown, a table per method."""
    for file in sorted(RESULTS.glob("*.json"), reverse=True):
        counts = "items | pool | equal | nearly equal | equal output"
        yield f"| {file.stem}: test set | {counts} | quartiles | low | medium | high |"
        yield "|---" * 10 + "|"
        for name, o in json.loads(file.read_text("utf-8"))["sets"].items():
            shares = " | ".join(f"{count / o['items']:.0%}" for count in o["bands"].values())
            quartiles = " / ".join(f"{q:.2f}" for q in o["best"])
            yield (
                f"| {name} | {o['items']:,} | {o['pool']:,} | {o['exact']} | {o['near']} | "
                f"{o['copies']} | {quartiles} | {shares} |"
            )
        yield ""


SHOWN = {
    "translation": {
        "mt/en-de/test/flores101_devtest": "en-de, FLORES",
        "mt/en-de/test/multi30k_test2016": "en-de, Multi30k",
        "mt/en-de/ood/medical with its domain's pool": "en-de, medical, pool appended",
        "mt/en-ta/ood/tanzil": "en-ta, Tanzil, pool as trained",
        "mt/en-ta/ood/tanzil with its domain's pool": "en-ta, Tanzil, pool appended",
    },
    "text_to_sql": {
        "sql/geography: test against the rest": "geography",
        "sql/geography by query: test against the rest": "geography, by query",
        "sql/restaurants: fold8 fold9 against the rest": "restaurants",
        "sql/spider: dev against train": "Spider",
    },
    "semantic_parsing": {
        "mtop/es: test against dev": "MTOP es",
        "mtop/de: test against dev": "MTOP de",
        "mtop/fr: test against dev": "MTOP fr",
        "mgeoquery/en: test against train": "geography, FunQL, en",
    },
    "alignment": {
        "alignment/c4-3x2: id": "m = 3, l = 2: fixed task",
        "alignment/c4-3x2: ood": "m = 3, l = 2: fresh knowledge",
        "alignment/c4-2x4: id": "m = 2, l = 4: fixed task",
        "alignment/demo: id": "the demo: fixed task",
    },
}
PICTURES = Path(__file__).parent.parent / "docs" / "images"


def picture(shown: Mapping[str, str], file: Path) -> None:
    """How close the closest pool item comes, by overlap: a panel for each of a few sets."""
    from matplotlib.figure import Figure

    from ictrain.report.theme import GRID, MUTED

    found = json.loads((RESULTS / "overlap.json").read_text("utf-8"))["sets"]
    figure = Figure(figsize=(2.35 * len(shown), 2.3), layout="constrained")
    panels = figure.subplots(1, len(shown), sharex=True).flat
    for axes, (name, title) in zip(panels, shown.items(), strict=True):
        counts, items = found[name]["histogram"], found[name]["items"]
        edges = [i / len(counts) for i in range(len(counts))]
        axes.bar(edges, [c / items for c in counts], 1 / len(counts), align="edge", color="#3b6ea8")
        for limit in (1 / 3, 2 / 3):
            axes.axvline(limit, color=GRID, linewidth=0.8)
        axes.set_title(title, fontsize=8)
        axes.set_xlim(0, 1)
        axes.tick_params(labelsize=7, colors=MUTED)
        axes.spines[["top", "right"]].set_visible(False)
    figure.supxlabel("overlap of the closest pool item with a test item", fontsize=8.5)
    figure.supylabel("share of test items", fontsize=8.5)
    figure.savefig(file, dpi=130)


def sets(data: Path) -> Iterator[Set]:
    """Every test set with the pool that its contexts come from."""
    yield from _semparse(data)
    yield from _sql(data)
    for pair in ("en-lt", "en-hi", "en-ta", "en-de"):
        yield from _translation(data, pair)
    yield from _alignment()


def _read(*files: Path) -> tuple[Example, ...]:
    return tuple(e for file in files for e in read(file, Columns(), "stop").examples)


def _against(
    pool: Sequence[Path], test: Path, added: Sequence[Path] = ()
) -> Callable[[], tuple[tuple[Example, ...], TestSet]]:
    def load() -> tuple[tuple[Example, ...], TestSet]:
        train = _read(*pool)
        return train, TestSet(_read(test), PoolSnapshot.of([*train, *_read(*added)]))

    return load


def _semparse(data: Path) -> Iterator[Set]:
    for language in ("de", "es", "fr", "hi"):
        folder = data / "semparse" / "mtop"
        pool, test = folder / f"{language}.dev.jsonl.gz", folder / f"{language}.test.jsonl.gz"
        yield f"mtop/{language}: test against dev", _against([pool], test)
    folder = data / "semparse" / "mtop"
    yield (
        "mtop/en: test against train",
        _against([folder / "en_full.train.jsonl.gz"], folder / "en_full.test.jsonl.gz"),
    )
    for language in ("en", "de"):
        folder = data / "semparse" / "mgeoquery"
        yield (
            f"mgeoquery/{language}: test against train",
            _against([folder / f"{language}.train.jsonl.gz"], folder / f"{language}.test.jsonl.gz"),
        )


def _sql(data: Path) -> Iterator[Set]:
    for name, key, held in (
        ("geography", "split", ("test",)),
        ("geography by query", "query_split", ("test",)),
        ("restaurants", "split", ("fold8", "fold9")),
    ):
        yield (
            f"sql/{name}: {' '.join(held)} against the rest",
            _held_out(data / "sql" / f"{name.split()[0]}.jsonl.gz", key, held),
        )
    text = data / "sql" / "text_only"
    yield (
        "sql/spider: dev against train",
        _against([text / "spider_train.jsonl.gz"], text / "spider_dev.jsonl.gz"),
    )
    yield (
        "sql/spider: dev of world_1 against train",
        _against([text / "spider_train.jsonl.gz"], data / "sql" / "spider_dev_world_1.jsonl.gz"),
    )


def _held_out(
    file: Path, key: str, held: tuple[str, ...]
) -> Callable[[], tuple[tuple[Example, ...], TestSet]]:
    def load() -> tuple[tuple[Example, ...], TestSet]:
        every = _read(file)
        train = tuple(e for e in every if e.meta[key] not in held)
        test = tuple(e for e in every if e.meta[key] in held)
        return train, TestSet(test, PoolSnapshot.of(train))

    return load


def _translation(data: Path, pair: str) -> Iterator[Set]:
    train = sorted((data / "mt" / "train").glob(f"{pair}.*.jsonl.gz"))
    for file in sorted((data / "mt" / "test").glob(f"{pair}.*.jsonl.gz")):
        yield f"mt/{pair}/test/{_name(file)}", _against(train, file)
    for file in sorted((data / "mt" / "ood").glob(f"{pair}.*.jsonl.gz")):
        yield f"mt/{pair}/ood/{_name(file)}", _against(train, file)
        added = data / "mt" / "ood_pool" / file.name
        if added.exists():
            yield (
                f"mt/{pair}/ood/{_name(file)} with its domain's pool",
                _against(train, file, [added]),
            )


def _alignment() -> Iterator[Set]:
    """Made, so the folder of data sets is not asked; of each config's first seed."""
    for name in ("c4-3x2", "c4-2x4", "demo"):
        settings = load_config(CONFIGS / f"{name}.yaml")
        data = load_task(settings.task, settings.seeds[0])
        for part, test in data.tests.items():
            yield f"alignment/{name}: {part}", partial(_both, tuple(data.train), test)


def _both(train: tuple[Example, ...], test: TestSet) -> tuple[tuple[Example, ...], TestSet]:
    return train, test


def _name(file: Path) -> str:
    return file.name.split(".")[1]


if __name__ == "__main__":
    sys.exit(main())
