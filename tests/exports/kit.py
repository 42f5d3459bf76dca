"""Exports of a user's pairs, and what ictrain itself would train on."""

from __future__ import annotations

import copy
import json
from functools import cache

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

import ictrain
from tests.api.kit import write_pairs
from tests.made_chats import MAKERS
from tests.made_tokenizers import KINDS, TEXTS
from tests.support import pool_of

ODD = [
    ("e0", 'say "hi"\nto all', "Sag {hallo}\u2028zu allen"),
    ("e1", "half a | pipe \\ slash", "ein <|im_end|> Ende"),
    ("e2", "नमस्ते दुनिया 🙂", "வணக்கம் உலகம்"),
]
"""Pairs that break careless writers: quotes, line breaks of all kinds, names of control tokens."""


def merging():
    """Merges across everything, so also across the joint of prompt and output."""
    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500, show_progress=False, special_tokens=["<eos>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    lines = [f"{e.input}: {e.output}\n" for e in pool_of(40).examples]
    inner.train_from_iterator([*TEXTS, "".join(lines)], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<eos>", pad_token="<eos>")


PLAIN = {**KINDS, "merging": merging, "mistral": MAKERS["mistral"], "phi3": MAKERS["phi3"]}


_made = cache(lambda name: {**MAKERS, **PLAIN}[name]())


def tokenizer_of(name):
    """The caller's own, to change."""
    return copy.deepcopy(_made(name))


def contexts_of(folder, odd=False, **options):
    path = folder / f"pairs-{odd}.jsonl"
    if not path.exists():
        kind = type(pool_of(1).examples[0])
        extra = [kind(*values) for values in ODD] if odd else []
        write_pairs(path, [*pool_of(14).examples, *extra] if odd else pool_of(14).examples)
    return ictrain.Contexts(path, **{"epsilon": 0, "k": "1-3", **options})


def contexts_with(folder, held, answer="", **options):
    """Every third input of the pairs holds one text, the second pair's output another."""
    kind = type(pool_of(1).examples[0])
    pairs = [
        kind(e.id, e.input + held * (i % 3 == 0), e.output + answer * (i == 1))
        for i, e in enumerate(pool_of(14).examples)
    ]
    write_pairs(folder / "held.jsonl", pairs)
    return ictrain.Contexts(folder / "held.jsonl", **{"epsilon": 0, "k": "0-2", **options})


def prompts_of(contexts, tokenizer, epoch):
    """What ictrain trains on in an epoch, in its order."""
    batches = contexts.dataset(tokenizer).batches
    return [batches.instance(epoch, place)[1] for place in range(len(batches.prepared.targets))]


def rows_of(file):
    """Cut at "\\n" alone, as JSONL is; str.splitlines must find no more lines."""
    text = file.read_text("utf-8")
    *lines, last = text.split("\n")
    assert last == ""
    assert lines == text.splitlines()
    return [json.loads(line) for line in lines]


def own_epoch(contexts, tokenizer):
    """The prompts of the first epoch."""
    return prompts_of(contexts, tokenizer, 0)
