"""The gallery's rule and prompt pieces, the sentences, the looks, the CSV files' numbers."""

import csv
import io
import itertools
from dataclasses import replace

import numpy as np
import pytest
from synthetic_rows import MODELS, ideal, lookup, make_rows

from ictrain.analysis import analyse
from ictrain.analysis.monotone import Monotone
from ictrain.report import csvs, gallery, theme, views, words
from ictrain.report.bars import bars_figure
from ictrain.report.costs import costs
from ictrain.report.curve import curve_figure, spread
from ictrain.report.raw import raw_figure
from ictrain.statistics import Estimate


def test_the_gallery_shows_the_first_items_with_disagreement(analysis):
    shown = gallery.choose(analysis, 2)
    assert shown
    trained = [n for n in analysis.frame.strategies if n != "base"]
    for exhibit in shown:
        right = {
            a.right
            for a in exhibit.answers
            if a.strategy in trained and a.note != "asked without context"
        }
        assert right == {True, False}
    places = [(x.row.test_set, x.row.band, x.place) for x in shown]
    assert len(places) == len(set(places))
    items = [(x.row.test_set, x.row.band, x.row.seed, x.row.target_id) for x in shown]
    assert len(items) == len(set(items))
    assert gallery.choose(analysis, 2) == shown


def test_the_gallery_is_empty_where_nobody_disagrees(tmp_path):
    rows = make_rows({"contrastive": ideal, "random": lookup}, items=4)
    same = [replace(r, scores={"acceptance": 1.0}) for r in rows]
    assert gallery.choose(analyse(same), 2) == []


def test_blocks_carry_role_and_similarity_in_prompt_order(analysis):
    exhibit = next(x for x in gallery.choose(analysis, 1) if x.row.band == "high")
    assert [b.role for b in exhibit.blocks] == list(exhibit.row.context_roles)
    assert max(b.similarity for b in exhibit.blocks) == 1.0
    assert exhibit.target.endswith(" :")


def test_zero_is_shown_with_and_without_context(analysis):
    exhibit = gallery.choose(analysis, 1)[0]
    notes = [a.note for a in exhibit.answers if a.strategy == "zero"]
    assert notes == ["given this context", "asked without context"]


ROW = make_rows({"contrastive": ideal}, items=1, seeds=(1,), modes=("random",))[0]


@pytest.mark.parametrize(
    ("prompt", "k", "separator", "expected"),
    [
        ("a\nb\nt", 2, "", ("", ["a", "b", "t"])),
        ("Do it.\na\nb\nt", 2, "", ("Do it.", ["a", "b", "t"])),
        ("Do\nit.\n\nS: a\nT: b\n\nS: t\nT:", 1, "", ("Do\nit.", ["S: a\nT: b", "S: t\nT:"])),
        ("a | b | t", 2, " | ", ("", ["a", "b", "t"])),
        ("one line", 4, "", ("", ["one line"])),
        ("t", 0, "", ("", ["t"])),
        ("", 0, "", ("", [""])),
    ],
)
def test_prompts_fall_into_pieces_or_stay_whole(prompt, k, separator, expected):
    assert gallery.split_prompt(replace(ROW, prompt=prompt, k_rendered=k), separator) == expected


def test_numbers_for_people():
    assert [words.number(x) for x in (None, 0.5, -0.25, 43.21, -0.0001)] == [
        "–",
        "0.500",
        "−0.250",
        "43.2",
        "0.000",
    ]
    assert words.with_interval(Estimate(0.5, 0.4, 0.6, 9, 9)) == "0.500 [0.400, 0.600]"


def test_sentences_name_who_is_ahead(analysis):
    text = " ".join(words.paragraph(analysis))
    assert "in the high band contrastive scores highest" in text
    assert "zero falls from" in text
    assert "Every answer ended by itself." in text
    swapped = [
        replace(
            r,
            strategy={"contrastive": "similar", "similar": "contrastive"}.get(
                r.strategy, r.strategy
            ),
        )
        for r in analysis.frame.rows
    ]
    other = " ".join(words.paragraph(analyse(swapped, analysis.settings)))
    assert "in the high band similar scores highest" in other
    assert "contrastive is there below similar by −0." in other


def test_answers_that_never_stop_are_said():
    rows = make_rows({"contrastive": ideal, "random": lookup}, items=4)
    loud = [replace(r, stopped=r.strategy != "random") for r in rows]
    assert "least often with random (0.0%)" in " ".join(words.paragraph(analyse(loud)))


def test_each_strategy_has_one_look_and_every_hex_stands_for_one_variable():
    names = (*MODELS, "copy_nearest", "one_near", "mine", "yours")
    found = theme.looks(names)
    assert len({look.light for look in found.values()}) == len(names)
    assert theme.looks(("contrastive",))["contrastive"] == found["contrastive"]
    drawn = [hex_ for _, _, hex_ in theme.variables().values()]
    assert len(drawn) == len(set(drawn))


