"""Which tasks and groups there are, and their YAML.

    NAME                          everything
    NAME-id                       one test set
    NAME-id-one_similar           one context mode: its bands together
    NAME-id-one_similar-high      one band of it: what is asked
    NAME-id-all-high              one band of all modes together

A task with no question would stop the harness, so an empty band has no task, and no number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ictrain.errors import ConfigError
from ictrain.statistics import BANDS

BASE = "_graded_yaml"
"""What all tasks share; its name ends so that the harness does not take it for a task."""
COLUMNS = ("none", *BANDS)

Cell = tuple[str, str, str]
"""(test set, mode, band)."""


@dataclass(frozen=True)
class Layout:
    """All cells with their number of questions, under one name.

    Attributes:
        name: of the group that holds everything.
        cells: those with a question, in the order of the config.
        metrics: their names, as the scores have them.
        pooled: the modes whose rows are put into bands together.
    """

    name: str
    cells: Mapping[Cell, int]
    metrics: Sequence[str]
    pooled: Sequence[str]

    @property
    def tests(self) -> dict[str, str]:
        """Test set -> its name as a part of a task's."""
        return _parts(dict.fromkeys(test for test, _, _ in self.cells))

    def modes(self, test: str) -> list[str]:
        """The modes that a test set is asked in."""
        return list(dict.fromkeys(mode for name, mode, _ in self.cells if name == test))

    def files(self, base: Mapping[str, Any]) -> dict[str, str]:
        """YAML by file name.

        Args:
            base: what all tasks share, beside functions.
        """
        made = {BASE: _FUNCTIONS + _yaml(base)}
        made |= {f"tasks/{name}.yaml": text for name, text in self._tasks().items()}
        return made

    def _tasks(self) -> dict[str, str]:
        made: dict[str, str] = {}
        for test, part in self.tests.items():
            own = f"{self.name}-{part}"
            cells = {(m, b): n for (name, m, b), n in self.cells.items() if name == test}
            members = []
            for mode in dict.fromkeys(mode for mode, _ in cells):
                bands = {b: n for (m, b), n in cells.items() if m == mode}
                made |= self._mode(own, test, mode, bands)
                members.append(f"{own}-{mode}")
            for band in BANDS:
                modes = [m for m, b in cells if b == band and m in self.pooled]
                if modes:
                    members.append(f"{own}-all-{band}")
                    inner = [f"{own}-{mode}-{band}" for mode in modes]
                    alias = f"{test}: {band}, all modes (± too small)"
                    made[members[-1]] = _group(members[-1], alias, inner, self.metrics)
            made[own] = _group(own, test, members, ())
        parts = [f"{self.name}-{part}" for part in self.tests.values()]
        return {**made, self.name: _group(self.name, self.name, parts, ())}

    def _mode(self, own: str, test: str, mode: str, bands: Mapping[str, int]) -> dict[str, str]:
        """A group of bands; one task where there is no context, and so no band."""
        name = f"{own}-{mode}"
        if list(bands) == ["none"]:
            return {name: _task(name, f"{test}: {mode}", test, mode, "none")}
        made = {
            f"{name}-{band}": _task(f"{name}-{band}", f"{mode}: {band} ({n})", test, mode, band)
            for band, n in bands.items()
        }
        return {**made, name: _group(name, f"{test}: {mode}", list(made), self.metrics)}


_FUNCTIONS = """\
class: !function utils.Graded
process_results: !function utils.scores
"""


def task_name(name: str, config: str) -> str:
    """The name of all tasks: one that the harness takes as it is.

    Raises:
        ConfigError: it holds what a pattern or a list of tasks is written with.
    """
    if not name:
        return "ictrain-" + re.sub(r"[^\w.+-]", "-", config)
    if not re.fullmatch(r"[\w.+-]+", name):
        raise ConfigError(f"{name!r} cannot name a task", expected="letters, digits and .+-_")
    return name


def _parts(tests: Iterable[str]) -> dict[str, str]:
    """Names without what a task's name cannot hold, each once."""
    made: dict[str, str] = {}
    for test in tests:
        part = re.sub(r"\W+", "_", test)
        while part in made.values():
            part += "_"
        made[test] = part
    return made


def _task(name: str, alias: str, test: str, mode: str, band: str) -> str:
    cell = {"test_set": test, "mode": mode, "band": band}
    values = {"include": f"../{BASE}", "task": name, "task_alias": alias}
    return _yaml({**values, "dataset_kwargs": cell})


def _group(name: str, alias: str, members: Sequence[str], metrics: Sequence[str]) -> str:
    summed = [{"metric": m, "aggregation": "mean", "weight_by_size": True} for m in metrics]
    values: dict[str, Any] = {"group": name, "group_alias": alias, "task": list(members)}
    values |= {"aggregate_metric_list": summed} if summed else {}
    return _yaml({**values, "metadata": {"version": 1}})


def _yaml(values: Mapping[str, Any]) -> str:
    """JSON is YAML, and leaves no doubt about what is a text."""
    return "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )
