"""Attention that never crosses from one packed segment to another, as one registered function.

On the CPU scaled_dot_product_attention runs once per group of segments of equal length, causal and
without a mask; flex attention has no backward there and varlen attention no kernel (measured in
docs/decisions/002-packing.md). On CUDA in half precision torch's varlen attention (flash) takes
all segments at once.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface

NAME = "ictrain_segments"
_CHANGES_SCORES = ("softcap", "s_aux", "position_bias")


class CannotIsolateError(Exception):
    """The model's attention does something that this function does not do."""


@contextlib.contextmanager
def segment_attention(model: Any) -> Iterator[None]:
    """Within it the model's attention keeps to the segments that forward is given as bounds.

    Args:
        model: a transformers model that takes `segment_bounds` in its forward pass.

    Raises:
        CannotIsolateError: the model's attention cannot be exchanged.
    """
    before = model.config._attn_implementation
    if not model._can_set_attn_implementation():
        raise CannotIsolateError("its attention cannot be exchanged")
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)


def _attend(
    _module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    dropout: float = 0.0,
    scaling: float | None = None,
    sliding_window: int | None = None,
    segment_bounds: tuple[int, ...] | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """The signature is transformers' own: query [1, H, T, D], key and value [1, G, T, D].

    Returns:
        [1, T, H, D], and no attention weights.
    """
    extra = [name for name in _CHANGES_SCORES if others.get(name) is not None]
    if attention_mask is not None or segment_bounds is None or extra:
        raise CannotIsolateError(
            f"its attention uses {extra[0]}" if extra else "it does not pass segments on"
        )
    kind = query.device.type
    # Under autocast a base in 4 bits still hands on float32.
    half = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else query.dtype
    if query.is_cuda and half in (torch.float16, torch.bfloat16) and not dropout:
        query, key, value = (tensor.to(half) for tensor in (query, key, value))
        return _varlen(query, key, value, segment_bounds, scaling, sliding_window), None
    outputs = []
    for start, count, length in runs(segment_bounds):
        q, k, v = (_split(tensor, start, count, length) for tensor in (query, key, value))
        outputs.append(_causal(q, k, v, dropout, scaling, sliding_window))
    return torch.cat(outputs)[None], None


def runs(bounds: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """(start, count, length) of the neighbouring segments of equal length."""
    found: list[tuple[int, int, int]] = []
    for start, end in itertools.pairwise(bounds):
        if found and found[-1][2] == end - start:
            found[-1] = (found[-1][0], found[-1][1] + 1, end - start)
        else:
            found.append((start, 1, end - start))
    return found


def _split(tensor: torch.Tensor, start: int, count: int, length: int) -> torch.Tensor:
    """[1, H, T, D] -> [count, H, length, D]."""
    part = tensor[0, :, start : start + count * length]
    return part.reshape(len(part), count, length, -1).transpose(0, 1)


def _causal(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    dropout: float,
    scaling: float | None,
    window: int | None,
) -> torch.Tensor:
    """[N, H, t, D] -> [N * t, H, D]."""
    length = query.shape[2]
    mask = None
    if window is not None and window < length:
        mask = torch.ones(length, length, dtype=torch.bool, device=query.device)
        mask = mask.tril().triu(1 - window)
    out = scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=mask,
        dropout_p=dropout,
        scale=scaling,
        is_causal=mask is None,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return out.transpose(1, 2).flatten(0, 1)


def _varlen(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    bounds: tuple[int, ...],
    scaling: float | None,
    window: int | None,
) -> torch.Tensor:
    from torch.nn.attention.varlen import varlen_attn

    offsets = _offsets(bounds, query.device)
    longest = max(end - start for start, end in itertools.pairwise(bounds))
    queries, keys, values = (t[0].transpose(0, 1).contiguous() for t in (query, key, value))
    out = varlen_attn(
        queries,
        keys,
        values,
        offsets,
        offsets,
        longest,
        longest,
        scale=scaling,
        window_size=(-1 if window is None else window - 1, 0),
        enable_gqa=query.shape[1] != key.shape[1],
    )
    assert isinstance(out, torch.Tensor)  # a tuple only where auxiliary output is asked for
    return out[None]


@lru_cache(maxsize=8)
def _offsets(bounds: tuple[int, ...], device: torch.device) -> torch.Tensor:
    return torch.tensor(bounds, dtype=torch.int32, device=device)


def _no_mask(*_: Any, **__: Any) -> None:
    """Segments need no mask tensor."""


AttentionInterface.register(NAME, _attend)
AttentionMaskInterface.register(NAME, _no_mask)
