"""The base's tokens and their numbers: specials, colon, letters, symbols."""

from __future__ import annotations

from ictrain.tasks.alignment.symbols import LETTERS, SYMBOLS

PAD, BOS, EOS, COLON = 0, 1, 2, 3
FIRST_LETTER = 4
FIRST_SYMBOL = FIRST_LETTER + len(LETTERS)
TOKENS: tuple[str, ...] = ("<pad>", "<s>", "\n", ":", *LETTERS, *SYMBOLS)
"""Every token at its number; the line end closes each example and stops an answer."""
