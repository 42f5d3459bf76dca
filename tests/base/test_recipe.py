"""The recipe: a killed run goes on bit for bit; what comes out is an ordinary model folder."""

import json

import pytest
import torch

from ictrain.base import BaseSettings, Shape, Stage, train_base
from ictrain.base.model import create
from ictrain.errors import ConfigError, RunError
from ictrain.files import read_jsonl

STAGES = (
    Stage(
        name="one",
        steps=3,
        until=1.1,
        sizes=(1,),
        variety=(2, 3),
        batch_examples=12,
        examples=(3, 3),
    ),
    Stage(
        name="two", steps=4, batch_examples=12, examples=(3, 3), variety=(4, 5), decay=0.5, warmup=2
    ),
)
TINY = BaseSettings(
    stages=STAGES,
    shape=Shape(hidden=32, heads=4, head_dim=16, intermediate=32, look_back=4),
    probe_every=2,
    checkpoint_every=3,
    bar=0,
    measured_items=8,
)


class Killed(Exception):
    pass


def stop_at(line):
    def progress(text):
        if line in text:
            raise Killed

    return progress


def quiet(text):
    pass


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return train_base(TINY, tmp_path_factory.mktemp("whole") / "base", quiet)


@pytest.mark.parametrize("line", ["1/2 (one) step 2", "2/2 (two) step 2", "measured"])
def test_a_killed_run_goes_on_bit_for_bit(tmp_path, whole, line):
    out = tmp_path / "base"
    with pytest.raises(Killed):
        train_base(TINY, out, stop_at(line))
    assert not out.exists()
    train_base(TINY, out, quiet)
    logs = [read_jsonl(path.with_name("base.training") / "log.jsonl") for path in (out, whole)]
    own, other = ([{**row, "cpu_seconds": 0} for row in log] for log in logs)
    assert own == other
    for name in ("model.safetensors", "measured.json", "dictionary.json", "tokenizer.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()


def test_the_folder_is_whole(whole):
    names = {path.name for path in whole.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} < names
    assert {"README.md", "dictionary.json", "measured.json", "settings.json"} < names
    assert BaseSettings.parse(json.loads((whole / "settings.json").read_text())) == TINY
    work = whole.with_name("base.training")
    assert not (work / "state.pt").exists()
    assert [row["step"] for row in read_jsonl(work / "log.jsonl")] == [2, 3, 2, 4]


def test_other_settings_do_not_go_on(tmp_path):
    with pytest.raises(Killed):
        train_base(TINY, tmp_path / "base", stop_at("2/2"))
    other = TINY.model_copy(update={"seed": 5})
    with pytest.raises(RunError, match="other settings"):
        train_base(other, tmp_path / "base", quiet)


def test_a_base_below_the_bar_is_not_written(tmp_path):
    strict = TINY.model_copy(update={"bar": 0.9})
    with pytest.raises(RunError, match="did not learn enough: covered_word"):
        train_base(strict, tmp_path / "base", quiet)
    assert not (tmp_path / "base").exists()


def test_a_seed_decides_the_start_and_nothing_else_is_touched():
    shape = Shape()
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, again, other = (create(shape, 2, seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    name = "model.embed_tokens.weight"
    assert torch.equal(first[name], again[name])
    assert not torch.equal(first[name], other[name])


def test_layer_0_starts_by_looking_back():
    shape = Shape()
    model = create(shape, 2, 0)
    model.set_attn_implementation("eager")
    ids = torch.arange(4, 44)[None]
    found = model.model(ids, output_attentions=True).attentions[0][0]
    for head in range(shape.look_back):
        back = found[head].diagonal(-head - 1)[10:]
        assert back.mean() > 0.4, head


def test_bad_shapes_are_refused():
    with pytest.raises(ConfigError, match="look_back"):
        Shape.parse({"heads": 4})
    with pytest.raises(ConfigError, match="divisor"):
        Shape.parse({"heads": 12})
