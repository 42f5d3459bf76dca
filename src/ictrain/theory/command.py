"""The command `ictrain theory`: one seed explored and drawn, or every bar checked."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from ictrain.errors import ConfigError, RunError
from ictrain.files import write_atomic
from ictrain.nulls import settled
from ictrain.overrides import apply_override
from ictrain.theory import words
from ictrain.theory.check import check, outcomes_of
from ictrain.theory.claims import claims
from ictrain.theory.explore import explore, parts_of
from ictrain.theory.settings import NotCalibrated, TheorySettings
from ictrain.theory.size import check_size
from ictrain.theory.world import World
from ictrain.workers import cores

Say = Callable[[str], None]
FIXED_SEEDS, JOINT_SEEDS = range(5), range(4)
"""Those that the bars were set on."""
MOST_SEEDS = 10_000
"""A day's work on two cores: 40 seeds take five minutes."""


def settings_of(overrides: Sequence[str]) -> TheorySettings:
    """The default settings with values changed, e.g. problem.k=16.

    Raises:
        ConfigError: an unknown key (the nearest is named) or a wrong value.
    """
    values = TheorySettings().model_dump(mode="json")
    for override in overrides:
        apply_override(values, override)
    return TheorySettings.parse(settled(values, [TheorySettings]), where="theory")


def seeds_of(text: str) -> range:
    """'100:105' -> 100 to 104; '7' -> 7 alone.

    Raises:
        ConfigError: anything else, or no seed at all.
    """
    found = re.fullmatch(r"(\d+)(?::(\d+))?", text.strip())
    first = int(found[1]) if found else 0
    last = int(found[2]) if found and found[2] else first + 1
    if not found or last <= first:
        raise ConfigError(
            f"seeds {text!r}", expected="FIRST:END with END left out, e.g. 100:105 for five seeds"
        )
    if last - first > MOST_SEEDS:
        raise ConfigError(f"{last - first} seeds", expected=f"at most {MOST_SEEDS}")
    return range(first, last)


def workers_of(asked: int) -> int:
    """As many as asked for; 0 means one per core that this process may use."""
    if asked < 0:
        raise ConfigError(f"{asked} workers", expected="0 (one per core) or more")
    return asked or cores()


def run_theory(
    settings: TheorySettings,
    seed: int,
    out: Path,
    quick: bool,
    workers: int,
    command: str,
    say: Say,
) -> Path:
    """Explores one seed, prints the table and the claims, writes the page; returns its path.

    Raises:
        ConfigError: the settings ask for more memory than there is.
        RunError: a training diverged, a worker was killed, or out cannot be written.
    """
    from ictrain.theory.show import check_out, write_page

    out = check_out(out)
    _check_writable(out.parent)
    processes = min(workers, len(parts_of(settings, seed, quick=quick)))
    check_size(settings, processes, learned=not quick)
    if not quick:
        say("measuring everything on one seed; --quick leaves out what takes minutes")
    _warn(settings, seed, say)
    found = explore(settings, seed, quick=quick, workers=workers, say=say)
    tables = [(found.core.fixed, "Beside a fixed estimator")]
    if found.rest is not None:
        tables.append((found.rest.joint, "With a learned estimator"))
    told, measured = claims(found), outcomes_of(found)
    for table, title in tables:
        _say_all(say, words.table_lines(table, title))
    _say_all(say, words.claim_lines(told))
    if found.rest is not None:
        _say_all(say, words.simplex_lines(found.rest.simplexes))
    return write_page(found, told, measured, out, command)


def run_check(
    settings: TheorySettings, seeds: range | None, out: Path, workers: int, say: Say
) -> None:
    """Prints every bar with its range over seeds and writes bars.csv.

    Args:
        settings: the bars were set on the default ones.
        seeds: for both estimators; the bars' own where none.
        out: a folder.
        workers: processes.
        say: prints a line.

    Raises:
        ConfigError: the settings ask for more memory than there is.
        RunError: a bar fails; it is named. A folder that holds a page, or cannot be written.
    """
    if (out / "index.html").exists():
        raise RunError("a page", where=str(out), mend="name another folder for bars.csv")
    _check_writable(out)
    fixed, joint = (FIXED_SEEDS, JOINT_SEEDS) if seeds is None else (seeds, seeds)
    check_size(settings, min(workers, len(fixed) + len(joint)), learned=True)
    say(f"seeds {list(fixed)} beside a fixed estimator, {list(joint)} with a learned one")
    _warn(settings, fixed[0], say)
    found = check(settings, fixed, joint, workers)
    _say_all(say, words.bar_lines(found))
    write_atomic(out / "bars.csv", words.bars_csv(found))
    failed = words.failing(found)
    if failed:
        names = "; ".join(bar.key for bar in failed)
        raise RunError(f"{len(failed)} of the bars not held: {names}", where=str(out / "bars.csv"))
    say(f"all {len({o.bar for o in found})} bars hold")


def _check_writable(folder: Path) -> None:
    """Told before minutes are spent, not after."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RunError(f"cannot write: {error.strerror}", where=str(folder)) from error


def _warn(settings: TheorySettings, seed: int, say: Say) -> None:
    """An estimator that is not calibrated, as one line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", NotCalibrated)
        World(settings, seed).check_estimator()
    for one in caught:
        say(f"warning: {one.message}")


def _say_all(say: Say, lines: Sequence[str]) -> None:
    for line in [*lines, ""]:
        say(line)
