from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ictrain.config import RunSettings, dump_config, load_config
from ictrain.errors import ConfigError

CONFIGS = sorted(
    path
    for path in (Path(__file__).parent.parent / "configs").rglob("*.yaml")
    if path.name != "llm.yaml"  # which is put over another: tests/experiments/test_ablations.py
    and path.parent.name not in ("parts", "models", "local")  # tests/experiments/test_paper.py
)
MINIMAL = """
name: small
task: {name: alignment}
training: {steps: 50, learning_rate: 1.0e-3}
context: {k: 2}
strategies:
  zero: {}
  random: {training: {learning_rate: 5.0e-4}}
  mine: {context: {name: contrastive, p: 0.1}}
  base: {kind: base}
"""


def config_of(tmp_path, text=MINIMAL, overrides=()):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return load_config(path, overrides)


def test_shared_sections_are_the_defaults_of_every_arm(tmp_path):
    arms = config_of(tmp_path).strategies
    assert {name: arm.context.name for name, arm in arms.items()} == {
        "zero": "zero", "random": "random", "mine": "contrastive", "base": "zero",
    }  # fmt: skip
    assert arms["random"].training.learning_rate == 5e-4
    assert arms["zero"].training.learning_rate == 1e-3
    assert all(arm.training.steps == 50 and arm.context.k == 2 for arm in arms.values())


def test_overrides_reach_every_section(tmp_path):
    settings = config_of(
        tmp_path, overrides=["training.steps=7", "training.learning_rate=1e-4", "seeds=[3,4]",
                             "strategies.mine.context.p=0.2", "workers=1"],
    )  # fmt: skip
    assert settings.strategies["zero"].training.steps == 7
    assert settings.strategies["zero"].training.learning_rate == 1e-4
    assert settings.strategies["random"].training.learning_rate == 5e-4
    assert settings.strategies["mine"].context.p == 0.2
    assert settings.seeds == (3, 4)
    assert settings.workers == 1


def test_a_file_may_extend_another_one(tmp_path):
    config_of(tmp_path)
    child = tmp_path / "child.yaml"
    child.write_text(
        "extends: config.yaml\nname: child\ntraining: {steps: 9}\nstrategies: {mine: null}\n"
    )
    settings = load_config(child)
    assert settings.name == "child"
    assert set(settings.strategies) == {"zero", "random", "base"}
    assert settings.strategies["zero"].training.steps == 9
    assert settings.strategies["zero"].training.learning_rate == 1e-3
    child.write_text("extends: child.yaml\n")
    with pytest.raises(ConfigError, match="another file"):
        load_config(child)


def test_resolved_settings_read_back_are_the_same(tmp_path):
    settings = config_of(tmp_path)
    assert RunSettings.parse(yaml.safe_load(dump_config(settings))) == settings


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_every_committed_config_is_valid(path):
    assert load_config(path).strategies


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("name: small", "nam: small"), "did you mean 'name'"),
        (("steps: 50", "step: 50"), "did you mean 'steps'"),
        (("k: 2", "kk: 2"), "unknown key"),
        (
            ("mine: {context: {name: contrastive, p: 0.1}}", "contrastiv: {}"),
            "did you mean 'contrastive'",
        ),
        (("p: 0.1", "p: 0.7"), r"strategies\.mine\.context: p is 0\.7"),
        (("steps: 50", "steps: many"), "steps"),
        (("name: small", "name: a/b"), "cannot be a folder"),
        (("{name: alignment}", "{name: alignmen}"), "alignment"),
        (("strategies:", "strategies: {}\nx:"), "x"),
        (("zero: {}", "zero: [1]"), "keys and values"),
        (("name: small", "name: [small"), "line"),
        (("zero: {}", "../zero: {context: {name: zero}}"), "cannot be a folder"),
        (("zero: {}", "report: {context: {name: zero}}"), "cannot be a folder"),
        (("name: small", "name: small\nseeds: [-1]"), "from 0 on"),
        (("name: small", "name: small\nanalysis: {metric: bleu}"), "unknown metric 'bleu'"),
        (("name: small", "name: small\nanalysis: {id_test: idd}"), "did you mean 'id'"),
        (("training: {steps: 50, learning_rate: 1.0e-3}", "training: 5"), "keys and values"),
        (("name: small", "name: small\nprompt: {example: '{} {input}: {output}'}"), "plain"),
        (("name: small", "name: small\nprompt: {example: '{index:q} {input}: {output}'}"), "plain"),
    ],
)
def test_wrong_configs_get_one_line_with_the_place(tmp_path, change, message):
    with pytest.raises(ConfigError, match=message) as caught:
        config_of(tmp_path, MINIMAL.replace(*change))
    assert "\n" not in str(caught.value)
    assert "config.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("override", "place"),
    [
        ("context.tua=4", "config.yaml: context.tua: unknown key; did you mean 'tau'?"),
        ("context.tau=much", "config.yaml: context.tau: found 'much'; expected a number"),
        ("strategies.mine.context.tua=4", "config.yaml: strategies.mine.context.tua: unknown"),
        ("strategies.zero.training.steps=x", "config.yaml: strategies.zero.training.steps: found"),
        ("adapter.rank=4", "config.yaml: adapter.rank: unknown key"),
        ("seeds=[]", "config.yaml: seeds: found []; expected at least 1 item"),
    ],
)
def test_a_key_is_told_as_it_was_written(tmp_path, override, place):
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, overrides=[override])
    assert place in str(caught.value)


