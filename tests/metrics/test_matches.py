import pytest

from ictrain.errors import ConfigError
from ictrain.examples import Example
from ictrain.metrics import METRICS, get_metric


def score(name, output, gold):
    return get_metric(name).score(output, Example("1", "x", gold))


@pytest.mark.parametrize(
    ("name", "output", "gold", "expected"),
    [
        ("exact_match", " a b\n", "a b", 1.0),
        ("exact_match", "a  b", "a b", 0.0),
        ("exact_match", "A b", "a b", 0.0),
        ("normalised_exact_match", "a \n b ", "a b", 1.0),
        ("normalised_exact_match", "ab", "a b", 0.0),
        ("normalised_exact_match", "A b", "a b", 0.0),
        ("token_f1", "The cat", "the cat!", 1.0),
        ("token_f1", "a b c d", "a x", 2 * 1 / 6),
        ("token_f1", "a a a", "a", 2 * 1 / 4),  # bags, not sets
        ("token_f1", "नमस्ते", "नमन", 0.0),  # a shredded word would match in part
        ("token_f1", "", "a", 0.0),
        ("token_f1", "?", "!", 1.0),
    ],
)
def test_scores(name, output, gold, expected):
    assert score(name, output, gold) == pytest.approx(expected)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_its_name_and_full_marks_for_the_gold(name):
    assert get_metric(name).name == name
    assert score(name, "a b", "a b") == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["exact_match", "normalised_exact_match", "token_f1"])
def test_what_is_a_mean_needs_no_statistics(name):
    assert get_metric(name).stats("a", Example("1", "x", "a")) is None


def test_an_unknown_metric_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'exact_match'"):
        get_metric("exactmatch")
