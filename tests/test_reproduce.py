"""The reproduction's checks ask for arms that are trained, and its table says what the rows say."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ictrain.analysis.nested import Nested
from ictrain.config import load_config
from ictrain.probes import PROBES

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import claims  # noqa: E402
import kept_rows  # noqa: E402
import reproduce  # noqa: E402

CHECKS = [(claim, check) for claim in claims.CLAIMS for check in claim.checks]


@pytest.mark.parametrize("path", reproduce.CONFIGS, ids=lambda path: path.stem)
def test_every_check_asks_for_an_arm_a_mode_and_a_probe_that_the_config_has(path):
    settings = load_config(path)
    assert settings.name == f"reproduction-{path.stem}"
    mine = [check for claim, check in CHECKS if claim.runs == path.stem.rpartition("-")[0]]
    assert mine
    main = load_config(path.with_stem(kept_rows.main_of(path.stem)))
    for check in mine:
        for ask in (check.first, check.second):
            assert ask.arm in settings.strategies or lent(main, settings, ask.arm), check.words
            assert ask.mode in ("", *settings.evaluation.modes), check.words
            assert ask.band in ("", "low", "medium", "high"), check.words
            assert ask.probe in ("", *PROBES), check.words
            assert not ask.probe or settings.probes.items, check.words


def lent(main, settings, arm):
    """Whether the main comparison trains this arm as this run would: same settings, same seeds."""
    if arm not in main.strategies:
        return False
    own = settings.model_copy(update={"strategies": {arm: main.strategies[arm]}})
    theirs = main.model_copy(
        update={
            "name": own.name,
            "description": own.description,
            "probes": own.probes,
            "strategies": own.strategies,
        }
    )
    return theirs == own


def test_only_an_arm_of_equal_settings_is_lent():
    main, d5, d4 = (
        load_config(reproduce.ROOT / "configs" / "reproduction" / f"{name}-1.yaml")
        for name in ("base", "d5", "d4")
    )
    assert lent(main, d5, "contrastive")
    assert not lent(main, d4, "contrastive")
    assert not lent(main, d5, "drifts")
    assert not lent(main, d5.model_copy(update={"seeds": [500]}), "contrastive")


@pytest.mark.parametrize("look", reproduce.LOOKS, ids=lambda look: look.words)
def test_what_is_looked_at_afterwards_is_there(look):
    for base in kept_rows.bases(look.runs):
        for ask in (look.first, look.second or look.first):
            assert next(kept_rows.asked(base, ask), None) is not None


def test_seeds_are_none_that_anything_was_chosen_on():
    used = {0, 1, 200, 201, 202}
    for path in reproduce.CONFIGS:
        assert not used & set(load_config(path).seeds), path.name


def _found(low, high, trainings=15, bases=3):
    return Nested((low + high) / 2, low, high, {str(b): 0.0 for b in range(bases)}, trainings, 9, 9)


def test_the_whole_interval_has_to_lie_on_its_side():
    above = claims.Check("", claims.Ask("a"), claims.Ask("b"))
    below = claims.Check("", claims.Ask("a"), claims.Ask("b"), above=None, below=0.0)
    margin = claims.Check("", claims.Ask("a"), claims.Ask("b"), above=claims.MARGIN)
    cases = [(0.1, 0.2), (-0.1, 0.2), (-0.2, -0.1), (-0.01, 0.01)]
    told = [[reproduce.holds(c, _found(*case)) for case in cases] for c in (above, below, margin)]
    assert told == [
        [True, False, False, False], [False, False, True, False], [True, False, False, True]
    ]  # fmt: skip
    assert reproduce.holds(above, None) is None


def test_a_verdict_says_on_how_little_it_rests():
    full, few = _found(0.1, 0.2), _found(0.1, 0.2, trainings=3, bases=1)
    assert reproduce.verdict([True, True], [full, full]) == "**shown**"
    assert reproduce.verdict([True, False], [full, full]) == "shown in part"
    assert reproduce.verdict([False], [full]) == "**not shown**"
    assert reproduce.verdict([True], [few]) == "**shown**, of 3 trainings on 1 base only"
    assert reproduce.verdict([True, None], [full, None]) == "not run"


@pytest.fixture(scope="module")
def made():
    """Tables and numbers from the committed rows: all of them, as --table makes them."""
    return reproduce.tables()


def test_the_page_is_what_the_committed_rows_say(made):
    """Every mean, both ends of every interval, what holds, every verdict, in all three tables."""
    page = reproduce.PAGE.read_text(encoding="utf-8")
    told = page.split(reproduce.BEGIN)[1].split(reproduce.END)[0].splitlines()
    for mine, theirs in zip(told, made[0].splitlines(), strict=True):
        assert mine == theirs
    assert "no rows" not in made[0]
    assert "not run" not in made[0]


def test_the_committed_numbers_are_those_of_the_committed_rows(made):
    kept = json.loads((reproduce.KEPT / "claims.json").read_text(encoding="utf-8"))
    assert [c["name"] for c in kept] == [c.name for c in claims.CLAIMS]
    for mine, theirs in zip(kept, made[1], strict=True):
        assert {k: v for k, v in mine.items() if k != "checks"} == {
            k: v for k, v in theirs.items() if k != "checks"
        }
        for one, other in zip(mine["checks"], theirs["checks"], strict=True):
            bases = (one.pop("bases"), other.pop("bases"))
            assert one == pytest.approx(other, abs=1e-12), mine["name"]
            assert bases[0] == pytest.approx(bases[1], abs=1e-12)


def _mean_and_reach(rows):
    """By numpy alone, from [(base, seed, value)]: the mean and Student's reach over seeds."""
    values = np.array([value for *_, value in rows])
    names, seeds = (np.array([row[i] for row in rows]) for i in (0, 1))
    apart = values.copy()
    for name in set(names):
        apart[names == name] -= values[names == name].mean()
    moved = np.array([apart[seeds == seed].sum() for seed in sorted(set(seeds))]) / len(values)
    return values.mean(), 2.7764451 * np.sqrt(5 / 4 * (moved**2).sum())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("O1a", "zero - base, id medium"),
        ("O4'", "contrastive - similar, ood high"),
        ("D1", "p50-e50 - contrastive, id low"),
        ("D6a", "zero - zero-qkv, id high"),
    ],
)
def test_a_row_of_the_page_by_other_means(name, words, made):
    """Straight from the files, without this project's readers and statistics."""
    (claim,) = (c for c in claims.CLAIMS if c.name == name)
    (check,) = (c for c in claim.checks if c.words == words)
    sides = []
    for ask in (check.first, check.second):
        found = {}
        for base in "012":
            for run in (f"{claim.runs}-{base}", f"base-{base}"):
                table = pq.read_table(reproduce.KEPT / f"{run}-rows.parquet")
                if ask.arm not in table["arm"].unique().to_pylist():
                    continue
                where = [("arm", ask.arm), ("test_set", ask.test_set), ("band", ask.band)]
                for key, value in where:
                    table = table.filter(pc.equal(table[key], value))
                columns = [table[c].to_pylist() for c in ("seed", "item", "mode", "score")]
                found |= {(base, *key): score for *key, score in zip(*columns, strict=True)}
                break
        sides.append(found)
    rows = [
        (k[0], k[1], sides[0][k] - sides[1][k]) for k in sorted(sides[0].keys() & sides[1].keys())
    ]
    mean, reach = _mean_and_reach(rows)
    line = next(x for x in made[0].splitlines() if f"| {words} " in x)
    told, low, high = re.search(r"([+-]\.?[\d.]+) \[([+-][\d.]+), ([+-][\d.]+)\]", line).groups()
    assert told == f"{mean:+.3f}"
    # Each end is this one or, where trainings agree by chance, the one over items farther out.
    assert float(low) <= mean - reach + 6e-4
    assert float(high) >= mean + reach - 6e-4
    assert float(high) - float(low) < 2.4 * reach


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_s_row_names_configs_seeds_and_command(claim):
    source = reproduce.source_of(claim)
    asked = {ask.arm for check in claim.checks for ask in (check.first, check.second)}
    trained = set()
    for run in source.runs:
        settings = load_config(ROOT / "configs" / "reproduction" / f"{run}.yaml")
        assert set(settings.seeds) == set(source.seeds)
        trained |= set(settings.strategies)
    assert asked <= trained
    assert {run[-1] for run in source.runs} == {"0", "1", "2"}
    names = source.command.removeprefix("python scripts/reproduce.py ").split()
    assert [path.stem for path in reproduce.chosen(names)] == list(source.runs)


