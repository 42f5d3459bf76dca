"""The page's JavaScript computes what ictrain.theory.model computes, on the page's own numbers."""

import json
import re
from importlib.resources import files

import numpy as np
import pytest
import torch
from py_mini_racer import MiniRacer

from ictrain.theory.model import Seen, forward
from ictrain.theory.show.sample import COUNT, as_json, sample
from ictrain.theory.table import mean_masses
from ictrain.theory.world import World

SCALARS = [
    (0, 0, 0),
    (10.9, -8.06, 0.85),
    (-3, 2, 7),
    (1.6, -6.5, 12.6),
    (400, -300, 50),
    (0, 800, 0),
]


@pytest.fixture(scope="module")
def engine():
    found = MiniRacer()
    found.eval((files("ictrain.theory.show") / "templates" / "model.js").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def embedded(page):
    text = page.read_text("utf-8")
    return json.loads(re.search(r'<script[^>]*id="sample">(.*?)</script>', text, re.S)[1])


def in_python(scalars, test):
    columns = (torch.tensor(test[name], dtype=torch.float64) for name in ("similarities", "labels"))
    similarities, labels = columns
    y = torch.tensor(test["y"], dtype=torch.float64)
    given = Seen(similarities, labels, similarities.mean(1), labels.mean(1), y)
    estimate = torch.tensor(test["estimate"], dtype=torch.float64)
    output = forward(torch.tensor(scalars, dtype=torch.float64), given, estimate)
    near = torch.tensor([[c == "1" for c in row] for row in test["near"]])
    return mean_masses(output, near), float(output.loss.mean())


@pytest.mark.parametrize("scalars", SCALARS)
@pytest.mark.parametrize("which", range(3))
def test_masses_and_loss_are_the_models(engine, embedded, scalars, which):
    test = embedded["tests"][which]
    found = engine.call("evaluate", list(scalars), test)
    masses, loss = in_python(scalars, test)
    np.testing.assert_allclose(found["masses"], masses, rtol=0, atol=1e-9)
    assert found["loss"] == pytest.approx(loss, rel=1e-9)


def test_references_are_errors_of_one_source_alone(engine, embedded):
    for test in embedded["tests"]:
        found = engine.call("references", test)
        y, labels = np.array(test["y"]), np.array(test["labels"])
        assert found["self"] == pytest.approx(np.mean((np.array(test["estimate"]) - y) ** 2))
        assert found["average"] == pytest.approx(np.mean((labels.mean(1) - y) ** 2))
        near = np.array([[c == "1" for c in row] for row in test["near"]])
        if near.any():
            assert found["near"] == pytest.approx(((labels - y[:, None]) ** 2)[near].mean())
        else:
            assert found["near"] is None


def test_the_sample_is_the_worlds_test_sets_rounded(full, embedded):
    world = World(full.settings, full.seed)
    assert [test["name"] for test in embedded["tests"]] == list(world.tests)
    for test, rows in zip(embedded["tests"], world.tests.values(), strict=True):
        assert len(test["y"]) == COUNT
        for name, whole in (
            ("similarities", rows.similarities),
            ("labels", rows.labels),
            ("y", rows.y),
            ("estimate", world.estimate(rows).numpy()),
        ):
            np.testing.assert_allclose(np.array(test[name]), whole[:COUNT], rtol=1e-4)
        near = np.array([[c == "1" for c in row] for row in test["near"]])
        assert (near == rows.near[:COUNT]).all()


def test_presets_are_what_training_arrived_at(full, embedded):
    table = full.core.fixed
    assert [preset["name"] for preset in embedded["presets"]] == list(table.regimes)
    shown = [preset["scalars"] for preset in embedded["presets"]]
    np.testing.assert_allclose(shown, table.scalars, rtol=1e-4)
    assert embedded["reach"] > np.abs(table.scalars).max()


def test_the_json_cannot_end_its_script():
    assert "<" not in as_json({"a": "</script>"})
    assert json.loads(as_json({"a": "</script>"})) == {"a": "</script>"}


def test_noise_shows_in_the_sample(full):
    noisy = full.settings.model_copy(update={"estimator": "noisy"})
    first, second = sample(full), sample(type(full)(noisy, full.seed, full.core, None))
    assert first["tests"][0]["y"] == second["tests"][0]["y"]
    assert first["tests"][0]["estimate"] != second["tests"][0]["estimate"]
