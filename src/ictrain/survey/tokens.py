"""Counts a model's tokens; where its tokenizer cannot be had, estimates them."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ictrain.errors import ModelError
from ictrain.models import ModelSettings, model_folder

_BYTES_PER_TOKEN = 3.0
"""English has about 4.5 with today's vocabularies, other languages and code fewer: an estimate
should rather be too long than too short."""

_CHAT = 40
"""Tokens of a chat's markup where no template can be asked."""

LONGEST_TEXT = 20_000
"""Characters of one text that are tokenised; of a longer one the rest is extrapolated."""

CHARACTERS = 4_000_000
"""That are tokenised in all, so that a survey takes seconds."""


@dataclass(frozen=True)
class Tokens:
    """Counts tokens.

    Attributes:
        count: texts to int64 [texts].
        words: what was counted, for people.
        exact: whether a tokenizer counted, or an estimate was made.
        window: tokens that the model was made for; None where that is not known.
        trouble: why there is no tokenizer; empty otherwise.
        unknown: share of a sample's tokens that the vocabulary does not have.
        around: tokens of a prompt that belong to no example: BOS, or a chat's markup.
    """

    count: Callable[[Sequence[str]], NDArray[np.int64]]
    words: str
    exact: bool
    window: int | None
    trouble: str = ""
    unknown: float = 0.0
    around: int = 1


def tokens_of(model: ModelSettings, texts: Sequence[str], chat: bool = False) -> Tokens:
    """The counter for a model.

    Args:
        model: from a hub, a folder, or from scratch: its tokenizer is then made of the texts.
        texts: the training's.
        chat: whether prompts are put into the model's chat template.
    """
    from ictrain.models.loading import load_tokenizer
    from ictrain.models.tokenizers import made_size, make_tokenizer

    size = made_size(model.tokenizer)
    try:
        if size is not None:
            with tempfile.TemporaryDirectory() as folder:
                made = make_tokenizer(_within(texts), size, Path(folder) / "tokenizer")
                tokenizer = load_tokenizer(model.model_copy(update={"tokenizer": str(made)}))
            return Tokens(_counter(tokenizer), f"tokens of a vocabulary of {size}", True, None)
        tokenizer = load_tokenizer(model)
        unknown = _unknown(tokenizer, _within(texts)[:200])
    except ModelError as error:
        words = f"tokens, ESTIMATED as one per {_BYTES_PER_TOKEN:g} bytes of text"
        around = _CHAT if chat else 1
        return Tokens(_estimate, words, False, _window(model), str(error), around=around)
    words, around = f"tokens of {model.tokenizer or model.name}", 1
    if chat and tokenizer.chat_template:
        empty = [{"role": "user", "content": ""}]
        text = tokenizer.apply_chat_template(empty, tokenize=False, add_generation_prompt=True)
        around = len(tokenizer.encode(text, add_special_tokens=False))
    return Tokens(_counter(tokenizer), words, True, _window(model), "", unknown, around)


def _within(texts: Sequence[str]) -> list[str]:
    """The first texts, cut, up to a number of characters."""
    kept, left = [], CHARACTERS
    for text in texts:
        if left <= 0:
            break
        kept.append(text[:LONGEST_TEXT])
        left -= len(kept[-1])
    return kept


def _counter(tokenizer: Any) -> Callable[[Sequence[str]], NDArray[np.int64]]:
    def count(texts: Sequence[str]) -> NDArray[np.int64]:
        if not texts:
            return np.zeros(0, dtype=np.int64)
        cut = [text[:LONGEST_TEXT] for text in texts]
        rows = tokenizer(cut, add_special_tokens=False, verbose=False)["input_ids"]
        whole = [len(t) / max(1, len(c)) for t, c in zip(texts, cut, strict=True)]
        found = [len(row) * times for row, times in zip(rows, whole, strict=True)]
        return np.array([math.ceil(length) for length in found], dtype=np.int64)

    return count


def _estimate(texts: Sequence[str]) -> NDArray[np.int64]:
    sizes = np.array([len(text.encode()) for text in texts], dtype=np.float64)
    return np.ceil(sizes / _BYTES_PER_TOKEN).astype(np.int64)


def _unknown(tokenizer: Any, texts: Sequence[str]) -> float:
    try:
        rows = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
    except Exception as error:  # tokenizers raises nothing more special
        raise ModelError(
            f"its tokenizer cannot read these texts: {error}",
            where=tokenizer.name_or_path,
            mend="choose another --model",
        ) from error
    unknown = tokenizer.unk_token_id
    if unknown is None or not texts:
        return 0.0
    ids = np.array([one for row in rows for one in row], dtype=np.int64)
    return float((ids == unknown).mean()) if len(ids) else 0.0


def _window(model: ModelSettings) -> int | None:
    """The longest input that the model's config speaks of."""
    from transformers import AutoConfig

    if model.scratch is not None:
        return None
    try:
        config = AutoConfig.from_pretrained(
            str(model_folder(model) or model.name), revision=model.revision
        )
    except Exception:  # not to be had, for whatever reason; the tokenizer's error has told it
        return None
    found = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None)
    return int(found) if found else None
