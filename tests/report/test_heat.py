"""The worst band and its map over p and epsilon, on rows whose truth is known."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from synthetic_rows import ideal, make_rows

from ictrain.analysis import AnalysisSettings, analyse
from ictrain.analysis.grids import grids
from ictrain.analysis.worst import worst_places
from ictrain.config import RunSettings
from ictrain.report import write_report

QUICK = AnalysisSettings(resamples=100, treatment="contrastive@p0.25+epsilon0.25")
P, EPSILON = [0.1, 0.25, 0.5], [0.1, 0.25]


def config(**more):
    grid = {"context.p": P, "context.epsilon": EPSILON}
    arms = {"base": {"kind": "base"}, "zero": {}, "contrastive": {"grid": grid}, **more}
    values = {"name": "g", "task": {"name": "alignment"}, "strategies": arms}
    return RunSettings.parse(values).model_dump(mode="json")


def test_a_grid_is_read_off_the_config():
    (found,) = grids(config()["strategies"])
    assert (found.p, found.epsilon) == (tuple(P), tuple(EPSILON))
    assert found.arms[0.5, 0.1] == "contrastive@p0.5+epsilon0.1"
    assert len(found.arms) == 6
    assert "insert" in found.name


def test_arms_that_differ_in_something_else_are_another_grid_or_none():
    other = {"context": {"name": "contrastive", "p": 0.4, "k": 2}}
    assert len(grids(config(other=other)["strategies"])) == 1
    both = {"contrastive": {"grid": {"context.p": P, "context.epsilon": EPSILON,
                                     "context.epsilon_mode": ["insert", "cell"]}}}  # fmt: skip
    found = grids(config(**both)["strategies"])
    assert [len(g.arms) for g in found] == [6, 6]
    assert len({g.name for g in found}) == 2
    line = {"contrastive": {"grid": {"context.p": P}}}
    assert grids(config(**line)["strategies"]) == []
    assert grids({}) == []
    assert grids({"old": {"context": {"name": "gone"}}}) == []


def weak_at(test_set, band_of, value):
    """Ideal but for one test set and similarity."""

    def model(test, mode, s):
        weak = test == test_set and s is not None and band_of(s)
        return value if weak else ideal(test, mode, s)

    return model


def test_the_worst_band_is_the_lowest_of_those_that_count():
    rows = make_rows(
        {
            "medium": weak_at("id", lambda s: 1 / 3 <= s < 2 / 3, 0.1),
            "fresh": weak_at("ood", lambda s: s >= 2 / 3, 0.2),
            "fresh_low": weak_at("ood", lambda s: s < 1 / 3, 0.0),
        }
    )
    found = analyse(rows, AnalysisSettings(resamples=100))
    worst = {w.strategy: w for w in found.worst}
    cells = {(c.strategy, c.test_set, c.column): c.estimate for c in found.bands
             if c.metric == found.frame.metric}  # fmt: skip
    assert (worst["medium"].test_set, worst["medium"].band) == ("id", "medium")
    assert (worst["fresh"].test_set, worst["fresh"].band) == ("ood", "high")
    for name, one in worst.items():
        own = [cells[name, *place] for place in worst_places(found.settings)]
        assert one.mean == min(e.mean for e in own)
        assert one.low == min(e.low for e in own) <= one.mean
        assert one.cells == 4
    assert worst["fresh_low"].mean > 0.5  # nobody can know it, so it does not count


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    settings = config()
    arms = [name for name in settings["strategies"] if name != "base"]
    rows = make_rows(dict.fromkeys(arms[:-1], ideal), items=24)  # one arm has no rows yet
    out = tmp_path_factory.mktemp("heat") / "report"
    write_report(rows, {"name": "g", "config": settings}, out, QUICK)
    return out


def table(page, name):
    return list(csv.DictReader(io.StringIO((page / "tables" / name).read_text())))


def test_the_page_has_the_map_and_its_numbers(page):
    html = (page / "index.html").read_text()
    assert "over p and epsilon" in html
    files = list((page / "figures").glob("heat-*.svg"))
    assert len(files) == 1
    assert files[0].read_text().count("≥") == 5
    lines = table(page, "heat.csv")
    assert [(float(x["p"]), float(x["epsilon"])) for x in lines] == [
        (p, e) for p in P for e in EPSILON
    ][:5]
    bands = table(page, "bands.csv")
    for line in lines:
        (cell,) = [
            b
            for b in bands
            if (b["strategy"], b["test_set"], b["band"], b["metric"])
            == (line["strategy"], line["test_set"], line["band"], "acceptance")
        ]
        assert cell["mean"] == line["mean"]
        assert float(line["low"]) <= float(cell["low"])


def test_other_figures_name_the_treatment_and_no_other_arm_of_the_map(page):
    text = (page / "figures" / "curve-id.svg").read_text()
    assert "contrastive@p0.25+epsilon0.25" in text
    assert "contrastive@p0.1" not in text
    html = (page / "index.html").read_text()
    told = html[html.index("<h2>In words</h2>") : html.index("over p and epsilon</h2>")]
    assert "contrastive@p0.25" in told
    assert "contrastive@p0.1" not in told
    assert "contrastive@p0.1+epsilon0.1" in html  # the tables have it


def test_without_a_grid_there_is_no_map(tmp_path):
    rows = [replace(r, strategy="contrastive") for r in make_rows({"x": ideal}, items=24)]
    write_report(rows, {}, tmp_path / "report", AnalysisSettings(resamples=100))
    assert not list((tmp_path / "report" / "figures").glob("heat*"))
    assert "over p and epsilon" not in (tmp_path / "report" / "index.html").read_text()
    assert (tmp_path / "report" / "tables" / "worst.csv").exists()
