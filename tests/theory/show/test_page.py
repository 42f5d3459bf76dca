"""The page needs nothing else, is the same bytes, says what was found, and replaces only itself."""

import csv
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from ictrain.errors import RunError
from ictrain.report import theme
from ictrain.theory.explore import explore
from ictrain.theory.settings import TheorySettings
from ictrain.theory.show import (
    _drawn,
    check_out,
    dynamics,
    glance,
    landscapes,
    look,
    names,
    sentences,
    ternary,
    write_page,
)
from ictrain.theory.simplex import CONDITIONS, CORNERS
from ictrain.theory.table import MASSES
from ictrain.theory.words import bars_csv

VOID = {"meta", "br", "path", "use", "rect", "line", "input"}


class Page(HTMLParser):
    """Collects attributes and text; fails where tags do not nest."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.tags, self.text = [], [], ""
        self.feed(text)
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.stack.pop() == tag

    def handle_data(self, data):
        if "script" not in self.stack and "style" not in self.stack:
            self.text += data


@pytest.fixture(scope="module")
def text(page):
    return page.read_text("utf-8")


@pytest.fixture(scope="module")
def parsed(text):
    return Page(text)


@pytest.fixture(scope="module")
def quick(full, claims, outcomes, tmp_path_factory):
    out = tmp_path_factory.mktemp("theory") / "quick"
    return write_page(replace(full, rest=None), claims, outcomes, out, "ictrain theory --quick")


def rows(page, name):
    with (page.parent / "tables" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("which", ["page", "quick"])
def test_the_page_loads_nothing(which, request):
    page = request.getfixturevalue(which)
    text = page.read_text("utf-8")
    assert not re.search(r"https?:|@import|javascript:|\bfetch\(|XMLHttp|\bimport\(", text)
    for tag, attributes in Page(text).tags:
        assert tag not in {"link", "img", "iframe", "object", "embed"}
        assert "src" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "#").startswith(("#", "data:image/png"))
    assert all(u.startswith("#") for u in re.findall(r"url\(([^)]*)\)", text))
    for drawing in (page.parent / "figures").glob("*.svg"):
        links = re.findall(r'href="([^"]*)"', drawing.read_text("utf-8"))
        assert all(link.startswith(("#", "data:image/png")) for link in links)


def test_ids_are_unique_and_references_are_met(parsed):
    ids = [a["id"] for _, a in parsed.tags if "id" in a]
    assert len(ids) == len(set(ids))
    used = {
        a["href"][1:]
        for _, a in parsed.tags
        if "href" in a and a["href"][0] == "#" and "=" not in a["href"]
    }
    assert used | {a["for"] for _, a in parsed.tags if "for" in a} <= set(ids)


def test_the_script_finds_everything_that_it_asks_for(text, parsed):
    there = [a["data-is"] for _, a in parsed.tags if "data-is" in a]
    assert len(there) == len(set(there))
    for name in ("alpha", "beta", "gamma"):
        assert {f"{name}-slider", f"{name}-box"} <= set(there)
    tests, presets = ("random", "one_near", "similar"), look.regime_looks()
    parts = ["bars", "loss", "times", "dot", "self", "near", "average", "self-words"]
    parts += [f"{kind}-{m}" for kind in ("bar", "mass") for m in range(4)]
    assert {f"{test}-{part}" for test in tests for part in parts} <= set(there)
    assert {f"preset-{name}" for name in presets} | {"reset", "link", "said"} <= set(there)


def test_every_control_has_a_name(parsed):
    labelled = {a["for"] for tag, a in parsed.tags if tag == "label"}
    for tag, attributes in parsed.tags:
        if tag == "input":
            assert attributes.get("id") in labelled or attributes.get("aria-label")


def test_the_same_findings_give_the_same_bytes(quick, full, claims, outcomes):
    """In a folder with an older page, of which nothing stays."""
    before = files(quick.parent)
    (quick.parent / "figures" / "old.svg").write_text("left behind")
    small = replace(full, rest=None)
    assert write_page(small, claims, outcomes, quick.parent, "ictrain theory --quick") == quick
    assert files(quick.parent) == before


def test_figures_of_the_full_form_are_the_same_bytes_too(page, full):
    again = [landscapes.figures(full)[0], dynamics.figures(full)[0], ternary.figures(full)[0]]
    for one in again:
        text = look.standalone(_drawn(one))
        assert text == (page.parent / "figures" / f"{one.name}.svg").read_text("utf-8")


def test_text_from_elsewhere_is_escaped(text, parsed):
    assert "<b>so</b>" not in text
    assert "only if <b>so</b>" in parsed.text
    assert "ictrain theory --seed 3 <&>" in parsed.text


def test_claims_show_their_status_in_words_and_signs(parsed):
    for words in ("✓ held", "◐ holds with a condition", "✗ does not hold", "α 1 ≤ 2"):
        assert words in parsed.text
    assert "All bars: 1 of 2 hold" in parsed.text


def test_the_quick_form_says_what_is_missing(quick, parsed):
    text = Page(quick.read_text("utf-8")).text
    assert "This is the quick form" in text
    assert "This is the quick form" not in parsed.text
    for heading in ("Landscapes", "Which mixture", "What the weights learn meanwhile"):
        assert heading in parsed.text
        assert heading not in text
    assert {p.name for p in (quick.parent / "tables").iterdir()} == {
        *("regimes.csv", "training.csv", "similarity.csv", "rays.csv"),
        *("facts.csv", "claims.csv", "bars.csv"),
    }


def test_every_figure_is_on_the_page_and_in_both_formats(page, text):
    stems = {p.stem for p in (page.parent / "figures").glob("*.svg")}
    assert stems == {p.stem for p in (page.parent / "figures").glob("*.png")}
    assert len(stems) == len(re.findall(r"<svg", text))
    assert len(stems) == 2 * 2 + 6 + 1 + 7 + 6 + 1 + 6


def test_figures_follow_the_readers_colours(text):
    registered = {light for light, _, _ in theme.variables().values()}
    registered |= {one.light for one in look.MASS_LOOKS.values()}
    for drawing in re.findall(r"<svg.*?</svg>", text, flags=re.S):
        assert not registered & set(re.findall(r"#[0-9a-f]{6}", drawing))


def test_every_row_of_every_csv_is_as_long_as_its_head(page):
    for path in sorted((page.parent / "tables").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            lengths = {len(row) for row in csv.reader(file)}
        assert len(lengths) == 1, path.name


def test_regimes_csv_holds_the_tables(page, full):
    found = rows(page, "regimes.csv")
    tables = {t.plan: t for t in (full.core.fixed, full.rest.sgd, full.rest.joint)}
    for plan, table in tables.items():
        mine = [row for row in found if row["plan"] == plan and row["train"] != "three_way"]
        assert len(mine) == 15
        for row in mine:
            assert float(row["loss"]) == table.at(row["train"], row["test"])
            for name in MASSES:
                assert float(row[name]) == table.mass(row["train"], row["test"], name)
            assert float(row["estimator"]) == table.mse(row["train"])
            assert float(row["ratio"]) >= 1
    three = [row for row in found if row["train"] == "three_way"]
    for row in three:
        assert float(row["loss"]) == full.rest.three_way[row["plan"]][row["test"]].loss
    assert len(three) == 6


def test_curves_and_training_are_in_csv(page, full):
    curve, hump = full.core.curves[0], full.rest.hump.curves[1]
    for name, one in (("similarity.csv", curve), ("hump.csv", hump)):
        mine = [r for r in rows(page, name) if (r["train"], r["whole"]) == (one.name, "False")]
        assert [float(r["similarity"]) for r in mine] == one.similarity.tolist()
        assert [float(r["loss"]) for r in mine] == one.loss.tolist()
    trace = full.rest.joint.trace
    mine = [r for r in rows(page, "training.csv") if r["plan"] == "joint"]
    assert [float(r["context"]) for r in mine] == trace.rms[..., 1].reshape(-1).tolist()
    assert [float(r["estimator"]) for r in mine] == trace.mse.reshape(-1).tolist()
    first = next(r for r in rows(page, "training.csv") if r["plan"] == "fixed")
    assert not first["estimator"]


def test_rays_mixtures_and_landscapes_are_in_csv(page, full):
    gradients = [g for ray in full.core.rays for g in ray.gradient]
    assert [float(r["gradient"]) for r in rows(page, "rays.csv")] == gradients
    mixtures = iter(rows(page, "mixtures.csv"))
    for one in full.rest.simplexes:
        for seed, losses in enumerate(one.loss, full.seed):
            for weights, loss in zip(one.weights, losses, strict=True):
                assert list(next(mixtures).items()) == [
                    ("plan", one.plan),
                    ("graded_share", str(one.graded_share)),
                    *(
                        (f"weight_{c}", str(float(w)))
                        for c, w in zip(CORNERS, weights, strict=True)
                    ),
                    ("seed", str(seed)),
                    *((f"loss_{c}", str(float(v))) for c, v in zip(CONDITIONS, loss, strict=True)),
                ]
    assert next(mixtures, None) is None
    shown = [float(r["loss"]) for r in rows(page, "landscapes.csv")]
    whole = np.concatenate([one.loss.reshape(-1) for one in full.rest.landscapes])
    np.testing.assert_allclose(shown, whole, rtol=1e-5)


def test_claims_bars_and_facts_are_in_csv(page, full, claims, outcomes):
    assert [r["status"] for r in rows(page, "claims.csv")] == [c.status for c in claims]
    assert [r["held"] for r in rows(page, "bars.csv")] == ["True", "False"]
    bars = (page.parent / "tables" / "bars.csv").read_text("utf-8")
    assert bars == bars_csv(outcomes)
    facts = {(r["of"], r["what"]): r["value"] for r in rows(page, "facts.csv")}
    assert float(facts["facts", "epsilon"]) == full.core.facts.epsilon
    assert (
        float(facts["control", "best_weight random 2"])
        == (full.core.control.best_weight["random"][1])
    )


def test_a_folder_of_something_else_is_refused(full, claims, outcomes, tmp_path):
    small = replace(full, rest=None)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="no page of ictrain theory"):
        write_page(small, claims, outcomes, tmp_path, "")
    (tmp_path / "index.html").write_text("<title>mine</title>")
    with pytest.raises(RunError, match="name a new folder"):
        write_page(small, claims, outcomes, tmp_path, "")
    with pytest.raises(RunError):
        write_page(small, claims, outcomes, tmp_path / "notes.txt", "")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_working_folder_is_refused(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for out in (Path(), Path(".."), tmp_path):
        with pytest.raises(RunError, match="the working folder cannot be replaced"):
            check_out(out)
    assert check_out(Path("new")) == tmp_path / "new"
    assert check_out(page.parent) == page.parent


def test_odd_settings_make_a_page(claims, outcomes, tmp_path):
    plan = {"steps": 1, "batch": 2}
    problem = {"d": 2, "k": 1, "delta": 0.4, "r": 0.0, "p": 0.1}
    odd = TheorySettings.parse({"problem": problem, "fixed": plan, "pool": 20, "test": 7})
    page = write_page(explore(odd, 1, quick=True), claims, outcomes, tmp_path / "new", "")
    assert "7 real sequences per kind" in page.read_text("utf-8")


def test_the_glance_names_the_largest_mass_and_the_ratio(full):
    table = full.core.fixed
    for name, cells in glance.glance(table):
        for test, cell in zip(table.tests, cells, strict=True):
            assert cell.share == table.mass(name, test, cell.where)
            assert cell.share == max(table.mass(name, test, mass) for mass in MASSES)
            column = [table.at(other, test) for other in table.regimes]
            assert cell.ratio == pytest.approx(table.at(name, test) / min(column))


def test_sentences_tell_the_numbers(full):
    table = replace(full.core.fixed, loss=np.ones((5, 3)))
    assert sentences.table_sentence(table) == (
        "Within 1.5 times the best in all three columns: random, similar, one near, "
        "random + similar and contrastive."
    )
    loss = np.ones((5, 3))
    loss[0, 2] = 9
    told = sentences.table_sentence(replace(table, loss=loss))
    assert "random on similar (9.00 ×" in told
    one = full.rest.simplexes[0]
    worst = one.worst(False)
    assert f"Best {names.times(worst.min())}" in sentences.mixture_sentence(one, False)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.36, "0.360"), (97.28, "97.3"), (202.4, "202"), (2.1e-7, "2.10e-7"), (float("nan"), "–")],
)
def test_numbers_for_people(value, words):
    assert names.short(value) == words


def test_signs_replace_their_names_in_whole_words():
    assert names.pretty("8 L^2 delta, alpha >= 1, alphabet") == "8 L² δ, α ≥ 1, alphabet"


def test_the_outline_goes_round_the_region_once(full):
    one = full.rest.simplexes[0]
    places, side = ternary.at(one.weights), ternary._side(one)
    cells = places[:, None] + side * ternary._SHAPE
    alone = np.zeros(len(places), bool)
    alone[0] = True
    assert len(ternary._outline(cells, places, alone, side)) == 6
    every = ternary._outline(cells, places, np.ones(len(places), bool), side)
    # Of all cells' edges, each pair of neighbours hides two: n (n + 1) / 2 cells, 3 n (n - 1) / 2
    # pairs, n cells on a side.
    n = full.settings.grid + 1
    assert len(every) == 6 * n * (n + 1) // 2 - 2 * (3 * n * (n - 1) // 2)


# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protan": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deutan": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "tritan": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}


def lab(hex_, vision):
    srgb = np.array([int(hex_[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(np.array(VISIONS[vision]) @ linear, 0, 1) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("paper", ["light", "dark"])
def test_masses_differ_for_every_kind_of_colour_vision(vision, paper):
    seen = [lab(getattr(one, paper), vision) for one in look.MASS_LOOKS.values()]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 20


def test_mass_colours_are_none_of_the_reports():
    known = {hex_ for light, dark, _ in theme.variables().values() for hex_ in (light, dark)}
    assert not known & {one.light for one in look.MASS_LOOKS.values()}
    assert list(look.MASS_LOOKS) == list(MASSES)
