"""configs/paper: each parses, and is walked through on made files of its sources' layout, and on
real data where they are. No weights, no network, no tokenizer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ictrain.config import load_config
from ictrain.errors import DataError
from ictrain.experiments.dry_run import dry_run
from ictrain.experiments.dry_run.here import load_what_is_here
from ictrain.experiments.look import look_at_contexts
from ictrain.models.known import KNOWN
from ictrain.tasks import load_task
from tests.tasks.test_text_to_sql import bird

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "configs" / "paper"
CONFIGS = sorted(FOLDER.glob("*.yaml"))
ARMS = {"base", "zero", "random", "similar", "contrastive"}
FEW = [
    "task.reading.train.shuffled=[0,60]", "task.max_test_items=4", "training.steps=6",
    "similarity.bands.method=overlap", "probes.items=2", "context.neighbours=8",
]  # fmt: skip
"""Of a dry run, all but the numbers; and no encoder, which is tested elsewhere."""
LANGUAGES = {"de": "deu", "lt": "lit", "hi": "hin", "ta": "tam"}
SPOKEN = ("es", "de", "fr")
LETTERS = {"de": "aßöd", "lt": "aėšū", "hi": "कखगम", "ta": "கதமய"}


def sentence(code: str, i: int) -> str:
    """Made words, different ones for each number, in the script of a language."""
    letters = LETTERS.get(code, "bcdf")
    return " ".join("".join(letters[(i // 4**p + w) % 4] for p in range(6)) for w in range(5))


def in_json_lines(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return str(path)


def translations(code: str, count: int, start: int) -> list[dict]:
    """As the hub has Europarl, EMEA, Tanzil and the corpus of IIT Bombay."""
    return [{"translation": {"en": sentence("en", i), code: sentence(code, i)}}
            for i in range(start, start + count)]  # fmt: skip


def sources(folder: Path, monkeypatch) -> None:
    """All of the paper's sources as files of their own layout, named by variables."""
    flores = {"en": "eng", **LANGUAGES}
    for code, long in flores.items():
        rows = [{"id": i, "iso_639_3": long, "text": sentence(code, 200 + i), "topic": "x"}
                for i in range(12)]  # fmt: skip
        named = in_json_lines(folder / f"flores-{code}.jsonl", rows[::-1] if code != "en" else rows)
        monkeypatch.setenv(f"ICTRAIN_FLORES_{code.upper()}", named)
    for code in LANGUAGES:
        train = translations(code, 80, 0)
        if code in ("hi", "ta"):  # Samanantar
            train = [{"idx": i, "src": row["translation"]["en"], "tgt": row["translation"][code]}
                     for i, row in enumerate(train)]  # fmt: skip
        pair = f"EN_{code.upper()}"
        named = in_json_lines(folder / f"train-{code}.jsonl", train)
        monkeypatch.setenv(f"ICTRAIN_TRAIN_{pair}", named)
        named = in_json_lines(folder / f"ood-{code}.jsonl", translations(code, 520, 400))
        monkeypatch.setenv(f"ICTRAIN_OOD_{pair}", named)
    for part, start, count in (("train", 0, 30), ("dev", 50, 40), ("test", 160, 8)):
        spoken = ("en",) if part == "train" else SPOKEN  # as XSemPLR has it
        rows = [{"id": str(i), "mr": {"slot_intent": {c: f"[IN:A {c}{i} ]" for c in spoken}},
                 "question": {c: f"{c} {sentence('en', i)}" for c in spoken}}
                for i in range(start, start + count)]  # fmt: skip
        (folder / f"{part}.json").write_text(json.dumps(rows))
    monkeypatch.setenv("ICTRAIN_MTOP", str(folder))
    monkeypatch.setenv("ICTRAIN_BIRD", str(whole_bird(folder / "bird")))


