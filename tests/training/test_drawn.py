from __future__ import annotations

from dataclasses import replace

import pytest

from ictrain.contexts import StrategySettings
from ictrain.errors import DataError
from ictrain.prompts import PromptSettings, Renderer
from ictrain.training.drawn import DrawnBatches, prepare
from tests.made_tokenizers import characters
from tests.support import hits_of, pool_of, source_of

TOKENIZER = characters()


def batches_of(n=40, batch_size=6, seed=0, max_tokens=400, **values):
    strategy = StrategySettings(**{"name": "contrastive", "k": "1-3", **values})
    snapshot = pool_of(n)
    source = source_of(snapshot)
    hits = hits_of(source, snapshot.examples, "train")
    renderer = Renderer(PromptSettings(max_tokens=max_tokens), TOKENIZER, "overlap")
    prepared = prepare(strategy, source, snapshot.examples, hits, renderer)
    return DrawnBatches(strategy, source, prepared, renderer, batch_size, seed)


def test_an_epoch_has_every_target_once_in_an_order_of_its_own():
    batches = batches_of()
    seen = [r.segments[-1].example_id for step in range(20) for r in batches.batch(step)]
    first, second = seen[:40], seen[40:80]
    assert sorted(first) == sorted(second) == sorted(t.id for t in batches.prepared.targets)
    assert first != second


def test_two_accesses_agree_and_epochs_differ():
    """Contexts that are drawn once and kept would be the same in each epoch (trl #6039)."""
    batches, fresh = batches_of(), batches_of()
    in_order = [batches.batch(step) for step in range(30)]
    for step in (29, 0, 13, 7, 13):
        assert fresh.batch(step) == in_order[step]
    by_target = {}
    for rendered in (r for batch in in_order[:20] for r in batch):
        by_target.setdefault(rendered.segments[-1].example_id, []).append(rendered.ids)
    differ = [pair[0] != pair[1] for pair in by_target.values() if len(pair) > 1]
    assert sum(differ) > 0.9 * len(differ)


def test_batch_size_decides_nothing_about_a_draw():
    small, large = batches_of(batch_size=2), batches_of(batch_size=10)
    assert [r for s in range(10) for r in small.batch(s)] == [
        r for s in range(2) for r in large.batch(s)
    ]


def test_too_long_targets_are_counted_and_too_many_stop():
    snapshot = pool_of(150)
    long = replace(snapshot.examples[3], input="ant " * 60)
    targets = [long if e.id == long.id else e for e in snapshot.examples]
    source = source_of(snapshot)
    renderer = Renderer(PromptSettings(max_tokens=100), TOKENIZER, "overlap")
    strategy = StrategySettings(name="random", k=1)
    prepared = prepare(strategy, source, targets, None, renderer)
    assert prepared.rejected == (long.id,)
    assert len(prepared.targets) == 149
    with pytest.raises(DataError, match=r"1 of 20 targets .*'e003'.*at most 1%.*max_tokens"):
        prepare(strategy, source, targets[:20], None, renderer)


def test_the_similar_filter_counts_survivors_and_none_is_an_error():
    everything = batches_of(name="similar", k=2).prepared
    some = batches_of(name="similar", k=2, min_mean_similarity=0.45).prepared
    assert 0 < len(some.targets) < len(everything.targets)
    assert some.filtered == len(everything.targets) - len(some.targets)
    assert batches_of(name="similar", k=2, min_mean_similarity=0.45).batch(0)
    with pytest.raises(DataError, match=r"no target has a mean similarity above 0\.99"):
        batches_of(name="similar", k=2, min_mean_similarity=0.99)
