"""Training against slow loops: one model at a time, optimisers written out, autograd."""

import numpy as np
import pytest
import torch

from ictrain.randomness import rng
from ictrain.theory import training
from ictrain.theory.estimators import Learned
from ictrain.theory.sampling import draw_mixture
from ictrain.theory.settings import CELLS, Optimiser, Plan, Problem, TheorySettings, regimes
from ictrain.theory.training import looked_at, train
from ictrain.theory.world import World
from tests.theory.test_oracle import Slow

STEPS, BATCH, SIZE = 5, 6, 40
WORLD = World(
    TheorySettings(problem=Problem(d=3, k=3, delta=0.1, r=0.4, p=0.4), pool=SIZE, test=30), 2
)
START = (0.5, -0.25, 1.0)
PLANS = {
    "adam": Plan(steps=STEPS, batch=BATCH, start=START),
    "sgd": Plan(steps=STEPS, batch=BATCH, start=START, scalars=Optimiser(name="sgd")),
}
JOINT = {
    name: plan.model_copy(
        update={"estimator": Optimiser(name=name, learning_rate=0.1), "hidden": 4}
    )
    for name, plan in PLANS.items()
}


def batches(plan, seed):
    """The rows of each step, by the rule of counter-based draws."""
    shares = (rng(seed, "theory/batch", 0, step).random(plan.batch) for step in range(plan.steps))
    return [np.floor(share * SIZE).astype(int) for share in shares]


class Stepper:
    """Adam as its paper writes it, or plain SGD; on a list of arrays."""

    def __init__(self, settings, parameters):
        self.rate, self.adam, self.t = settings.learning_rate, settings.name == "adam", 0
        self.m, self.v = ([np.zeros_like(p) for p in parameters] for _ in range(2))

    def __call__(self, parameters, gradients):
        self.t += 1
        for i, (parameter, g) in enumerate(zip(parameters, gradients, strict=True)):
            if not self.adam:
                parameter -= self.rate * g
                continue
            self.m[i] = 0.9 * self.m[i] + 0.1 * g
            self.v[i] = 0.999 * self.v[i] + 0.001 * g**2
            first, second = self.m[i] / (1 - 0.9**self.t), self.v[i] / (1 - 0.999**self.t)
            parameter -= self.rate * first / (np.sqrt(second) + 1e-8)


def rows_of(name):
    return draw_mixture(WORLD.target, regimes(WORLD.problem)[name], SIZE, 2, f"pool/{name}")


def slow_fixed(plan, name, seed):
    """[steps + 1, 3]: the scalars before each step and after the last."""
    rows, scalars = rows_of(name), np.array(plan.start)
    estimate, stepper, seen = WORLD.target.coarse(rows.x), Stepper(plan.scalars, [scalars]), []
    for batch in batches(plan, seed):
        seen.append(scalars.copy())
        every = [
            Slow(
                tuple(scalars), rows.x[i], rows.y[i], rows.examples[i], rows.labels[i], estimate[i]
            )
            for i in batch
        ]
        stepper([scalars], [np.mean([one.gradients() for one in every], axis=0)])
    return np.array([*seen, scalars])


def slow_joint(plan, name, seed):
    """The same, and the estimator's weights at the end: torch.nn and autograd on the mean loss."""
    rows, d = rows_of(name), WORLD.problem.d
    columns = (torch.from_numpy(a) for a in (rows.x, rows.y, rows.examples, rows.labels))
    x, y, examples, labels = columns
    start = Learned.drawn(d, plan.hidden, 1, seed)
    network = torch.nn.Sequential(
        torch.nn.Linear(d, plan.hidden), torch.nn.ReLU(), torch.nn.Linear(plan.hidden, 1)
    ).double()
    scalars = torch.tensor(plan.start, dtype=torch.float64, requires_grad=True)
    weights = list(network.parameters())
    with torch.no_grad():
        for weight, drawn in zip(weights, start, strict=True):
            weight.copy_(drawn.reshape(weight.shape))
    arrays, seen = [p.detach().numpy() for p in (scalars, *weights)], []
    steppers = Stepper(plan.scalars, arrays[:1]), Stepper(plan.estimator, arrays[1:])
    for batch in batches(plan, seed):
        seen.append(arrays[0].copy())
        similar = (examples[batch] @ x[batch][:, :, None])[..., 0]
        alpha, beta, gamma = scalars
        eoc = gamma * similar.mean(1, keepdim=True) + beta
        masses = torch.softmax(torch.cat([alpha * similar + beta, eoc, 0 * eoc], 1), 1)
        told = [labels[batch], labels[batch].mean(1, keepdim=True), network(x[batch] * d**0.5)]
        loss = (((masses * torch.cat(told, 1)).sum(1) - y[batch]) ** 2).mean()
        gradients = [g.numpy() for g in torch.autograd.grad(loss, [scalars, *weights])]
        steppers[0](arrays[:1], gradients[:1])
        steppers[1](arrays[1:], gradients[1:])
    return np.array([*seen, arrays[0]]), arrays[1:]


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_scalars_beside_fixed_estimators_equal_the_slow_loop_at_every_step(plan):
    trained = train(plan, WORLD.pools(learned=False), 7, WORLD.probe)
    assert trained.learned is None
    assert trained.trace.steps.tolist() == list(range(STEPS + 1))
    for model, name in enumerate(regimes(WORLD.problem)):
        expected = slow_fixed(plan, name, 7)
        close(trained.trace.scalars[:, model], expected)
        close(trained.scalars[model], expected[-1])
        assert abs(expected[-1] - expected[0]).max() > 1e-4


