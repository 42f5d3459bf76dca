"""Exported folders, loaded and asked by plain peft and transformers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import huggingface_hub
import pytest
import torch
from peft import AutoPeftModelForCausalLM
from peft.tuners.lora import LoraModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from ictrain import cli
from ictrain.base import small_base
from ictrain.config import load_config
from ictrain.errors import ConfigError, ModelError, RunError
from ictrain.experiments.folder import Job, RunFolder
from ictrain.prompts import Renderer
from ictrain.publishing import ExportSettings, export
from ictrain.publishing import write as write_module
from ictrain.publishing.merging import compare
from ictrain.publishing.origin import Origin
from ictrain.publishing.prompts import first_shown
from ictrain.publishing.usage import Named, snippet
from ictrain.rows import read_rows
from tests.publishing.plain import answers, loaded, texts
from tests.small_run import ALIGNMENT, make_job

pytestmark = pytest.mark.filterwarnings("ignore")  # what other libraries have to say
CONTRASTIVE = ExportSettings(strategy="contrastive")


def silent(_):
    pass


def rows_of(run, arm="contrastive", seed=3):
    return [r for r in read_rows(run / arm / f"seed-{seed}" / "rows.parquet") if r.strategy == arm]


def some(rows, count=25):
    return rows[:: max(1, len(rows) // count)]


@pytest.fixture(scope="module")
def adapter(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("adapter") / "little-adapter"
    return export(run, out, CONTRASTIVE, silent)


@pytest.fixture(scope="module")
def merged(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("merged") / "little-merged"
    return export(run, out, ExportSettings(strategy="contrastive", merged=True), silent)


def test_an_adapter_on_the_copy_of_its_base_answers_as_the_run_recorded(run, adapter):
    base = AutoModelForCausalLM.from_pretrained(adapter / "base")
    chosen = some(rows_of(run))
    found = answers(loaded(adapter, base), adapter, [r.prompt for r in chosen])
    assert found == [r.output for r in chosen]
    alone = AutoModelForCausalLM.from_pretrained(adapter / "base")
    assert answers(alone, adapter, [r.prompt for r in chosen]) != found  # it is the adapter's doing


def test_a_merged_model_needs_no_peft_and_answers_as_the_run_recorded(run, merged):
    assert not (merged / "adapter_config.json").exists()
    model = loaded(merged)
    assert type(model).__name__ == "LlamaForCausalLM"
    assert model.dtype == torch.float32
    chosen = some(rows_of(run))
    assert answers(model, merged, [r.prompt for r in chosen]) == [r.output for r in chosen]
    # Without any argument the folder's own generation_config says how to decode.
    ids = torch.tensor([[1, 224, 238, 3]])
    assert model.generate(ids).shape[1] <= 4 + 7
    assert "tolerance" in json.loads((merged / "ictrain.json").read_text())["merged"]


@pytest.mark.parametrize("kind", ["adapter", "merged"])
def test_the_cards_program_prints_what_the_card_says_it_prints(kind, request, monkeypatch, capsys):
    folder = request.getfixturevalue(kind)
    card = (folder / "README.md").read_text()
    program = card.split("```python\n")[1].split("\n```")[0]
    promised = program.splitlines()[-1].split("  # ")[1]
    monkeypatch.chdir(folder.parent)
    exec(compile(program, "card", "exec"), {})
    assert capsys.readouterr().out.splitlines()[-1] == promised


@pytest.mark.parametrize("kind", ["adapter", "merged"])
def test_no_file_names_this_machine(kind, request, run):
    folder = request.getfixturevalue(kind)
    for name, text in texts(folder).items():
        for place in (str(run.parent.parent), str(folder.parent), str(Path.home()), "/src/"):
            assert place not in text, (name, place)
        assert "local_files_only" not in text
    if kind == "adapter":
        told = json.loads((folder / "adapter_config.json").read_text())
        assert told["base_model_name_or_path"] == "./base"


def test_everybody_may_read_what_was_exported(adapter):
    for path in adapter.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_a_base_from_a_folder_can_be_named_by_its_name_on_the_hub(run, tmp_path):
    out = export(run, tmp_path / "named", ExportSettings("contrastive", base="acme/tiny"), silent)
    told = json.loads((out / "adapter_config.json").read_text())
    assert told["base_model_name_or_path"] == "acme/tiny"
    assert not (out / "base").exists()
    assert "base_model: acme/tiny" in (out / "README.md").read_text()
    for name in (str(tmp_path), "./x", "a/b/c"):
        with pytest.raises(ConfigError, match="a name on the Hub"):
            export(run, tmp_path / "no", ExportSettings("contrastive", base=name), silent)


FULL = """
name: full
seeds: [0]
task: {name: alignment, pool: 40, fresh_pool: 20, tests: 12, dev: 2}
model:
  tokenizer: made:bpe-300
  scratch:
    {hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2,
     initializer_range: 0.5}
