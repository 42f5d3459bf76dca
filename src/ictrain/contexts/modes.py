"""Context modes of evaluation: the paper's four, none, and ones that guard against fooling oneself.

All modes of a target share one random draw, and the special example of the one_* modes takes the
same slot, so that any two modes of a target can be compared in pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ictrain.contexts.build import Slot, build_contexts, ordered
from ictrain.contexts.context import Context, Role
from ictrain.contexts.slots import EMPTY, Draw, check_room, fill_random, similar_slots, without
from ictrain.contexts.source import NearDuplicate, Source
from ictrain.errors import ConfigError, nearest
from ictrain.examples import Example, Purpose, normalise, stable_index
from ictrain.randomness import rng
from ictrain.similarity.base import Hits

Special = Slot | None


@dataclass(frozen=True)
class ModeRequest:
    """Everything that a mode may look at.

    Attributes:
        source: pool, similarities, and the near-duplicates of the kind that training uses.
        unseen: makes near-duplicates by an operation that training never used.
        repeats: that operation gives back the very input on purpose.
        targets: the test items.
        hits: their neighbours in the pool, for the same purpose.
        k: examples per context.
        seed: of the run.
        purpose: benchmark, or serve.
    """

    source: Source
    targets: Sequence[Example]
    hits: Hits
    k: int
    seed: int
    purpose: Purpose
    unseen: NearDuplicate | None = None
    repeats: bool = False


def contexts_of(mode: str, request: ModeRequest) -> list[Context | None]:
    """One Context per target; None where a target has no near-duplicate of the mode's kind.

    Raises:
        ConfigError: unknown mode.
        ContextError: a pool too small for k.
    """
    if mode not in MODES:
        raise ConfigError(f"unknown mode {mode!r}", mend=nearest(mode, MODES))
    return MODES[mode](mode, request)


def _none(mode: str, request: ModeRequest) -> list[Context | None]:
    return [Context(target.id, mode) for target in request.targets]


def _random(mode: str, request: ModeRequest) -> list[Context | None]:
    specials: list[Special] = [None] * len(request.targets)
    return _with_specials(mode, request, specials, needed=False)


def _similar(mode: str, request: ModeRequest) -> list[Context | None]:
    snapshot, draw = request.source.snapshot, _draw(request)
    excluded = snapshot.excluded_groups(request.targets, request.purpose)[:, None]
    want = np.full(len(request.targets), request.k, dtype=np.int64)
    within = snapshot.scope_of(request.targets)
    check_room(snapshot, excluded, request.k, request.targets)
    slots = np.full((len(want), request.k), EMPTY, dtype=np.int64)
    top = similar_slots(without(request.hits, snapshot, excluded, within), snapshot, want)
    slots[:, : top.shape[1]] = top
    filled = fill_random(slots, want, snapshot, excluded, draw, within)
    roles = [
        [_matched(slot, position, target, request) for slot, position in zip(*row, strict=True)]
        for *row, target in zip(slots.tolist(), filled.tolist(), request.targets, strict=True)
    ]
    order = np.argsort(draw.uniforms("order", request.k), axis=1)
    chosen = ordered(snapshot, filled, roles, [None] * len(want), order)
    return _contexts(mode, request, chosen, (slots == EMPTY).sum(axis=1))


def _matched(slot: int, position: int, target: Example, request: ModeRequest) -> Role:
    if slot == EMPTY:
        return "random"
    same = normalise(request.source.snapshot.examples[position].input) == normalise(target.input)
    return "exact" if same else "similar"


def _one_similar(mode: str, request: ModeRequest) -> list[Context | None]:
    snapshot = request.source.snapshot
    excluded = snapshot.excluded_groups(request.targets, request.purpose)[:, None]
    one = np.ones(len(request.targets), dtype=np.int64)
    within = snapshot.scope_of(request.targets)
    best = similar_slots(without(request.hits, snapshot, excluded, within), snapshot, one)
    specials: list[Special] = []
    for target, position in zip(request.targets, best[:, 0].tolist(), strict=True):
        example = snapshot.examples[position] if position != EMPTY else None
        role: Role = "near"
        if example is not None and normalise(example.input) == normalise(target.input):
            role = "exact"
        specials.append(None if example is None else (example, role))
    return _with_specials(mode, request, specials, needed=False)


def _one_duplicate(mode: str, request: ModeRequest) -> list[Context | None]:
    make = request.unseen if mode == "one_unseen" else request.source.near_duplicate
    if make is None:
        return [None] * len(request.targets)
    specials: list[Special] = []
    for target, index in zip(request.targets, stable_index(request.targets), strict=True):
        made = make(target, rng(request.seed, f"evaluate/{mode}", 0, int(index)))
        same = made is not None and normalise(made.input) == normalise(target.input)
        role: Role = "exact" if same else "paraphrase"
        if same and not (mode == "one_unseen" and request.repeats):
            made = None  # an operation that failed to change its target would leak the answer
        specials.append(None if made is None else (made, role))
    return _with_specials(mode, request, specials, needed=True)


def _shuffled_labels(mode: str, request: ModeRequest) -> list[Context | None]:
    """The contexts of one_paraphrase with every output moved to another input: a control."""
    contexts = _one_duplicate("one_paraphrase", request)
    return [None if c is None else _deranged(mode, c, request.seed) for c in contexts]


def _deranged(mode: str, context: Context, seed: int) -> Context | None:
    """No input keeps an output that says what its own says; None where that cannot be."""
    order = rng(seed, f"evaluate/derange/{context.target_id}").permutation(context.k).tolist()
    labels = [normalise(context.examples[place].example.output) for place in order]
    grouped = [p for _, p in sorted(zip(map(labels.index, labels), order, strict=True),
                                    key=lambda pair: pair[0])]  # fmt: skip
    most = max(map(labels.count, labels), default=0)
    if not context.k or 2 * most > context.k:
        return None
    outputs = [""] * context.k
    for place, giver in zip(grouped, np.roll(grouped, most), strict=True):
        outputs[place] = context.examples[giver].example.output
    examples = tuple(
        replace(e, example=replace(e.example, output=output))
        for e, output in zip(context.examples, outputs, strict=True)
    )
    return replace(context, cell=mode, examples=examples)


def _draw(request: ModeRequest) -> Draw:
    return Draw(request.seed, "evaluate", 0, stable_index(request.targets))


def _with_specials(
    mode: str, request: ModeRequest, specials: Sequence[Special], *, needed: bool
) -> list[Context | None]:
    """k random examples each; where there is a special one, it takes a slot of its own."""
    snapshot, draw = request.source.snapshot, _draw(request)
    excluded = snapshot.excluded_groups(request.targets, request.purpose)[:, None]
    within = snapshot.scope_of(request.targets)
    check_room(snapshot, excluded, request.k + 1, request.targets)
    width = np.full(len(request.targets), request.k + 1, dtype=np.int64)
    empty = np.full((len(width), request.k + 1), EMPTY, dtype=np.int64)
    slots = fill_random(empty, width, snapshot, excluded, draw, within)
    place = (draw.uniforms("slot", 1)[:, 0] * request.k).astype(np.int64)
    chosen: list[list[Slot]] = []
    unmatched = np.zeros(len(width), dtype=np.int64)
    for row, special in enumerate(specials):
        own: list[Slot] = [
            (snapshot.examples[position], "random") for position in slots[row].tolist()
        ]
        chosen.append(_one_special(own, special, int(place[row])))
        unmatched[row] = special is None and mode == "one_similar"
    made = _contexts(mode, request, chosen, unmatched)
    return [None if needed and s is None else c for s, c in zip(specials, made, strict=True)]


def _one_special(own: list[Slot], special: Special, place: int) -> list[Slot]:
    """The first k of k + 1 random examples, with the special one in its place; a random example
    with the special one's input gives way to the spare one."""
    kept, spare = own[:-1], own[-1]
    if special is None:
        return kept
    name = normalise(special[0].input)
    kept = [spare if normalise(e.input) == name else (e, role) for e, role in kept]
    kept[place] = special
    return kept


def _contexts(
    mode: str,
    request: ModeRequest,
    chosen: Sequence[Sequence[Slot]],
    unmatched: NDArray[np.int64],
) -> list[Context | None]:
    cells = [mode] * len(chosen)
    similarities = request.source.similarities
    return [*build_contexts(similarities, request.targets, cells, chosen, unmatched.tolist())]


MODES: Mapping[str, Callable[[str, ModeRequest], list[Context | None]]] = {
    "none": _none,
    "random": _random,
    "similar": _similar,
    "one_similar": _one_similar,
    "one_paraphrase": _one_duplicate,
    "one_unseen": _one_duplicate,
    "one_paraphrase_shuffled": _shuffled_labels,
}

MODE_WORDS: Mapping[str, str] = {
    "none": "no context",
    "random": "k random examples",
    "similar": "the k most similar examples",
    "one_similar": "the most similar example among k-1 random ones",
    "one_paraphrase": "a near-duplicate with its own output, made as training does, among random",
    "one_unseen": "a near-duplicate made in a way that training never used, among random",
    "one_paraphrase_shuffled": "a control: as one_paraphrase, but every output at another input",
}
"""One phrase each, for people."""
