"""Which image each row of a table is about."""

import csv
import io

import pytest

from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import matching, readers
from panoptic_data.exchange.matching import Matching
from tests import synthetic
from tests.importing import NAMES, read_text, write_text


def matched(project, table, by, column="key", **more):
    """Return for each row the name of the image that it matches, or why it matches none."""
    matches = matching.match_rows(project, table, Matching(by, column, **more))
    names = {
        synthetic.sha1(name): name
        for name in (*NAMES, "red", "other red", "blue", "summer", "gone")
    }
    rows = {row: names.get(sha1) for row, sha1 in matches.rows.select("row", "sha1").iter_rows()}
    whys = dict(matches.unmatched.select("row", "why").iter_rows())
    return [rows.get(row, whys.get(row)) for row in range(len(table.lines))]


@pytest.mark.parametrize(
    ("by", "keys", "expected"),
    [
        ("path", ["/data/posters/1930/red.jpg", r"\data\posters\1940\red.jpg"],
         ["red", "other red"]),
        ("path", ["posters/1930/red.jpg", "1930/red.jpg", "./1940/red.jpg"],
         ["red", "red", "other red"]),
        ("path", ["red.jpg", "no.jpg", "", " "], ["several", "nothing", "empty", "empty"]),
        ("path", ["blue.png", "copies/blue.png"], ["blue", "blue"]),
        ("path", ["/elsewhere/posters/1930/red.jpg", r"C:\old\1940\red.jpg"], ["red", "other red"]),
        ("path", ["/elsewhere/1950/red.jpg", "1950/red.jpg"], ["nothing", "nothing"]),
        ("path", ["e\u0301te\u0301.jpg", "file:///data/posters/été.jpg"], ["summer", "summer"]),
        ("path", ["gone.jpg"], ["gone"]),
        ("name", ["else/where/image-10.jpg", "image-2", "red", "zzz"],
         ["image-10", "image-2", "several", "nothing"]),
        ("sha1", [synthetic.sha1("red").upper(), "0" * 40], ["red", "nothing"]),
        ("id", [synthetic.file("posters/1930/red.jpg", "red")["file_id"], "x"], ["red", "nothing"]),
    ],
)  # fmt: skip
def test_rows_find_images(project, tmp_path, by, keys, expected):
    text = io.StringIO()
    csv.writer(text).writerows([("key", "v"), *((key, "v") for key in keys)])
    assert matched(project, readers.read(write_text(tmp_path, text.getvalue())), by) == expected


def test_the_folder_limits_what_rows_find(project, tmp_path):
    read = read_text(tmp_path, "key,v\nred.jpg,1\n")
    assert matched(project, read, "name", folder="posters/1940") == ["other red"]
    with pytest.raises(InvalidImport) as raised:
        matching.match_rows(project, read, Matching("path", "key", "posters/1950"))
    assert raised.value.problem == "no_folder"


def test_row_numbers_count_as_people_do(project, tmp_path):
    read = read_text(tmp_path, "v,w\n" + "".join(f"{n},x\n" for n in range(6)))
    assert matched(project, read, "row", None, folder="cards") == [*NAMES, "nothing", "nothing"]
    first = read_text(tmp_path, "v,w\n0,x\n1,x\n")
    assert matched(project, first, "row", None, folder="cards/num") == list(NAMES[:2])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("note,file\nx,1930/red.jpg\ny,blue.png\n", Matching("path", "file")),
        ("note,whatever\nx,image-1\ny,image-2\n", Matching("name", "whatever")),
        (f"a,b\nx,{synthetic.sha1('red')}\n", Matching("sha1", "b")),
        ("path,a\nunknown.jpg,1\n", Matching("path", "path")),
    ],
)
def test_how_rows_find_images_is_found_out(project, tmp_path, text, expected):
    assert matching.propose(project, read_text(tmp_path, text)) == expected


def test_the_folder_of_row_numbers_has_as_many_files(project, tmp_path):
    four = read_text(tmp_path, "a,b\n1,2\n3,4\n5,6\n7,8\n")
    assert matching.propose(project, four, "row") == Matching("row", None, "cards/num")
    assert matching.propose(project, four, folder="posters") == Matching("row", None, "posters")


def test_a_table_without_a_key_says_what_to_do(project, tmp_path):
    with pytest.raises(InvalidImport) as raised:
        matching.propose(project, read_text(tmp_path, "a,b\n1,2\n3,4\n"))
    assert raised.value.problem == "no_key"
