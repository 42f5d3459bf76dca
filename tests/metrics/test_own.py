import pytest

from ictrain.errors import ConfigError, DataError
from ictrain.examples import Example
from ictrain.metrics import get_metric, metric_name

GOLD = Example("q7", "how many", "3")


@pytest.fixture
def own(tmp_path):
    def made(body):
        file = tmp_path / "scores.py"
        file.write_text(body)
        return f"{file}:closeness"

    return made


def test_a_function_in_a_file_is_a_metric(own):
    spec = own("def closeness(output, example):\n    return 1 / (1 + abs(int(output) - 3))\n")
    metric = get_metric(spec)
    assert metric.name == metric_name(spec) == "closeness"
    assert metric.score("4", GOLD) == 0.5
    assert metric.stats("4", GOLD) is None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("raise ValueError('no')", r"item 'q7'.*the metric failed: ValueError: no"),
        ("return 1.5", r"the metric gave 1.5.*0 to 1"),
        ("return float('nan')", r"the metric gave nan"),
        ("return None", r"the metric gave None"),
    ],
)
def test_a_metric_that_fails_is_told_with_its_item(own, body, found):
    metric = get_metric(own(f"def closeness(output, example):\n    {body}\n"))
    with pytest.raises(DataError, match=found):
        metric.score("4", GOLD)


def test_a_file_or_function_that_is_not_there(own, tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        get_metric(str(tmp_path / "other.py") + ":closeness")
    with pytest.raises(ConfigError, match=r"no function 'closeness'; did you mean 'closenes'"):
        get_metric(own("def closenes(output, example):\n    return 1\n"))
    with pytest.raises(ConfigError, match=r"cannot import it: SyntaxError"):
        get_metric(own("def closeness(:"))
    with pytest.raises(ConfigError, match="has the name of a metric"):
        get_metric(str(tmp_path / "other.py") + ":exact_match")


def test_paths_may_name_the_environment(own, tmp_path, monkeypatch):
    own("def closeness(output, example):\n    return True\n")
    monkeypatch.setenv("METRICS_HERE", str(tmp_path))
    assert get_metric("${METRICS_HERE}/scores.py:closeness").score("x", GOLD) == 1.0
