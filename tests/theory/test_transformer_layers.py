"""The layers of the transformers one by one: what each attends to, and writes where."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from ictrain.theory import transformer
from ictrain.theory.exactness import random_network
from ictrain.theory.model import logits, seen
from ictrain.theory.transformer import Network, attend, feed_forward, full_transformer
from tests.theory.test_oracle import drawn
from tests.theory.test_transformer import normal, parts


@settings(max_examples=30, deadline=None, derandomize=True)
@given(drawn())
def test_the_querys_own_logit_is_0(case):
    scalars, rows, _ = case
    assert (logits(scalars, seen(rows))[:, -1] == 0).all()
    layout = transformer.full_layout(rows.x.shape[1])
    query, key, _ = transformer.reading_matrices(layout, scalars)
    tokens = transformer.tokens_of(layout, *parts(rows))
    assert (tokens[:, -1] @ key.T == 0).all()
    assert (tokens[:, -1] @ query.T).abs().sum() > 0


def test_attention_is_causal_and_its_rows_sum_to_1():
    tokens, query, key, value = (
        normal(2, 6, 5, seed=0),
        normal(3, 5, seed=1) / 9,
        normal(3, 5, seed=2),
        normal(5, 5, seed=3),
    )
    update, masses = attend(tokens, query, key, value)
    for place in range(6):
        changed = tokens.clone()
        changed[:, place] += 1
        other, _ = attend(changed, query, key, value)
        assert torch.equal(other[:, :place], update[:, :place])
        assert not torch.isclose(other[:, place:], update[:, place:]).all(-1).any()
    assert (masses.triu(1) == 0).all()
    torch.testing.assert_close(masses.sum(-1), torch.ones(2, 6, dtype=torch.float64))


def test_attention_equals_a_loop_without_scaling():
    tokens, query, key, value = (
        normal(1, 4, 3, seed=0),
        normal(2, 3, seed=1),
        normal(2, 3, seed=2),
        normal(3, 3, seed=3),
    )
    update, _ = attend(tokens, query, key, value)
    for place in range(4):
        seen_ones = [tokens[0, j] for j in range(place + 1)]
        scores = [float((query @ tokens[0, place]) @ (key @ other)) for other in seen_ones]
        powers = np.exp(scores) / np.exp(scores).sum()
        expected = sum(p * (value @ other) for p, other in zip(powers, seen_ones, strict=True))
        torch.testing.assert_close(update[0, place], expected)


def test_a_later_example_leaves_what_the_first_layer_does_to_earlier_tokens(monkeypatch):
    first = []

    def watched(*arguments):
        first.append(attend(*arguments))
        return first[-1]

    monkeypatch.setattr(transformer, "attend", watched)
    scalars, x, examples, labels = normal(3), normal(1, 3), normal(1, 4, 3), normal(1, 4)
    network = random_network(0, 3)
    full_transformer(scalars, network, x, examples, labels)
    full_transformer(scalars, network, x, examples, labels + torch.tensor([0.0, 0, 1, 0]))
    before, after = first[0][0], first[2][0]  # of two layers each
    assert torch.equal(after[:, :2], before[:, :2])
    assert not torch.isclose(after[:, 2:5], before[:, 2:5]).all(-1).any()
    # EOC gathers the examples evenly, and from itself nothing
    expected = torch.tensor([[0.25] * 4 + [0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(first[0][1][:, 4], expected, rtol=0, atol=1e-16)


def test_the_estimate_is_written_at_the_query_alone_and_the_mean_at_eoc_alone(monkeypatch):
    updates = []

    def watched(*arguments):
        updates.append(feed_forward(*arguments))
        return updates[-1]

    monkeypatch.setattr(transformer, "feed_forward", watched)
    x, examples, labels = normal(2, 3, seed=1), normal(2, 4, 3, seed=2), normal(2, 4, seed=3)
    network = random_network(0, 3)
    full_transformer(normal(3), network, x, examples, labels)
    (update,) = updates
    layout = transformer.full_layout(3)
    assert (update[:, :4] == 0).all()
    torch.testing.assert_close(update[:, 5, layout.label], network(x))
    assert (update[:, 5, : layout.label] == 0).all()
    torch.testing.assert_close(update[:, 4, layout.label], labels.mean(1), rtol=0, atol=1e-13)
    eoc = update[:, 4, layout.block(layout.eoc)]
    torch.testing.assert_close(eoc, examples.mean(1), rtol=0, atol=1e-13)


def test_a_network_is_one_relu_layer_and_linear_is_the_inner_product():
    network, x = random_network(5, 3, 4), normal(3, seed=9)
    hidden = [
        max(0.0, float(row @ x) + float(b))
        for row, b in zip(network.inner, network.bias, strict=True)
    ]
    loop = sum(h * float(o) for h, o in zip(hidden, network.out, strict=True))
    assert float(network(x)) == pytest.approx(loop + float(network.shift), abs=1e-13)
    slope = normal(3, seed=8)
    assert float(Network.linear(slope)(x)) == pytest.approx(float(slope @ x), abs=1e-15)
