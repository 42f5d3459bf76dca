"""Prompt-completion rows for TRL's SFTTrainer, as text or as messages."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from ictrain.exports.base import ALWAYS, NEVER, About, Read, Row, Style, turns_of, words_of
from ictrain.prompts import Rendered

_SOURCE = "https://huggingface.co/docs/trl/dataset_formats#prompt-completion"


class Trl:
    """{"prompt": text, "completion": text}; TRL adds BOS and EOS, and masks the prompt."""

    name, chats, needs_tokenizer, source = "trl", NEVER, True, _SOURCE

    def row(self, rendered: Rendered, style: Style) -> Row:
        """See Format; a leading space belongs to the completion."""
        prompt, completion = words_of(rendered)
        bos = "" if style.adds_bos else style.bos
        return {"prompt": bos + prompt, "completion": completion}

    def read(self, row: Row, style: Style) -> Read:
        """TRL 1.16: both texts as one string, labelled from where it leaves the prompt's ids."""
        whole = row["prompt"] + row["completion"]
        whole += "" if whole.endswith(style.tokenizer.eos_token) else style.tokenizer.eos_token
        asked, ids = (style.tokenizer(text)["input_ids"] for text in (row["prompt"], whole))
        return tuple(ids), len(ids) - _shared(asked, ids)

    def files(self, about: About, style: Style) -> Mapping[str, str]:
        """None."""
        del about, style
        return {}

    def usage(self, about: About, style: Style) -> str:
        """See Format."""
        del style
        return _usage(about, "Each row is a `prompt` and its `completion`")


class TrlChat:
    """{"prompt": messages, "completion": [the answer]}; the loss is on the answer's turn."""

    name, chats, needs_tokenizer, source = "trl-chat", ALWAYS, True, _SOURCE

    def row(self, rendered: Rendered, style: Style) -> Row:
        """See Format."""
        turns = turns_of(rendered)
        return {
            "prompt": turns[:-1],
            "completion": turns[-1:],
            "chat_template_kwargs": style.template_values,
        }

    def read(self, row: Row, style: Style) -> Read:
        """TRL 1.16: the template with a request for an answer, and with the answer."""
        values = row["chat_template_kwargs"]
        apply = style.tokenizer.apply_chat_template
        asked = apply(row["prompt"], add_generation_prompt=True, return_dict=False, **values)
        ids = apply(row["prompt"] + row["completion"], return_dict=False, **values)
        return tuple(ids), len(ids) - _shared(asked, ids)

    def files(self, about: About, style: Style) -> Mapping[str, str]:
        """None."""
        del about, style
        return {}

    def usage(self, about: About, style: Style) -> str:
        """See Format."""
        del style
        what = "Each row is a `prompt` of messages and a `completion` of one; answers of context\n"
        return _usage(about, what + "examples stand in the prompt and carry no loss")


def _shared(a: list[int], b: list[int]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))


_USAGE = """\
{what}. All files in order are one pass:

```python
from glob import glob

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

rows = load_dataset("json", data_files=sorted(glob("epoch-*.jsonl")), split="train")
args = SFTConfig(
    "out",
    num_train_epochs=1,  # each file is an epoch of its own
    train_sampling_strategy="sequential",  # the rows are shuffled already
    max_length=None,  # the default of 1024 cuts completions; the longest row has {longest} tokens
    completion_only_loss=True,
    bf16=False,  # as a CPU needs it; leave it away on a GPU that knows bfloat16
)
SFTTrainer("your-model", args, train_dataset=rows).train()
```
"""


def _usage(about: About, what: str) -> str:
    return _USAGE.format(what=what, longest=about.longest)
