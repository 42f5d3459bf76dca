"""The shipped base: loads with plain transformers and does what its card says."""

import json

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ictrain.base import measure_base, small_base
from ictrain.base.batches import assemble, some_of
from ictrain.base.vocabulary import TOKENS
from ictrain.errors import ModelError
from ictrain.randomness import rng
from ictrain.tasks.alignment import SYMBOLS, Dictionary, Family, join


@pytest.fixture(scope="module")
def folder():
    return small_base()


@pytest.fixture(scope="module")
def model(folder):
    return AutoModelForCausalLM.from_pretrained(folder).eval()


@pytest.fixture(scope="module")
def tokenizer(folder):
    return AutoTokenizer.from_pretrained(folder)


def answer(model, tokenizer, prompt):
    ids = torch.tensor([tokenizer(prompt).input_ids])
    out = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False
    )
    return tokenizer.decode(out[0, ids.shape[1] :])


def test_it_is_small_and_an_ordinary_folder(folder):
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2_000_000
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= {
        path.name for path in folder.iterdir()
    }


def test_it_meets_its_card(folder):
    card = json.loads((folder / "measured.json").read_text())
    fresh = measure_base(folder, items=128)
    for name, value in fresh.items():
        assert abs(value - card[name]) < 0.07, name
    assert fresh["covered_word"] > 0.95
    assert fresh["covered_first"] > 0.95
    assert fresh["default_word"] > 0.9
    assert fresh["none_word"] > 0.9
    assert fresh["paraphrase_word"] > 0.9
    assert fresh["long_word"] > 0.9
    assert fresh["three_word"] > 0.9
    assert fresh["random_word"] < 0.1
    assert fresh["stop"] > 0.98


def test_it_answers_prompts_made_of_text(folder, model, tokenizer):
    family = Family()
    default = Dictionary.load(folder / "dictionary.json")
    draws, right = rng(0, "fresh"), 0
    for _ in range(20):
        known = join([SYMBOLS[i] for i in draws.permutation(256)[:2]])
        said = answer(model, tokenizer, f"{known}:")
        right += said == family.output(known, default, draws) + "\n"
        one, two, three = (SYMBOLS[i] for i in draws.permutation(256)[:3])
        context = f"{one} {two}: abcd\n{three}: xy\n"
        right += answer(model, tokenizer, f"{context}{two} {one}:") == "cdab\n"
    assert right >= 36


def test_text_and_tokens_are_the_same_prompt(tokenizer):
    pool = some_of(rng(1, "x"), (3, 256), 4)
    words = rng(2, "x").integers(0, 26, (3, 4, 2))
    slots = [np.tile([0, 1], (3, 1)), np.tile([2, 3, 0], (3, 1))]
    ids = assemble(pool, words, np.zeros((3, 4), dtype=bool), slots).ids[0].tolist()
    text = " ".join(TOKENS[i] for i in ids[1:])
    assert tokenizer(text).input_ids == ids


def test_no_model_is_told_on_one_line(tmp_path):
    with pytest.raises(ModelError, match="no model here"):
        measure_base(tmp_path)
