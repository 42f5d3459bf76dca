from __future__ import annotations

import csv

import pytest

from ictrain import cli
from ictrain.errors import ConfigError, RunError
from ictrain.theory import command
from ictrain.theory.command import run_check, seeds_of, settings_of, workers_of
from ictrain.theory.settings import TheorySettings

SMALL = [
    "pool=200",
    "test=100",
    "fixed.steps=20",
    "joint.steps=20",
    "sgd.steps=20",
    "problem.k=3",
    "problem.d=4",
]


def ictrain(*arguments, monkeypatch):
    monkeypatch.setattr("sys.argv", ["ictrain", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_an_override_keeps_the_rest_of_its_section():
    found = settings_of(["joint.steps=7", "problem.k=3"])
    assert (found.joint.steps, found.problem.k) == (7, 3)
    assert found.joint.estimator == TheorySettings().joint.estimator
    assert settings_of([]) == TheorySettings()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("problm.k=3", "did you mean 'problem'?"),
        ("problem.k=0", "expected greater than or equal to 1"),
        ("problem.r=0.9999", "expected r < 1 - delta"),
        ("fixed.scalars.name=adm", "'adam' or 'sgd'"),
        ("problem", "expected key=value"),
    ],
)
def test_a_wrong_override_is_one_line(override, told):
    with pytest.raises(ConfigError) as error:
        settings_of([override])
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_seeds_are_first_to_end_with_end_left_out():
    assert list(seeds_of("100:105")) == [100, 101, 102, 103, 104]
    assert list(seeds_of("7")) == [7]


@pytest.mark.parametrize("text", ["5:5", "5:2", "a:b", "", "1:2:3", "-1:3"])
def test_other_seeds_are_refused(text):
    with pytest.raises(ConfigError, match="expected FIRST:END"):
        seeds_of(text)


def test_more_seeds_than_a_days_work_are_refused():
    assert len(seeds_of("0:10000")) == 10_000
    with pytest.raises(ConfigError, match="1000000000 seeds; expected at most 10000"):
        seeds_of("7:1000000007")


def test_workers():
    assert workers_of(3) == 3
    assert workers_of(0) >= 1
    with pytest.raises(ConfigError, match="0 \\(one per core\\) or more"):
        workers_of(-1)


def test_the_check_names_what_fails_and_keeps_every_number(tmp_path):
    said = []
    with pytest.raises(RunError) as error:
        run_check(settings_of(SMALL), range(3, 5), tmp_path, 1, said.append)
    with (tmp_path / "bars.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    failed = {f"{r['bar']} {r['plan']}: {r['measured']}" for r in rows if r["held"] == "False"}
    assert failed
    assert all(name in str(error.value) for name in failed)
    assert {r["seed"] for r in rows} == {"3", "4"}
    assert not any(r["bar"] in ("V1", "V2") and r["held"] == "False" for r in rows)
    assert sum("FAILS at seed" in line for line in said) == len(failed)


def test_an_estimator_that_is_not_calibrated_is_told_once(tmp_path):
    said = []
    with pytest.raises(RunError):
        run_check(settings_of([*SMALL, "estimator=noisy"]), range(1), tmp_path, 1, said.append)
    warned = [line for line in said if line.startswith("warning: ")]
    assert len(warned) == 1
    assert "correlate by +0." in warned[0]


def test_the_quick_command_prints_the_table_and_writes_the_page(tmp_path, monkeypatch, capsys):
    out = tmp_path / "page"
    arguments = ["theory", *SMALL, "--quick", "--seed", "2", "--out", str(out)]
    assert ictrain(*arguments, monkeypatch=monkeypatch) in (0, None)
    told = capsys.readouterr().out
    assert "random_similar" in told
    assert "Case 5 (A.5.2, A.5.3): " in told
    assert (out / "index.html").stat().st_size > 10_000
    assert told.rstrip().endswith((out / "index.html").as_uri())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--quick"], "--quick with --check; expected"), (["--seed", "0"], "--seed with --check; ")],
)
def test_what_the_check_has_no_use_for_is_refused(arguments, told, monkeypatch, capsys):
    assert ictrain("theory", "--check", *arguments, monkeypatch=monkeypatch) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"ictrain: {told}")
    assert error.count("\n") == 1


@pytest.fixture
def _no_work(monkeypatch):
    """Whatever is refused must be so before anything is computed."""

    def fail(*arguments, **options):
        raise AssertionError

    monkeypatch.setattr(command, "explore", fail)
    monkeypatch.setattr(command, "check", fail)


@pytest.mark.usefixtures("_no_work")
@pytest.mark.parametrize("how", ["--quick", "--workers=2", "--check"])
@pytest.mark.parametrize(
    "out", ["file", "file/page", "/proc/none/page", "full", "page", pytest.param(".", id="here")]
)
def test_a_folder_that_cannot_be_had_is_refused_at_once(how, out, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    for folder, name in (("full", "notes.txt"), ("page", "index.html")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).touch()
    if how == "--check" and out in ("full", "."):
        with pytest.raises(AssertionError):
            cli.app(["theory", how, "--out", out], standalone_mode=False)
        return
    assert ictrain("theory", how, "--out", out, monkeypatch=monkeypatch) == 1
    told = capsys.readouterr()
    assert told.err.startswith("ictrain: ")
    assert told.err.count("\n") == 1
    assert not told.out.startswith(("measuring", "seeds"))


def test_seeds_belong_to_the_check(monkeypatch, capsys):
    assert ictrain("theory", "--seeds", "1:3", monkeypatch=monkeypatch) == 1
    assert "--check --seeds A:B" in capsys.readouterr().err
