"""The cell 'diverse': a top k whose members differ from one another (maximal marginal relevance).

    next = argmax over d of  lambda * sim(target, d) - (1 - lambda) * max over chosen c of sim(c, d)

Source: Carbonell & Goldstein 1998, 'The use of MMR, diversity-based reranking for reordering
documents and producing summaries'. Both similarities are the same one, a number up to 1; the
candidates are the target's neighbours. Equal values: the better neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ictrain.contexts.slots import EMPTY, Positions
from ictrain.examples import Example, PoolSnapshot
from ictrain.similarity.base import Hits, Index


def diverse_slots(
    targets: Sequence[Example],
    hits: Hits,
    want: NDArray[np.int64],
    snapshot: PoolSnapshot,
    similarity: Index,
    trade: float,
) -> Positions:
    """The want[i] items of each target that maximal marginal relevance takes first.

    Fewer wanted items are the first ones of more wanted items, and nothing here is random.

    Args:
        targets: whose contexts.
        hits: their neighbours, the better first; a score of 0 is none.
        want: int64 [targets].
        snapshot: the pool; of equal inputs one is taken.
        similarity: of target and candidate, and of two candidates, on one scale.
        trade: lambda; 1 looks at closeness to the target alone, 0 at novelty alone.

    Returns:
        int64 [targets, max(want)], filled from the left, EMPTY where no neighbour is left.
    """
    width = int(want.max(initial=0))
    slots = np.full((len(targets), width), EMPTY, dtype=np.int64)
    usable = (hits.scores > 0) & (hits.positions >= 0)
    if not width or not usable.any():
        return slots
    places = np.maximum(hits.positions, 0)
    groups = snapshot.groups[places]
    texts = [[snapshot.examples[p].input for p in row] for row in places.tolist()]
    close = _scores(similarity, [target.input for target in targets], texts, usable)
    alike = np.zeros_like(close)  # to the most similar item that is chosen already; none yet: 0
    rows = np.arange(len(targets))
    for step in range(width):
        value = np.where(usable, trade * close - (1 - trade) * alike, -np.inf)
        column = value.argmax(axis=1)
        found = usable[rows, column] & (step < want)
        slots[found, step] = places[rows, column][found]
        usable = usable & (groups != groups[rows, column][:, None]) & found[:, None]
        if step + 1 < width and usable.any():
            chosen = [row[c] for row, c in zip(texts, column.tolist(), strict=True)]
            new = _scores(similarity, chosen, texts, usable)
            alike = new if step == 0 else np.maximum(alike, new)
    return slots


def _scores(
    similarity: Index,
    queries: Sequence[str],
    texts: Sequence[Sequence[str]],
    usable: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """float64 [rows, candidates]: of each row's query and its usable candidates; 0 elsewhere."""
    scores = np.zeros(usable.shape)
    rows, columns = np.nonzero(usable)
    pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
    scores[rows, columns] = similarity.pairs(
        [queries[row] for row, _ in pairs], [texts[row][column] for row, column in pairs]
    )
    return scores
