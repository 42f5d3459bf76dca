"""Packed training on the tokens of the target, resumable at every step."""
