"""Tokenizers of the kinds that users have, made on the spot."""

from __future__ import annotations

from collections.abc import Sequence

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

TEXTS = [
    "Translate from English to German.",
    "Source: where is the nearest pharmacy?\nTarget: Wo ist die nächste Apotheke?\n",
    "Source: the cat sat on the mat\nTarget: die Katze saß auf der Matte\n",
    "list all rivers in texas: answer(river(loc_2(stateid('texas'))))\n",
    "नमस्ते दुनिया: வணக்கம் உலகம்\n",
]


def byte_level_bpe(bos: bool = True, texts: Sequence[str] = TEXTS) -> PreTrainedTokenizerFast:
    """As Llama 3 (with BOS) and Qwen (without): a space belongs to the word behind it."""
    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420, show_progress=False, special_tokens=["<|bos|>", "<|eos|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    inner.train_from_iterator([*texts] * 20, trainer)
    if bos:
        _put_in_front(inner, "<|bos|>")
    names = {"bos_token": "<|bos|>"} if bos else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|eos|>", pad_token="<|eos|>", **names
    )


def unigram(bos: bool) -> PreTrainedTokenizerFast:
    """As Llama 2 and Mistral (with BOS) or T5-like ones (without): words begin with a mark."""
    inner = tokenizers.Tokenizer(models.Unigram())
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=True)
    inner.decoder = decoders.Metaspace(prepend_scheme="never", split=True)
    special = ["<unk>", "<s>", "</s>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=160, show_progress=False, special_tokens=special, unk_token="<unk>"
    )
    inner.train_from_iterator(TEXTS * 20, trainer)
    if bos:
        _put_in_front(inner, "<s>")
    names = {"bos_token": "<s>"} if bos else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="</s>", unk_token="<unk>", **names
    )


def characters() -> PreTrainedTokenizerFast:
    """One token per character."""
    letters = sorted(set("".join(TEXTS)))
    vocabulary = {t: i for i, t in enumerate(["<pad>", "<unk>", "<eos>", *letters])}
    inner = tokenizers.Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<eos>", pad_token="<pad>", unk_token="<unk>"
    )


def _put_in_front(inner: tokenizers.Tokenizer, bos: str) -> None:
    inner.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A", special_tokens=[(bos, inner.token_to_id(bos))]
    )


KINDS = {
    "byte_level_bpe": byte_level_bpe,
    "unigram_with_bos": lambda: unigram(True),
    "unigram_without_bos": lambda: unigram(False),
    "characters": characters,
}