def whole_bird(folder: Path) -> Path:
    """BIRD as it is unpacked: each part with its own databases, all named by one folder."""
    for part in ("train", "dev"):
        (folder / part).mkdir(parents=True)
    bird(folder / "dev")  # writes train.json as well, and one database of each part
    (folder / "dev" / "train.json").rename(folder / "train" / "train.json")
    (folder / "train" / "train_databases").mkdir()
    zoo = folder / "dev" / "dev_databases" / "zoo"
    zoo.rename(folder / "train" / "train_databases" / "zoo")
    return folder


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_each_says_what_the_paper_says(path):
    settings = load_config(path)
    assert set(settings.strategies) == ARMS
    assert settings.model.name in KNOWN
    for arm in settings.strategies.values():
        adapter, training = arm.adapter, arm.training
        assert (adapter.r, adapter.alpha, adapter.dropout) == (16, 8, 0.05)
        assert adapter.targets == "attention-qkv"
        assert (training.batch_size, training.learning_rate) == (2, 2e-4)
        assert training.schedule == "linear"
        assert arm.context.k == "1-8"
    assert settings.evaluation.k == 4
    assert settings.similarity.retrieval.method == "bm25"
    made = settings.task.name == "alignment"
    assert settings.similarity.bands.method == ("overlap" if made else "dense")
    assert (settings.prompt.chat == "turn") == ("Instruct" in settings.model.name)
    assert settings.name == path.stem
    text = path.read_text()
    assert f"ictrain run configs/paper/{path.name} --dry-run" in text
    assert "--dry-run" in text


def test_they_are_all_that_the_paper_trains():
    found = [load_config(path) for path in CONFIGS]
    tasks = Counter(settings.task.name for settings in found)
    assert tasks == {"translation": 16, "text_to_sql": 3, "semantic_parsing": 3, "alignment": 2}
    pairs = Counter((s.model.name, s.task.target_language) for s in found
                    if s.task.name == "translation")  # fmt: skip
    assert len(pairs) == 16  # and two test sets each: the 32 settings
    assert {tuple(s.task.tests) for s in found if s.task.name == "translation"} == {
        ("id", "ood", "ood_pool")
    }
    assert {s.task.language for s in found if s.task.name == "semantic_parsing"} == {
        "Spanish", "German", "French"
    }  # fmt: skip
    shapes = {
        (s.task.family.size, s.task.family.length) for s in found if s.task.name == "alignment"
    }
    assert shapes == {(3, 2), (2, 4)}


def walked(path: Path, out: Path, *overrides: str):
    said: list[str] = []
    found = dry_run(load_config(path, overrides), out, said.append)
    return found, "\n".join(said)


def assert_whole(found, said) -> None:
    """All that the issue wants of a dry run."""
    assert "a prompt of step 1" in said
    assert "LABEL" in said
    assert re.search(r"tokens +about [\d,]+", said)
    assert re.search(r"memory +(about|at least) [\d.]+ GiB", said)
    assert re.search(r"answers +[\d,]+ of at most", said)
    assert set(found.arms) == ARMS
    assert all(found.arms[name].memory.total > 2**30 for name in ARMS - {"base"})
    assert any("weights are not in the hub's cache" in line for line in found.missing)
    assert "MISSING" in said


@pytest.fixture
def made(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("ICTRAIN_")]:
        monkeypatch.delenv(name)
    sources(tmp_path, monkeypatch)
    return tmp_path


MT = [path for path in CONFIGS if path.stem.startswith("mt-")]


@pytest.mark.slow
@pytest.mark.parametrize("pair", ["en-de", "en-lt", "en-hi", "en-ta"])
def test_translation_is_walked_through_on_its_sources_layout(pair, made):
    paths = [path for path in MT if path.stem.startswith(f"mt-{pair}")]
    chosen = paths[["en-de", "en-lt", "en-hi", "en-ta"].index(pair)]  # another model for each
    found, said = walked(chosen, made / "runs", *FEW)
    assert_whole(found, said)
    assert found.facts["train"] == 60
    assert set(found.asked) == {"id", "ood", "ood_pool"}
    assert re.search(r"test ood_pool +4 items, a pool of 60 and 20 more", said)
    assert re.search(r"test id +4 items, a pool of 60;", said)
    assert "Consider the following" in said
    assert "paraphraser" in said
    assert any("comet" in line.lower() for line in found.missing)


