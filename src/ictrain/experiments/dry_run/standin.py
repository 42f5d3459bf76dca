"""Stands where a tokenizer that is not on this machine would: prompts can be laid out and read."""

from __future__ import annotations

from collections.abc import Sequence

from ictrain.models.standin import BytesTokenizer


class ReadableBytes(BytesTokenizer):
    """Bytes in fours that can be read again; their number says nothing of the real tokens."""

    def __len__(self) -> int:
        return int(self.eos_token_id) + 1

    def decode(self, ids: Sequence[int], **_: object) -> str:
        """The text; the end of an answer by its name."""
        found = bytearray()
        for token in ids:
            if token == self.eos_token_id:
                found += self.eos_token.encode()
            else:  # the first byte is the number of the others
                found += token.to_bytes((token.bit_length() + 7) // 8, "big")[1:]
        return found.decode()
