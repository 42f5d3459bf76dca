"""Which texts hang together: the components of 'their Jaccard index is at least so much'.

Exact, without all pairs: two sets whose Jaccard index is at least t share one of their rarest
tokens, among the first n - ceil(t n) + 1 of either (prefix filter: Chaudhuri et al., ICDE 2006).
Pairs that are in one component already are not looked at: large clusters of templates stay cheap.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray


def linked(bags: Sequence[frozenset[str]], least: float) -> NDArray[np.int64]:
    """int64 [bags]: equal numbers for bags that a chain of near ones joins; the first one's place.

    Args:
        bags: sets of tokens.
        least: the Jaccard index from which on two of them are near, above 0.
    """
    frequency = Counter(token for bag in bags for token in bag)
    order = {token: i for i, token in enumerate(sorted(frequency, key=lambda t: (frequency[t], t)))}
    rows = [np.array(sorted(order[token] for token in bag), dtype=np.int64) for bag in bags]
    sizes = np.array([len(row) for row in rows], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    flat = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    prefixes = np.array([_prefix(len(row), least) for row in rows], dtype=np.int64)
    parents = np.arange(len(rows), dtype=np.int64)
    _kernel()(offsets, flat, prefixes, _lists(rows, prefixes, len(order)), least, parents)
    return parents


def _prefix(size: int, least: float) -> int:
    # A hair less than least * size: rounding must not lose a pair that is near exactly.
    return size - math.ceil(least * size - 1e-9) + 1 if size else 0


def _lists(
    rows: Sequence[NDArray[np.int64]], prefixes: NDArray[np.int64], tokens: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(starts, items): which bags have a token among their rarest, in ascending order."""
    firsts = [row[:n] for row, n in zip(rows, prefixes.tolist(), strict=True)]
    token_of = np.concatenate(firsts) if firsts else np.zeros(0, dtype=np.int64)
    item_of = np.repeat(np.arange(len(rows), dtype=np.int64), [len(first) for first in firsts])
    counts = np.bincount(token_of, minlength=tokens)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return starts, item_of[np.argsort(token_of, kind="stable")]


@cache
def _kernel() -> Callable[..., None]:
    try:
        from ictrain.similarity.kernel import compiled
    except ImportError:
        return _link
    return compiled(_link)


def _link(offsets: Any, flat: Any, prefixes: Any, lists: Any, least: float, parents: Any) -> None:
    starts, items = lists
    for one in range(len(prefixes)):
        begin, end = offsets[one], offsets[one + 1]
        for place in range(begin, begin + prefixes[one]):
            for entry in range(starts[flat[place]], starts[flat[place] + 1]):
                other = items[entry]
                if other >= one:
                    break
                a, b = one, other
                while parents[a] != a:
                    parents[a] = parents[parents[a]]
                    a = parents[a]
                while parents[b] != b:
                    parents[b] = parents[parents[b]]
                    b = parents[b]
                if a == b:
                    continue
                i, j, shared = begin, offsets[other], 0
                while i < end and j < offsets[other + 1]:
                    if flat[i] == flat[j]:
                        shared += 1
                        i += 1
                        j += 1
                    elif flat[i] < flat[j]:
                        i += 1
                    else:
                        j += 1
                union = end - begin + offsets[other + 1] - offsets[other] - shared
                if shared / union >= least:
                    parents[max(a, b)] = min(a, b)
    for one in range(len(prefixes)):
        parents[one] = parents[parents[one]]
