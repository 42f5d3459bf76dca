"""Small findings in both forms, their page, and claims of all three kinds."""

import warnings

import pytest

from ictrain.theory.bars import BARS, Outcome
from ictrain.theory.claims import Claim
from ictrain.theory.explore import explore
from ictrain.theory.settings import TheorySettings
from ictrain.theory.show import write_page

COMMAND = "ictrain theory --seed 3 <&>"


@pytest.fixture(scope="package", autouse=True)
def _small():
    """Few points, few rows, small pictures: what these tests are about does not need more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ictrain.theory.simplex._POOL", 100)
        patch.setattr("ictrain.theory.landscape._ROWS", 20)
        patch.setattr("ictrain.theory.landscape._PROFILE", 3)
        patch.setattr("ictrain.report.svg._DPI", 20)
        yield


@pytest.fixture(scope="package")
def settings():
    plan = {"steps": 30, "batch": 32}
    small = dict.fromkeys(("fixed", "joint", "joint_adam", "sgd"), plan)
    learned = {"joint": "sgd", "joint_adam": "adam"}
    small |= {name: plan | {"estimator": {"name": how}} for name, how in learned.items()}
    return TheorySettings.parse(
        {**small, "pool": 400, "test": 300, "graded_steps": 20, "long_steps": 30}
        | {"grid": 3, "grid_seeds": 2}
    )


@pytest.fixture(scope="package")
def full(settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return explore(settings, 3)


@pytest.fixture(scope="package")
def claims():
    parts = ("place <1>", "it says & means", "alpha 1 <= 2", True)
    return [
        Claim("plain", *parts, True),
        Claim("conditioned", *parts, False, "only if <b>so</b>"),
        Claim("wrong", *parts[:-1], False, False, "the opposite"),
    ]


@pytest.fixture(scope="package")
def outcomes():
    return [Outcome(BARS[0], 3, 0.0), Outcome(BARS[1], 3, 1.0)]


@pytest.fixture(scope="package")
def page(full, claims, outcomes, tmp_path_factory):
    out = tmp_path_factory.mktemp("theory") / "page"
    return write_page(full, claims, outcomes, out, COMMAND)
