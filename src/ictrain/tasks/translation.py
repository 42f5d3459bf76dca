"""Translation from one language into another, asked as the paper asks it.

The prompt is format 2 of Alves et al. 2023, 'Steering large language models for machine translation
with finetuning and in-context learning' (their released templates): with k examples a line that
announces them, a numbered block for each, an empty line behind each block, then the form that
stands alone when there are none. The space before a translation belongs to the translation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ictrain.errors import ConfigError
from ictrain.examples import Example
from ictrain.languages import in_other_script, language_name
from ictrain.metrics import METRICS, Comet
from ictrain.tasks.base import TaskData
from ictrain.tasks.files import FileTask
from ictrain.tasks.pairs import load_pairs
from ictrain.tasks.parts import Parts

_MANY = 0.1
"""Of a side in another script are no longer names and left-overs [ours]."""


class TranslationSettings(FileTask):
    """Pairs of sentences in two languages."""

    name: Literal["translation"] = Field(
        default="translation", description="which kind of task this is"
    )
    source_language: str = Field(
        default="English", description="of the inputs, by its English name or its ISO 639-1 code"
    )
    target_language: str = Field(description="of the outputs, likewise")
    metrics: tuple[str, ...] = Field(
        default=("chrf", "bleu"),
        min_length=1,
        description="chrf, bleu, comet, or any other; the first is the headline",
    )
    max_new_tokens: int = Field(default=256, ge=1, description="the longest translation [ours]")

    @model_validator(mode="after")
    def _check_languages(self) -> Self:
        names = language_name(self.source_language), language_name(self.target_language)
        if names[0] == names[1]:
            raise ConfigError(
                f"source_language and target_language are both {names[0]}",
                expected="two languages",
                mend="task.name=pairs takes any pairs",
            )
        return self

    def warnings(self, parts: Parts) -> list[str]:
        """See FileTask: a share of sentences that are not in their language's script."""
        named = {"train": parts.train, "dev": parts.dev or (), **parts.tests}
        return [
            f"{count:,} of {len(examples):,} {side} of {name} are not in the script of {language}: "
            f"are the columns exchanged, or {_setting_of(side)} another?"
            for name, examples in named.items()
            for side, language, count in _by_side(self, examples)
            if count > _MANY * len(examples)
        ]

    @classmethod
    def prompt_defaults(cls, values: Mapping[str, Any], *, turns: bool) -> dict[str, Any]:
        """See FileTask."""
        default = cls.model_fields["source_language"].default
        pair = (values.get("source_language", default), values.get("target_language"))
        if not all(isinstance(one, str) for one in pair):
            return {}  # told when the task itself is checked
        first, second = (language_name(str(one)) for one in pair)
        asked = f"Translate the source text from {first} to {second}.\n"
        if turns:
            return {"instruction": asked}
        return {
            "instruction_with_context": "Consider the following {k} translations from "
            f"{first} to {second}.\n",
            "example": "Example {index}:\nSource: {input}\nTarget: {output}\n\n",
            "target": asked + "Source: {input}\nTarget: {output}",
        }


def load_translation(settings: TranslationSettings, seed: int) -> TaskData:
    """The pairs; two translations are as alike as their chrF, copied as BLEU says, and agree as
    COMET says where it is among the metrics; errors as load_pairs."""
    data = load_pairs(settings, seed)
    comet = next((metric for metric in data.metrics if isinstance(metric, Comet)), None)
    return replace(
        data,
        alike=sentence_chrf,
        agreement=None if comet is None else comet.of_triples,
        copying=sentence_bleu,
        alike_words="chrF [ours]",
        agreement_words="" if comet is None else "COMET, as in the paper",
        copying_words="sentence BLEU, as in the paper",
        facts={**data.facts, **_other_scripts(settings, data)},
    )


def sentence_chrf(source: str, hypothesis: str, reference: str) -> float:
    """chrF of one sentence, 0 to 1, for probes; two empty ones are alike [ours: the paper has COMET
    for IWL and ICL, which is to be had only where its checkpoint is]."""
    return _of_sentence("chrf", source, hypothesis, reference)


def sentence_bleu(source: str, hypothesis: str, reference: str) -> float:
    """BLEU of one sentence, 0 to 1, for the copy score as the paper has it (its section on probes):
    the answer is the hypothesis, a label of the context the reference; two empty ones are alike."""
    return _of_sentence("bleu", source, hypothesis, reference)


def _of_sentence(metric: str, source: str, hypothesis: str, reference: str) -> float:
    if not hypothesis.strip() and not reference.strip():
        return 1.0
    # sacrebleu says 100.00000000000004 of two equal sentences.
    return min(1.0, METRICS[metric].score(hypothesis, Example("", source, reference)))


def _other_scripts(settings: TranslationSettings, data: TaskData) -> dict[str, int]:
    """How many sentences are not in the script of their language: a hint at swapped columns, at
    sentences that were left untranslated."""
    parts = {"train": data.train, **{name: test.examples for name, test in data.tests.items()}}
    return {
        f"{name}_{side}_not_in_{language}s_script": count
        for name, examples in parts.items()
        for side, language, count in _by_side(settings, examples)
        if count
    }


def _by_side(
    settings: TranslationSettings, examples: Sequence[Example]
) -> Iterator[tuple[str, str, int]]:
    """(side, language, how many are in another script)."""
    sides = {
        "inputs": ([e.input for e in examples], settings.source_language),
        "outputs": ([e.output for e in examples], settings.target_language),
    }
    for side, (texts, language) in sides.items():
        yield side, language_name(language), len(in_other_script(texts, language))


def _setting_of(side: str) -> str:
    """The setting that names a side's language."""
    return "source_language" if side == "inputs" else "target_language"