@pytest.mark.parametrize("plan", JOINT.values(), ids=JOINT)
def test_scalars_and_learned_estimators_equal_the_slow_loop_with_autograd(plan):
    trained = train(plan, WORLD.pools(learned=True), 7, WORLD.probe)
    for model, name in enumerate(regimes(WORLD.problem)):
        scalars, weights = slow_joint(plan, name, 7)
        close(trained.trace.scalars[:, model], scalars)
        for found, expected in zip(trained.learned, weights, strict=True):
            close(found[model].detach().numpy().ravel(), expected.ravel())
        start = Learned.drawn(WORLD.problem.d, plan.hidden, 1, 7)
        assert not torch.allclose(trained.learned.inner[model], start.inner[0], atol=1e-4)


def test_the_traces_signals_equal_a_loop_over_the_pools_first_rows(monkeypatch):
    monkeypatch.setattr(training, "_LOOKED_AT", 25)
    trained = train(JOINT["sgd"], WORLD.pools(learned=True), 7, WORLD.probe)
    trace, (x, y) = trained.trace, WORLD.probe
    for model, name in enumerate(regimes(WORLD.problem)):
        rows, scalars = rows_of(name), tuple(trained.scalars[model].tolist())
        estimate = trained.learned(torch.from_numpy(rows.x))[model].tolist()
        every = [
            Slow(scalars, rows.x[i], rows.y[i], rows.examples[i], rows.labels[i], estimate[i])
            for i in range(25)
        ]
        close(trace.self_mass[-1, model], np.mean([one.masses[-1] for one in every]))
        terms = np.array([one.signal() for one in every])
        close(trace.rms[-1, model], np.sqrt((terms[:, :2] ** 2).mean(0)))
        random = rows.cell[:25] == CELLS.index("random")
        squares = terms[:, 2] ** 2
        close(trace.random_share[-1, model], squares[random].sum() / squares.sum())
        own = trained.learned(x)[model].detach()
        close(trace.mse[-1, model], float(((own - y) ** 2).mean()))
    assert trace.random_share[-1, 0] == 1
    assert trace.random_share[-1, 1] == 0
    assert 0 < trace.random_share[-1, 3] < 1


def test_without_a_learned_estimator_the_trace_has_no_signals():
    trace = train(PLANS["sgd"], WORLD.pools(learned=False), 7, WORLD.probe).trace
    assert trace.scalars.shape == (STEPS + 1, 5, 3)
    assert [a.size for a in (trace.mse, trace.self_mass, trace.rms, trace.random_share)] == [0] * 4


@pytest.mark.parametrize("many", [1, 13, 100])
def test_batches_are_the_same_however_many_are_drawn_at_once(many, monkeypatch):
    """At once: for one step, for two and a half, for all."""
    whole = train(PLANS["adam"], WORLD.pools(learned=False), 7, WORLD.probe).trace.scalars
    monkeypatch.setattr(training, "_DRAWN", many)
    again = train(PLANS["adam"], WORLD.pools(learned=False), 7, WORLD.probe).trace.scalars
    assert (again == whole).all()


@pytest.mark.parametrize("steps", [1, 2, 7, 2000])
def test_traces_look_at_the_start_and_then_ever_less_often(steps):
    marks = looked_at(steps)
    assert marks[0] == 0
    assert marks == sorted(set(marks))
    assert marks[-1] < steps
    assert len(marks) <= 49
    assert set(range(min(steps, 5))) <= set(marks)
