from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictrain.errors import DataError
from ictrain.examples import Example, blank
from ictrain.readers import read_examples

CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1)
PAIRS = st.lists(
    st.tuples(CELL, CELL).filter(lambda p: not (blank(p[0]) or blank(p[1]))), min_size=1, max_size=4
)


@given(PAIRS, st.sampled_from(["csv", "tsv"]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_text_comes_through_a_quoted_table(tmp_path_factory, pairs, kind, end, all_quoted):
    file = io.StringIO(newline="")
    # The csv module of some Pythons writes a bare carriage return without quotes.
    bare = any("\r" in cell for pair in pairs for cell in pair)
    quoting = csv.QUOTE_ALL if all_quoted or bare else csv.QUOTE_MINIMAL
    delimiter = {"csv": ",", "tsv": "\t"}[kind]
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([("input", "output"), *pairs])
    path = tmp_path_factory.mktemp("t") / f"a.{kind}"
    path.write_bytes(file.getvalue().encode())
    assert [(e.input, e.output) for e in read_examples(path)] == pairs


@given(PAIRS)
def test_any_text_comes_through_a_plain_tsv(tmp_path_factory, pairs):
    """No quoting at all, as most corpora have it: whatever a cell begins with is text, unless all
    that begin with a quote are whole quoted cells."""
    ends = str.maketrans(dict.fromkeys("\t\n\r", "_"))
    plain = [(a.translate(ends), b.translate(ends)) for a, b in pairs]
    plain.append(('"Yes', 'he said"'))
    path = tmp_path_factory.mktemp("t") / "a.tsv"
    path.write_bytes("".join(f"{a}\t{b}\n" for a, b in [("input", "output"), *plain]).encode())
    assert [(e.input, e.output) for e in read_examples(path)] == plain


def test_a_quote_in_a_plain_tsv_swallows_no_lines(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('input\toutput\n"Hello\tHallo\nmore\tmehr\nbye"\ttschüss\n')
    assert [e.input for e in read_examples(path)] == ['"Hello', "more", 'bye"']


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_csv_with_another_delimiter_is_read_by_its_header(tmp_path, delimiter):
    path = tmp_path / "a.csv"
    table = [["input", "output"], ["a, b", "c"], ["d", '"e;\t|"']]
    path.write_text("".join(delimiter.join(row) + "\n" for row in table))
    assert read_examples(path)[0] == Example("1", "a, b", "c")


def test_what_a_spreadsheet_leaves_behind_is_no_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfinput , output,,\r\nx,y,,\r\n\r\n,,,\n z,w,note,\r\n")
    assert read_examples(path) == [Example("1", "x", "y"), Example("2", " z", "w")]


def test_the_line_of_a_bad_row_counts_the_line_ends_inside_cells(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'input,output\r\n"two\r\nlines","y\nz"\r\nx\r\n')
    with pytest.raises(DataError, match=r"a\.csv:5: 1 fields"):
        read_examples(path)
