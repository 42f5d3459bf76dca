from __future__ import annotations

import csv

import pytest

from ictrain.analysis.dynamics import SMOOTHER, ProbeRow, as_kept, points
from ictrain.report import write_report
from ictrain.report.dynamics import PANELS, PLANE, plane

PROBES = [
    ProbeRow(strategy, seed, step, test_set, f"i{item}", probe, (item % 5) / 5)
    for strategy in ("zero", "contrastive")
    for seed in (1, 2)
    for step in (0, 8, 80, 800)
    for test_set in ("id", "ood")
    for item in range(12)
    for probe in PANELS
]


@pytest.fixture(scope="module")
def page(rows, record, quick, tmp_path_factory):
    out = tmp_path_factory.mktemp("dynamics") / "report"
    return write_report(rows, record, out, quick, probes=PROBES)


def test_a_panel_per_probe_and_the_plane_for_each_test_set(page):
    names = {p.stem for p in (page.parent / "figures").glob("probe-*.svg")}
    assert names == {f"probe-{k}-{t}" for k in (*PANELS, "plane") for t in ("id", "ood")}
    text = page.read_text("utf-8")
    assert text.count("While it was trained") == 1
    assert SMOOTHER in text
    assert all(title in text for title in PANELS.values())
    assert "mathdefault" not in text
    assert text.count("What each model is") == 1


def test_every_point_is_in_csv(page):
    with (page.parent / "tables" / "probes.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 2 * 4 * 2 * len(PANELS)
    means = [float(r["mean"]) for r in found]
    assert means == pytest.approx([sum(i % 5 for i in range(12)) / 60] * len(found))


def test_verdicts_stand_on_the_page_and_in_csv(page):
    with (page.parent / "tables" / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert {(r["strategy"], r["test_set"]) for r in found} == {
        (s, t) for s in ("zero", "contrastive") for t in ("id", "ood")
    }
    text = page.read_text("utf-8")
    assert all(r["words"] in text for r in found)


def test_a_run_without_probes_says_nothing_of_them(report):
    assert "While it was trained" not in report.read_text("utf-8")
    assert not (report.parent / "tables" / "probes.csv").exists()


def test_without_an_axis_there_is_no_plane(rows, record, quick, tmp_path):
    some = [p for p in PROBES if p.probe != PLANE[1]]
    page = write_report(rows, record, tmp_path / "r", quick, probes=some)
    assert not list((page.parent / "figures").glob("probe-plane-*"))
    assert list((page.parent / "figures").glob("probe-uncovered-*"))


def test_whether_reading_fades_is_drawn_and_told(page):
    figures = {p.stem for p in (page.parent / "figures").glob("transience-*.svg")}
    assert figures == {"transience-id", "transience-ood"}
    with (page.parent / "tables" / "transience.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert {float(r["mean"]) for r in found} == {0.0}  # the same at every step
    assert [r["word"] for r in found] == ["cannot be told"] * 4  # on so few items
    assert {r["best_steps"] for r in found} == {"800 800"}  # of equals the later
    assert page.read_text("utf-8").count("does reading fade?") == 2


def test_the_page_says_what_each_score_of_the_papers_compares_by(rows, record, quick, tmp_path):
    told = {"copy": "sentence BLEU, as in the paper", "iwl": "chrF [ours]"}
    of = {**record, "jobs": [{"strategy": "zero", "seed": 1, "compared_by": told}]}
    text = write_report(rows, of, tmp_path / "r", quick, probes=PROBES).read_text("utf-8")
    assert f"{PANELS['copy']}; outputs are compared by {told['copy']}<" in text
    assert f"{PANELS['iwl']}; outputs are compared by {told['iwl']}<" in text
    assert not any("as the paper has it" in title for title in PANELS.values())


CHOSEN = {("contrastive", 1): 8, ("contrastive", 2): 50}


def knows(seed, step, value):
    """Thirty items of an arm that reads nothing and knows so much."""
    told = {"uncovered": value, "none": value, "random": value, "near": value, "constant": 0.0,
            "leans": 0.0, "follow": 0.0, "copy_whole": 0.0}  # fmt: skip
    return [
        ProbeRow("contrastive", seed, step, "id", f"i{item}", probe, told[probe])
        for item in range(30)
        for probe in told
    ]


@pytest.fixture(scope="module")
def chosen(rows, record, quick, tmp_path_factory):
    """It knows all where it was kept, and has forgotten it after its last step."""
    jobs = [
        {"strategy": name, "seed": seed, "selected": {"step": step, "score": 0.5, "band": "id low",
         "of": [{"step": step, "score": 0.5}, {"step": 80, "score": 0.1}]}}
        for (name, seed), step in CHOSEN.items()
    ]  # fmt: skip
    probes = [r for seed in (1, 2) for step in (0, 20, 80) for r in knows(seed, step, 0.0)]
    kept = [row for (_, seed), step in CHOSEN.items() for row in knows(seed, step, 1.0)]

    def page(kept=kept):
        out = tmp_path_factory.mktemp("chosen") / "report"
        return write_report(rows, {**record, "jobs": jobs}, out, quick, probes=probes, kept=kept)

    return page


def verdict_of(page):
    with (page.parent / "tables" / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        (told,) = csv.DictReader(file)
    return told


def test_the_verdict_is_of_the_weights_that_each_seed_kept(chosen):
    page = chosen()
    told = verdict_of(page)
    assert (told["kind"], told["step"]) == ("weights only", "8 50")
    text = page.read_text("utf-8")
    assert "contrastive as kept after step 8 and 50 is on id weights only" in text
    assert "are of this step" in text


def test_kept_weights_that_were_not_probed_have_no_verdict(chosen):
    told = verdict_of(chosen(kept=[]))
    assert told["kind"] == "undecided"
    assert "not probed" in told["rule"]


def test_the_path_in_the_plane_ends_with_the_kept_weights():
    rows = [row for step in (0, 20, 80) for row in knows(1, step, 0.0)]
    path = points(as_kept(rows, knows(1, 8, 1.0), {("contrastive", 1): 8}))
    lines = plane(path, "id").axes[0].get_lines()
    assert [tuple(xy) for xy in lines[0].get_xydata()] == [(0, 0), (1, 0)]
    assert tuple(lines[-1].get_xydata()[0]) == (1, 0)