def test_pairs_in_place_of_a_config_are_sent_to_init(tmp_path):
    for name in ("good.csv", "good.jsonl", "good.csv.gz", "good.parquet"):
        (tmp_path / name).write_bytes(b"input,output\n")
        with pytest.raises(ConfigError, match=rf"run `ictrain init .*{name}`"):
            load_config(tmp_path / name)


def test_pairs_that_only_the_configs_folder_has_are_told(tmp_path, monkeypatch):
    folder, elsewhere = tmp_path / "mine", tmp_path / "other"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "p.csv").write_text("input,output\n")
    text = MINIMAL.replace("{name: alignment}", "{name: pairs, train: p.csv}")
    monkeypatch.chdir(elsewhere)
    with pytest.raises(ConfigError) as caught:
        config_of(folder, text)
    told = str(caught.value)
    assert f"task.train: no such file in {elsewhere}" in told
    assert f"it is beside the config: run from {folder}" in told
    monkeypatch.chdir(folder)
    assert config_of(folder, text).task.train == "p.csv"


def test_a_list_of_strategies_is_told_what_it_should_be(tmp_path):
    with pytest.raises(ConfigError, match="keys and values"):
        config_of(tmp_path, overrides=["strategies=[zero, random]"])


def test_null_takes_an_arm_away_on_the_command_line_too(tmp_path):
    assert "mine" not in config_of(tmp_path, overrides=["strategies.mine=null"]).strategies


def test_a_missing_file_names_its_neighbour(tmp_path):
    (tmp_path / "demo.yaml").write_text(MINIMAL)
    with pytest.raises(ConfigError, match=r"no such file.*demo\.yaml"):
        load_config(tmp_path / "dem.yaml")


@pytest.mark.parametrize("override", ["steps", "=3", "name.x=1", "seeds=[1,2"])
def test_an_override_that_is_none_is_refused(tmp_path, override):
    with pytest.raises(ConfigError, match="override"):
        config_of(tmp_path, overrides=[override])


GRID = """
name: grid
task: {name: alignment}
training: {steps: 50}
strategies:
  zero: {}
  contrastive:
    context: {k: 2}
    grid: {context.p: [0.1, 0.333333], context.epsilon: [0, 0.5], training.learning_rate: [1.0e-3]}
"""


def test_a_grid_stands_for_one_arm_per_combination(tmp_path):
    settings = config_of(tmp_path, GRID)
    arms = {name: arm for name, arm in settings.strategies.items() if name != "zero"}
    assert {name: (a.context.p, a.context.epsilon) for name, a in arms.items()} == {
        "contrastive@p0.1+epsilon0+learning_rate0.001": (0.1, 0),
        "contrastive@p0.1+epsilon0.5+learning_rate0.001": (0.1, 0.5),
        "contrastive@p0.3333+epsilon0+learning_rate0.001": (0.333333, 0),
        "contrastive@p0.3333+epsilon0.5+learning_rate0.001": (0.333333, 0.5),
    }
    assert all(a.context.name == "contrastive" and a.context.k == 2 for a in arms.values())
    assert all(a.training.learning_rate == 1e-3 and a.training.steps == 50 for a in arms.values())
    stored = tmp_path / "stored.yaml"
    stored.write_text(dump_config(settings))
    assert load_config(stored) == settings
    fewer = config_of(tmp_path, GRID, ["strategies.contrastive.grid={context.p: [0.2]}"])
    assert list(fewer.strategies) == ["zero", "contrastive@p0.2"]


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ("{}", "lists of values by key"),
        ("{context.p: 0.1}", "lists of values by key"),
        ("{context.p: [0.1, 0.1]}", "two arms named contrastive@p0.1"),
        ("{context.q: [0.1]}", "unknown key"),
        ("{context.p: [0.6]}", "from 0 to 0.5"),
        ("{context.k.x: [1]}", "a key of the arm"),
    ],
)
def test_a_wrong_grid_gets_one_line(tmp_path, grid, message):
    with pytest.raises(ConfigError, match=message) as caught:
        config_of(tmp_path, GRID, [f"strategies.contrastive.grid={grid}"])
    assert "\n" not in str(caught.value)


