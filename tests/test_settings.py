import pytest
from pydantic import Field, ValidationError, field_validator

from ictrain import errors
from ictrain.config import RunSettings
from ictrain.errors import ConfigError, IctrainError, nearest
from ictrain.settings import Settings


class Inner(Settings):
    alpha: float = 1.0
    depth: int = Field(default=2, ge=1)


class Outer(Settings):
    name: str
    inner: Inner = Inner()
    maybe: Inner | None = None
    many: tuple[Inner, ...] = ()
    some: tuple[int, ...] = Field(default=(1,), min_length=1)


class Checked(Settings):
    k: int = 1

    @field_validator("k")
    @classmethod
    def _small(cls, k: int) -> int:
        if k > 8:
            raise ConfigError(f"found {k}", expected="at most 8", mend="lower it")
        return k


def error_of(cls, values, where=""):
    with pytest.raises(ConfigError) as caught:
        cls.parse(values, where)
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "x", "iner": {}}, "c.yaml: iner: unknown key; did you mean 'inner'?"),
        ({"name": "x", "inner": {"alhpa": 1}}, "c.yaml: inner.alhpa: unknown key; did you mean 'a"),
        ({"name": "x", "maybe": {"dpeth": 1}}, "c.yaml: maybe.dpeth: unknown key; did you mean 'd"),
        ({"name": "x", "many": [{}, {"dep": 1}]}, "c.yaml: many.1.dep: unknown key; did you mean"),
        (
            {"name": "x", "zzz": 1},
            "c.yaml: zzz: unknown key; known: inner, many, maybe, name, some",
        ),
        ({}, "c.yaml: name: nothing; expected a value"),
        ({"name": "x", "inner": {"depth": 0}}, "c.yaml: inner.depth: found 0; expected greater"),
        (
            {"name": "x", "inner": {"depth": "y"}},
            "c.yaml: inner.depth: found 'y'; expected a whole number",
        ),
        ({"name": 1}, "c.yaml: name: found 1; expected a text"),
        ({"name": "x", "some": []}, "c.yaml: some: found []; expected at least 1 item"),
        ({"name": "x", "many": 3}, "c.yaml: many: found 3; expected a list"),
        ({"name": "x", "inner": 3}, "c.yaml: inner: found 3; expected keys and values"),
        ({"name": "x", "inner": {"alpha": "y"}}, "c.yaml: inner.alpha: found 'y'; expected a numb"),
        (
            {"name": "x", "inner": {"depth": 1.5}},
            "c.yaml: inner.depth: found 1.5; expected a whole",
        ),
    ],
)
def test_errors_name_the_key_and_the_nearest_known_one(values, said):
    told = error_of(Outer, values, "c.yaml")
    assert told.startswith(said)
    assert "\n" not in told


def test_without_a_file_the_key_alone_is_the_place():
    assert error_of(Outer, {"nmae": "x", "name": "y"}).startswith("nmae: unknown key")


def test_a_settings_own_error_comes_through():
    assert "found 9; expected at most 8; lower it" in error_of(Checked, {"k": 9})


def test_settings_are_frozen_and_parsed_values_keep_their_types():
    made = Outer.parse({"name": "x", "inner": {"alpha": 2}})
    assert made.inner.alpha == 2.0
    with pytest.raises(ValidationError, match="frozen"):
        made.name = "y"


def test_an_error_tells_where_found_expected_and_mend_on_one_line():
    error = IctrainError("3\nfields", expected="2", where="a.csv:4", mend="add  a comma")
    assert str(error) == "a.csv:4: 3 fields; expected 2; add a comma"
    assert (error.found, error.expected) == ("3\nfields", "2")
    assert (error.where, error.mend) == ("a.csv:4", "add  a comma")
    assert str(IctrainError("broken")) == "broken"


def test_every_error_of_the_package_is_one_kind():
    for name in ("DataError", "ConfigError", "ContextError", "ModelError", "RunError"):
        assert issubclass(getattr(errors, name), IctrainError)


def test_nearest_offers_the_closest_or_all():
    assert nearest("simlar", ["similar", "random"]) == "did you mean 'similar'?"
    assert nearest("zzz", ["b", "a"]) == "known: a, b"


def test_a_wrong_value_is_told_where_the_user_wrote_it():
    """And not by the names that tell the classes of a union from each other."""
    task = {"name": "pairs", "train": "a.jsonl", "paraphrase": {"method": "rules", "changes": "x"}}
    values = {"name": "n", "task": task, "strategies": {"zero": {}}}
    with pytest.raises(ConfigError, match=r"^here: task\.paraphrase\.changes: found 'x'"):
        RunSettings.parse(values, "here")
    task["tests"] = {"pairs": 7}
    task["paraphrase"] = None
    with pytest.raises(ConfigError, match=r"^here: task\.tests\.pairs: found 7"):
        RunSettings.parse(values, "here")
    del task["train"]
    task["tests"], task["dev"] = {}, "train"
    with pytest.raises(ConfigError, match=r"^here: task\.train: nothing"):
        RunSettings.parse(values, "here")
