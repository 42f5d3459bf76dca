"""A context for an input that somebody asks about now, whose output nobody knows."""

from __future__ import annotations

from ictrain.contexts.context import Context
from ictrain.contexts.modes import MODES, ModeRequest, contexts_of
from ictrain.contexts.source import Source
from ictrain.errors import ConfigError, nearest
from ictrain.examples import Example

SERVED = ("none", "random", "similar", "one_similar")
"""The context modes that need no output."""


def asked(text: str) -> Example:
    """The input as a target; its draws are a function of the text."""
    return Example(f"asked:{text}", text, "")


def context_for(text: str, source: Source, *, k: int, mode: str, seed: int) -> Context:
    """One context, purpose serve: an equal input may stand in it (role exact).

    Args:
        text: the input.
        source: pool and similarities; the first of them finds neighbours.
        k: how many examples.
        mode: one of SERVED.
        seed: of the random examples.

    Raises:
        ConfigError: an unknown mode, one that needs the input's output, or a wrong k.
        ContextError: a pool smaller than k (random examples need one more).
    """
    if mode not in SERVED:
        known = "a mode that needs no output" if mode in MODES else ""
        raise ConfigError(f"mode {mode!r}", expected=known, mend=nearest(mode, SERVED))
    if k < 1:
        raise ConfigError(f"k is {k}", expected="1 or more")
    target = asked(text)
    retrieval = next(iter(source.similarities.values()))
    exclude = source.snapshot.excluded_groups([target], "serve")
    # Equal inputs take places among the hits: ask for a few more.
    hits = retrieval.search([text], 4 * k + 4, exclude)
    (context,) = contexts_of(mode, ModeRequest(source, [target], hits, k, seed, "serve"))
    assert context is not None  # only modes of near-duplicates have none
    return context
