import csv
import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ictrain.errors import ConfigError, DataError
from ictrain.examples import Example, blank
from ictrain.readers import Columns, read, read_examples
from ictrain.readers.tables import csv_rows

ROWS = [
    {"id": "a", "input": "x, \"1\"\n", "output": "नमस्ते"},
    {"id": "b", "input": "line\u2028separator \x85", "output": "y"},
]  # fmt: skip
EXPECTED = [Example(r["id"], r["input"], r["output"]) for r in ROWS]


def write(path, content, mode="jsonl"):
    data = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def error_of(path, columns=None):
    with pytest.raises(DataError) as caught:
        read_examples(path, columns)
    return str(caught.value).replace(str(path), path.name)


def test_all_formats_give_the_same_examples(tmp_path):
    text = jsonl(ROWS)
    assert read_examples(write(tmp_path / "a.jsonl", text)) == EXPECTED
    assert read_examples(write(tmp_path / "a.jsonl.gz", text)) == EXPECTED
    assert read_examples(write(tmp_path / "bom.jsonl", b"\xef\xbb\xbf" + text.encode())) == EXPECTED
    assert read_examples(write(tmp_path / "crlf.jsonl", text.replace("\n", "\r\n"))) == EXPECTED
    assert read_examples(write(tmp_path / "end.jsonl", text.rstrip("\n"))) == EXPECTED
    mixed = text.replace("\n", "\r\n", 1)
    assert read_examples(write(tmp_path / "mixed.jsonl", mixed)) == EXPECTED
    assert read_examples(write(tmp_path / "cr.jsonl", text.replace("\n", "\r"))) == EXPECTED
    marks = "".join(f"\ufeff{line}\n" for line in text.split("\n"))
    assert read_examples(write(tmp_path / "joined.jsonl", marks)) == EXPECTED
    assert read_examples(write(tmp_path / "a.ndjson", text)) == EXPECTED
    assert read_examples(write(tmp_path / "lines.json", text)) == EXPECTED
    listed = json.dumps(ROWS, ensure_ascii=False, indent=1)
    assert read_examples(write(tmp_path / "a.json", listed)) == EXPECTED
    assert read_examples(write(tmp_path / "a.json.gz", listed)) == EXPECTED
    unnamed = write(tmp_path / "unnamed.jsonl", gzip.compress(text.encode()))
    assert read_examples(unnamed) == EXPECTED
    table = '\ufeffid,input,output\na,"x, ""1""\n",नमस्ते\nb,line\u2028separator \x85,y\n'
    assert read_examples(write(tmp_path / "a.csv", table)) == EXPECTED
    assert read_examples(write(tmp_path / "a.csv.gz", table)) == EXPECTED
    tabs = table.replace('a,"x, ""1""\n",', 'a\t"x, ""1""\n"\t').replace("b,", "b\t")
    tabs = tabs.replace(",y", "\ty").replace("id,input,output", "id\tinput\toutput")
    assert read_examples(write(tmp_path / "a.tsv", tabs)) == EXPECTED
    assert read_examples(write(tmp_path / "a.tsv.gz", tabs)) == EXPECTED
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert read_examples(tmp_path / "a.parquet") == EXPECTED


@given(
    st.lists(
        st.tuples(st.text(), st.text()).filter(lambda p: not (blank(p[0]) or blank(p[1]))),
        min_size=1,
        max_size=4,
    )
)
def test_any_text_comes_through_jsonl(tmp_path_factory, pairs):
    rows = [{"input": source, "output": output} for source, output in pairs]
    path = write(tmp_path_factory.mktemp("t") / "a.jsonl", jsonl(rows))
    found = [(e.id, e.input, e.output) for e in read_examples(path)]
    assert found == [(str(i), *pair) for i, pair in enumerate(pairs, start=1)]


def test_columns_can_have_other_names_and_the_rest_is_meta(tmp_path):
    row = {"n": 7, "src": "x", "tgt": "y", "db": "d", "meta": {"level": 2}, "id": "kept"}
    path = write(tmp_path / "a.jsonl", jsonl([row]))
    columns = Columns(id="n", input="src", output="tgt")
    (example,) = read_examples(path, columns)
    assert example == Example("7", "x", "y", {"db": "d", "level": 2, "id": "kept"})
    path = write(tmp_path / "a.csv", "src,tgt,db\nx,y,d\n")
    assert read_examples(path, columns) == [Example("1", "x", "y", {"db": "d"})]
    path = write(tmp_path / "b.jsonl", jsonl([{"input": "x", "output": "y", "meta": "text"}]))
    assert read_examples(path)[0].meta == {"meta": "text"}
    with pytest.raises(ConfigError, match="did you mean 'input'"):
        Columns.parse({"inptu": "x"})


