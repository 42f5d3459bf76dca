"""One rendered report, shared by the tests that only read it; rows with a known truth."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "analysis"))

from synthetic_rows import MODELS, MODES, base, make_rows

from ictrain.analysis import AnalysisSettings, analyse
from ictrain.report import write_report


@pytest.fixture(scope="session")
def quick():
    return AnalysisSettings(resamples=200)


@pytest.fixture(scope="session")
def rows():
    copy = {"copy_nearest": lambda t, m, s: 0.1 if s is None else 0.1 + 0.8 * s}
    copy["copy_random"] = lambda t, m, s: 0.1
    return make_rows(
        {**MODELS, **copy, "untrained": base}, items=24, modes=(*MODES, "one_paraphrase_shuffled")
    )


@pytest.fixture(scope="session")
def record():
    return {
        "name": "Which contexts make a model read?",
        "created": "2026-01-02 03:04",
        "command": "ictrain demo",
        "config": {"training": {"steps": 800}},
        "hashes": {"base": "00ff"},
        "versions": {"ictrain": "0.1.0"},
        "machine": {"cores": 2},
        "jobs": [
            {
                "strategy": name,
                "seed": seed,
                "steps": 800,
                "tokens": 400_000 + seed,
                "seconds": 17.25,
                "unique_targets": 400,
                "dropped_examples": 3,
                "survivors": None,
            }
            for name in MODELS
            if name != "base"
            for seed in (1, 2, 3)
        ],
        "deviations": ["Two symbols <instead> of three."],
        "notes": ["Equal steps."],
        "test_sets": {"id": "the fixed task", "ood": "fresh knowledge"},
        "modes": {"one_unseen": "an operation unseen in training"},
        "strategies": {"zero": "no context"},
    }


@pytest.fixture(scope="session")
def report(rows, record, quick, tmp_path_factory):
    return write_report(rows, record, tmp_path_factory.mktemp("run") / "report", quick)


@pytest.fixture(scope="session")
def analysis(rows, quick):
    return analyse(rows, quick)
