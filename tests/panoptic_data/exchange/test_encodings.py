"""Tables as programs of other countries save them, read with every letter as it was written."""

import pytest

from panoptic_data.errors import InvalidImport
from panoptic_data.exchange import apply, encodings, matching, plan, readers
from panoptic_data.exchange.matching import Matching
from tests.importing import values_of, write_text

FRENCH = ("été à la forêt", "cœur « brisé »", "Noël", "garçon")
RUSSIAN = ("слово", "Москва", "улица", "дом")
POLISH = ("łódź", "żółć", "świat", "gęś")
GREEK = ("θάλασσα", "ήλιος", "νησί", "φως")
JAPANESE = ("写真", "東京", "海", "山")


def table(words, line_end="\r\n"):
    rows = ("name;note", *(f"IMG_{n}.jpg;{word}" for n, word in enumerate(words)))
    return "".join(row + line_end for row in rows)


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        (FRENCH, "mac_roman"),
        (FRENCH, "cp1252"),
        (FRENCH, "iso8859-15"),
        (FRENCH, "utf-8-sig"),
        (FRENCH, "utf-16"),
        (FRENCH, "utf-16-le"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (POLISH, "cp1250"),
        (GREEK, "cp1253"),
        (JAPANESE, "cp932"),
        (("árvíztűrő", "tükörfúrógép"), "iso8859-2"),
    ],
)
def test_letters_are_read_as_they_were_written(tmp_path, words, encoding):
    read = readers.read(write_text(tmp_path, table(words), encoding=encoding))
    assert read.frame["note"].to_list() == list(words)
    assert set(read.text.accented) <= set(words)
    assert read.text.accented


def test_lines_of_an_old_mac_are_lines(tmp_path):
    read = readers.read(write_text(tmp_path, table(FRENCH, "\r"), encoding="mac_roman"))
    assert read.frame["note"].to_list() == list(FRENCH)


@pytest.mark.parametrize("end", [b"IMG_99.jpg;caf\xe9\r\n", "IMG_99.jpg;é".encode()[:-1]])
def test_one_bad_byte_costs_one_cell_and_is_said(tmp_path, end):
    path = tmp_path / "values.csv"
    path.write_bytes(table(FRENCH * 3).encode() + end)
    read = readers.read(path)
    assert read.frame["note"].to_list()[:-1] == list(FRENCH * 3)
    assert "\ufffd" in read.frame["note"][-1]
    assert (read.text.encoding, read.text.bad_lines) == ("utf-8", (14,))


def test_what_may_be_read_in_two_ways_is_written_only_when_a_person_chose(project, tmp_path):
    # Turkish letters stand where those of Iceland do.
    text = "name;note\r\nred.jpg;ışık\r\nblue.png;şiir\r\n"
    path = write_text(tmp_path, text, encoding="cp1254")
    read = readers.read(path)
    assert not read.text.is_certain
    assert {"cp1252", "cp1254"} <= {read.text.encoding, *read.text.others}
    planned = plan.make_plan(project, read, Matching("name", "name", "posters/1930"))
    with pytest.raises(InvalidImport) as raised:
        apply.apply_plan(project, planned)
    assert raised.value.problem == "unclear_encoding"
    chosen = readers.read(path, encoding="cp1254")
    apply.apply_plan(project, plan.make_plan(project, chosen, planned.matches.matching))
    assert set(values_of(project, "note").values()) == {"ışık", "şiir"}


def test_an_encoding_that_is_none_is_refused(tmp_path):
    path = write_text(tmp_path, table(FRENCH))
    for name in ("klingon", "base64", ""):
        with pytest.raises(InvalidImport) as raised:
            readers.read(path, encoding=name)
        assert raised.value.problem == "encoding"


def test_the_encodings_to_choose_from_exist():
    assert [encodings.checked_name(name) for name in encodings.CHOICES] == list(encodings.CHOICES)


def test_a_list_of_tags_in_an_unclear_encoding_is_not_taken_for_granted(tmp_path):
    path = write_text(tmp_path, "name;colour\r\nışık;\r\nşiir;\r\n", encoding="cp1254")
    with pytest.raises(InvalidImport) as raised:
        readers.read_tags(path)
    assert raised.value.problem == "unclear_encoding"
    assert [tag.name for tag in readers.read_tags(path, "cp1254")] == ["ışık", "şiir"]


def test_rows_match_by_another_spelling_of_capitals_only_where_nothing_else_does(project, tmp_path):
    text = "key;v\nposters/1930/RED.JPG;1\nIMAGE-10.JPG;2\nposters/1930/red.jpg;3\nx.jpg;4\n"
    read = readers.read(write_text(tmp_path, text))
    matches = matching.match_rows(project, read, Matching("path", "key"))
    assert matches.rows["row"].to_list() == [0, 1, 2]
    assert matches.caseless == 2
    assert plan.summarize(plan.make_plan(project, read, matches.matching))["caseless"] == 2