def test_blank_lines_are_nothing_and_lines_are_counted_as_an_editor_does(tmp_path):
    path = write(tmp_path / "a.jsonl", '\n{"input": "x", "output": "y"}\n\n{"input": "x"}\n')
    assert error_of(path).startswith("a.jsonl:4: no column 'output'")
    path = write(tmp_path / "a.csv", 'input,output\n"two\nlines",y\n\n"two\nlines",\n')
    assert error_of(path).startswith("a.csv:5: empty output")


def test_a_csv_field_may_be_long(tmp_path):
    long = "x" * 200_000
    assert read_examples(write(tmp_path / "a.csv", f"input,output\n{long},y\n"))[0].input == long


GOOD = '{"input": "x", "output": "y", "id": "1"}\n'


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", GOOD + "{'input': 1}\n", "a.jsonl:2: not JSON: \"{'input': 1}\""),
        ("a.jsonl", GOOD + '{"input": "x"\n', "a.jsonl:2: the file breaks off in"),
        ("a.jsonl", GOOD + "[" * 100_000 + "\n", "a.jsonl:2: not JSON"),
        ("a.jsonl", GOOD + '["x", "y"]\n', 'a.jsonl:2: \'["x", "y"]\'; expected an object'),
        ("a.jsonl", '{"inputs": "x", "output": "y"}', "a.jsonl:1: no column 'input'; did you mean"),
        ("a.jsonl", '{"input": " ", "output": "y"}', "a.jsonl:1: empty input"),
        ("a.jsonl", '{"input": "x", "output": ""}', "a.jsonl:1: empty output"),
        (
            "a.jsonl",
            '{"input": "x", "output": "\\u200b\\ufeff \\u00ad"}',
            "a.jsonl:1: empty output",
        ),
        (
            "a.jsonl",
            '{"input": "x", "output": 3}',
            "a.jsonl:1: output is a number: 3; expected a str",
        ),
        (
            "a.jsonl",
            GOOD + '{"input": "x", "output": "y", "input": "z"}',
            "a.jsonl:2: key 'input' stands twice",
        ),
        ("a.json", '[{"output": "", "input": "x", "output": "y"}]', "a.json, item 1: key 'output'"),
        ("a.jsonl", '{"input": null, "output": "y"}', "a.jsonl:1: input is null"),
        ("a.jsonl", '{"input": "\\ud800", "output": "y"}', "a.jsonl:1: input holds half a char"),
        ("a.jsonl", '{"input": "x", "output": "y", "id": true}', "a.jsonl:1: id True; expected"),
        ("a.jsonl", '{"input": "x", "output": "y", "id": 1.5}', "a.jsonl:1: id 1.5; expected"),
        ("a.jsonl", '{"input": "x", "output": "y", "id": ""}', "a.jsonl:1: empty id"),
        ("a.jsonl", GOOD + "\n" + GOOD, "a.jsonl:3: id '1' stands in line 1 as well"),
        ("a.jsonl", GOOD.encode() + b'{"input": "\xe9"}', "a.jsonl:2: byte 0xe9 is not UTF-8"),
        ("a.jsonl.gz", GOOD + "x", "a.jsonl.gz:2: not JSON"),
        ("a.jsonl", "", "a.jsonl: no rows"),
        ("a.csv", "", "a.csv: no rows"),
        ("a.csv", "input,output\nx,y\nx,y,z\n", "a.csv:3: 3 fields; expected 2"),
        ("a.csv", "input,output\nx,y\nx\n", "a.csv:3: 1 fields; expected 2"),
        ("a.csv", "input,outptu\nx,y\n", "a.csv:2: no column 'output'; did you mean 'outptu'"),
        ("a.csv", "input,output,input\nx,y,z\n", "a.csv:1: column 'input' stands twice"),
        ("a.csv", 'input,output\nx,y\n"x,y\n', "a.csv:3: not CSV"),
        ("a.csv", b"input,output\nx,y\nx,\xff\n", "a.csv:3: byte 0xff is not UTF-8"),
        ("a.parquet", "input", "a.parquet: not a Parquet file"),
        ("a.tsv", "input\toutput\n", "a.tsv: no rows"),
        ("a.tsv", "input\toutput\nx\ty\nx\n", "a.tsv:3: 1 fields; expected 2"),
        ("a.csv", 'input,output\nx,y\n"x"z,y\n', "a.csv:3: not CSV: ',' expected after"),
        ("a.csv", "input,output\nx,y\n1,nul\x00,2\n", "a.csv:3: 3 fields; expected 2"),
        ("a.json", '{"data": [],\n "version": 1}', "a.json: an object with 'data', 'version'; exp"),
        ("a.json", '[{"input": "x", "output": "y"}, 3]', "a.json, item 2: '3'; expected an object"),
        ("a.json", '[{"input": "x",\n', "a.json:2: not JSON"),
        ("a.json", "3", "a.json: 3; expected a list of objects"),
        ("a.xlsx", "PK", "a.xlsx: unknown format '.xlsx'; expected .jsonl, .ndjson"),
        ("a.parquet.gz", "PAR1", "a.parquet.gz: unknown format '.parquet'"),
    ],
)
def test_errors_name_the_file_the_line_and_what_was_found(tmp_path, name, content, said):
    told = error_of(write(tmp_path / name, content))
    assert told.startswith(said)
    assert "\n" not in told


