"""What cannot fit is refused in one line before anything is drawn, by a measured estimate."""

import subprocess
import sys

import pytest

from ictrain import cli
from ictrain.errors import ConfigError
from ictrain.theory import command, size
from ictrain.theory.command import settings_of
from ictrain.theory.settings import TheorySettings
from ictrain.theory.size import check_size, needed

GIB = 2**30


@pytest.fixture
def memory(monkeypatch):
    """A machine with this many GiB."""

    def have(gib):
        monkeypatch.setattr(size, "_memory", lambda: int(gib * GIB))

    return have


@pytest.mark.parametrize(
    ("override", "worst"),
    [
        ("problem.k=100000", "test=8000 with problem.k=100000 and problem.d=8"),
        ("problem.d=100000", "pool=20000 with problem.k=8 and problem.d=100000"),
        ("pool=10000000", "pool=10000000 with problem.k=8 and problem.d=8"),
        ("fixed.batch=10000000", "fixed.batch=10000000 with problem.k=8"),
        ("joint.batch=10000000", "joint.batch=10000000 with problem.k=8"),
        ("joint_adam.hidden=1000000", "joint_adam.hidden=1000000 with test=8000"),
    ],
)
def test_each_size_that_cannot_fit_is_named(override, worst, memory):
    memory(24)
    with pytest.raises(ConfigError) as caught:
        check_size(settings_of([override]), 2, learned=True)
    told = str(caught.value)
    assert "\n" not in told
    assert told.startswith("theory: arrays of about ")
    assert f" GiB in each of 2 processes, most of it from {worst}; expected at most 24.0" in told
    assert told.endswith(" lower these")
    check_size(TheorySettings(), 2, learned=True)


def test_one_process_may_fit_where_two_do_not(memory):
    settings = settings_of(["pool=1000000"])
    total = sum(needed(settings, learned=True).values()) / GIB
    memory(1.5 * total)
    check_size(settings, 1, learned=True)
    with pytest.raises(ConfigError, match=r"lower these, or --workers 1$"):
        check_size(settings, 2, learned=True)


def test_the_quick_form_has_no_need_of_what_it_does_not_train(memory):
    memory(2)
    settings = settings_of(["joint.hidden=100000", "sgd.batch=1000000"])
    check_size(settings, 1, learned=False)
    with pytest.raises(ConfigError, match=r"most of it from joint.hidden=100000"):
        check_size(settings, 1, learned=True)


@pytest.mark.parametrize("how", ["--quick", "--workers=2", "--check"])
def test_the_command_refuses_before_it_draws(how, tmp_path, monkeypatch, capsys):
    def fail(*arguments):
        raise AssertionError

    monkeypatch.setattr(command, "World", fail)
    out = str(tmp_path / "page")
    monkeypatch.setattr("sys.argv", ["ictrain", "theory", "problem.k=1000000", how, "--out", out])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert told.startswith("ictrain: theory: arrays of about ")
    assert told.count("\n") == 1


MEASURED = """
import re, sys
from pathlib import Path
from ictrain.theory.command import settings_of
from ictrain.theory.findings import core, table_of
from ictrain.theory.size import needed
from ictrain.theory.world import World
def kib(name):  # not getrusage, which also counts the process that this one was forked from
    return int(re.search(rf"{name}:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
settings, before = settings_of(sys.argv[2:]), kib("VmRSS")
world = World(settings, 0)
table_of(world, "joint") if sys.argv[1] == "joint" else core(world)
peak = 1024 * (kib("VmHWM") - before)
print(peak / sum(needed(settings, learned=sys.argv[1] == "joint").values()))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("core", "pool=60000", "test=16000", "fixed.steps=2"),
        ("joint", "joint.hidden=400", "joint.steps=1"),
    ],
    ids=" ".join,
)
def test_the_estimate_is_above_the_measured_peak_but_not_twice_it(arguments):
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments], capture_output=True, text=True, check=True
    )
    assert 0.5 <= float(done.stdout) <= 1.1
