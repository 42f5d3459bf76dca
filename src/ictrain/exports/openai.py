"""Rows for OpenAI's supervised fine-tuning, and for the services that take the same files."""

from __future__ import annotations

from collections.abc import Mapping

from ictrain.errors import DataError
from ictrain.exports.base import ALWAYS, About, Row, Style, turns_of
from ictrain.prompts import Rendered

FEWEST = 10
"""Examples that a training file must have at least."""


class OpenAI:
    """{"messages": [...]}; answers of context examples have weight 0, the last one has weight 1."""

    name, chats, needs_tokenizer = "openai", ALWAYS, False
    source = "https://developers.openai.com/api/docs/guides/fine-tuning-best-practices"

    def row(self, rendered: Rendered, style: Style) -> Row:
        """See Format."""
        del style
        turns = turns_of(rendered)
        last = len(turns) - 1
        return {
            "messages": [
                {**turn, "weight": int(i == last)} if turn["role"] == "assistant" else turn
                for i, turn in enumerate(turns)
            ]
        }

    def read(self, row: Row, style: Style) -> None:
        """Nobody else can say."""
        del row, style

    def files(self, about: About, style: Style) -> Mapping[str, str]:
        """None.

        Raises:
            DataError: fewer rows than the service takes.
        """
        del style
        if about.rows < FEWEST:
            raise DataError(
                f"{about.rows} rows per epoch", expected=f"at least {FEWEST} for OpenAI",
                mend="give more pairs",
            )  # fmt: skip
        return {}

    def usage(self, about: About, style: Style) -> str:
        """See Format."""
        del style
        return _USAGE.format(rows=about.rows * len(about.files))


_USAGE = """\
Each row is a conversation. Every `assistant` message says its `weight`: 0 for answers of context
examples, 1 for the target's, which is the last message. A job repeats one file for `n_epochs`, so
put all files into one and ask for one pass over it, `hyperparameters: {{"n_epochs": 1}}`:

```
cat epoch-*.jsonl > train.jsonl    # {rows} rows; at most 512 MB
```

No tokenizer was at hand, so no context example was dropped for room and nothing was counted in
tokens. A conversation longer than the model's limit is cut at its end, where the target's answer
stands: check the longest one before you pay.

OpenAI is winding its fine-tuning down and takes no new users; Azure OpenAI documents the same
format, weights included.
"""
