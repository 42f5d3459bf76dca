"""The settings of a run: each room's own, composed."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ictrain.analysis import AnalysisSettings
from ictrain.config.grid import expanded
from ictrain.contexts import STRATEGIES, StrategySettings
from ictrain.errors import ConfigError, nearest
from ictrain.evaluation import EvaluationSettings
from ictrain.generation import EndpointSettings
from ictrain.models import AdapterSettings, ModelSettings
from ictrain.probes import ProbeSettings
from ictrain.prompts import PromptSettings
from ictrain.search.settings import TuneSettings
from ictrain.settings import Settings
from ictrain.similarity.roles import SimilarityRoles
from ictrain.tasks import (
    AlignmentSettings,
    PairsSettings,
    SemanticParsingSettings,
    TextToSqlSettings,
    TranslationSettings,
    metric_names,
    names_of_tests,
    prompt_defaults,
)
from ictrain.training import TrainingSettings

TaskSettings = Annotated[
    AlignmentSettings
    | PairsSettings
    | TranslationSettings
    | SemanticParsingSettings
    | TextToSqlSettings,
    Field(discriminator="name"),
]


class Arm(Settings):
    """One line of the comparison: a strategy with its own training settings, or a model that is
    asked as it is."""

    kind: Literal["trained", "base", "untrained", "stored", "endpoint"] = Field(
        default="trained",
        description="base: the model as it came; untrained: with an adapter that saw no step, a "
        "control through the same code; stored: another model, or an adapter that was trained "
        "elsewhere; endpoint: a model behind an OpenAI-compatible endpoint",
    )
    model: ModelSettings | None = Field(
        default=None, description="stored: which model; the run's own if empty"
    )
    weights: str | None = Field(
        default=None, description="stored: folder of an adapter, put onto the model"
    )
    endpoint: EndpointSettings | None = Field(default=None, description="where it is asked")
    context: StrategySettings = Field(description="how its training contexts are drawn")
    training: TrainingSettings = Field(description="its optimiser, steps and memory")
    adapter: AdapterSettings = Field(description="which of its weights are trained")
    description: str = Field(default="", description="one sentence for the page")

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if (self.kind == "endpoint") != (self.endpoint is not None):
            raise ConfigError(
                f"kind {self.kind!r} {'without' if self.endpoint is None else 'with'} an endpoint",
                expected="kind: endpoint and endpoint: {url: ..., model: ...} together",
            )
        if self.kind != "stored" and (self.model is not None or self.weights is not None):
            raise ConfigError(
                f"kind {self.kind!r} with a model of its own", mend="set kind: stored"
            )
        if self.kind == "stored" and self.model is None and self.weights is None:
            raise ConfigError("kind 'stored'", expected="model or weights", mend="or kind: base")
        return self


class RunSettings(Settings):
    """A whole comparison."""

    name: str = Field(description="the run's folder under runs/")
    description: str = Field(default="", description="one sentence for the page")
    seeds: tuple[int, ...] = Field(default=(0,), min_length=1, description="each varies everything")
    task: TaskSettings = Field(
        description="what is learned: pairs, your own files; translation, semantic_parsing, the "
        "same with a prompt and metrics of their own; or alignment, a synthetic task"
    )
    model: ModelSettings = Field(
        default_factory=ModelSettings, description="the base that is trained and asked"
    )
    prompt: PromptSettings = Field(
        default_factory=PromptSettings, description="how examples and target are written"
    )
    similarity: SimilarityRoles = Field(
        default_factory=SimilarityRoles, description="how closeness of inputs is measured"
    )
    strategies: dict[str, Arm] = Field(
        min_length=1,
        description="arms by name; context, training and adapter at the top level are the "
        "defaults of each arm's own; an arm with grid: {context.p: [0.1, 0.25], ...} stands for "
        "one arm per combination of the values",
    )
    evaluation: EvaluationSettings = Field(
        default_factory=EvaluationSettings, description="with which contexts models are asked"
    )
    probes: ProbeSettings = Field(
        default_factory=ProbeSettings, description="what is asked while a model is trained"
    )
    analysis: AnalysisSettings = Field(
        default_factory=AnalysisSettings, description="what the page's tables and goals are about"
    )
    tune: TuneSettings = Field(
        default_factory=TuneSettings, description="what `ictrain tune` tries"
    )
    deviations: tuple[str, ...] = Field(
        default=(), description="where this run departs from the paper, for the page"
    )
    notes: tuple[str, ...] = Field(
        default=(), description="what a reader should know, for the page"
    )
    workers: int | None = Field(
        default=None,
        ge=1,
        description="processes at once; if empty the number of cores, or 1 on a GPU",
    )

    threads: int = Field(default=1, ge=1, description="CPU threads of each process")

    @classmethod
    def written(cls, key: tuple[int | str, ...], values: dict[str, Any]) -> tuple[int | str, ...]:
        """An arm's key that stands at the top level is told as it stands there."""
        if len(key) < 3 or key[0] != "strategies" or key[2] not in SHARED:
            return key
        arms, shared = values.get("strategies") or {}, values.get(str(key[2])) or {}
        own = (arms.get(key[1]) or {}).get(key[2]) or {}
        if key[1] not in arms:  # made of a grid
            return key
        inherited = key[3] not in own and key[3] in shared if len(key) > 3 else shared and not own
        return key[2:] if inherited else key

    @model_validator(mode="before")
    @classmethod
    def _fill_arms(cls, values: Any) -> Any:
        return _with_defaults(values) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            raise ConfigError(f"seeds {list(self.seeds)}", expected="each seed once")
        if min(self.seeds) < 0:
            raise ConfigError(f"seeds {list(self.seeds)}", expected="whole numbers from 0 on")
        for name in (self.name, *self.strategies):
            if not re.fullmatch(r"[\w@.+-]*\w[\w@.+-]*", name) or name in _RESERVED:
                raise ConfigError(
                    f"{name!r} cannot be a folder of the run",
                    expected=f"letters, digits and @.+-_, and none of {', '.join(_RESERVED)}",
                )
        self._check_analysis()
        return self

    def _check_analysis(self) -> None:
        """What page and probes will look for has to be there, before anything is trained."""
        known = metric_names(self.task)
        wanted = self.analysis.metric
        if wanted is not None and wanted not in known:
            raise ConfigError(
                f"unknown metric {wanted!r}", where="analysis.metric", mend=nearest(wanted, known)
            )
        tests = names_of_tests(self.task, self.evaluation.split)
        for name in self.probes.test_sets:
            if name not in tests:
                raise ConfigError(
                    f"unknown test set {name!r}",
                    where="probes.test_sets",
                    mend=nearest(name, tests),
                )
        for key in ("id_test", "ood_test"):
            name = getattr(self.analysis, key)
            if name not in tests and name != AnalysisSettings.model_fields[key].default:
                raise ConfigError(
                    f"unknown test set {name!r}", where=f"analysis.{key}", mend=nearest(name, tests)
                )


