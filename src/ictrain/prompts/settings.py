"""The words of a prompt, split into segments that are tokenised on their own."""

from __future__ import annotations

import string
from typing import Literal, Self

from pydantic import Field, model_validator

from ictrain.errors import ConfigError
from ictrain.settings import Settings


class PromptSettings(Settings):
    """A template: instruction, one block per context example, the target's input, its output."""

    instruction: str = Field(default="", description="stands first when there is no context")
    instruction_with_context: str | None = Field(
        default=None,
        description="stands first when there is one; {k} is the number of examples; the plain "
        "instruction if empty",
    )
    example: str = Field(
        default="{input}: {output}\n",
        description="a context example; {index} counts from 1; white space before {output} "
        "becomes part of the output",
    )
    target: str | None = Field(
        default=None,
        description="the target's block up to and with {output}; the example's form if empty",
    )
    bos: Literal["auto", "always", "never"] = Field(
        default="auto", description="auto: one BOS token where the tokenizer itself adds one"
    )
    max_tokens: int = Field(
        default=2048, ge=8, description="the window, label included; context examples are dropped "
        "whole, least similar first, until a prompt fits"
    )  # fmt: skip

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("example", "target"):
            template = getattr(self, name)
            if template is not None:
                _require_fields(template, name)
        return self

    def example_parts(self) -> tuple[str, str, str]:
        """Templates of a context example's input, output and closing text."""
        return _split(self.example)

    def target_parts(self) -> tuple[str, str]:
        """Templates of the target's input and output; what would follow is the EOS token's."""
        before, output, _ = _split(self.example if self.target is None else self.target)
        return before, output


def _require_fields(template: str, name: str) -> None:
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ConfigError(f"{name} is {template!r}: {error}", expected="balanced braces") from None
    fields = [field for _, field, _, _ in parsed if field is not None]
    if "" in fields or any(spec or conversion for _, _, spec, conversion in parsed):
        raise ConfigError(f"{name} is {template!r}", expected="plain {input}, {output}, {index}")
    if fields.count("output") != 1 or fields.count("input") != 1:
        raise ConfigError(
            f"{name} is {template!r}", expected="{input} and {output}, each exactly once"
        )
    if template.index("{input}") > template.index("{output}"):
        raise ConfigError(f"{name} is {template!r}", expected="{input} before {output}")
    if unknown := set(fields) - {"input", "output", "index"}:
        raise ConfigError(f"{name} has {{{min(unknown)}}}", expected="{input}, {output}, {index}")


def _split(template: str) -> tuple[str, str, str]:
    """White space before {output} moves into the output, so that a target's first token is the
    same with and without its label (a byte-level tokenizer glues a space to the next word)."""
    before, _, after = template.partition("{output}")
    stem = before.rstrip(" ")
    return stem, before[len(stem) :] + "{output}", after
