"""Tables to import: headers with types, lists of tags, unique names of columns."""

import pytest

from panoptic_data.exchange import tables
from panoptic_data.exchange.tables import NewTag
from tests.importing import read_text


def test_headers_say_names_and_types(tmp_path):
    read = read_text(
        tmp_path, "path;kind[tag];Sujets [multi_tags];size [cm];;kind[tag]\na;b;c;1;2;3\n"
    )
    assert read.frame.columns == ["path", "kind", "Sujets", "size [cm]", "column 5", "kind (2)"]
    assert read.types == {"kind": "tag", "Sujets": "tags", "kind (2)": "tag"}


@pytest.mark.parametrize(
    ("text", "separator", "parts"),
    [
        (" a ,b  c,, ", ",", ["a", "b c"]),
        ("a|b, c", "|", ["a", "b, c"]),
        ('"apple, red", pear', ",", ["apple, red", "pear"]),
        ("", ",", []),
    ],
)
def test_a_text_is_split_by_a_separator_outside_quotes(text, separator, parts):
    assert tables.split(text, separator) == parts


def test_a_name_that_is_taken_gets_a_number():
    assert tables.unique_name("a", []) == "a"
    assert tables.unique_name("a", ["a", "a (2)", "A"]) == "a (3)"


def test_a_table_with_a_column_of_names_lists_tags(tmp_path):
    tree = read_text(tmp_path, "Nom;couleur;Parents\nwar;#ff0000;history\n;#fff;\nsea;;\n")
    assert tables.tag_columns(tree) == {"name": "Nom", "colour": "couleur", "parents": "Parents"}
    assert tables.tags_of(tree) == (NewTag("war", "#ff0000", ("history",)), NewTag("sea"))
    assert tables.tags_of(read_text(tmp_path, "a;b\n1;2\n")) == ()