def test_out_of_domain_items_are_those_of_both_tables_and_never_in_the_pool(made):
    data = load_task(load_config(FOLDER / "mt-en-de-llama-3.2-1b.yaml").task, 0)
    plain, pooled = (data.tests[name] for name in ("ood", "ood_pool"))
    assert [e.input for e in plain.examples] == [e.input for e in pooled.examples]
    assert len(plain.examples) == 500
    assert plain.pool == data.pool
    added = {e.input for e in pooled.pool.examples} - {e.input for e in data.pool.examples}
    assert len(added) == 20
    assert not added & {e.input for e in plain.examples}
    by_input = {sentence("en", 200 + i): sentence("de", 200 + i) for i in range(12)}
    assert {e.input: e.output for e in data.tests["id"].examples} == by_input


@pytest.mark.parametrize(
    "path", [p for p in CONFIGS if p.stem.startswith("mt-")], ids=lambda p: p.stem
)
def test_every_translation_config_reads_its_sources(path, made):
    here = load_what_is_here(load_config(path))
    assert not here.missing
    assert len(here.data.tests["id"].examples) == 12
    assert len(here.data.train) == 80


@pytest.mark.parametrize("pair", ["en-de", "en-lt", "en-hi", "en-ta"])
def test_a_file_that_nobody_named_is_told_and_the_rest_walked(pair, made, monkeypatch):
    """The hub has none of the four domains as a set of its own, so that none has a default."""
    variable = f"ICTRAIN_OOD_{pair.upper().replace('-', '_')}"
    monkeypatch.delenv(variable)
    path = FOLDER / f"mt-{pair}-qwen-2.5-7b.yaml"
    here = load_what_is_here(load_config(path))
    assert set(here.data.tests) == {"id"}
    (line,) = here.missing
    assert line.startswith("tests.ood, tests.ood_pool, pools.ood_pool: ")
    assert f"set {variable} to the file" in line


def test_two_texts_become_such_a_file_by_the_command_of_the_docs(made, monkeypatch):
    """As OPUS has EMEA: plain texts, with whatever quotes, tabs and odd line ends stand in them."""
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    (words, script) = re.findall(
        r"^python - (.*) > emea.jsonl <<'END'\n(.*?)^END$", text, re.M | re.S
    )[0]
    lines = {code: [sentence(code, i) for i in range(520)] for code in ("en", "de")}
    lines["en"][7] = lines["en"][7] + '\t"whole"\u2028 and more'
    for code in lines:
        (made / f"EMEA.de-en.{code}").write_text("\n".join(lines[code]) + "\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-", *words.split()], input=script, cwd=made,
                          capture_output=True, text=True, check=True)  # fmt: skip
    (made / "emea.jsonl").write_text(done.stdout)
    monkeypatch.setenv("ICTRAIN_OOD_EN_DE", str(made / "emea.jsonl"))
    data = load_task(load_config(FOLDER / "mt-en-de-qwen-2.5-7b.yaml").task, 0)
    plain, pooled = (data.tests[name] for name in ("ood", "ood_pool"))
    added = pooled.pool.examples[len(plain.pool) :]
    pairs = {(e.input, e.output) for e in [*plain.examples, *added]}
    assert pairs == set(zip(lines["en"], lines["de"], strict=True))
    assert len(plain.examples) == 500


