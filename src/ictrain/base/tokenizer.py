"""The base's tokenizer: an ordinary fast tokenizer of whole words; spaces separate and are dropped.

Each symbol, letter and colon is one token, so segments encoded one by one and joined are the whole
text encoded. The line end is the end token: it closes every example and stops an answer.
"""

from __future__ import annotations

from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from ictrain.base.vocabulary import BOS, EOS, PAD, TOKENS


def make_tokenizer() -> Any:
    """A PreTrainedTokenizerFast; text with anything but symbols, letters, ':' and line ends raises.

    Encoding with special tokens puts <s> in front. Decoding joins tokens without spaces: 'rijj'.
    """
    tokenizer = Tokenizer(models.WordLevel({token: i for i, token in enumerate(TOKENS)}))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex("[ \t]+"), "removed"),
            pre_tokenizers.Split(Regex("[A-Z][a-z]|[a-z]|:|\n"), "isolated"),
        ]
    )
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{TOKENS[BOS]} $A", special_tokens=[(TOKENS[BOS], BOS)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=TOKENS[BOS],
        eos_token=TOKENS[EOS],
        pad_token=TOKENS[PAD],
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=512,
    )
