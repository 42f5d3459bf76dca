"""The parts of a user's data: read, split where not given, with ids that tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ictrain.errors import AbsentDataError, DataError
from ictrain.examples import Example, asked, normalise
from ictrain.files import digest
from ictrain.paths import expanded, variables_of
from ictrain.randomness import rng
from ictrain.readers import Reading, local_files, read, rows_of
from ictrain.readers.hub import SCHEME
from ictrain.tasks.files import GIVEN, JOIN, FileTask
from ictrain.tasks.parts import Parts
from ictrain.tasks.splits import split

SPLIT_TEST = "test"
"""The name of the test set that is split off."""
_FEW_INPUTS = 20
"""With fewer different ones a share of a tenth may well be empty."""


def read_parts(settings: FileTask) -> Parts:
    """Reads every file once and splits off what is not given.

    Raises:
        DataError: by file and line; a share that left a part without a row; a test set whose
            inputs are all trained on, unless that is allowed.
        ConfigError: a variable of a path that is not set.
    """
    reader = _Reader(settings)
    train = reader.part("train", settings.train)
    dev = None if settings.dev is None else reader.part("dev", settings.dev)
    tests = {
        name: reader.part(name, path, f"tests.{name}") for name, path in settings.tests.items()
    }
    pool = None if settings.pool is None else reader.part("pool", settings.pool)
    pools = {
        name: reader.part(f"{name}-pool", path, f"pools.{name}")
        for name, path in settings.pools.items()
    }
    file, shares = train, settings.resolved_split()
    if shares is not None:
        drawn = split(train, shares, dev=dev is None, test=not tests)
        train = drawn.train
        if not tests:
            tests = {SPLIT_TEST: reader.split_off(SPLIT_TEST, drawn.test, file)}
        if dev is None and shares.dev:
            dev = reader.split_off("dev", drawn.dev, file)
        if not train:
            raise DataError(
                "the split left no row to train on",
                where=settings.train,
                mend=_few_inputs(file) or "lower task.split.test and task.split.dev",
            )
    parts = Parts(train, dev, tests, pool, pools, reader.sources, reader.skipped, reader.too_long)
    parts = settings.prepared(parts)
    if settings.on_trained_test == "stop":
        split_off = (parts.dev or ()) if settings.dev is None else ()
        given = {name: parts.tests[name] for name in settings.tests}
        _refuse_trained(given, (*parts.train, *split_off), settings.tests)
    return parts


class _Reader:
    """Reads parts one after another and keeps the ids of different examples apart."""

    def __init__(self, settings: FileTask) -> None:
        self.settings = settings
        self.sources: dict[str, str] = {}
        self.skipped: dict[str, tuple[int, str]] = {}
        self.too_long: dict[str, int] = {}
        self._inputs: dict[str, str] = {}

    def part(self, name: str, source: str, key: str = "") -> tuple[Example, ...]:
        found = _read(key or name, source, self.settings)
        self.sources[name] = Path(source).name
        if found.skipped:
            self.skipped[source] = (found.skipped, found.first)
        examples = self._short_enough(source, found.examples)
        if found.numbered or any(self._means_another(e) for e in examples):
            # Row numbers, or ids that each file counts anew: equal ones mean different examples.
            examples = tuple(replace(e, id=f"{name}:{e.id}") for e in examples)
        self._inputs |= {e.id: normalise(e.input) for e in examples}
        return examples

    def _short_enough(self, source: str, examples: tuple[Example, ...]) -> tuple[Example, ...]:
        most = self.settings.max_characters
        if most is None:
            return examples
        kept = tuple(e for e in examples if len(e.input) + len(e.output) <= most)
        if len(kept) < len(examples):
            self.too_long[source] = len(examples) - len(kept)
        if not kept:
            raise DataError(
                f"all {len(examples):,} rows are longer than max_characters = {most:,}",
                where=source,
                mend="raise task.max_characters",
            )
        return kept

    def _means_another(self, example: Example) -> bool:
        known = self._inputs.get(example.id)
        return known is not None and known != normalise(example.input)

    def split_off(
        self, name: str, examples: tuple[Example, ...], file: tuple[Example, ...]
    ) -> tuple[Example, ...]:
        if not examples:
            raise DataError(
                f"the split left no row for the {name} set",
                where=self.settings.train,
                mend=f"{_few_inputs(file) or f'raise task.split.{name}'}, or give a file of its "
                "own",
            )
        self.sources[name] = f"{self.sources['train']}, split off"
        return examples


def _few_inputs(file: tuple[Example, ...]) -> str:
    """The mend where the cause lies in the rows, and no share would help."""
    distinct = len({normalise(e.input) for e in file})
    if distinct >= _FEW_INPUTS:
        return ""
    held = f"only {distinct} different inputs" if distinct > 1 else "one and the same input"
    return (
        f"the {len(file):,} rows have {held}, and equal inputs stay in one part: check "
        "task.columns.input, add other inputs"
    )


def _refuse_trained(
    tests: Mapping[str, tuple[Example, ...]],
    file: tuple[Example, ...],
    sources: Mapping[str, str],
) -> None:
    """A test set that was trained on item by item measures memory alone; the same questions about
    other databases are other items.

    Raises:
        DataError: naming it.
    """
    trained = {asked(e) for e in file}
    for name, items in tests.items():
        if items and all(asked(e) in trained for e in items):
            raise DataError(
                f"every input of the test set {name!r} stands in the training file too",
                expected="inputs that were not trained on",
                where=sources[name],
                mend="leave tests out and let `split` make them, or allow it with "
                "task.on_trained_test=warn",
            )


def files_of(part: str, source: str) -> dict[str, Path]:
    """The files that a source is read from, by the part's name; none for a set of the hub."""
    place = expanded(source)
    files = local_files(place)
    if files == [place]:
        return {part: place}
    return {f"{part}/{file.relative_to(place)}": file for file in files}