_TEMPLATES = {"instruction", "instruction_with_context", "example", "target"}
SHARED = ("context", "training", "adapter")
_RESERVED = ("report", "cache")


def _with_defaults(values: dict[str, Any]) -> dict[str, Any]:
    """Top-level context, training and adapter become the defaults of every arm."""
    shared = {key: _section(values.get(key), key) for key in SHARED}
    arms: dict[str, Any] = {}
    for name, arm in _section(values.get("strategies"), "strategies").items():
        own = {} if arm is None else arm
        if not isinstance(own, dict) or not all(isinstance(own.get(k, {}), dict) for k in SHARED):
            raise ConfigError(f"found {arm!r}", expected="keys and values", where=name)
        for label, one in expanded(name, own).items():
            for key in SHARED:
                one[key] = {**shared[key], **one.get(key, {})}
            if "name" not in one["context"]:
                one["context"]["name"] = _strategy_of(name, one)
            if label in arms:
                raise ConfigError(f"two arms named {label}", where="strategies")
            arms[label] = one
    kept = {key: value for key, value in values.items() if key not in SHARED}
    prompt = _section(values.get("prompt"), "prompt")
    if isinstance(values.get("task"), dict) and not _TEMPLATES & prompt.keys():
        own = prompt_defaults(values["task"], turns=prompt.get("chat") == "turns")
        kept |= {"prompt": {**own, **prompt}} if own else {}
    return {**kept, "strategies": arms}


def _section(value: Any, name: str) -> dict[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise ConfigError(f"found {value!r}", expected="keys and values", where=name)
    return value or {}


def _strategy_of(arm: str, values: dict[str, Any]) -> str:
    if values.get("kind", "trained") != "trained":
        return "zero"
    if arm not in STRATEGIES:
        raise ConfigError(
            f"unknown strategy {arm!r}",
            where=f"strategies.{arm}",
            mend=f"{nearest(arm, STRATEGIES)}; an arm of another name needs context.name",
        )
    return arm
