"""Rows for Axolotl: labelled segments without a template, or messages with a train flag each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from ictrain.exports.base import EITHER, About, Read, Row, Style, encoded, turns_of
from ictrain.prompts import Rendered


class Axolotl:
    """Plain text: type input_output, whose segments are tokenised on their own as ictrain's are.

    Chats: type chat_template; only the last turn has train: true.
    """

    name, chats, needs_tokenizer = "axolotl", EITHER, True
    source = "https://docs.axolotl.ai/docs/dataset-formats/ (template_free, conversation)"

    def row(self, rendered: Rendered, style: Style) -> Row:
        """See Format."""
        if style.prompt.chat != "none":
            turns = turns_of(rendered)
            last = len(turns) - 1
            return {"messages": [{**turn, "train": i == last} for i, turn in enumerate(turns)]}
        texts = [(segment.part == "label", segment.text) for segment in rendered.segments]
        parts = [(False, style.bos), *texts, (True, style.eos)]
        return {"segments": [{"label": label, "text": text} for label, text in parts if text]}

    def read(self, row: Row, style: Style) -> Read | None:
        """Axolotl's input_output: the ids of each segment, one behind the other."""
        if style.prompt.chat != "none":
            return None
        parts = [(s["label"], encoded(style.tokenizer, s["text"])) for s in row["segments"]]
        ids = tuple(i for _, own in parts for i in own)
        return ids, sum(len(own) for label, own in parts if label)

    def files(self, about: About, style: Style) -> Mapping[str, str]:
        """The part of an Axolotl config that loads the rows."""
        chat = style.prompt.chat != "none"
        values = {
            "datasets": [_entry(name, style) for name in about.files],
            "shuffle_merged_datasets": False,
            "curriculum_sampling": True,
            "num_epochs": 1,
            "sequence_len": about.window(chat),
            "sample_packing": False,
            "train_on_inputs": False,
        }
        if chat and style.eos != style.tokenizer.eos_token:
            values["eot_tokens"] = [style.eos]
        text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
        return {"axolotl.yaml": "# To be put into your own config; paths are relative.\n" + text}

    def usage(self, about: About, style: Style) -> str:
        """See Format."""
        del about
        return (_PLAIN if style.prompt.chat == "none" else _CHAT) + _BOTH


_PLAIN = """\
Each row is a list of segments; those with `label: true` (the target's output, and EOS) carry the
loss. BOS and EOS stand in the rows, for Axolotl adds none to `type: input_output`.
"""
_CHAT = """\
Each row is a list of messages; `message_field_training` reads the flag `train`, which is true for
the target's answer alone, so that answers of context examples carry no loss. Axolotl finds the
tokens of a turn by rendering it once more with other words: look at `axolotl preprocess --debug`.
"""
_BOTH = """
`axolotl.yaml` has the part of a config that loads all files in order as one pass. Axolotl drops a
row that is longer than `sequence_len`, which leaves room for the longest.
"""


def _entry(name: str, style: Style) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": name, "ds_type": "json"}
    if style.prompt.chat == "none":
        return {**entry, "type": "input_output"}
    return {
        **entry,
        "type": "chat_template",
        "chat_template": "tokenizer_default",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
        "roles_to_train": [],
        "message_field_training": "train",
        "train_on_eos": "turn",
    }