def check_named(source: str | None) -> None:
    """Refuses a file that a variable should name and that is not there.

    Raises:
        AbsentDataError, AbsentVariableError: with the variable.
    """
    names = [] if source is None else variables_of(source)
    if source is None or not names or str(expanded(source)).startswith(SCHEME):
        return
    if not expanded(source).exists():
        raise AbsentDataError(
            "no such file or folder",
            where=str(expanded(source)),
            mend=f"set {' and '.join(names)} to where it is",
        )


def content_digests(settings: FileTask) -> dict[str, str]:
    """Digests of what has no file here: the examples of parts that come from the hub, or are joined
    with what does."""
    named = settings.sources()
    found = {}
    for part, source in named.items():
        if not str(expanded(source)).startswith(SCHEME):
            continue
        if part.endswith(GIVEN):
            found[part] = digest([str(row) for _, row in rows_of(expanded(source))])
        else:
            read_as = part.removesuffix(JOIN)
            key = read_as.removeprefix("task/")
            examples = _read(key, named[read_as], settings).examples
            found[part] = digest([(e.id, e.input, e.output) for e in examples])
    return found


def read_part(settings: FileTask, part: str, source: str) -> tuple[Example, ...]:
    """The examples of one part alone; errors as read_parts."""
    return _read(part, source, settings).examples


def rows_as_read(settings: FileTask) -> Iterator[Example]:
    """Every row of every part, as it stands in its file; errors as read_parts."""
    for part, source in settings.sources().items():
        if not part.endswith((JOIN, GIVEN)):
            yield from _read(part.removeprefix("task/"), source, settings).examples


def _read(part: str, source: str, settings: FileTask) -> Reading:
    """A random part, where one is wanted, does not hang on a run's seed: nor do the tests."""
    how = settings.how(part)
    for one in (source, how.join):
        check_named(one)
    found = read(expanded(source), how.columns, settings.on_bad_row, how)
    if how.at_most is None or how.at_most >= len(found.examples):
        return found
    chosen = rng(0, f"pairs/sample/{part}").permutation(len(found.examples))[: how.at_most]
    return replace(found, examples=tuple(found.examples[i] for i in sorted(chosen.tolist())))
