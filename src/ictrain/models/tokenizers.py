"""A tokenizer made from a task's own training texts, for models that are trained from scratch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from ictrain.errors import ConfigError
from ictrain.files import new_folder

_MADE = re.compile(r"made:bpe-(\d+)$")
_LEAST = 260


def made_size(name: str | None) -> int | None:
    """The vocabulary of 'made:bpe-800'; None for the name of a stored tokenizer.

    Raises:
        ConfigError: 'made:' with something else, or fewer tokens than bytes.
    """
    if name is None or not name.startswith("made:"):
        return None
    found = _MADE.match(name)
    if found is None or int(found.group(1)) < _LEAST:
        raise ConfigError(f"tokenizer {name!r}", expected=f"made:bpe-N with N of at least {_LEAST}")
    return int(found.group(1))


def make_tokenizer(texts: Iterable[str], size: int, folder: Path) -> Path:
    """Trains byte-level byte-pair encoding, decodable to the letter, and saves it in a folder.

    Args:
        texts: the training texts, inputs and outputs; never a test's.
        size: tokens, special ones included.
        folder: where it is put, whole.
    """
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    special = ["<pad>", "<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=special,
            initial_alphabet=sorted(alphabet),
            show_progress=False,
        ),
    )
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", inner.token_to_id("<s>"))]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", bos_token="<s>", eos_token="</s>"
    )
    with new_folder(folder) as aside:
        tokenizer.save_pretrained(aside)
    return folder
