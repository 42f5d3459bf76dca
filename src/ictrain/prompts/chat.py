"""A tokenizer's chat template, taken apart into its own text and the places of the contents.

The template is rendered with marks from a private-use plane as contents, and its text is cut at the
marks. So every position is known by construction, whatever stands in the data, and nothing in the
data can take part in the template's own decisions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2.exceptions import TemplateError

from ictrain.errors import ModelError

_MARK = "\U0010f000{}\U0010f001"
_MARKS = re.compile("\U0010f000([0-9]+)\U0010f001")
_TODAY = datetime(2024, 7, 26)
"""What a template is told to be today (Llama 3's own default): a prompt that is asked tomorrow has
to be the one that was trained on today."""
_NOW = re.compile(r"""strftime_now\(\s*(["'])(.*?)\1\s*\)""")


@dataclass(frozen=True, slots=True)
class Layout:
    """What the template writes around the contents of a sequence of turns.

        prompt  "<user>\\n"  0  "<end>\\n<assistant>\\n"     lead  LABEL  tail  end

    Attributes:
        prompt: the template's texts, and the numbers of the turns whose contents stand between.
        lead: white space between the prompt for an answer and the answer.
        tail: white space between the answer and the token that ends it.
        end: that token.
    """

    prompt: tuple[str | int, ...]
    lead: str
    tail: str
    end: int


class ChatTemplate:
    """Layouts of a tokenizer's chat template.

    Args:
        tokenizer: a transformers tokenizer with a chat template.
        values: what the template is told beside the messages; thinking is off unless they say so.

    Attributes:
        control: the tokens that the template alone may write; what stands for a character that
            the tokenizer does not know is not one of them.

    Raises:
        ModelError: no chat template.
    """

    def __init__(self, tokenizer: Any, values: Mapping[str, Any]) -> None:
        self._tokenizer, self._values = tokenizer, {"enable_thinking": False, **values}
        self._source = _NOW.sub(lambda m: repr(_TODAY.strftime(m[2])), _source(tokenizer))
        self._layouts: dict[tuple[str, ...], Layout] = {}
        self._added = {
            token.content: number
            for number, token in tokenizer.added_tokens_decoder.items()
            if not token.content.isspace()
        }
        ends = (tokenizer.bos_token, tokenizer.eos_token)
        text = set() if tokenizer.unk_token in ends else {tokenizer.unk_token}
        self.control = [
            token.content
            for token in tokenizer.added_tokens_decoder.values()
            if (token.special or token.content in self._source)
            and not token.content.isspace()
            and token.content not in text
        ]

    def layout(self, roles: Sequence[str]) -> Layout:
        """What is written around turns of these roles and the assistant's answer to them.

        Raises:
            ModelError: the template refuses these roles, leaves a turn out, does not end an answer
                with a token, or asks for an answer in another way than it writes one.
        """
        key = tuple(roles)
        if key not in self._layouts:
            self._layouts[key] = self._taken_apart(key)
        return self._layouts[key]

    def _taken_apart(self, roles: tuple[str, ...]) -> Layout:
        asked = self._rendered(roles, ask=True)
        answered = self._rendered((*roles, "assistant"), ask=False)
        before, after = answered.split(_MARK.format(len(roles)))
        lead = before.removeprefix(asked)
        if not before.startswith(asked) or lead.strip():
            odd = lead if before.startswith(asked) else before[_common(before, asked) :]
            raise _Refused(
                f"asks for an answer in another way than it writes one: {_short(odd)} stands "
                "before the answer",
                "set prompt.chat_template_kwargs so that it does not, or prompt.chat: none",
            )
        tail, end = self._end(after)
        parts = _MARKS.split(asked)
        prompt = [int(p) if i % 2 else p for i, p in enumerate(parts)]
        return Layout(tuple(p for p in prompt if p != ""), lead, tail, end)

    def _end(self, after: str) -> tuple[str, int]:
        """White space and the token behind an answer."""
        places = [(after.index(t), -len(t), t) for t in self._added if t in after]
        start, _, token = min(places, default=(0, 0, ""))
        if not token or after[:start].strip():
            raise _Refused(
                f"ends an answer with {_short(after)}, which begins with no token of its own",
                "a model cannot learn to stop by it: take another template, or prompt.chat: none",
            )
        return after[:start], self._added[token]

    def _rendered(self, roles: tuple[str, ...], ask: bool) -> str:
        turns = [{"role": role, "content": _MARK.format(i)} for i, role in enumerate(roles)]
        try:
            text = self._tokenizer.apply_chat_template(
                turns,
                chat_template=self._source,
                tokenize=False,
                add_generation_prompt=ask,
                **self._values,
            )
        except (TemplateError, TypeError, ValueError) as error:
            raise _Refused(f"refuses {_told(roles)}: {error}", _mend(roles)) from error
        numbers = [int(number) for number in _MARKS.findall(text)]
        if sorted(numbers) != list(range(len(roles))):
            lost = [roles[i] for i in range(len(roles)) if numbers.count(i) != 1]
            raise _Refused(
                f"leaves out, changes or repeats the {lost[0]} turn's text", _mend(roles)
            )
        return str(text)


class _Refused(ModelError):
    def __init__(self, found: str, mend: str) -> None:
        super().__init__(f"the chat template {found}", where="prompt.chat", mend=mend)


def _source(tokenizer: Any) -> str:
    try:
        if getattr(tokenizer, "chat_template", None):
            return str(tokenizer.get_chat_template())
    except ValueError:  # several, and none of them is the default
        pass
    raise ModelError(
        "the tokenizer has no chat template",
        where="prompt.chat",
        mend="set prompt.chat: none, or let model.tokenizer name an instruct model's tokenizer",
    )


def _told(roles: tuple[str, ...]) -> str:
    return " ".join(roles)


def _mend(roles: tuple[str, ...]) -> str:
    if roles[0] == "system":
        return "put prompt.system's words into prompt.instruction"
    return "set prompt.chat: turn" if len(roles) > 2 else "set prompt.chat: none"


def _common(a: str, b: str) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))


def _short(text: str) -> str:
    return repr(_MARKS.sub("...", text)[:40])
