"""A tokenizer's stand-in, for endpoints whose own is not known: four bytes count as a token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokenizers import AddedToken

_BYTES = 4
_END = "<end of turn>"


class BytesTokenizer:
    """Enough of a tokenizer for the renderer: a text's bytes in fours, each four an id.

    English text has about four characters to a token, many other languages fewer: a window counted
    like this is a guess, and the endpoint's own limit is what decides. Its chat template is one of
    the plainest; a chat endpoint gets the messages, and puts them into its own.
    """

    bos_token = unk_token = None
    bos_token_id = None
    eos_token, eos_token_id = _END, 2 ** (8 * _BYTES + 4)
    chat_template = f"each turn: <ROLE>, its content, {_END}"

    def encode(
        self, text: str, add_special_tokens: bool = False, split_special_tokens: bool = True
    ) -> list[int]:
        """Ids of a text; equal for equal texts and different for different ones."""
        del add_special_tokens, split_special_tokens
        data = text.encode()
        parts = [data[i : i + _BYTES] for i in range(0, len(data), _BYTES)]
        # The length in front, or a part with zero bytes would be the same number as a shorter one.
        return [int.from_bytes(bytes([len(part)]) + part, "big") for part in parts]

    def convert_tokens_to_ids(self, token: str) -> int | None:
        """The id of the one token that is no text."""
        return self.eos_token_id if token == _END else None

    @property
    def added_tokens_decoder(self) -> Mapping[int, AddedToken]:
        """As transformers has it."""
        return {self.eos_token_id: AddedToken(_END, special=True)}

    def get_chat_template(self) -> str:
        """What the chat is written like."""
        return self.chat_template

    def apply_chat_template(
        self, turns: Sequence[Mapping[str, str]], *, add_generation_prompt: bool, **_: object
    ) -> str:
        """A chat as text."""
        text = "".join(f"<{turn['role']}>\n{turn['content']}{_END}\n" for turn in turns)
        return text + "<assistant>\n" * add_generation_prompt
