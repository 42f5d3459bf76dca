"""Which prompts go through the model together: equal ones once, like lengths side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ictrain.generation.base import Request


def cost(request: Request) -> tuple[int, int]:
    """What batches are sorted by: the longest answers first, among these the longest prompts, so
    that a batch too large for the memory fails at once and not after an hour."""
    return (-request.max_new_tokens, -len(request.ids))


def batches(
    requests: Sequence[Request], token_budget: int, apart: int | None = None
) -> list[list[Request]]:
    """The distinct requests in batches.

    Args:
        requests: in any order, with repetitions.
        token_budget: a batch's rows x (longest prompt + longest answer) stay below it; a request
            larger than that has a batch of its own.
        apart: see scale_change; what is shorter, longer, or grows across has batches of its own.
    """
    kinds: dict[object, list[Request]] = {}
    for request in sorted(dict.fromkeys(requests), key=lambda r: (*cost(r), r.ids)):
        kinds.setdefault(_kind(request, apart), []).append(request)
    return [batch for kind in kinds.values() for batch in _cut(kind, token_budget)]


def _cut(requests: Sequence[Request], token_budget: int) -> list[list[Request]]:
    made: list[list[Request]] = []
    width = 0
    for request in requests:
        longest = max(width, len(request.ids) + request.max_new_tokens)
        if not made or longest * (len(made[-1]) + 1) > token_budget:
            made.append([])
            longest = len(request.ids) + request.max_new_tokens
        made[-1].append(request)
        width = longest
    return made


def _kind(request: Request, apart: int | None) -> object:
    if apart is None or len(request.ids) + request.max_new_tokens <= apart:
        return "short"
    return "long" if len(request.ids) > apart else request


def scale_change(config: Any) -> int | None:
    """The length beyond which a model's positions have another scale, if there is one (longrope, as
    in Phi-3's long variants). transformers takes the scale of a batch's longest prompt for all."""
    text = config.get_text_config()
    rope = getattr(text, "rope_parameters", None) or {}
    for one in (rope, *(value for value in rope.values() if isinstance(value, dict))):
        if one.get("rope_type") == "longrope":
            length: int | None = one.get("original_max_position_embeddings")
            return length or getattr(text, "original_max_position_embeddings", None)
    return None
