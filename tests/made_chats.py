"""Instruct tokenizers in the shapes of the real families: own small templates, made on the spot."""

from __future__ import annotations

import copy
from functools import cache

import tokenizers
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from tests.made_tokenizers import TEXTS, byte_level_bpe

LLAMA3 = (
    "{{ bos_token }}{% for m in messages %}"
    "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content | trim }}<|eot_id|>"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
DATED = (
    "{{ bos_token }}{% set day = date_string if date_string is defined"
    ' else strftime_now("%d %b %Y") %}'
    "<|start_header_id|>system<|end_header_id|>\n\nToday: {{ day }}<|eot_id|>"
) + LLAMA3.removeprefix("{{ bos_token }}")
CHATML = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are made of words.<|im_end|>\n"
    "{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
THINKING = (
    "{% set last = namespace(user=-1) %}"
    "{% for m in messages %}{% if m.role == 'user' %}{% set last.user = loop.index0 %}{% endif %}"
    "{% endfor %}"
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' %}"
    "{% if loop.index0 > last.user %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content.split('</think>')[-1].lstrip('\n') }}"
    "{% else %}{{ m.content }}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
    "{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/...') }}{% endif %}"
    "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
PHI3 = (
    "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% else %}{{ eos_token }}{% endif %}"
)
MISTRAL = (
    "{% if messages[0].role == 'system' %}{% set system = messages[0].content + '\n\n' %}"
    "{% set messages = messages[1:] %}{% else %}{% set system = '' %}{% endif %}{{ bos_token }}"
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}"
    "{% if m.role == 'user' %}[INST] {% if loop.last or messages[loop.index0 + 1:] | length == 1 %}"
    "{{ system }}{% endif %}{{ m.content }} [/INST]"
    "{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
)
MARKED = [*TEXTS, "a <|b|> <|im_end|> <|eot_id|> </s> c"]
"""So that the names of control tokens, taken as text, are not one token per character."""
_SENTENCEPIECE = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}


def chatty(tokenizer: PreTrainedTokenizerFast, template: str, special: str, plain: str = ""):
    """The tokenizer with further tokens and a template."""
    made = [AddedToken(t, special=True, normalized=False) for t in special.split()]
    tokenizer.add_tokens(made, special_tokens=True)
    tokenizer.add_tokens([AddedToken(t, special=False, normalized=False) for t in plain.split()])
    tokenizer.chat_template = template
    return tokenizer


def gemma() -> PreTrainedTokenizerFast:
    """As Gemma: pieces across spaces, no space in front, line breaks are tokens of their own."""
    inner = tokenizers.Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    inner.normalizer = normalizers.Replace(" ", "▁")
    inner.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    inner.decoder = decoders.Replace("▁", " ")
    _train(inner, ["<pad>", "<eos>", "<bos>", "<unk>"])
    names = {"unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"}
    made = PreTrainedTokenizerFast(tokenizer_object=inner, **names)
    made.add_tokens([AddedToken("\n", normalized=False), AddedToken("\n\n", normalized=False)])
    return chatty(made, GEMMA, "<start_of_turn> <end_of_turn>")


def mistral() -> PreTrainedTokenizerFast:
    """As Mistral 7B in transformers 5: a space in front of a text, [INST] is plain text."""
    inner = tokenizers.Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    inner.decoder = decoders.Metaspace(prepend_scheme="first", split=True)
    _train(inner, ["<unk>", "<s>", "</s>"])
    made = PreTrainedTokenizerFast(tokenizer_object=inner, **_SENTENCEPIECE)
    made.chat_template = MISTRAL
    return made


def phi3() -> PreTrainedTokenizerFast:
    """As Phi-3: a space in front of every stretch of text, role tokens swallow the line break."""
    inner = tokenizers.Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    inner.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    inner.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    inner.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    _train(inner, ["<unk>", "<s>", "</s>", "<|endoftext|>"])
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        unk_token="<unk>", bos_token="<s>", eos_token="<|endoftext|>", pad_token="<|endoftext|>",
    )  # fmt: skip
    roles = [f"<|{r}|>" for r in ("system", "user", "assistant", "end")]
    made.add_tokens([AddedToken(t, special=True, rstrip=True, normalized=False) for t in roles])
    made.chat_template = PHI3
    return made


def _train(inner: tokenizers.Tokenizer, special: list[str]) -> None:
    letters = sorted({*"".join(MARKED), "▁"} - {"\n", " "})
    trainer = trainers.BpeTrainer(
        vocab_size=400, show_progress=False, special_tokens=special, initial_alphabet=letters
    )
    inner.train_from_iterator(MARKED * 20, trainer)


_HEADERS = "<|start_header_id|> <|end_header_id|> <|eot_id|>"
_TURNS = "<|im_start|> <|im_end|>"
MAKERS = {
    "llama3": lambda: chatty(byte_level_bpe(texts=MARKED), LLAMA3, _HEADERS),
    "dated": lambda: chatty(byte_level_bpe(texts=MARKED), DATED, _HEADERS),
    "qwen2": lambda: chatty(byte_level_bpe(bos=False, texts=MARKED), CHATML, _TURNS),
    "qwen3": lambda: chatty(
        byte_level_bpe(bos=False, texts=MARKED), THINKING, _TURNS, "<think> </think>"
    ),
    "gemma": gemma,
    "phi3": phi3,
    "mistral": mistral,
}
ENDS = {
    "llama3": "<|eot_id|>", "dated": "<|eot_id|>", "qwen2": "<|im_end|>", "qwen3": "<|im_end|>",
    "gemma": "<end_of_turn>", "phi3": "<|end|>", "mistral": "</s>",
}  # fmt: skip
FAMILIES = sorted(MAKERS)
SYSTEMLESS = {"gemma"}

_made = cache(lambda family: MAKERS[family]())


def instruct_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """A tokenizer of a kind that users have, made on the spot; the caller's own, to change."""
    return copy.deepcopy(_made(family))
