import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF

from ictrain.examples import Example
from ictrain.metrics import get_metric, signatures
from ictrain.statistics import Bootstrap, Counts, differences, estimates, resample_counts

WORDS = ["der", "die", "das", "Haus", "ist", "war", "nicht", "groß", "und", "klein"]
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
PAIRS = st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=12)
SCORERS = {"chrf": CHRF(), "bleu": BLEU()}


def example(gold):
    return Example("1", "x", gold)


def counts(name, pairs):
    metric = get_metric(name)
    return [Counts(tuple(metric.stats(o, example(g))), metric.of) for o, g in pairs]


@pytest.mark.parametrize("name", SCORERS)
@settings(max_examples=40, deadline=None)
@given(pairs=PAIRS)
def test_summed_statistics_give_the_corpus_score_of_sacrebleu(name, pairs):
    outputs, golds = zip(*pairs, strict=True)
    oracle = SCORERS[name].corpus_score(list(outputs), [list(golds)]).score / 100
    sums = np.sum([c.numbers for c in counts(name, pairs)], axis=0)
    found = get_metric(name).of(sums.tolist())
    if name == "chrf" or sums[5] > 0:  # some 4-gram matches: the effective order is the full one
        assert found == pytest.approx(oracle, abs=1e-12)
    assert 0 <= found <= 1 + 1e-12


@pytest.mark.parametrize("name", SCORERS)
def test_a_corpus_score_is_not_the_mean_of_its_sentences(name):
    pairs = [("das Haus ist groß und klein", "das Haus ist groß und klein"), ("die", "der Haus")]
    metric = get_metric(name)
    mean = np.mean([metric.score(o, example(g)) for o, g in pairs])
    found = estimates({"a": [(("t", 0, i), c) for i, c in enumerate(counts(name, pairs))]})["a"]
    assert abs(found.mean - mean) > 0.01


def test_the_interval_is_that_of_a_slow_bootstrap():
    pairs = [(WORDS[i % 7] + " Haus ist", WORDS[i % 5] + " Haus war") for i in range(30)]
    how, values = Bootstrap(resamples=100), counts("chrf", pairs)
    found = estimates({"a": [(("t", 0, i), c) for i, c in enumerate(values)]}, how)["a"]
    scores = []
    for block in range(2):
        for line in resample_counts(30, how, block).astype(int):
            drawn = [pairs[i] for i, n in enumerate(line) for _ in range(n)]
            outputs, golds = zip(*drawn, strict=True)
            scores.append(CHRF().corpus_score(list(outputs), [list(golds)]).score / 100)
    low, high = np.percentile(scores, [2.5, 97.5])
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)
    assert found.low < found.mean < found.high


def test_a_paired_difference_is_the_difference_of_two_corpus_scores():
    first = dict(enumerate(counts("bleu", [("das Haus ist groß nicht", "das Haus ist groß")] * 25)))
    second = dict(enumerate(counts("bleu", [("das Haus ist klein", "das Haus ist groß")] * 25)))
    sample = differences(first, second, lambda i: ("t", 0, i))
    found = estimates({"a": sample})["a"]
    each = [
        estimates({"a": [(("t", 0, i), c) for i, c in d.items()]})["a"] for d in (first, second)
    ]
    assert found.mean == pytest.approx(each[0].mean - each[1].mean)
    assert found.items == 25
    assert found.low == pytest.approx(found.mean)  # all rows are alike


def test_a_corpus_score_beside_a_mean_has_no_difference():
    with pytest.raises(TypeError, match="no paired difference"):
        differences({1: 0.5}, {1: counts("bleu", [("a", "a")])[0]}, lambda i: ("t", 0, i))


def test_too_few_items_give_no_interval():
    found = estimates({"a": [(("t", 0, 1), counts("chrf", [("die", "der")])[0])]})["a"]
    assert found.interval is None
    assert "1 items" in found.reason


def test_the_record_says_what_was_computed():
    found = signatures(["exact_match", "chrf", "bleu"])
    assert list(found) == ["chrf", "bleu"]
    assert "nc:6" in found["chrf"]
    assert "tok:13a" in found["bleu"]


def test_sacrebleu_is_not_imported_for_its_name_alone():
    import subprocess

    code = "import sys, ictrain.metrics; sys.exit('sacrebleu' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
