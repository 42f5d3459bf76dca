"""What a card states: from rows and record alone, held against slow and obvious arithmetic."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import pytest
from huggingface_hub import ModelCard

from ictrain.analysis import analyse
from ictrain.config import load_config
from ictrain.experiments.folder import Job, RunFolder
from ictrain.publishing import ExportSettings, export
from ictrain.publishing.card import _fenced
from ictrain.rows import read_rows, write_rows

pytestmark = pytest.mark.filterwarnings("ignore")


def card_of(run, out, **settings):
    settings = {"strategy": "contrastive", **settings}
    return export(run, out, ExportSettings(**settings), lambda _: None) / "README.md"


def rows_of(run, arm="contrastive"):
    return [r for r in read_rows(run / arm / "seed-3" / "rows.parquet") if r.strategy == arm]


@pytest.fixture(scope="module")
def card(run, tmp_path_factory):
    return card_of(run, tmp_path_factory.mktemp("card") / "little").read_text()


def table(card, test, head):
    """{row: {column: (mean, low, high, items)}} of the first table with that head."""
    lines = card.split(f"**Test set {test}**")[1].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {head}"))
    columns = [c.strip() for c in lines[start].strip("|").split("|")][1:]
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        name, *cells = [c.strip() for c in line.strip("|").split("|")]
        found[name] = {c: numbers(text) for c, text in zip(columns, cells, strict=True)}
    return found


def numbers(text):
    match = re.fullmatch(r"([\d.]+)(?: \[([\d.]+), ([\d.]+)\])? \((\d+)\)", text)
    return match and tuple(None if g is None else float(g) for g in match.groups())


BANDS = {"none": "no context", "low": "low", "medium": "medium", "high": "high"}


@pytest.mark.parametrize("test", ["id", "ood", "changed"])
def test_every_cell_is_the_mean_of_its_rows_with_as_many_items(card, run, test):
    shown = table(card, test, "asked with")
    cells = {}
    for row in rows_of(run):
        if row.test_set == test:
            cells.setdefault((row.mode, BANDS[row.band]), []).append(row)
            if not row.mode.endswith("_shuffled"):
                cells.setdefault(("*all modes*", BANDS[row.band]), []).append(row)
    seen = set()
    for name, line in shown.items():
        for column, found in line.items():
            if found is None:
                assert (name, column) not in cells
                continue
            rows = cells[name, column]
            scores = [r.scores["acceptance"] for r in rows]
            assert found[0] == pytest.approx(sum(scores) / len(scores), abs=6e-4)
            assert found[3] == len({r.target_id for r in rows})
            assert (found[1] is None) == (found[3] < 20)
            seen.add((name, column))
    assert seen == set(cells)


def test_the_bands_and_the_goals_are_those_of_the_analysis(card, run):
    settings = load_config(run / "config.yaml").analysis
    folder, jobs = RunFolder(run), [Job(arm, 3) for arm in ("base", "zero", "contrastive")]
    analysis = analyse(folder.rows(jobs), settings)
    for cell in analysis.bands:
        if cell.strategy == "contrastive" and cell.metric == "acceptance":
            e = cell.estimate
            found = table(card, cell.test_set, "asked with")["*all modes*"][BANDS[cell.column]]
            assert found == pytest.approx((e.mean, e.low, e.high, e.items), abs=6e-4)
    for goal in analysis.goals:
        verdict = {True: "yes", False: "no", None: "not measured"}[goal.passed]
        assert f"- *{goal.name}*: **{verdict}**. {goal.sentence}" in card
    for control in analysis.controls:
        assert control.sentence in card
    assert "this model is that of seed 3" in card
    assert re.search(r"- id: \*\*[a-z ]+\*\*\. .*follow|no interval of", card)


def test_the_header_holds_every_band_and_metric_with_its_interval(card, run, tmp_path):
    path = tmp_path / "README.md"
    path.write_text(card)
    data = ModelCard.load(path).data
    assert data.library_name == "peft"
    assert data.license is None
    analysis = analyse(rows_of(run), load_config(run / "config.yaml").analysis)
    wanted = {(c.test_set, c.column, c.metric): c.estimate for c in analysis.bands}
    found = {}
    for one in data.eval_results:
        test, column = one.dataset_config.split("/")
        found[test, column, one.metric_type] = one
        e = wanted[test, column, one.metric_type]
        assert one.metric_value == pytest.approx(e.mean, abs=1e-6)
        assert one.metric_args.get("low") == (None if e.low is None else round(e.low, 6))
        assert one.metric_args["items"] == e.items
    assert found.keys() == wanted.keys()


def test_other_rows_make_another_card(run, tmp_path):
    """No figure is typed in: with every score at .123 there is nothing else to be read."""
    mine = shutil.copytree(run, tmp_path / "mine")
    file = mine / "contrastive" / "seed-3" / "rows.parquet"
    write_rows(file, [replace(r, scores=dict.fromkeys(r.scores, 0.123)) for r in read_rows(file)])
    text = card_of(mine, tmp_path / "out").read_text()
    for test in ("id", "ood", "changed"):
        cells = [c for line in table(text, test, "asked with").values() for c in line.values() if c]
        assert cells
        assert all(c[0] == 0.123 for c in cells)
    assert "the interval is a point" in text


def test_the_licence_is_marked_as_open_or_as_told(card, run, tmp_path):
    assert card.splitlines()[1].startswith("# license: FILL IN")
    assert "**License: to be filled in**" in card
    told = card_of(run, tmp_path / "told", license="apache-2.0").read_text()
    assert "license: apache-2.0\n" in told
    assert "FILL IN" not in told
    assert "to be filled in" not in told


def test_without_an_example_no_test_item_stands_on_the_card(run, tmp_path, card):
    rows = rows_of(run)
    assert any(r.prompt in card for r in rows)
    text = card_of(run, tmp_path / "plain", example=False).read_text()
    question = re.compile(r"[A-Z][a-z] [A-Z][a-z]\b")
    inputs = {m for r in rows for line in r.prompt.splitlines() for m in question.findall(line)}
    assert not [i for i in inputs if i in text]
    assert "'an input'" in text


def test_a_card_of_zero_context_speaks_of_zero_context(run, tmp_path):
    text = card_of(run, tmp_path / "zero", strategy="zero").read_text()
    assert "context strategy **zero**" in text
    assert "Contexts: zero 1;" in text
    assert "On the fixed task (id)" in text or "Not measured" in text


def test_a_merged_model_and_a_full_one_say_so(run, tmp_path):
    path = card_of(run, tmp_path / "merged", merged=True)
    assert ModelCard.load(path).data.library_name == "transformers"
    assert "its adapter merged in" in path.read_text()
    assert "subfolder" not in path.read_text()
    assert "adapter_config.json" not in path.read_text()  # there is none beside it


def test_back_ticks_in_a_prompt_do_not_end_its_block():
    assert _fenced("a ``` b").startswith("````\n")
    assert _fenced("plain", "python") == "```python\nplain\n```"
