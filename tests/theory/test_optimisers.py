"""torch's optimiser classes are the oracle; they are not what `ictrain theory` uses, for they cost
seconds before the first step."""

import subprocess
import sys

import pytest
import torch

from ictrain.theory.optimisers import stepper
from ictrain.theory.settings import Optimiser

CLASSES = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


def drawn(*shape, seed):
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=draws)


@pytest.mark.parametrize("rate", [1e-3, 0.05, 7.0])
@pytest.mark.parametrize("name", CLASSES)
def test_every_step_has_the_bits_of_torchs_class(name, rate):
    mine, theirs = ([drawn(5, 3, seed=0), drawn(7, seed=1)] for _ in range(2))
    theirs = [p.requires_grad_() for p in theirs]
    step = stepper(Optimiser(name=name, learning_rate=rate), mine)
    oracle = CLASSES[name](theirs, lr=rate)
    for count in range(300):
        scale = 10.0 ** (count % 7 - 5)
        gradients = [scale * drawn(*p.shape, seed=2 + count) for p in mine]
        gradients[1][0] = 0
        step(gradients)
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = gradient.clone()
        oracle.step()
        assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True)), count


@pytest.mark.parametrize("name", CLASSES)
def test_a_leaf_that_has_gradients_is_stepped_in_place_and_no_graph_grows(name):
    leaf = drawn(4, seed=0).requires_grad_()
    before, place = leaf.detach().clone(), leaf.data_ptr()
    step = stepper(Optimiser(name=name), [leaf])
    for _ in range(2):
        step(torch.autograd.grad((leaf**2).sum(), [leaf]))
    assert leaf.data_ptr() == place
    assert leaf.is_leaf
    assert leaf.requires_grad
    assert (leaf.detach().abs() < before.abs()).all()


@pytest.mark.parametrize("name", CLASSES)
def test_a_gradient_too_few_is_an_error(name):
    step = stepper(Optimiser(name=name), [drawn(2, seed=0), drawn(2, seed=1)])
    with pytest.raises((ValueError, IndexError)):
        step([torch.ones(2, dtype=torch.float64)])


TRAINED = """
import sys
from ictrain.theory.findings import core, table_of
from ictrain.theory.settings import TheorySettings
from ictrain.theory.world import World
small = {"steps": 3, "batch": 4}
settings = TheorySettings.parse(
    {"pool": 50, "test": 20} | {plan: small for plan in ("fixed", "joint", "sgd", "joint_adam")}
)
world = World(settings, 0)
core(world)
for plan in ("joint", "sgd", "joint_adam"):
    table_of(world, plan)
print("torch._dynamo" in sys.modules)
"""


def test_training_does_not_import_torchs_compiler():
    told = subprocess.run([sys.executable, "-c", TRAINED], capture_output=True, text=True)
    assert told.stdout == "False\n", told.stderr
