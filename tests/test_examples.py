import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictrain.errors import DataError
from ictrain.examples import Example, PoolSnapshot, blank, check_examples, normalise
from ictrain.similarity import SimilaritySettings, build_index

TEXT = st.text(min_size=1).filter(lambda text: not blank(text))
PAIRS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6)


def examples_of(pairs):
    return [Example(str(i), a, b, {"n": i}) for i, (a, b) in enumerate(pairs)]


@given(PAIRS, st.integers(0, 6))
def test_appending_gives_the_version_of_the_whole(pairs, cut):
    examples = examples_of(pairs)
    whole = PoolSnapshot.of(examples)
    assert PoolSnapshot.of(examples[:cut]).append(examples[cut:]) == whole
    grown = PoolSnapshot.of([])
    for example in examples:
        grown = grown.append([example])
    assert grown == whole
    assert list(whole) == examples
    assert len(whole) == len(examples)


def test_an_append_hashes_only_what_is_new(monkeypatch):
    pool = PoolSnapshot.of(examples_of([(f"in {i}", "y") for i in range(500)]))
    hashed = []
    from ictrain import examples as module

    inner = module._chain
    monkeypatch.setattr(module, "_chain", lambda v, e: hashed.append(e.id) or inner(v, e))
    grown = pool.append([Example("new", "x", "y")])
    assert hashed == ["new"]
    assert (len(pool), len(grown)) == (500, 501)  # the old one stays as it is


def test_whatever_differs_makes_another_version():
    base = Example("1", "a", "b", {"m": 1})
    others = [
        Example("2", "a", "b", {"m": 1}),
        Example("1", "c", "b", {"m": 1}),
        Example("1", "a", "c", {"m": 1}),
        Example("1", "a", "b", {"m": 2}),
    ]
    versions = {PoolSnapshot.of([e]).version for e in [base, *others]}
    versions |= {PoolSnapshot.of(o).version for o in ([base, others[0]], [others[0], base], [])}
    assert len(versions) == 8


def test_equal_inputs_are_equal_after_normalising():
    assert normalise(" \ufb01ne\n  Straße ") == normalise("Fine STRASSE") == "fine strasse"
    pool = PoolSnapshot.of(examples_of([("A  b", "1"), ("c", "2"), ("a b", "3")]))
    assert pool.groups.tolist() == [0, 1, 0]
    assert pool.group_of("A B") == 0
    assert pool.group_of("new") == -1


def test_what_is_no_pair_is_refused():
    with pytest.raises(DataError, match="empty input"):
        check_examples([Example("1", " ", "y")])
    with pytest.raises(DataError, match=r"file\.csv, id '1': empty output"):
        check_examples([Example("1", "x", "\n")], "file.csv")
    with pytest.raises(DataError, match="id '1' occurs twice; give each"):
        PoolSnapshot.of([Example("1", "x", "y"), Example("1", "z", "y")])


POOL = PoolSnapshot.of(examples_of([("the cat", "1"), ("The  Cat", "2"), ("a dog", "3")]))


@pytest.mark.parametrize("target", [POOL.examples[0], Example("t", "THE CAT", "1")])
def test_a_target_and_its_doubles_are_out_of_its_context_but_not_when_serving(target):
    """This pool leaks the answer unless the guard works: with serve's exclusion it does."""
    index = build_index(SimilaritySettings(), POOL)
    found = {
        purpose: index.search([target.input], 3, POOL.excluded_groups([target], purpose))
        for purpose in ("train", "benchmark", "serve")
    }
    for purpose in ("train", "benchmark"):
        assert not {0, 1} & set(found[purpose].positions[0].tolist())
    assert found["serve"].positions[0].tolist() == [0, 1, -1]


def test_one_group_is_excluded_for_each_target():
    targets = [Example("t", "A dog", "?"), Example("u", "new", "?"), POOL.examples[1]]
    assert POOL.excluded_groups(targets, "train").tolist() == [1, -1, 0]
    assert POOL.excluded_groups(targets, "serve").tolist() == [-1, -1, -1]
    assert POOL.excluded_groups([], "train").dtype == np.int64


@pytest.mark.parametrize("purpose", ["train", "benchmark", "serve"])
def test_an_id_with_two_inputs_is_refused(purpose):
    with pytest.raises(DataError, match="target '0': the same id with another input"):
        POOL.excluded_groups([Example("0", "other", "y")], purpose)
