"""Which prompts go through the model together: equal ones once, like lengths side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ictrain.generation.base import Request


def cost(request: Request) -> tuple[int, int]:
    """What batches are sorted by: the longest answers first, among these the longest prompts, so
    that a batch too large for the memory fails at once and not after an hour."""
    return (-request.max_new_tokens, -len(request.ids))


def batches(requests: Sequence[Request], token_budget: int) -> list[list[Request]]:
    """The distinct requests in batches.

    Args:
        requests: in any order, with repetitions.
        token_budget: a batch's rows x (longest prompt + longest answer) stay below it; a request
            larger than that has a batch of its own.
    """
    made: list[list[Request]] = []
    width = 0
    for request in sorted(dict.fromkeys(requests), key=lambda r: (*cost(r), r.ids)):
        longest = max(width, len(request.ids) + request.max_new_tokens)
        if not made or longest * (len(made[-1]) + 1) > token_budget:
            made.append([])
            longest = len(request.ids) + request.max_new_tokens
        made[-1].append(request)
        width = longest
    return made
