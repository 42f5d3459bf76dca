"""Another literal in question and output alike: a near-duplicate with its own, different, gold.

The paper does so for text-to-SQL (section 4): 'TR183' in question and query becomes 'KAC16'. Here a
literal is a quoted string of the output that stands word for word in the input, and the new value
is one that other outputs have in the same place: in the same function, or after the same column.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from ictrain.contexts import NearDuplicate
from ictrain.examples import Example

_LITERAL = re.compile(r"(\w+)\s*(?:\(|=|LIKE)\s*(['\"])(?P<value>[^'\"]+)\2")


def _literals(output: str) -> list[tuple[str, str]]:
    """(place, value) of every quoted literal."""
    return [(match.group(1).lower(), match.group("value")) for match in _LITERAL.finditer(output)]


def _word(value: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)


def literal_swap(pool: Sequence[Example]) -> NearDuplicate:
    """The rule over the literals that the pool's outputs have; None where no literal is shared."""
    values: dict[str, set[str]] = defaultdict(set)
    for example in pool:
        for place, value in _literals(example.output):
            values[place].add(value)
    choices = {place: sorted(found) for place, found in values.items()}

    def make(target: Example, generator: np.random.Generator) -> Example | None:
        shared = [
            (place, value)
            for place, value in dict.fromkeys(_literals(target.output))
            if _word(value).search(target.input)
        ]
        shared = [(p, v) for p, v in shared if any(c != v for c in choices.get(p, []))]
        if not shared:
            return None
        place, old = shared[int(generator.integers(len(shared)))]
        others = [value for value in choices[place] if value != old]
        new = others[int(generator.integers(len(others)))]
        text = _word(old).sub(lambda _: new, target.input)
        output = _word(old).sub(lambda _: new, target.output)
        return Example(f"{target.id}#{new}", text, output)

    return make
