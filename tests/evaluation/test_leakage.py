from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ictrain.evaluation import leakage, leakage_warnings
from ictrain.evaluation.leakage import Leak, Repeats
from ictrain.examples import GROUP, Example, normalise
from ictrain.similarity import SimilaritySettings
from ictrain.tasks import Parts

OVERLAP = SimilaritySettings(method="overlap")
LONG = "one two three four five six seven eight nine ten"


def part(name, *pairs):
    return tuple(Example(f"{name}:{i}", text, output) for i, (text, output) in enumerate(pairs))


def parts(train, *, dev=None, tests=None, pool=None, pools=None):
    return Parts(train, dev, tests or {}, pool, pools or {}, {}, {})


def leaks_of(found):
    return {(leak.part, leak.against): leak for leak in found.leaks}


def test_equal_conflicting_and_near_items_are_counted_between_all_parts():
    made = parts(
        part("train", ("a b", "x"), ("A  b", "y"), ("c d", "x"), (LONG, "z")),
        dev=part("dev", ("c d", "x"), ("new", "x")),
        tests={
            "id": part("id", ("a B", " y "), ("c d", "other"), (f"{LONG} more", "z"), ("new", "x")),
            "ood": part("ood", ("else", "x")),
        },
        pools={"ood": part("p", ("else", "x"), ("e f", "x"))},
    )
    found = leakage(made, OVERLAP)
    assert found.parts["train"] == Repeats(4, 3, 1)
    assert found.parts["ood-pool"] == Repeats(2, 2, 0)
    leaks = leaks_of(found)
    assert leaks["id", "train"] == Leak("id", "train", 4, 2, 1, 1, 2)
    assert leaks["dev", "train"] == Leak("dev", "train", 2, 1, 0, 0, 1)
    assert leaks["id", "dev"].exact == 2
    assert leaks["ood", "ood-pool"].exact == 1
    assert ("id", "ood-pool") not in leaks
    assert ("dev", "dev") not in leaks


def test_inputs_about_something_else_are_other_inputs():
    """A question about another database is another one, be it equal or nearly equal."""

    def about(name, group, *pairs):
        return tuple(
            replace(e, id=f"{group}:{e.id}", meta={GROUP: group}) for e in part(name, *pairs)
        )

    near = (f"{LONG} more", "z")
    train = (*about("t", "zoo", ("a b", "x"), (LONG, "z")), *about("t", "sea", ("a b", "y")))
    test = (
        *about("e", "sea", ("a B", "x"), near),
        *about("e", "air", ("a b", "x")),
        *about("e", "zoo", near),
    )
    found = leakage(parts(train, tests={"id": test}), OVERLAP)
    assert found.parts["train"] == Repeats(3, 3, 0)
    assert leaks_of(found)["id", "train"] == Leak("id", "train", 4, 1, 1, 1, 3)


def test_warnings_say_what_it_means():
    pairs = [(f"question {i}", "x") for i in range(10)]
    made = parts(
        part("train", *pairs, ("question 1", "y")),
        dev=part("dev", *pairs[:2]),
        tests={"test": part("test", *pairs[:3], ("new", "x"))},
        pool=part("pool", *pairs, ("new", "x")),
    )
    told = leakage_warnings(leakage(made, OVERLAP))
    text = "\n".join(told)
    assert "1 of 10 different inputs of train stand there with several outputs" in text
    assert "3 of 4 items of test have an input that stands in train too: a model may have" in text
    assert "all 2 items of dev have an input that stands in train too" in text
    assert "all 4 items of test have an input that stands in pool too: none of them will" in text
    assert "stands in dev too: settings that are chosen on dev" in text
    clean = parts(part("train", *pairs[:5]), tests={"test": part("test", *pairs[5:])})
    assert leakage_warnings(leakage(clean, OVERLAP)) == []
    near = parts(part("train", (LONG, "x")), tests={"test": part("t", (f"{LONG} more", "x"))})
    (told,) = leakage_warnings(leakage(near, OVERLAP))
    assert told.startswith("100% of the other items of test are nearly equal to one in train")


TEXTS = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=5).map(" ".join)
PAIRS = st.lists(st.tuples(TEXTS, st.sampled_from("xy")), min_size=1, max_size=8)


@settings(deadline=None)
@given(PAIRS, PAIRS)
def test_counts_are_those_of_all_pairs(train, test):
    made = parts(part("train", *train), tests={"test": part("test", *test)})
    leak = leaks_of(leakage(made, OVERLAP))["test", "train"]
    exact = near = conflicts = 0
    for text, output in test:
        words = frozenset(normalise(text).split())
        equal = [o for t, o in train if normalise(t) == normalise(text)]
        shares = [len(words & set(t.split())) / len(words | set(t.split())) for t, _ in train]
        exact += bool(equal)
        conflicts += bool(equal) and output not in equal
        near += not equal and max(shares) >= 0.8
    assert (leak.exact, leak.conflicts, leak.near) == (exact, conflicts, near)


def test_a_sample_says_how_many_it_looked_at():
    train = part("train", *((f"{LONG} {i}", "x") for i in range(3)))
    test = part("test", *((f"{LONG} other{i}", "x") for i in range(50)))
    (leak,) = leakage(parts(train, tests={"test": test}), OVERLAP, most=20).leaks
    assert (leak.items, leak.looked, leak.near) == (50, 20, 20)