def test_what_csv_does_for_others_in_the_process_stays_as_it_was(tmp_path):
    before = csv.field_size_limit()
    long = "x" * (before + 1)
    one = csv_rows(write(tmp_path / "a.csv", f"input,output\n{long},y\n{long},z\n"))
    other = csv_rows(write(tmp_path / "b.csv", f"input,output\n{long},y\n"))
    assert len(next(one)[1]["input"]) == len(next(other)[1]["input"]) == len(long)
    assert list(other) == []
    assert next(one)[1] == {"input": long, "output": "z"}
    assert csv.field_size_limit() == before


def test_a_missing_file_offers_its_neighbour(tmp_path):
    write(tmp_path / "train.jsonl", GOOD)
    assert "no such file; did you mean 'train.jsonl'?" in error_of(tmp_path / "trian.jsonl")
    (tmp_path / "f.jsonl").mkdir()
    assert "a folder, not a file" in error_of(tmp_path / "f.jsonl")
    write(tmp_path / "f.jsonl" / "a.jsonl", GOOD)
    told = error_of(tmp_path / "f.jsonl")
    assert told.endswith("name one of its files, e.g. f.jsonl/a.jsonl")
    assert "no such file" in error_of(tmp_path / "no" / "such.jsonl")


def test_what_only_says_it_is_gzip_and_what_was_cut_are_told(tmp_path):
    plain = tmp_path / "a.jsonl.gz"
    plain.write_text(GOOD)
    assert "not a whole gzip file" in error_of(plain)
    cut = write(tmp_path / "b.jsonl.gz", GOOD * 50)
    cut.write_bytes(cut.read_bytes()[:-12])
    assert "not a whole gzip file" in error_of(cut)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.jsonl.gz"])
def test_a_wide_encoding_is_named_with_the_command_that_mends_it(tmp_path, encoding, name):
    told = error_of(write(tmp_path / name, GOOD.encode(encoding)))
    assert told.startswith(f"{name}: UTF-")
    assert "iconv -f UTF-" in told
    assert "\n" not in told


def test_latin_1_is_told_by_line_and_byte_with_the_command_that_mends_it(tmp_path):
    told = error_of(write(tmp_path / "a.csv", "input,output\nx,y\nFluß,y\n".encode("latin-1")))
    assert told.startswith("a.csv:3: byte 0xdf is not UTF-8")
    assert "iconv -f WINDOWS-1252" in told


def test_parquet_errors_name_the_row(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"input": ["x", "x"], "output": ["y", None]}), path)
    assert error_of(path).startswith("a.parquet, row 2: output is null")
    pq.write_table(pa.table({"input": ["x"], "output": [1]}), path)
    assert error_of(path).startswith("a.parquet, row 1: output is a number: 1")
    pq.write_table(pa.table({"input": ["x"], "output": [float("nan")]}), path)
    assert error_of(path).startswith("a.parquet, row 1: output is null")
    pq.write_table(pa.table({"id": ["1", "1"], "input": ["x", "z"], "output": ["y", "y"]}), path)
    assert error_of(path).startswith("a.parquet, row 2: id '1' stands in row 1 as well")


def test_numbers_and_truth_values_are_text_where_that_is_asked_for(tmp_path):
    rows = [{"input": 1, "output": True}, {"input": 2.5, "output": False}]
    path = write(tmp_path / "a.jsonl", jsonl(rows))
    assert "task.columns.numbers=text takes it as text" in error_of(path)
    found = read_examples(path, Columns(numbers="text"))
    assert [(e.input, e.output) for e in found] == [("1", "true"), ("2.5", "false")]
    path = write(tmp_path / "b.jsonl", jsonl([{"input": 1, "output": None}]))
    assert "output is null" in error_of(path, Columns(numbers="text"))


