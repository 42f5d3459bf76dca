import pytest

from ictrain.errors import ConfigError
from ictrain.examples import Example, PoolSnapshot
from ictrain.similarity import SimilaritySettings, build_index
from ictrain.similarity.registry import METHODS

POOL = PoolSnapshot.of([Example("1", "a b", "y")])


def test_an_unknown_method_names_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'bm25'"):
        SimilaritySettings.parse({"method": "bm52"})


def test_an_unknown_option_names_the_nearest():
    with pytest.raises(ConfigError, match=r"bm25 options.*did you mean 'k1'"):
        SimilaritySettings.parse({"method": "bm25", "options": {"k": 2}})
    with pytest.raises(ConfigError, match="overlap options: of"):
        SimilaritySettings.parse({"method": "overlap", "options": {"of": "letters"}})


def test_options_reach_the_index():
    index = build_index(SimilaritySettings(options={"k1": 0.9}), POOL)
    assert (index.name, index.settings.k1) == ("bm25", 0.9)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_defaults(method):
    assert SimilaritySettings(method=method).of_method() == METHODS[method].settings()
