"""Token ids and labels themselves: the same for every tokenizer, whatever it merges."""

from __future__ import annotations

from collections.abc import Mapping

from ictrain.exports.base import EITHER, About, Read, Row, Style
from ictrain.prompts import Rendered


class Tokens:
    """{"input_ids", "attention_mask", "labels"}, for TRL, Axolotl and transformers' Trainer."""

    name, chats, needs_tokenizer = "tokens", EITHER, True
    source = "https://docs.axolotl.ai/docs/dataset-formats/tokenized.html and SFTTrainer's own page"

    def row(self, rendered: Rendered, style: Style) -> Row:
        """See Format."""
        del style
        start = rendered.label_start
        return {
            "input_ids": list(rendered.ids),
            "attention_mask": [1] * len(rendered.ids),
            "labels": [-100] * start + list(rendered.ids[start:]),
        }

    def read(self, row: Row, style: Style) -> Read:
        """As it stands there."""
        del style
        return tuple(row["input_ids"]), len(row["labels"]) - row["labels"].count(-100)

    def files(self, about: About, style: Style) -> Mapping[str, str]:
        """None."""
        del about, style
        return {}

    def usage(self, about: About, style: Style) -> str:
        """See Format."""
        del style
        return _USAGE.format(longest=about.longest)


_USAGE = """\
Each row has `input_ids`, `attention_mask` and `labels` (-100 outside of the target's output), made
with one tokenizer and good for no other. All files in order are one pass. The longest row has
{longest} tokens: no `max_length` or `sequence_len` may be below that.

- TRL takes the labels as they are: `SFTConfig(num_train_epochs=1, max_length=None,
  train_sampling_strategy="sequential")`;
- Axolotl: `{{path: epoch-000.jsonl, ds_type: json, type: }}` per file, the type left empty;
- transformers' Trainer: with `DataCollatorForSeq2Seq(tokenizer)`. Not
  `DataCollatorForLanguageModeling`, which makes labels of its own, of the whole prompt.
"""