def test_of_several_files_each_goes_over_the_ones_before_it(tmp_path):
    (tmp_path / "a.yaml").write_text("name: a\ntraining: {steps: 1, batch_size: 4}\n")
    (tmp_path / "b.yaml").write_text("model: {dtype: bfloat16}\ntraining: {steps: 2}\n")
    (tmp_path / "c.yaml").write_text(
        "extends: [a.yaml, b.yaml]\nname: c\ntask: {name: alignment}\nstrategies: {zero: {}}\n"
    )
    found = load_config(tmp_path / "c.yaml")
    training = found.strategies["zero"].training
    assert (found.name, training.steps, training.batch_size) == ("c", 2, 4)
    assert found.model.dtype == "bfloat16"
    (tmp_path / "over.yaml").write_text("training: {steps: null}\n")
    over = load_config(tmp_path / "c.yaml", [f"@{tmp_path}/over.yaml"])
    assert over.strategies["zero"].training.steps == 400
    (tmp_path / "b.yaml").write_text("extends: [a.yaml, c.yaml]\n")
    with pytest.raises(ConfigError, match="extends is"):
        load_config(tmp_path / "c.yaml")


def test_null_is_a_value_where_a_setting_may_be_empty_and_else_takes_away(tmp_path):
    """In one file, over another, and on the command line alike."""
    (tmp_path / "below.yaml").write_text(
        "name: n\nstrategies: {zero: {}, random: {}}\ntraining: {batch_size: 3}\n"
        "task:\n  name: text_to_sql\n  train: a.jsonl\n  tests: {id: b.jsonl}\n  databases: d\n"
        "  cache: kept\n  columns: {input: question}\n"
        "  paraphrase: {method: sql_llm, url: 'http://none/v1', model: m, temperature: 0.3}\n"
    )
    (tmp_path / "above.yaml").write_text(
        "extends: below.yaml\nstrategies: {random: null}\ntraining: {batch_size: null}\n"
        "task:\n  cache: null\n  columns: null\n"
        "  paraphrase: {temperature: null, extra: {max_tokens: null, other: 1}}\n"
    )
    one = load_config(tmp_path / "above.yaml")
    told = ["strategies.random=null", "training.batch_size=", "task.cache=null",
            "task.columns=null", "task.paraphrase.temperature=null",
            "task.paraphrase.extra={max_tokens: null, other: 1}"]  # fmt: skip
    assert load_config(tmp_path / "below.yaml", told) == one
    assert list(one.strategies) == ["zero"]
    assert one.strategies["zero"].training.batch_size == 2
    assert (one.task.cache, one.task.columns.input) == (None, "input")
    assert one.task.paraphrase.temperature is None
    assert one.task.paraphrase.extra == {"max_tokens": None, "other": 1}


def test_the_papers_sql_asks_a_reasoning_model_as_it_wants_to_be_asked():
    paths = [*(Path(__file__).parents[1] / "configs" / "paper").glob("sql-*.yaml")]
    assert len(paths) == 3
    for path in paths:
        asked = load_config(path).task.paraphrase
        assert (asked.model, asked.temperature) == ("o3-mini", None)
        assert asked.extra == {"max_tokens": None, "max_completion_tokens": asked.max_tokens}


def test_an_arm_with_nothing_behind_it_has_the_defaults(tmp_path):
    (tmp_path / "one.yaml").write_text(
        "name: n\ntask: {name: alignment}\nstrategies:\n  random:\n  zero: {}\n"
    )
    (tmp_path / "two.yaml").write_text("extends: one.yaml\nname: m\nstrategies: {zero: null}\n")
    (tmp_path / "over.yaml").write_text("strategies: {random: null}\n")
    assert list(load_config(tmp_path / "one.yaml").strategies) == ["random", "zero"]
    assert list(load_config(tmp_path / "two.yaml").strategies) == ["random"]
    over = [f"@{tmp_path}/over.yaml"]
    assert list(load_config(tmp_path / "one.yaml", over).strategies) == ["zero"]


@pytest.mark.parametrize("override", ["model=", "prompt=", "similarity=null", "training="])
def test_a_section_is_taken_away_whole(tmp_path, override):
    path = tmp_path / "one.yaml"
    bare = "name: n\ntask: {name: alignment}\nstrategies: {zero: {}}\n"
    path.write_text(bare)
    defaults = load_config(path)
    path.write_text(
        f"{bare}model: {{dtype: bfloat16}}\nprompt: {{max_tokens: 9}}\n"
        "similarity: {bands: {method: dense}}\ntraining: {steps: 3}\n"
    )
    section = override.partition("=")[0]
    found = load_config(path, [override])
    if section == "training":
        assert found.strategies["zero"].training == defaults.strategies["zero"].training
    else:
        assert getattr(found, section) == getattr(defaults, section)


def test_a_key_with_a_question_mark_says_something_only_where_the_key_is(tmp_path):
    config_of(
        tmp_path, MINIMAL + "  searched: {context: {name: random}, grid: {context.k: [1, 2]}}\n"
    )
    over = tmp_path / "over.yaml"
    over.write_text(
        'strategies:\n  "mine?": {context: {p: 0.3}}\n  "other?": {context: {name: random}}\n'
        '  "*": {"grid?": {"context.k?": [3], "context.tau?": [1.0]}}\n'
    )
    arms = load_config(tmp_path / "config.yaml", [f"@{over}"]).strategies
    assert list(arms) == ["zero", "random", "mine", "base", "searched@k3"]
    assert arms["mine"].context.p == 0.3
    gone = load_config(tmp_path / "config.yaml", ["strategies.mine=null", f"@{over}"])
    assert "mine" not in gone.strategies