def test_a_run_that_is_none_is_told():
    assert reproduce.chosen([]) == reproduce.CONFIGS
    with pytest.raises(SystemExit, match="no run 'd7'; there are base, d1,"):
        reproduce.chosen(["d7"])


def _ends(made, claim):
    """words -> (low, high) of the second and third table."""
    rows = re.findall(rf"^\| {claim}[^|]*\| ([^|]+?) \| \S+ \[(\S+), (\S+)\]", made[0], re.M)
    return {words: (float(low), float(high)) for words, low, high in rows}


def test_what_stands_behind_a_verdict_is_so(made):
    """afterwards.SAID, of D1's corners and of a paraphraser that drifts."""
    found = _ends(made, "D1")
    for arm in ("p10-e10", "p10-e50", "p50-e10", "p50-e50", "p33-e50"):
        mine = {words: low for words, (low, _) in found.items() if words.startswith(arm)}
        assert any("ood" in words for words in mine)
        assert min(mine.values()) < claims.MARGIN
    drifts = _ends(made, "D5a")
    assert all(low > claims.MARGIN for words, (low, _) in drifts.items() if ", id " in words)
    assert drifts["drifts, changed, high minus contrastive, changed, high"][1] < 0


def test_verdicts_that_rest_on_near_duplicates_of_tests_say_so(made):
    changed = json.loads((kept_rows.KEPT / "near-tests.json").read_text(encoding="utf-8"))
    assert changed["verdicts_that_change"]
    for claim in made[1]:
        words = changed["verdicts_that_change"].get(claim["name"])
        if words is None:
            assert "without the test items" not in claim["verdict"]
            continue
        verdict = claim["verdict"].replace("*", "")
        assert verdict.startswith(words["all items"])
        assert f"; {words['without']} without the test items" in verdict


def test_arms_have_the_rates_that_the_page_says():
    """Five have one of their own; the others that of the arm named beside them in the rules."""
    page = reproduce.PAGE.read_text(encoding="utf-8")
    rule = next(x for x in page.splitlines() if x.startswith("- **One tuning for all"))
    own = {
        "zero": 8e-3,
        "random": 5e-4,
        "similar": 2e-3,
        "random_similar": 1e-3,
        "contrastive": 2e-3,
    }
    taken = {}
    for kin, names in re.findall(r"(\w+)'s: ([^;.]+)[;.]", rule):
        taken |= dict.fromkeys(re.findall(r"`([^`]+)`", names), kin)
    for path in reproduce.CONFIGS:
        for name, arm in load_config(path).strategies.items():
            if arm.kind == "trained":
                kin = name if name in own else taken[name]
                assert arm.training.learning_rate == own[kin], (path.stem, name)


def test_the_rows_stay_small():
    assert sum(p.stat().st_size for p in reproduce.KEPT.iterdir()) < 20_000_000
