"""Packing: positions, labels by position, and what is refused."""

import pytest
import torch

from ictrain.errors import RunError
from ictrain.training.batches import micro_batches
from ictrain.training.loss import padded
from ictrain.training.packing import check_prompts, pack
from tests.training.training_kit import EOS, VOCABULARY, prompt

B, X = 0, 9


def three():
    """The drawing in PackedBatch's docstring, in another order."""
    return [
        prompt([B, 5, 5, 5, X, EOS], 4, "long"),
        prompt([B, 2, 2, X, EOS], 3, "middle"),
        prompt([B, 3, X, EOS], 2, "short"),
    ]


def test_a_packed_batch_is_as_drawn():
    batch = pack(three())
    assert batch.bounds == (0, 4, 9, 15)
    assert batch.ids.tolist() == [[B, 3, X, EOS, B, 2, 2, X, EOS, B, 5, 5, 5, X, EOS]]
    assert batch.positions.tolist() == [[0, 1, 2, 3, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5]]
    assert batch.sources.tolist() == [1, 2, 6, 7, 12, 13]
    assert batch.labels.tolist() == [X, EOS] * 3
    assert batch.owners.tolist() == [2, 2, 1, 1, 0, 0]
    assert batch.order == (2, 1, 0)
    assert batch.adapters == (0, 0, 0)


def test_labels_are_known_by_position_though_their_ids_stand_in_the_prompt_and_in_padding():
    """transformers #23530, trl #976: pad = EOS must not hide EOS; unsloth #2095: no search."""
    both = [prompt([EOS, X, X, EOS, X, EOS], 4), prompt([0, X, EOS], 1)]
    batch = pack(both)
    assert batch.labels.tolist() == [X, EOS, X, EOS]
    ids, mask, labels = padded(both)
    assert labels.tolist() == [[-100] * 4 + [X, EOS], [-100, X, EOS, -100, -100, -100]]
    assert mask.sum(1).tolist() == [6, 3]
    assert torch.equal(ids[1, 3:], torch.zeros(3, dtype=torch.int64))


@pytest.mark.parametrize(
    ("ids", "label_start", "told"),
    [
        ([B, 3, 4], 3, "no labelled token"),
        ([B, EOS], 0, "nothing can predict it"),
        ([B, 3, X], 2, "not EOS"),
        ([B, VOCABULARY, EOS], 2, "another tokenizer"),
        ([B, *[3] * 20, EOS], 2, "16 positions"),
    ],
)
def test_what_would_train_something_else_is_refused_by_step_and_target(ids, label_start, told):
    good = prompt([B, 3, EOS], 2, "good")
    with pytest.raises(RunError, match=told) as caught:
        check_prompts([good, prompt(ids, label_start, "bad")], EOS, VOCABULARY, 16, "step 7")
    assert str(caught.value).startswith("step 7, target 'bad': ")
    assert "\n" not in str(caught.value)


def test_micro_batches_keep_every_prompt_in_order():
    prompts = three()
    assert micro_batches(prompts, None, None) == [prompts]
    assert micro_batches(prompts, 2, None) == [prompts[:2], prompts[2:]]
    assert micro_batches(prompts, None, 9) == [prompts[:1], prompts[1:]]
    assert micro_batches(prompts, None, 1) == [[p] for p in prompts]
    assert micro_batches(prompts, 1, 100) == [[p] for p in prompts]
