"""Semantic parsing: an utterance to its bracketed parse, as XSemPLR has MTOP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ictrain.languages import language_name
from ictrain.metrics.trees import alike, nodes
from ictrain.tasks.base import TaskData
from ictrain.tasks.files import FileTask
from ictrain.tasks.pairs import load_pairs
from ictrain.tasks.parts import Parts


class SemanticParsingSettings(FileTask):
    """Utterances with their parses."""

    name: Literal["semantic_parsing"] = Field(
        default="semantic_parsing", description="which kind of task this is"
    )
    language: str = Field(
        default="English", description="of the utterances, by its English name or ISO 639-1 code"
    )
    metrics: tuple[str, ...] = Field(
        default=("exact_match", "normalised_exact_match", "tree_accuracy"),
        min_length=1,
        description="exact match as it is, and with each run of white space as one space; F1 of "
        "the trees' nodes; the first is the headline",
    )

    @model_validator(mode="after")
    def _check_language(self) -> Self:
        language_name(self.language)
        return self

    def warnings(self, parts: Parts) -> list[str]:
        """See FileTask: gold that is no tree scores only by its letters."""
        named = {"train": parts.train, "dev": parts.dev or (), **parts.tests}
        broken = {
            name: [e for e in part if nodes(e.output) is None] for name, part in named.items()
        }
        return [
            f"{len(found):,} of {len(named[name]):,} parses of {name} are no tree; the first: "
            f"{found[0].id}, {found[0].output!r:.80}"
            for name, found in broken.items()
            if found
        ]

    @classmethod
    def prompt_defaults(cls, values: Mapping[str, Any], *, turns: bool) -> dict[str, Any]:
        """See FileTask. The paper does not show its prompt: this one is ours."""
        name = values.get("language", cls.model_fields["language"].default)
        if not isinstance(name, str):
            return {}
        first = f"Translate the {language_name(name)} utterance into its parse.\n"
        if turns:
            return {"instruction": first}
        return {
            "instruction": first,
            "example": "Utterance: {input}\nParse: {output}\n\n",
            "target": "Utterance: {input}\nParse: {output}",
        }


def load_semantic_parsing(settings: SemanticParsingSettings, seed: int) -> TaskData:
    """The pairs; two parses are as alike as their trees; errors as load_pairs."""
    data = load_pairs(settings, seed)
    parts = {"train": data.train, **{name: test.examples for name, test in data.tests.items()}}
    broken = {name: sum(nodes(e.output) is None for e in part) for name, part in parts.items()}
    facts = {f"{name}_golds_that_are_no_tree": count for name, count in broken.items() if count}
    return replace(
        data,
        alike=alike,
        alike_words="F1 of the trees' nodes [ours]",
        facts={**data.facts, **facts},
    )