def linear(hex_):
    parts = np.array([int(hex_[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    low, high = sorted(float(linear(x) @ [0.2126, 0.7152, 0.0722]) for x in (a, b))
    return (high + 0.05) / (low + 0.05)


def test_colours_stand_out_from_their_paper():
    paper = theme.variables()["--paper"]
    for look in theme.looks(tuple(MODELS)).values():
        assert contrast(look.light, paper[0]) > 3
        assert contrast(look.dark, paper[1]) > 4.5
    for name in ("--ink", "--muted"):
        light, dark, _ = theme.variables()[name]
        assert contrast(light, paper[0]) > 4.5
        assert contrast(dark, paper[1]) > 4.5


# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protan": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deutan": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "tritan": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}


def lab(hex_, vision):
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    seen = np.clip(np.array(VISIONS[vision]) @ linear(hex_), 0, 1)
    xyz = np.array(to_xyz) @ seen / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("paper", ["light", "dark"])
def test_strategies_differ_for_every_kind_of_colour_vision(vision, paper):
    seen = [lab(getattr(look, paper), vision) for look in theme.looks(tuple(MODELS)).values()]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 20


def test_csv_files_hold_the_unrounded_numbers(analysis):
    files = csvs.tables(analysis)
    lines = list(csv.DictReader(files["bands.csv"].splitlines()))
    assert len(lines) == len(analysis.bands)
    for line, cell in zip(lines, analysis.bands, strict=True):
        assert (line["strategy"], line["band"]) == (cell.strategy, cell.column)
        assert float(line["mean"]) == cell.estimate.mean
        assert float(line["low"]) == cell.estimate.low
    goals = list(csv.DictReader(files["goals.csv"].splitlines()))
    assert [g["passed"] for g in goals if g["kind"] == "goal"] == ["True", "True"]
    assert sum(g["kind"] == "control" for g in goals) == 2


def test_costs_are_means_over_seeds_and_tolerate_gaps():
    jobs = [
        {"strategy": "zero", "seed": 1, "seconds": 10.0, "steps": 800, "epochs": 5},
        {"strategy": "zero", "seed": 2, "seconds": 15.0, "steps": 800, "ok": True},
        {"seconds": None},
    ]
    head, lines = views.cost_lines(costs(jobs))
    assert head == ["strategy", "jobs", "steps", "seconds", "epochs"]
    assert lines == [["zero", "2", "800", "12.5", "5"], ["?", "1", "–", "–", "–"]]
    assert views.cost_lines(costs([]))[1] == []


def test_costs_are_held_against_the_reference():
    zero = {"strategy": "zero", "tokens": 1000, "labelled_tokens": 400, "seconds": 4.0}
    zero |= {"paraphrases": 0, "paraphrased_targets": 0}
    mixed = {"strategy": "contrastive", "tokens": 5000, "labelled_tokens": 400, "seconds": 6.0}
    mixed |= {"paraphrases": 90, "paraphrased_targets": 70}
    jobs = [zero, {**mixed, "seed": 1}, {**mixed, "seed": 2, "seconds": 10.0}, {"strategy": "base"}]
    found = costs(jobs, "zero")
    assert found.paraphrases
    lines = {name: dict(zip(found.columns, values, strict=True)) for name, _, values in found.lines}
    assert lines["contrastive"] == {
        "tokens": 5000, "prompt_tokens": 4600, "labelled_tokens": 400, "seconds": 8.0,
        "paraphrased_targets": 70, "paraphrases": 90, "tokens / zero": 5.0, "seconds / zero": 2.0,
    }  # fmt: skip
    assert (lines["zero"]["tokens / zero"], lines["zero"]["seconds / zero"]) == (1.0, 1.0)
    assert set(lines["base"].values()) == {None}
    head, told = views.cost_lines(found)
    assert (head[-2:], told[1][-2:]) == (["tokens / zero", "seconds / zero"], ["5.00", "2.00"])
    table = list(csv.DictReader(io.StringIO(csvs.costs(found))))
    assert float(table[1]["seconds / zero"]) == 2.0
    assert "tokens / zero" not in costs(jobs[1:], "zero").columns  # nobody to hold it against


def test_nested_counts_of_jobs_are_summed_and_no_columns(analysis):
    jobs = [{"strategy": "zero", "dropped": {"too long": 2}, "cut": None}] * 3
    assert views.cost_lines(costs(jobs))[0] == ["strategy", "jobs"]
    assert "dropped too long in training, all jobs together: 6" in views.lost(analysis, jobs)


def test_forest_places_lie_on_the_line(analysis):
    for goal, limit in zip(analysis.goals, (0.0, -0.02), strict=True):
        found = views.forest(goal, limit)
        for track in found.tracks:
            assert 0 <= track.low <= track.point <= track.low + track.width <= 100
        assert found.threshold <= found.zero


def test_labels_that_would_overlap_are_moved_apart():
    assert spread([], 1, 0, 10) == []
    assert spread([1, 5], 1, 0, 10) == [1, 5]
    assert spread([1, 1, 1], 1, 0, 10) == [1, 2, 3]
    assert spread([9.5, 9.8, 10], 1, 0, 10) == [8, 9, 10]
    assert spread([0.5, 9, 10], 1, 0, 10) == [0.5, 9, 10]


def test_a_run_of_many_arms_is_drawn_without_a_warning():
    rows = make_rows(
        {f"contrastive@{i}": ideal for i in range(36)}, items=4, modes=("none", "random")
    )
    found = analyse(rows)
    for figure in (curve_figure(found, "id"), bars_figure(found, "id")):
        figure.draw_without_rendering()


def test_the_rising_fit_is_drawn_as_the_steps_that_it_is():
    s, fitted = (0.0, 0.0, 0.5, 1.0), (0.1, 0.1, 0.1, 0.9)
    axes = raw_figure([Monotone("id", "zero", s, (0.0, 0.2, 0.1, 0.9), fitted)], "id", "f1").axes[0]
    (line,) = axes.get_lines()
    assert line.get_drawstyle() == "steps-mid"
    assert [tuple(xy) for xy in line.get_xydata()] == [(0, 0.1), (0.5, 0.1), (1, 0.9)]
