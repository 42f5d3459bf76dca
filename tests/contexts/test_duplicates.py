"""Bad near-duplicates at given rates: which are spoilt, how, and that nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ictrain.contexts import StrategySettings, draw_contexts
from ictrain.errors import ContextError
from ictrain.examples import Example
from tests.support import hits_of, pool_of, source_of


def drift(target, generator):
    del generator
    text = f"{target.input} drifted"
    return Example(f"{target.id}#drift", text, text.upper())


def contexts(drifts=drift, **values):
    snapshot = pool_of(200)
    strategy = StrategySettings(name="contrastive", k=3, epsilon=0.8, **values)
    source = replace(source_of(snapshot), changed_duplicate=drifts)
    hits = hits_of(source, snapshot.examples, "train")
    return draw_contexts(
        strategy, source, snapshot.examples, hits, seed=1, epoch=0, purpose="train"
    )


def duplicates(drawn):
    return {c.target_id: e.example for c in drawn for e in c.examples if e.role == "paraphrase"}


def test_wrong_labels_come_at_their_rate_and_from_another_pool_item():
    clean, outputs = duplicates(contexts()), {e.output for e in pool_of(200)}
    half = duplicates(contexts(paraphrase_wrong=0.5))
    wrong = {name for name, e in half.items() if e.output != clean[name].output}
    assert {e.input for e in half.values()} == {e.input for e in clean.values()}
    assert all(half[name].output in outputs for name in wrong)
    assert all(half[name].id.endswith("#mislabelled") for name in wrong)
    assert len(half) == len(clean) > 120
    assert 0.4 < len(wrong) / len(half) < 0.6
    every = duplicates(contexts(paraphrase_wrong=1.0))
    assert all(e.output != clean[name].output for name, e in every.items())
    more = duplicates(contexts(paraphrase_wrong=0.7))
    assert all(more[name] == half[name] for name in wrong)  # a higher rate spoils these and more


def test_drifting_ones_come_at_their_rate_with_their_own_output():
    some = duplicates(contexts(paraphrase_changed=0.3))
    changed = [e for e in some.values() if e.input.endswith("drifted")]
    assert 0.2 < len(changed) / len(some) < 0.4
    assert all(e.output == e.input.upper() for e in some.values())


def test_nothing_else_of_a_context_changes():
    def others(drawn):
        return [[e for e in c.examples if e.role != "paraphrase"] for c in drawn]

    assert others(contexts()) == others(contexts(paraphrase_wrong=0.6))
    assert contexts() == contexts(drifts=None)


def test_a_task_that_cannot_label_what_drifts_says_so():
    with pytest.raises(ContextError, match="right output of a paraphrase"):
        contexts(drifts=None, paraphrase_changed=0.1)


def either(target, generator):
    """A near-duplicate with two outcomes by chance."""
    word = "left" if generator.random() < 0.5 else "right"
    text = f"{target.input} {word}"
    return Example(f"{target.id}#{word}", text, text.upper())


def with_held_out(held_out, make):
    snapshot = pool_of(200)
    strategy = StrategySettings(name="contrastive", k=3, epsilon=0.8)
    source = replace(source_of(snapshot), near_duplicate=make, held_out=frozenset(held_out))
    hits = hits_of(source, snapshot.examples, "train")
    return draw_contexts(
        strategy, source, snapshot.examples, hits, seed=1, epoch=0, purpose="train"
    )


def test_none_is_a_held_out_input_and_all_others_stay_as_they_were():
    free = duplicates(with_held_out((), either))
    barred = {e.input.lower() for e in list(free.values())[::2]}
    drawn = duplicates(with_held_out(barred, either))
    assert drawn.keys() == free.keys()
    assert len(barred) > 60
    for name, e in drawn.items():
        if free[name].input in barred:
            assert {e.input.split()[-1], free[name].input.split()[-1]} == {"left", "right"}
        else:
            assert e == free[name]


def test_a_target_whose_every_near_duplicate_is_held_out_goes_without():
    one = pool_of(200).examples[0]
    barred = {f"{e.input} {word}" for e in pool_of(200) for word in ("left", "right")}
    left = {text for text in barred if text.startswith(f"{one.input} ")}
    assert one.id not in duplicates(with_held_out(left, either))
    bare = with_held_out(barred, either)
    assert not duplicates(bare)
    assert all(c.k == 3 for c in bare)
