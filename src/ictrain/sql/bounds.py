"""The pairs of literals of a statement that are the two ends of one range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ictrain.sql.sites import Site, Value, place_of
from ictrain.sql.syntax import parsed

Range = tuple[Site, Site]
"""The lower end and the upper one."""


def ranges_of(sql: str, sites: Sequence[Site]) -> list[Range]:
    """Of a BETWEEN, and of a >= x AND a <= y with the same a; among these literals alone."""
    from sqlglot import exp

    tree, at = parsed(sql), {site.start: site for site in sites}
    if tree is None:
        return []
    found = [(node.args["low"], node.args["high"]) for node in tree.find_all(exp.Between)]
    for conjunction in tree.find_all(exp.And):
        if not isinstance(conjunction.parent, exp.And):
            found += _ends(conjunction)
    pairs = ((_site(low, at), _site(high, at)) for low, high in found)
    return [(low, high) for low, high in pairs if low is not None and high is not None]


def in_order(ranges: Sequence[Range], changed: Sequence[Site], value: Value) -> bool:
    """Whether each range whose ends stood in order still has them so, with another value at the
    changed places; equal ends are in no order."""
    starts = {site.start for site in changed}
    for ends in ranges:
        if any(end.start in starts for end in ends):
            low, high = (value if end.start in starts else end.value for end in ends)
            if _before(ends[0].value, ends[1].value) and not _before(low, high):
                return False
    return True


def _ends(conjunction: Any) -> Iterator[tuple[Any, Any]]:
    """Every lower end of something with every upper end of the same thing."""
    from sqlglot import exp

    ends: dict[str, tuple[list[Any], list[Any]]] = {}
    for part in conjunction.flatten():
        if not isinstance(part, exp.GT | exp.GTE | exp.LT | exp.LTE):
            continue
        turned = isinstance(part.this, exp.Literal)
        thing, literal = (part.expression, part.this) if turned else (part.this, part.expression)
        upper = isinstance(part, exp.LT | exp.LTE) != turned
        ends.setdefault(thing.sql().lower(), ([], []))[upper].append(literal)
    for lower, higher in ends.values():
        yield from ((low, high) for low in lower for high in higher)


def _site(node: Any, at: Mapping[int, Site]) -> Site | None:
    return at.get(place_of(node)[0])


def _before(low: Value, high: Value) -> bool:
    """As numbers where both are; else as texts."""
    try:
        return float(low) < float(high)
    except ValueError:
        return str(low) < str(high)
