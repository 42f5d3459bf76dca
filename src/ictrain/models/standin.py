"""A tokenizer's stand-in, for endpoints whose own is not known: four bytes count as a token."""

from __future__ import annotations

_BYTES = 4


class BytesTokenizer:
    """Enough of a tokenizer for the renderer: a text's bytes in fours, each four an id.

    English text has about four characters to a token, many other languages fewer: a window counted
    like this is a guess, and the endpoint's own limit is what decides.
    """

    bos_token_id = None
    eos_token_id = 2 ** (8 * _BYTES + 1)
    chat_template = None

    def encode(self, text: str, add_special_tokens: bool = False) -> list[int]:
        """Ids of a text; equal for equal texts and different for different ones."""
        del add_special_tokens
        data = text.encode()
        parts = [data[i : i + _BYTES] for i in range(0, len(data), _BYTES)]
        # The length in front: a last part of fewer bytes is no other number than itself.
        return [int.from_bytes(bytes([len(part)]) + part, "big") for part in parts]