@pytest.mark.parametrize("name", ["sql-qwen-2.5-7b-instruct", "mtop-es", "mt-en-de-llama-3.2-1b"])
def test_contexts_are_printed_without_the_models_tokenizer(name, made, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(made)
    said: list[str] = []
    own = ["similarity.bands={method: overlap}"]
    own += ["task.cache=", "task.shown_schema.filter=words"] if name.startswith("sql") else []
    look_at_contexts(load_config(FOLDER / f"{name}.yaml", own), "contrastive", 0, 0, 3, said.append)
    told = "\n".join(said)
    assert "without its tokenizer, so nothing is left out as too long" in told
    assert told.count("  TARGET     ") == 3
    assert "near-duplicates are not asked for yet" in told


@pytest.mark.slow
@pytest.mark.parametrize("code", ["es", "de", "fr"])
def test_semantic_parsing_is_walked_through_in_the_layout_of_xsemplr(code, made):
    found, said = walked(FOLDER / f"mtop-{code}.yaml", made / "runs", *FEW[1:])
    assert_whole(found, said)
    assert found.facts["train"] == 40
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ICTRAIN_MTOP_TRAIN", "train")  # of English alone
        with pytest.raises(DataError, match=f"no column 'question.{code}'"):
            walked(FOLDER / f"mtop-{code}.yaml", made / "runs", *FEW[1:])
    assert re.search(rf"Utterance: {code} [bcdf]{{6}} ", said)
    assert re.search(rf"▐·\[IN:A {code}\d+ \]", said)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [p for p in CONFIGS if p.stem.startswith("sql-")], ids=lambda p: p.stem
)
def test_text_to_sql_is_walked_through_in_birds_folder(path, made):
    own = ["task.cache=", "task.shown_schema.filter=words", *FEW[1:]]
    found, said = walked(path, made / "runs", *own)
    assert_whole(found, said)
    assert "CREATE TABLE" in said
    assert "<user>" in said
    assert found.facts["gold"]["train"] == {"run": 24, "set_aside": 2, "empty": 14}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["3x2", "2x4"])
def test_alignment_is_walked_through(name, tmp_path):
    found, said = walked(FOLDER / f"alignment-{name}.yaml", tmp_path, "training.steps=10")
    assert_whole(found, said)
    assert found.arms["zero"].training.targets == 200


def test_without_birds_folder_all_that_needs_none_is_told(made, monkeypatch, tmp_path):
    monkeypatch.setenv("ICTRAIN_BIRD", str(tmp_path / "nowhere"))
    found, said = walked(FOLDER / "sql-qwen-2.5-7b-instruct.yaml", tmp_path / "runs")
    assert any("set ICTRAIN_BIRD to where it is" in line for line in found.missing)
    assert "7.62 billion parameters" in said
    assert "<schema>" in said


def local(name: str) -> list[str]:
    """The overlay of a config, and a few numbers; the data have to be there."""
    folder = Path(os.environ.get("ICTRAIN_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir() and os.environ.get("CI"):
        pytest.fail(f"the data are not there: {folder}")
    if not folder.is_dir():
        pytest.skip(f"the data are not there: {folder}; set ICTRAIN_DATA to their folder")
    return [f"@{FOLDER / 'local' / name}.yaml"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "overlay"),
    [
        ("mt-en-hi-mistral-7b-v0.3", "mt-en-hi"),
        ("sql-llama-3.1-8b-instruct", "sql"),
        ("mtop-fr", "mtop-fr"),
    ],
)
def test_the_real_data_are_walked_through(config, overlay, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    few = FEW if overlay.startswith("mt-") else FEW[1:]
    if overlay == "sql":
        few = [*few, "task.cache=", "task.shown_schema.filter=words"]
    found, said = walked(FOLDER / f"{config}.yaml", tmp_path, *local(overlay), *few)
    assert_whole(found, said)
    assert not any("no such file" in line or "cannot load it" in line for line in found.missing)


@pytest.mark.parametrize("overlay", [p.stem for p in sorted((FOLDER / "local").glob("*.yaml"))])
def test_every_overlay_names_files_that_are_there(overlay, monkeypatch):
    monkeypatch.chdir(ROOT)
    (path, *_) = [p for p in CONFIGS if p.stem.startswith(overlay)]
    own = ["task.shown_schema.filter=none", "task.cache="] if overlay == "sql" else []
    here = load_what_is_here(load_config(path, [*local(overlay), *own]))
    assert not here.missing
    assert all(len(test.examples) >= 100 for test in here.data.tests.values())