def test_a_path_looks_inside_and_the_rest_of_the_object_is_kept(tmp_path):
    row = {
        "translation": {"en": "cat", "de": "Katze", "fr": "chat"},
        "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
        "a.b": "dotted",
    }
    path = write(tmp_path / "a.jsonl", jsonl([row]))
    (one,) = read_examples(path, Columns(input="translation.en", output="translation.de"))
    assert (one.input, one.output) == ("cat", "Katze")
    assert one.meta["translation"] == {"fr": "chat"}
    (one,) = read_examples(path, Columns(input="messages.0.content", output="messages.-1.content"))
    assert (one.input, one.output) == ("q", "a")
    assert read_examples(path, Columns(input="a.b", output="translation.de"))[0].input == "dotted"
    told = error_of(path, Columns(input="translation.en", output="translation.dk"))
    assert "no column 'translation.dk'; did you mean 'translation.de'" in told
    assert "no column 'messages.7.content'" in error_of(path, Columns(input="messages.7.content"))


BAD = '{"input": "x"}\n' + GOOD + "[]\n" + '{"input": "x", "output": "y", "id": "2"}\n' + GOOD


def test_the_first_bad_row_stops_and_tells_how_many_there_are(tmp_path):
    told = error_of(write(tmp_path / "a.jsonl", BAD))
    assert told.startswith("a.jsonl:1: no column 'output'")
    assert told.endswith("3 of 5 rows are bad; task.on_bad_row=skip leaves bad rows out")


def test_bad_rows_are_left_out_and_counted_where_that_is_asked_for(tmp_path):
    path = write(tmp_path / "a.jsonl", BAD)
    found = read(path, on_bad_row="skip")
    assert [e.id for e in found.examples] == ["1", "2"]
    assert found.skipped == 3
    assert "a.jsonl:1: no column 'output'" in found.first
    unnumbered = '{"input": "x", "output": "y"}\n'
    path = write(tmp_path / "b.jsonl", unnumbered + "x\n" + unnumbered)
    assert [e.id for e in read(path, on_bad_row="skip").examples] == ["1", "3"]
    path = write(tmp_path / "c.jsonl", "[]\n[]\n")
    with pytest.raises(DataError, match="2 of 2 rows are bad") as caught:
        read(path, on_bad_row="skip")
    assert "skip" not in str(caught.value)


def test_a_file_that_breaks_off_is_never_half_taken(tmp_path):
    path = write(tmp_path / "a.csv", 'input,output\nx,y,z\nx,y\n"x,y\n')
    assert error_of(path).startswith("a.csv:2: 3 fields")
    with pytest.raises(DataError, match=r"a\.csv:4: not CSV: a quoted cell that begins here never"):
        read(path, on_bad_row="skip")


CUTS = [
    '{"input": "half', '{"input', '{', '{"input"', '{"input": ', '{"input": "x", "output": "y"',
    '{"input": "x", "a": tr', '{"input": "x\\u00', '{"a": {"b": 1}', '{"a": [1.',
]  # fmt: skip


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_json_lines_whose_last_line_is_cut_are_refused_as_a_whole(tmp_path, cut, end):
    whole = '{"input": "x", "output": "y"}\n'
    path = write(tmp_path / "a.jsonl", whole * 3 + cut + end)
    for on_bad_row in ("stop", "skip"):
        with pytest.raises(DataError, match=r"a\.jsonl:4: the file breaks off in its last line"):
            read(path, on_bad_row=on_bad_row)
    path = write(tmp_path / "b.jsonl", whole + cut + "\n" + whole)  # a bad row in the middle
    assert read(path, on_bad_row="skip").skipped == 1


@pytest.mark.parametrize("bad", ["{'input': 1}", '{"input": "x" "output"}', "[]", "none", "{bad"])
def test_a_last_line_that_is_bad_but_whole_is_a_bad_row(tmp_path, bad):
    path = write(tmp_path / "a.jsonl", '{"input": "x", "output": "y"}\n' + bad)
    assert read(path, on_bad_row="skip").skipped == 1


def test_a_missing_file_is_told_with_the_folder_that_was_looked_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.csv").write_text("x")
    with pytest.raises(DataError) as caught:
        read("pairz.csv")
    assert f"no such file in {tmp_path}, the working folder" in str(caught.value)
    assert "did you mean 'pairs.csv'?" in str(caught.value)
