"""A tiny random Llama and its word tokenizer, made on the spot."""

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

VOCABULARY = ["<s>", "</s>", "<unk>", *(f"w{i}" for i in range(61))]
BOS, EOS = 0, 1


def tokenizer_of(pad=False):
    inner = Tokenizer(models.WordLevel({w: i for i, w in enumerate(VOCABULARY)}, "<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    if pad:
        made.pad_token = "<unk>"
    return made


def model_of(seed=0, **changes):
    """Weights far enough from 0 that positions matter to what is said next."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=BOS,
        eos_token_id=EOS,
        initializer_range=0.4,
        **changes,
    )
    model = LlamaForCausalLM(config).float()
    with torch.no_grad():
        model.lm_head.weight[EOS] *= 2  # so that some answers end by themselves
    return model


def by_hand(model, ids, n, eos=(EOS,)):
    """The slow obvious greedy decoding: the whole prompt anew for each token."""
    new = []
    with torch.inference_mode():
        for _ in range(n):
            logits = model(torch.tensor([[*ids, *new]])).logits[0, -1]
            new.append(int(logits.argmax()))
            if new[-1] in eos:
                return tuple(new[:-1]), True
    return tuple(new), False
