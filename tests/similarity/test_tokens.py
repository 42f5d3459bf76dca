import bm25s
import pytest

from ictrain.similarity.tokens import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Die Straße, ein Übel!", ["die", "strasse", "ein", "übel"]),
        ("Ąžuolas ir ė", ["ąžuolas", "ir", "ė"]),
        ("नमस्ते दुनिया, अनुवाद कीजिए।", ["नमस्ते", "दुनिया", "अनुवाद", "कीजिए"]),
        ("வணக்கம் உலகம்!", ["வணக்கம்", "உலகம்"]),
        (
            "SELECT T1.a FROM t WHERE x >= 3 AND y <> 'B7'",
            ["select", "t1", "a", "from", "t", "where", "x", ">=", "3", "and", "y", "<>", "b7"],
        ),
        ("molecule_id = 1", ["molecule_id", "=", "1"]),
        ("", []),
        ("... !?", []),
    ],
)
def test_words_of_every_script_stay_whole(text, expected):
    assert tokens(text) == expected


def test_one_word_in_two_codings_is_one_token():
    assert tokens("e\u0307 \ufb01n") == tokens("\u0117 fin")  # composed; ligature
    assert tokens("क\u094d\u200dष") == tokens("क\u094dष")  # the joiner changes the look alone
    assert tokens("İ") == tokens("i\u0307")


def test_the_default_of_bm25s_would_shred_hindi():
    """Why there is an own tokenizer: words are cut at each vowel sign and the rest is lost."""
    texts = ["नमस्ते दुनिया, अनुवाद कीजिए", "வணக்கம் உலகம்", "a 1 b"]
    theirs = bm25s.tokenize(texts, return_ids=False, show_progress=False)
    for found, text, whole in zip(theirs, texts, ["नमस्ते", "வணக்கம்", "b"], strict=True):
        assert whole not in found
        assert whole in tokens(text)
