"""The page needs nothing else, escapes all, is the same bytes, and says what the rows say."""

import random
import re
import statistics
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from synthetic_rows import MODELS, broken_by_context, copier, ideal, lookup, make_rows

from ictrain.analysis import analyse
from ictrain.errors import RunError
from ictrain.report import write_report
from ictrain.report.findings import Findings
from ictrain.report.page import render

VOID = {"meta", "br", "wbr", "path", "use", "rect", "line"}


class Page(HTMLParser):
    """Collects tags, attributes, text, and tables; fails where tags do not nest."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.tags, self.text, self.tables = [], [], [], []
        self.feed(text)
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th", "caption"):
            self.tables[-1] or self.tables[-1].append([])
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.stack.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if self.stack and {"td", "th", "caption"} & set(self.stack):
            self.tables[-1][-1][-1] += data


@pytest.fixture(scope="module")
def page(report):
    return Page(report.read_text("utf-8"))


def test_the_page_loads_nothing(report, page):
    text = report.read_text("utf-8")
    assert not re.search(r"https?:|//[a-z]|@import|<script|javascript:", text)
    assert not {"script", "link", "img", "iframe", "object", "embed"} & {t for t, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        assert attributes.get("href", "#").startswith("#")
    assert all(u.startswith("#") for u in re.findall(r"url\(([^)]*)\)", text))


def test_ids_are_unique_and_references_are_met(page):
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    used = {a["href"][1:] for _, a in page.tags if "href" in a}
    assert used <= set(ids)


def test_figures_follow_the_readers_colours(report):
    text = report.read_text("utf-8")
    drawings = re.findall(r"<svg.*?</svg>", text, flags=re.S)
    assert len(drawings) == 8
    for drawing in drawings:
        assert not re.search(r"#[0-9a-f]{6}\b", drawing)
        assert "var(--ink)" in drawing or "var(--muted)" in drawing
        assert 'role="img" aria-label="' in drawing
    assert "prefers-color-scheme:dark" in text


KINDS = ("curve", "bars", "gain", "raw")


def test_the_files_stand_beside_the_page(report):
    names = {f"{kind}-{test}" for kind in KINDS for test in ("id", "ood")}
    figures = report.parent / "figures"
    assert {p.stem for p in figures.glob("*.svg")} == names
    assert {p.stem for p in figures.glob("*.png")} == names
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in figures.glob("*.png"))
    tables = {p.name for p in (report.parent / "tables").iterdir()}
    assert {"bands.csv", "goals.csv", "curve.csv", "gains.csv", "contrasts.csv"} <= tables
    assert "prefers-color-scheme" in (figures / "curve-id.svg").read_text()


def test_same_rows_in_any_order_give_the_same_bytes(rows, record, report, quick, tmp_path):
    shuffled = list(rows)
    random.Random(4).shuffle(shuffled)
    again = write_report(shuffled, record, tmp_path / "again", quick)
    first = {p.relative_to(report.parent): p for p in report.parent.rglob("*") if p.is_file()}
    second = {p.relative_to(again.parent): p for p in again.parent.rglob("*") if p.is_file()}
    assert first.keys() == second.keys()
    for name, path in first.items():
        assert path.read_bytes() == second[name].read_bytes(), name


def test_the_main_table_is_the_rows_own_means(page, rows, quick):
    columns = {"no context": "none", "low": "low", "medium": "medium", "high": "high"}
    checked = 0
    for test in ("id", "ood"):
        (table,) = [t for t in page.tables if t[0] and t[0][0] == f"{test}: acceptance"][:1]
        heads = [re.sub(r"\d.*", "", h).strip() for h in table[1][1:]]
        for name, *cells in table[2:]:
            strategy = name.removesuffix(" †").replace(" ", "_")
            for head, cell in zip(heads, cells, strict=True):
                scores = [
                    r.scores["acceptance"]
                    for r in rows
                    if (r.test_set, r.strategy, r.band) == (test, strategy, columns[head])
                    and r.mode in quick.band_modes
                ]
                assert cell[:5] == f"{statistics.fmean(scores):.3f}"
                low, high = cell[5:].split("–")
                assert float(low) <= float(cell[:5]) <= float(high)
                checked += 1
    assert checked == 2 * 6 * 4


def test_sections_come_in_their_order(report):
    text = report.read_text("utf-8")
    heads = re.findall(r"<h[12]>(.*?)</h", text)
    assert heads[0] == "Which contexts make a model read?"
    assert heads[1].startswith("A newly added close example")
    assert heads[2].startswith("With nothing close")
    wanted = ["Accuracy against", "By band", "What a close", "The table", "Real prompts"]
    wanted += ["References that no model", "Negative controls", "Cost", "Deviations", "How it was"]
    places = [next(i for i, h in enumerate(heads) if h.startswith(w)) for w in wanted]
    assert places == sorted(places)


def test_costs_losses_deviations_and_record_are_shown(page):
    text = " ".join(page.text)
    for part in ("400,002", "17.2", "Two symbols <instead> of three.", "Equal steps.", "00ff"):
        assert part in text
    assert "dropped examples in training, all jobs together: 45" in text
    assert "zero never saw a context in training" in text
    assert "given this context" in text
    assert "asked without context" in text


def test_texts_of_a_run_are_escaped(quick, tmp_path):
    bad = "<script>alert('x')</script><img src=x onerror=y>&amp;"
    rows = make_rows(items=8, seeds=(1,), test_sets=("id",))
    rows = [
        replace(r, output=bad + r.output, prompt=r.prompt.replace(" : ", f" {bad} "), reference=bad)
        for r in rows
    ]
    rows = [replace(r, target_id=bad + r.target_id, test_set=f"{bad}$x_{r.test_set}") for r in rows]
    record = dict.fromkeys(("name", "created", "command", "config", "prompt_separator"), bad)
    record |= {"deviations": [bad], "notes": [bad], "jobs": [{"strategy": bad, "note": bad}]}
    record |= {key: {bad: bad} for key in ("test_sets", "modes", "strategies", "machine")}
    text = write_report(rows, record, tmp_path / "r", quick).read_text("utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert bad in "".join(Page(text).text)


def lead(models, settings):
    text = render(Findings(analyse(make_rows(models, items=30, seeds=(1, 2)), settings)), {}, {})
    sentence = re.search(r'<p class="lead">(.*?)</p>', text, flags=re.S).group(1)
    return sentence, re.findall(r'<article class="goal (\w+)">', text), text


def test_the_answer_turns_with_the_numbers(quick):
    zero = {"zero": broken_by_context}
    good, marks, _ = lead({**zero, "contrastive": ideal}, quick)
    assert good.startswith("Both goals are met: a newly added close example raises")
    assert marks == ["pass", "pass"]
    worse = {**zero, "contrastive": lambda t, m, s: 0.5 - 0.3 * (s or 0)}
    poor, marks, text = lead(worse, quick)
    assert poor.startswith("Neither goal is met: a newly added close example does not")
    assert "it is worse than zero-context" in poor
    assert marks == ["fail", "fail"]
    assert "contrastive (−0." in text
    half, marks, _ = lead({**zero, "contrastive": copier}, quick)
    assert half.startswith("One of the two goals is met")
    assert marks == ["pass", "fail"]


def test_missing_strategies_modes_and_record_are_no_crash(tmp_path, quick):
    alone, marks, text = lead({"random": lookup}, quick)
    assert alone.startswith("This run cannot say")
    assert marks == ["unknown", "unknown"]
    assert "Not measured: no rows of contrastive" in text
    assert "This run holds no negative control" in text
    rows = make_rows({"odd_one": ideal, "other": lookup}, items=3, seeds=(1,), modes=("none",))
    assert write_report(rows, {}, tmp_path / "odd", quick).exists()


def test_few_items_of_one_seed_have_no_interval_and_say_so(quick):
    rows = make_rows(MODELS, items=5, seeds=(7,))
    text = render(Findings(analyse(rows, quick)), {"jobs": []}, {})
    page = Page(text)
    (table,) = [t for t in page.tables if t[0] and t[0][0] == "id: acceptance"][:1]
    assert all(cell.endswith("no interval") for line in table[2:] for cell in line[1:])
    assert "Not measured: 5 items, an interval needs 20." in text
    assert "There is one seed" in text


def test_a_folder_of_something_else_is_left_alone(rows, quick, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="holds no report"):
        write_report(rows, {}, tmp_path, quick)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_control_that_passes_stands_at_the_top(quick):
    leak = {"contrastive": lambda t, m, s: 0.2 if m == "random" else 0.9, "zero": lookup}
    modes = ("none", "random", "one_paraphrase", "one_paraphrase_shuffled")
    rows = make_rows(leak, items=24, modes=modes)
    text = render(Findings(analyse(rows, quick)), {}, {})
    assert text.index('role="alert"') < text.index('class="goals"')
    assert "A control that must fail has passed" in text
