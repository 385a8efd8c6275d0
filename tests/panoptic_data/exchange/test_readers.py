"""Files of values read into tables: CSV, JSON, Parquet, and files that cannot be read."""

import csv
import io
import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import readers
from tests.importing import read_text, write_text


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_csv_is_read_whatever_parts_its_cells_and_encodes_them(tmp_path, delimiter, encoding):
    rows = [["path", "été", "note"], ["a.jpg", "œuvre", 'two\nlines "quoted"'], ["b.jpg", "", "x"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    read = read_text(tmp_path, text.getvalue() + "\r\n\r\n", encoding=encoding)
    assert read.frame.columns == rows[0]
    assert [list(row) for row in read.frame.iter_rows()] == rows[1:]
    assert read.lines.to_list() == [2, 4]


def test_a_first_line_of_excel_says_what_parts_the_cells(tmp_path):
    read = read_text(tmp_path, "sep=|\r\npath|a;b;c\r\nx|1;2;3\r\n")
    assert list(read.frame.iter_rows(named=True)) == [{"path": "x", "a;b;c": "1;2;3"}]
    assert read.lines.to_list() == [3]


def test_rows_of_another_length_are_filled_up_or_told(tmp_path):
    read = read_text(tmp_path, "path;a;b\nx;1\ny;1;2;3\nz;1;2;\n\n")
    assert list(read.frame.iter_rows()) == [("x", "1", ""), ("y", "1", "2"), ("z", "1", "2")]
    assert read.overlong == (3,)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.just("k"), CELLS, CELLS), min_size=3, max_size=12))
def test_what_was_written_as_csv_is_read_back(tmp_path, rows):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("path", "a", "b"), *rows])
    read = readers.read(write_text(tmp_path, text.getvalue()), delimiter=",")
    assert list(read.frame.iter_rows()) == rows


def test_json_lines_keep_lists_and_kinds(tmp_path):
    lines = [{"path": "a", "n": 1, "tags": ["x, y", "z"]}, {"path": "b", "n": 2.5, "odd": 1},
             {"path": "c", "odd": "text", "deep": {"a": [1]}}]  # fmt: skip
    text = "\n".join(map(json.dumps, lines))
    for name, content in (("a.jsonl", text), ("b.json", json.dumps(lines)), ("c.txt", text)):
        read = read_text(tmp_path, content, name=name)
        assert read.frame["n"].to_list() == [1.0, 2.5, None]
        assert read.frame["tags"].to_list() == [["x, y", "z"], None, None]
        assert read.frame["odd"].to_list() == [None, "1", "text"]
        assert read.frame["deep"].to_list() == [None, None, '{"a": [1]}']
        assert read.lines.to_list() == [1, 2, 3]


def test_parquet_keeps_types(tmp_path):
    frame = pl.DataFrame({"path": ["a"], "when": [1912], "tags": [["x"]], "raw": [b"no"]})
    frame.write_parquet(tmp_path / "values.parquet")
    read = readers.read(tmp_path / "values.parquet")
    assert read.frame.columns == ["path", "when", "tags"]
    assert read.frame["tags"].to_list() == [["x"]]


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "a.csv", "empty"),
        (b"\n \n", "a.csv", "empty"),
        (b'{"a": 1}\n{"a":', "a.jsonl", "json"),
        (b"[1, 2]", "a.json", "json"),
        (b"[{", "a.json", "json"),
        (b"PAR1 and no more", "a.parquet", "damaged"),
        (b"PK\x03\x04 a book", "a.xlsx", "spreadsheet"),
        (b"SQLite format 3\0 and no more", "a.db", "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, content, name, problem):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidImport) as raised:
        readers.read(tmp_path / name)
    assert raised.value.problem == problem
    assert name in raised.value.message("fr")


def test_a_file_that_is_not_there_and_a_folder_of_something_else_say_so(tmp_path):
    for path, problem in ((tmp_path / "absent.csv", "unreadable"), (tmp_path, "no_database")):
        with pytest.raises(InvalidImport) as raised:
            readers.read(path)
        assert raised.value.problem == problem
