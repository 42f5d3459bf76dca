"""What a model is asked: an instruction, and sentences as JSON keyed by id.

A sentence is data. JSON quotes whatever it holds, instructions and JSON of its own too, and its id
is a hash of it, which no text can know of itself: so nothing in a sentence can pass for an answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ictrain.files import digest
from ictrain.generation import Message
from ictrain.languages import language_name
from ictrain.paraphrase.asked.settings import AskedSettings


def instruction_of(settings: AskedSettings) -> str:
    """The instruction, filled in."""
    text = settings.instruction or settings.form.instructions[settings.prompt_version]
    own = "in the sentence's own language"
    language = own if settings.language is None else f"in {language_name(settings.language)}"
    return text.replace("{count}", str(settings.count)).replace("{language}", language)


def ids_of(sentences: Sequence[str]) -> dict[str, str]:
    """id -> sentence, for the distinct sentences of one request."""
    found: dict[str, str] = {}
    for sentence in sentences:
        name, size = digest(sentence), 6
        while f"s{name[:size]}" in found and size < len(name):
            size += 2
        found[f"s{name[:size]}"] = sentence
    return found


def messages_of(settings: AskedSettings, ids: Mapping[str, str]) -> tuple[Message, ...]:
    """The request as a chat."""
    items = {name: settings.form.told(item) for name, item in ids.items()}
    told = json.dumps(items, ensure_ascii=False, indent=0)
    return ("system", instruction_of(settings)), ("user", told)


def text_of(messages: Sequence[Message]) -> str:
    """The same for a model that knows no chats."""
    return "\n\n".join(content for _, content in messages) + "\n\n"
