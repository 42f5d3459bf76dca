"""Rows for LLaMA-Factory: alpaca for plain text, sharegpt for chats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from ictrain.exports.base import EITHER, About, Read, Row, Style, encoded, turns_of, words_of
from ictrain.prompts import Rendered

_SHAREGPT = {"user": "human", "assistant": "gpt"}


class LlamaFactory:
    """Plain text: the whole prompt is the instruction, for `template: empty`, which adds no token.

    Chats: conversations of human and gpt; `mask_history: true` leaves the last answer's loss alone.
    """

    name, chats, needs_tokenizer = "llama-factory", EITHER, True
    source = "https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md"

    def row(self, rendered: Rendered, style: Style) -> Row:
        """See Format."""
        if style.prompt.chat == "none":
            prompt, output = words_of(rendered)
            return {"instruction": style.bos + prompt, "input": "", "output": output + style.eos}
        turns = turns_of(rendered)
        system = turns.pop(0)["content"] if turns[0]["role"] == "system" else None
        talk = [{"from": _SHAREGPT[t["role"]], "value": t["content"]} for t in turns]
        return {"conversations": talk} | ({} if system is None else {"system": system})

    def read(self, row: Row, style: Style) -> Read | None:
        """LLaMA-Factory's template `empty`: the instruction's ids, then the output's."""
        if style.prompt.chat != "none":
            return None
        asked, answer = (encoded(style.tokenizer, row[key]) for key in ("instruction", "output"))
        return (*asked, *answer), len(answer)

    def files(self, about: About, style: Style) -> Mapping[str, str]:
        """dataset_info.json, and the part of a training config that loads the rows."""
        entry = _entry(style)
        info = {_name(file): {"file_name": file, **entry} for file in about.files}
        values: dict[str, Any] = {
            "dataset_dir": ".",
            "dataset": ",".join(info),
            "mix_strategy": "concat",
            "disable_shuffling": True,
            "num_train_epochs": 1,
            "cutoff_len": about.window(style.prompt.chat != "none"),
            "packing": False,
            "train_on_prompt": False,
        }
        if style.prompt.chat == "none":
            values["template"] = "empty"
        else:
            values["mask_history"] = True
        head = "# To be put into your own config; dataset_dir is this folder.\n"
        return {
            "dataset_info.json": json.dumps(info, indent=2) + "\n",
            "llama-factory.yaml": head + yaml.safe_dump(values, sort_keys=False),
        }

    def usage(self, about: About, style: Style) -> str:
        """See Format."""
        del about
        return (_PLAIN if style.prompt.chat == "none" else _CHAT) + _BOTH


_PLAIN = """\
Rows are in the alpaca format. The whole prompt is `instruction`; `input` is empty, for it would be
put behind a line break. BOS and EOS stand in the rows, because `template: empty` adds none; with
another template the model would be trained on another prompt.
"""
_CHAT = """\
Rows are in the sharegpt format. Set `template` to your model's. `mask_history: true` is what keeps
answers of context examples out of the loss: without it they are trained on. Templates with
`efficient_eos` still train the EOS tokens behind them (LlamaFactory pull request 10827).
"""
_BOTH = """
`dataset_info.json` declares a data set per epoch; `llama-factory.yaml` has the part of a config
that loads them in order as one pass. A smaller `cutoff_len` would cut prompts and outputs.
"""


def _entry(style: Style) -> dict[str, Any]:
    if style.prompt.chat == "none":
        columns = {"prompt": "instruction", "query": "input", "response": "output"}
        return {"formatting": "alpaca", "columns": columns}
    columns = {"messages": "conversations"}
    columns |= {} if style.prompt.system is None else {"system": "system"}
    return {"formatting": "sharegpt", "columns": columns}


def _name(file: str) -> str:
    return "ictrain_" + file.removesuffix(".jsonl").replace("-", "_")
