"""The base's network: an ordinary Llama whose start already holds a rough copying circuit.

With an ordinary start so small a model stays for long, and for some seeds for ever, on the plateau
where it does not yet read its context. Here the parts of the circuit are there from the first step
and training only refines them ('n back' = what stands n tokens before; words in reverse order):

    layer 0   head n says which token stood n back. A word is asked for and said at a fixed distance
              from its symbol: first letter of word j at 1 + j (l + 1), next letter one later ...
              Head n writes into subspace (n - 1) mod (l + 1): where letter i is asked for, its
              symbol stands in subspace i, and one position later, where the letter is, in i + 1.
    layer 1   queries read subspace i and keys i + 1 by the same map, so ':' behind 'Ka' finds the
              first letter behind an earlier 'Ka :'; what is found is copied as it is

        ... Ka : r i \\n ... Ka :        the last ':' has Ka in 0; r has Ka in 1; so the answer is r

Source: induction heads, Olsson et al., 'In-context learning and induction heads' (2022).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from ictrain.base.settings import Shape
from ictrain.base.vocabulary import BOS, EOS, PAD, TOKENS
from ictrain.randomness import torch_seed

_RANGE = 0.05  # standard deviation of all other weights, and of embeddings
_SHARPNESS = 24.0  # score of a positional head at its own offset, in nats
_WRITE = 0.45  # its value and output maps: what it writes is about as long as an embedding
_MATCH = 2.0  # queries and keys of layer 1; with the norm's length a match is worth some 6 nats
_COPY = 0.5  # value and output maps of layer 1; tied embeddings turn a copy into a logit
_SLOW = 0.03  # radians per token: only slower parts of a head compare content across a prompt
_NOISE = 0.1  # share of the random value and output maps that positional heads keep


def config_of(shape: Shape) -> Any:
    """The LlamaConfig of a base."""
    return LlamaConfig(
        vocab_size=len(TOKENS),
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=shape.head_dim,
        max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=True,
        initializer_range=_RANGE,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
        attn_implementation="sdpa",
    )


def create(shape: Shape, length: int, seed: int) -> Any:
    """A fresh LlamaForCausalLM in float32 for words of `length` letters.

    torch's global random state stays as it was.
    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(torch_seed(seed, "base/init"))
        model = LlamaForCausalLM(config_of(shape)).float()
        written = _look_back(model, shape, length + 1)
        if shape.layers > 1 and shape.look_back:
            _match_and_copy(model, shape, written)
    return model


def _look_back(model: Any, shape: Shape, parts: int) -> Tensor:
    """Makes layer-0 heads look n tokens back; returns the subspaces that they write to.

    Embeddings get a common component; queries and keys act on it alone, so only position counts.

    Returns:
        float32 [parts, width, hidden], orthonormal rows.
    """
    common = nn.functional.normalize(torch.randn(shape.hidden), dim=0)
    model.model.embed_tokens.weight.add_(_RANGE * math.sqrt(shape.hidden) * common)
    length = math.sqrt(shape.hidden / 2)  # of the common part behind the norm: half the square
    gain = math.sqrt(_SHARPNESS * math.sqrt(shape.head_dim)) / length
    width = min(shape.head_dim, shape.hidden // parts)
    written = _orthonormal(parts * width, shape.hidden).view(parts, width, shape.hidden)
    read = _orthonormal(width, shape.hidden)
    read = read - torch.outer(read @ common, common)
    query, key, value, output = _heads(model, shape, 0)
    for head in range(shape.look_back):
        query[head] += gain * torch.outer(_wave(shape, head + 1), common)
        key[head] += gain * torch.outer(_wave(shape, 0), common)
        value[head].mul_(_NOISE)[:width] += _WRITE * read
        output[:, head].mul_(_NOISE)[:, :width] += _WRITE * written[head % parts].T
    return written


def _match_and_copy(model: Any, shape: Shape, written: Tensor) -> None:
    """Makes layer-1 heads find what stands behind an equal symbol, and copy it."""
    query, key, value, output = _heads(model, shape, 1)
    copied = _orthonormal(shape.hidden, shape.hidden)
    half = shape.head_dim // 2
    slow = [i for i in range(half) if shape.rope_theta ** (-i / half) < _SLOW]
    slow = [*slow, *(i + half for i in slow)][: written.shape[1]]
    for head in range(shape.heads):
        picked = torch.randperm(written.shape[1])[: len(slow)]
        letter = head % (len(written) - 1)
        query[head, slow] += _MATCH * written[letter, picked]
        key[head, slow] += _MATCH * written[letter + 1, picked]
        rows = torch.arange(shape.head_dim) + head * shape.head_dim
        part = copied[rows % shape.hidden]
        value[head] += _COPY * part
        output[:, head] += _COPY * part.T


def _heads(model: Any, shape: Shape, layer: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Views: query, key, value [heads, head_dim, hidden], output [hidden, heads, head_dim]."""
    attention = model.model.layers[layer].self_attn
    split = (shape.heads, shape.head_dim, shape.hidden)
    linears = (attention.q_proj, attention.k_proj, attention.v_proj)
    query, key, value = (linear.weight.view(split) for linear in linears)
    return query, key, value, attention.o_proj.weight.view(shape.hidden, *split[:2])


def _wave(shape: Shape, offset: int) -> Tensor:
    """float32 [head_dim], length 1; with rotation wave(n) meets wave(0) best n tokens back."""
    half = shape.head_dim // 2
    angle = offset * shape.rope_theta ** (-torch.arange(half) / half)
    size = shape.rope_theta ** (
        -0.25 * torch.arange(half) / half
    )  # fast parts tell neighbours apart
    wave: Tensor = torch.cat([size * angle.cos(), -size * angle.sin()])
    return wave.div_(wave.norm())


def _orthonormal(rows: int, columns: int) -> Tensor:
    """float32 [rows, columns] with orthonormal rows."""
    found: Tensor = torch.linalg.qr(torch.randn(columns, rows)).Q.T
    return found.contiguous()
