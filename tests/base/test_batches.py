"""Pre-training batches read back token by token."""

import numpy as np
import pytest

from ictrain.base.batches import COVERED, KNOWN, STOP, UNKNOWABLE, batch, draw
from ictrain.base.settings import BaseSettings, Stage
from ictrain.base.vocabulary import BOS, EOS, TOKENS
from ictrain.errors import ConfigError
from ictrain.randomness import rng

TABLE = np.random.default_rng(0).integers(0, 26, (256, 2))
MIXED = Stage(
    name="x",
    steps=1,
    sizes=(1, 2, 3),
    size_weights=(1, 1, 1),
    variety=(4, 6),
    examples=(5, 5),
    batch_examples=30,
)


def read(ids):
    """The examples of a row as (symbols, letters, places of the letters and the end)."""
    tokens, place, found = [TOKENS[i] for i in ids], 1, []
    while place < len(tokens):
        colon = tokens.index(":", place)
        end = tokens.index("\n", colon)
        letters = "".join(tokens[colon + 1 : end])
        found.append((tokens[place:colon], letters, list(range(colon + 1, end + 1))))
        place = end + 1
    return found


@pytest.mark.parametrize("seed", range(5))
def test_labels_say_why_a_letter_can_be_told(seed):
    found = draw(rng(seed, "test"), MIXED, TABLE)
    assert (found.ids[:, 0] == BOS).all()
    for ids, kinds in zip(found.ids, found.kinds, strict=True):
        words, label = {}, 0
        for symbols, letters, places in read(ids):
            assert len(set(symbols)) == len(symbols)
            assert len(letters) == 2 * len(symbols)
            for number, symbol in enumerate(reversed(symbols)):
                word = letters[2 * number : 2 * number + 2]
                for letter in range(2):
                    assert found.places[label] == places[2 * number + letter]
                    assert found.letters[label] == letter
                    kind = kinds[label]
                    assert (kind == COVERED) == (symbol in words)
                    if kind == KNOWN:
                        default = TABLE[TOKENS.index(symbol) - TOKENS.index("Ba")]
                        assert word == "".join(chr(97 + i) for i in default)
                    label += 1
            for number, symbol in enumerate(reversed(symbols)):
                word = letters[2 * number : 2 * number + 2]
                assert words.setdefault(symbol, word) == word
            assert kinds[label] == STOP
            assert ids[found.places[label]] == EOS
            label += 1
        assert label == len(kinds)


def test_a_batch_is_a_function_of_its_step():
    settings = BaseSettings(stages=(MIXED, MIXED))
    ids = {
        batch(settings, stage, step, TABLE).ids.tobytes() for stage in range(2) for step in range(9)
    }
    assert len(ids) == 18
    again = batch(settings, 1, 8, TABLE).ids
    assert (again == batch(settings, 1, 8, TABLE).ids).all()
    other = batch(settings.model_copy(update={"seed": 1}), 1, 8, TABLE).ids
    assert again.shape != other.shape or (again != other).any()


def test_known_is_a_share():
    for known, kinds in ((0.0, {UNKNOWABLE, COVERED, STOP}), (1.0, {KNOWN, COVERED, STOP})):
        stage = MIXED.model_copy(update={"known": known})
        assert set(np.unique(draw(rng(0, "x"), stage, TABLE).kinds)) == kinds


def test_bad_stages_are_refused():
    with pytest.raises(ConfigError, match="variety"):
        Stage.parse({"name": "x", "steps": 1, "sizes": (5,), "variety": (4, 8)})
    with pytest.raises(ConfigError, match="size_weights"):
        Stage.parse({"name": "x", "steps": 1, "sizes": (1, 2)})
    with pytest.raises(ConfigError, match="decay"):
        Stage.parse({"name": "x", "steps": 1, "until": 0.9, "decay": 0.3})
