"""Properties, tags and authors by the names that people type."""

import polars as pl
import pytest

from panoptic_data.annotations.state import PropertyValues, State
from panoptic_data.query import writer
from panoptic_data.query.names import ProjectNames, id_of, quoted, similar_names, unquoted
from panoptic_data.views.model import View
from tests.typed_views import (
    FOLDERS,
    OWN,
    STATE,
    parse,
    single,
)

OF_PROPERTIES = [
    ("folder:a", single("folder", "in", ["a"])),
    ('"folder":a', single(OWN["folder"], "contains", "a")),
    ('"tag":a', single(OWN["tag"], "contains", "a")),
    ("annee:5", single(OWN["twice"], "between", [5, 5])),
    ("Année:5", single(OWN["annee"], "between", [5, 5])),
]


@pytest.mark.parametrize(("text", "where"), OF_PROPERTIES)
def test_properties_and_tags_are_called_by_their_names(text, where):
    parsed = parse(text, state=STATE)
    assert parsed.problems == ()
    assert parsed.where == where
    written = writer.write(View(where), encoder="clip", state=STATE)
    assert parse(written, state=STATE).where == where


def test_an_author_is_known_in_any_case():
    values = pl.DataFrame({name: ["Zoé"] for name in ("target", "value", "author", "batch")})
    values = values.with_columns(at=pl.lit(None, dtype=pl.Datetime("us", "UTC")))
    state = State(
        properties=STATE.properties,
        values_by_property={"theme": PropertyValues(values, values[:0], frozenset())},
    )
    assert parse("author:zoe,Bob", state=state).where[0].value == {"authors": ["Zoé", "Bob"]}


def test_the_closest_names_are_suggested():
    assert "folder?" in parse("foldr:x").problems[0].message("en")
    assert "dossier\u202f?" in parse("dosier:x").problems[0].message("fr")
    assert "1930s" in parse("folder:1930", folders=FOLDERS).problems[0].message("en")
    for text, name in (
        ("them:x", "Theme?"),
        ("theme:peac", "Peace?"),
        ('"my note":x', '"My notes"?'),
    ):
        assert name in parse(text, state=STATE).problems[0].message("en")


def test_a_property_is_referred_to_by_name_or_id():
    names = ProjectNames(STATE)
    assert names.id("my-notes") == names.id('"My notes"') == names.id("#notes") == "notes"
    assert names.id("nothing") is None
    assert names.reference("notes") == '"My notes"'
    assert names.reference("zzz") == "#zzz"
    assert names.field_of("theme") == OWN["theme"]
    assert names.field_of("zzz") is None


def test_a_name_that_means_something_else_there_is_written_in_quotes():
    names = ProjectNames(STATE)
    assert names.written(OWN["theme"], ()) == "Theme"
    assert names.written(OWN["folder"], ("folder",)) == '"folder"'
    assert names.written(OWN["folder"], ()) == "folder"
    assert names.written("p:number:zzz", ()) == "p:number:zzz"


def test_without_a_state_nothing_has_a_name():
    names = ProjectNames()
    assert (names.properties, names.tag_fields, names.tags_of(OWN["theme"])) == ((), [], ())
    assert names.field("theme") is None
    assert names.field(OWN["theme"]) == OWN["theme"]
    assert names.author("Anna") == "Anna"


def test_names_that_contain_a_mistyped_one_come_before_those_that_look_like_it():
    assert similar_names("war", ["warm", "post-war", "wart", "peace"]) == [
        "warm",
        "wart",
        "post-war",
    ]
    assert similar_names("peac", ["war", "paece"]) == ["paece"]
    assert similar_names("zzzz", ["war", "peace"]) == []


def test_quotes_are_taken_off_as_they_were_put_on():
    for text in ("", "a b", 'say "a"', "C:\\x", '"'):
        assert unquoted(quoted(text)) == text
    assert (unquoted("a"), unquoted('"')) == ("a", '"')
    assert (id_of("#k3x9"), id_of("k3x9"), id_of("#K")) == ("k3x9", None, None)
