"""The base's tokenizer: segments joined are the whole; one token per symbol and letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from ictrain.base import make_tokenizer
from ictrain.base.vocabulary import BOS, COLON, EOS, FIRST_LETTER, FIRST_SYMBOL, PAD, TOKENS
from ictrain.tasks.alignment import LETTERS, SYMBOLS, join

TOKENIZER = make_tokenizer()
PAIRS = st.tuples(
    st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=4),
    st.text(LETTERS, min_size=1, max_size=8),
)


def encode(text):
    return TOKENIZER.encode(text, add_special_tokens=False)


@given(st.lists(PAIRS, min_size=1, max_size=4))
def test_segments_joined_are_the_whole(pairs):
    segments = [part for x, y in pairs for part in (f"{join(x)}:", f" {y}", "\n")]
    joined = [token for segment in segments for token in encode(segment)]
    assert joined == encode("".join(segments))


@given(PAIRS)
def test_one_token_each(pair):
    symbols, letters = pair
    ids = [FIRST_SYMBOL + SYMBOLS.index(s) for s in symbols]
    ids += [COLON, *(FIRST_LETTER + LETTERS.index(a) for a in letters), EOS]
    assert encode(f"{join(symbols)}: {letters}\n") == ids
    assert TOKENIZER.decode(ids[len(symbols) + 1 :], skip_special_tokens=True) == letters


def test_special_tokens():
    assert TOKENIZER("Ba:").input_ids[0] == BOS == TOKENIZER.bos_token_id
    assert (TOKENIZER.eos_token, TOKENIZER.eos_token_id) == ("\n", EOS)
    assert TOKENIZER.pad_token_id == PAD
    assert len(TOKENIZER) == len(TOKENS) == len(set(TOKENS)) == 286


def test_it_survives_its_folder(tmp_path):
    TOKENIZER.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    text = "Ba Ca: rijj\nBa:"
    assert loaded(text).input_ids == TOKENIZER(text).input_ids
    assert loaded.decode(encode(" rijj")) == "rijj"
    assert (loaded.eos_token_id, loaded.bos_token_id, loaded.pad_token_id) == (EOS, BOS, PAD)
    batch = loaded(["Ba:", "Ba Ca:"], padding=True)
    assert batch.input_ids[0][0] == PAD


@pytest.mark.parametrize("text", ["Ba 7", "B", "Xx:", "ä"])
def test_foreign_text_raises(text):
    with pytest.raises(Exception, match="Missing"):
        encode(text)