prompt: {max_tokens: 200}
similarity: {retrieval: {method: bm25}, bands: {method: overlap}}
adapter: {peft: none}
context: {k: 1-2, neighbours: 8}
training: {steps: 3, batch_size: 8, learning_rate: 1.0e-3}
evaluation: {modes: [none, one_similar], k: 2}
strategies: {contrastive: {}}
"""


@pytest.mark.parametrize("adapter", ["none", "lora"])
def test_a_model_from_scratch_with_a_made_tokenizer_stands_on_its_own(adapter, tmp_path):
    """With LoRA the random base is written beside it; trained whole, it is the model."""
    run = make_job(tmp_path, "contrastive", FULL.replace("peft: none", f"peft: {adapter}"))
    out = export(run, tmp_path / "out", ExportSettings(), silent)
    shutil.rmtree(run / "contrastive" / "seed-0" / "tokenizer")
    base = AutoModelForCausalLM.from_pretrained(out / "base") if adapter == "lora" else None
    chosen = some(rows_of(run, seed=0))
    assert answers(loaded(out, base), out, [r.prompt for r in chosen]) == [r.output for r in chosen]
    assert len({r.output for r in chosen}) > 5
    assert str(tmp_path) not in "".join(texts(out).values())


def on_the_hub(folder, name, files):
    """A cache of the Hub that holds one model, as a download would leave it."""
    place = folder / f"models--{name.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("abc")
    shutil.copytree(files, place / "snapshots" / "abc")


def test_a_base_on_the_hub_is_named_and_not_copied(tmp_path, monkeypatch, capsys):
    on_the_hub(tmp_path / "hub", "acme/tiny", small_base())
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    text = ALIGNMENT.replace("adapter:", "model: {name: acme/tiny, revision: main}\nadapter:")
    run = make_job(tmp_path, "contrastive", text)
    out = export(run, tmp_path / "out", CONTRASTIVE, silent)
    assert not (out / "base").exists()
    assert "base_model: acme/tiny" in (out / "README.md").read_text()
    told = json.loads((out / "adapter_config.json").read_text())
    assert (told["base_model_name_or_path"], told["revision"]) == ("acme/tiny", "main")
    chosen = some(rows_of(run))
    model = AutoPeftModelForCausalLM.from_pretrained(out)  # finds its base by itself
    assert answers(model, out, [r.prompt for r in chosen]) == [r.output for r in chosen]
    program = (out / "README.md").read_text().split("```python\n")[1].split("\n```")[0]
    monkeypatch.chdir(tmp_path)
    exec(compile(program, "card", "exec"), {})
    assert capsys.readouterr().out.splitlines()[-1] == program.splitlines()[-1].split("  # ")[1]
    with pytest.raises(ConfigError, match="expected none: the base is acme/tiny"):
        export(run, tmp_path / "no", ExportSettings("contrastive", base="acme/other"), silent)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(ModelError, match="acme/tiny") as told_on_one_line:
        export(run, tmp_path / "no", CONTRASTIVE, silent)
    assert "\n" not in str(told_on_one_line.value)


def test_a_pushed_copy_of_a_base_is_asked_for_by_download(run, adapter, monkeypatch, capsys):
    """transformers would take the adapter first if it were asked for base/ as a subfolder."""
    named = Named("me/little", Origin("", None, True, ""), "float32")
    settings = load_config(run / "config.yaml")
    renderer = Renderer(settings.prompt, AutoTokenizer.from_pretrained(adapter), "bm25")
    shown = first_shown(renderer, rows_of(run), ("one_paraphrase",))
    program = snippet(named, renderer, shown, None)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", {"me/little": str(adapter)}.get)
    exec(compile(program, "card", "exec"), {})
    assert capsys.readouterr().out.strip() == shown.row.output


def test_a_base_in_bfloat16_is_merged_in_bfloat16(tmp_path):
    text = ALIGNMENT.replace("adapter:", "model: {dtype: bfloat16}\nadapter:")
    run = make_job(tmp_path, "contrastive", text)
    said = []
    out = export(run, tmp_path / "out", ExportSettings(merged=True), said.append)
    assert loaded(out).dtype == torch.bfloat16
    assert "bfloat16" in said[1]


def logits(*values):
    return [torch.tensor([list(v)]) for v in values]


def test_a_model_that_was_not_merged_is_refused_however_small_the_adapters_effect():
    base, tuned = logits((1.0, 2.0), (3.0, 4.0)), logits((1.0, 2.5), (3.0, 4.0))
    assert compare(tuned, tuned, base, "float32").lost == 0
    with pytest.raises(ModelError, match="another than base and adapter"):
        compare(base, tuned, base, "float32")
    little = logits((1.0, 2.0), (3.0, 4.01))
    with pytest.raises(ModelError, match=r"loses 100\.0% of what the adapter changes"):
        compare(base, little, base, "bfloat16")
    with pytest.raises(ModelError, match="another than base and adapter"):
        compare(logits((1.0, float("nan")), (3.0, 4.0)), tuned, base, "bfloat16")


def test_a_merge_that_went_wrong_leaves_no_folder(run, tmp_path, monkeypatch):
    """As peft would do with a module that it does not know how to merge."""
    monkeypatch.setattr(LoraModel, "merge_and_unload", LoraModel.unload)
    with pytest.raises(ModelError, match="another than base and adapter"):
        export(run, tmp_path / "out", ExportSettings("contrastive", merged=True), silent)
    assert list(tmp_path.iterdir()) == []


def test_another_base_than_the_trained_one_is_refused(run, tmp_path):
    """The weights that training began with are known by their digest, whatever the base's name."""
    mine = shutil.copytree(run, tmp_path / "mine")
    file = mine / "contrastive" / "seed-3" / "identity.json"
    told = json.loads(file.read_text()) | {"model.weights": "0" * 32}
    file.write_text(json.dumps(told))
    with pytest.raises(ModelError, match="other weights than when contrastive, seed 3 was trained"):
        export(mine, tmp_path / "out", ExportSettings("contrastive", merged=True), silent)
    inputs = mine / "inputs.json"
    changed = json.loads(inputs.read_text()) | {"model/model.safetensors": "0" * 64}
    inputs.write_text(json.dumps(changed))
    with pytest.raises(RunError, match=r"model\.safetensors of the base has changed"):
        export(mine, tmp_path / "out", CONTRASTIVE, silent)


