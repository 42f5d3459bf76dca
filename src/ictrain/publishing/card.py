"""The model card: a header that the Hub reads, and what was measured, in words and tables."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from huggingface_hub import EvalResult, ModelCardData
from jinja2 import Environment, PackageLoader, StrictUndefined

from ictrain.analysis import Cell
from ictrain.config import Arm
from ictrain.contexts import MODE_WORDS
from ictrain.prompts import PromptSettings
from ictrain.publishing.choose import Chosen
from ictrain.publishing.facts import POOLED, Facts
from ictrain.publishing.origin import Origin
from ictrain.publishing.prompts import Shown
from ictrain.report import words

NO_LICENCE = "# license: FILL IN; the licence of the base binds this model too\n"


@dataclass(frozen=True)
class Card:
    """What a card is written from.

    Attributes:
        title: the model's name.
        chosen, facts: the training, and what was measured of it.
        base: where its base is to be had; None where it has none.
        kind: adapter, merged, or full.
        shown: a prompt to be printed; None to print none.
        usage: a program.
        license: as the Hub spells it; None leaves a marker.
    """

    title: str
    chosen: Chosen
    facts: Facts
    base: Origin | None
    kind: str
    shown: Shown | None
    usage: str
    license: str | None

    def text(self) -> str:
        """README.md."""
        header = self._data().to_yaml().rstrip("\n") + "\n"
        marker = "" if self.license else NO_LICENCE
        return f"---\n{marker}{header}---\n\n{self._body()}"

    def _data(self) -> ModelCardData:
        tags = [
            "ictrain",
            "in-context-learning",
            "few-shot",
            *(["lora"] * (self.kind == "adapter")),
        ]
        named = self.base is not None and bool(self.base.name)
        relation = {"adapter": "adapter", "merged": "merge", "full": "finetune"}[self.kind]
        more: dict[str, Any] = {"base_model_relation": relation} if named else {}
        return ModelCardData(
            base_model=self.base.name if self.base and named else None,
            library_name="peft" if self.kind == "adapter" else "transformers",
            license=self.license,
            pipeline_tag="text-generation",
            tags=tags,
            model_name=self.title,
            eval_results=self._results(),
            **more,
        )

    def _results(self) -> list[EvalResult]:
        """Every metric by test set and band, all modes together; the modes stand in the text."""
        run, pooled = self.chosen.settings.name, dict(self.facts.by_mode)[POOLED]
        return [_result(run, cell) for cell in pooled if cell.estimate.mean is not None]

    def _body(self) -> str:
        env = Environment(
            loader=PackageLoader("ictrain.publishing"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        env.filters |= {
            "cell": _cell,
            "plain": words.plain,
            "count": _count,
            "template": _template,
            "fenced": _fenced,
        }
        chosen, facts, record = self.chosen, self.facts, self.chosen.run.record()
        estimates = [c.estimate for _, cells in facts.by_mode for c in cells]
        return env.get_template("card.md.j2").render(
            card=self,
            settings=chosen.settings,
            arm=chosen.arm,
            job=chosen.summary,
            versions=record.get("versions") or {"ictrain": version("ictrain")},
            created=record.get("created", ""),
            facts=facts,
            answer=words.answer(facts.every),
            goals=facts.every.goals,
            modes={**MODE_WORDS, POOLED: _together(facts)},
            columns={"none": "no context"},
            stops=next((s for s in facts.own.stops if s.strategy == facts.strategy), None),
            others=_others(chosen),
            pooled=POOLED,
            few=any(e.interval is None for e in estimates),
            alike=any(e.interval and e.interval[1] - e.interval[0] < 1e-9 for e in estimates),
        )


def _result(run: str, cell: Cell) -> EvalResult:
    e, told = cell.estimate, "no context" if cell.column == "none" else f"{cell.column} similarity"
    low, high = (round(end, 6) for end in e.interval) if e.interval else (None, None)
    return EvalResult(
        task_type="text-generation",
        task_name=f"asked with {told}" if cell.column != "none" else "asked without context",
        dataset_type="custom",
        dataset_name=f"{run}, test set {cell.test_set}",
        dataset_config=f"{cell.test_set}/{cell.column}",
        dataset_split="test",
        metric_type=cell.metric,
        metric_name=f"{words.plain(cell.metric)}, {told}",
        metric_value=round(e.mean or 0.0, 6),
        metric_args={"items": e.items} | ({"low": low, "high": high} if e.interval else {}),
    )


def _together(facts: Facts) -> str:
    asked = [mode for mode in facts.own.frame.modes if mode in facts.own.settings.band_modes]
    return f"{', '.join(asked)} together"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    return f"{words.with_interval(cell.estimate)} ({cell.estimate.items})"


def _count(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"


def _others(chosen: Chosen) -> dict[str, str]:
    """What stands beside the model, in words."""
    known = {
        "copy_nearest": "no model: the label of the closest example",
        "copy_random": "no model: the label of a random example",
    }
    arms = chosen.settings.strategies.items()
    told = {name: arm.description or _described(arm) for name, arm in arms}
    return known | {name: f"{words.plain(name)}: {text}" for name, text in told.items()}


def _described(arm: Arm) -> str:
    if arm.kind == "trained":
        alone = set(arm.context.mixture()) == {"zero"}
        return "fine-tuned without any context" if alone else "fine-tuned with other contexts"
    return _KINDS[arm.kind]


_KINDS = {
    "base": "the model as it came",
    "untrained": "an adapter that saw no step",
    "stored": "another model, asked as it is",
    "endpoint": "a model behind an endpoint",
}


def _fenced(text: str, language: str = "") -> str:
    """A block of code that no run of back ticks in the text ends."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _template(settings: PromptSettings) -> str:
    """The parts of a prompt, with their white space to be seen."""
    first = settings.instruction_with_context or settings.instruction
    before, output, after = settings.example_parts()
    lines = {"first": first, "each example": before + output + after}
    lines["the question"] = settings.target_parts()[0]
    return "\n".join(
        f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in lines.items() if text
    )