def test_a_base_whose_folder_is_not_found_is_not_taken_for_a_name_on_the_hub(tmp_path):
    shutil.copytree(small_base(), tmp_path / "my-base")
    text = ALIGNMENT.replace("adapter:", f"model: {{name: {tmp_path}/my-base}}\nadapter:")
    run = make_job(tmp_path, "contrastive", text.replace("steps: 40", "steps: 2"))
    (tmp_path / "my-base").rename(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="my-base: the base's folder is not there"):
        export(run, tmp_path / "out", CONTRASTIVE, silent)


def test_which_training_is_meant(run, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(RunError, match=r"2 trained models.*--strategy, one of contrastive, zero"):
        export(run, out, ExportSettings(), silent)
    with pytest.raises(RunError, match="did you mean 'zero'"):
        export(run, out, ExportSettings(strategy="zro"), silent)
    with pytest.raises(RunError, match="kind base: nothing was trained; expected one of zero"):
        export(run, out, ExportSettings(strategy="base"), silent)
    with pytest.raises(
        RunError, match="no training of zero with seed 4; expected one of the seeds 3"
    ):
        export(run, out, ExportSettings(strategy="zero", seed=4), silent)
    with pytest.raises(RunError, match=r"no config\.yaml"):
        export(tmp_path, out, ExportSettings(), silent)
    assert not out.exists()


def test_a_training_that_is_not_finished_is_not_exported(run, tmp_path):
    mine = shutil.copytree(run, tmp_path / "mine")
    (RunFolder(mine).job(Job("zero", 3)) / "job.json").unlink()
    with pytest.raises(RunError, match=r"zero, seed 3: not finished.*ictrain run"):
        export(mine, tmp_path / "out", ExportSettings(strategy="zero"), silent)
    export(mine, tmp_path / "out", ExportSettings(), silent)  # now there is one to choose
    card = (tmp_path / "out" / "README.md").read_text()
    assert "2 of 3 trainings" in card
    assert "**not measured**" in card  # goal 2 wants zero-context fine-tuning


def test_a_folder_that_is_there_is_kept_unless_forced(run, tmp_path, monkeypatch):
    out = export(run, tmp_path / "out", CONTRASTIVE, silent)
    before = (out / "README.md").read_bytes()
    with pytest.raises(RunError, match="is there already"):
        export(run, out, CONTRASTIVE, silent)
    forced = ExportSettings(strategy="zero", force=True)
    with monkeypatch.context() as broken:
        broken.setattr(write_module, "generation_config", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            export(run, out, forced, silent)
    assert (out / "README.md").read_bytes() == before
    export(run, out, forced, silent)
    assert (out / "README.md").read_bytes() != before
    with pytest.raises(RunError, match="holds something else"):
        export(run, run, forced, silent)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_the_command_tells_on_one_line_what_stands_in_the_way(run, tmp_path, monkeypatch, capsys):
    arguments = ["export", str(run), "--out", str(tmp_path / "out"), "--strategy", "base"]
    monkeypatch.setattr("sys.argv", ["ictrain", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1
