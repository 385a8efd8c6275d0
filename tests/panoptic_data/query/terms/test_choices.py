"""Choices in terms: folders, formats, states, clusters, duplicates, authors, checkboxes."""

import pytest

from panoptic_data.query import writer
from panoptic_data.query.names import ProjectNames
from panoptic_data.query.terms.choices import duplicate_kind, write_choice, write_truth
from panoptic_data.query.terms.term import Context, TermValue
from panoptic_data.views.model import Condition, View
from tests.synthetic import sha1
from tests.typed_views import (
    FOLDERS,
    OWN,
    STATE,
    TODAY,
    either,
    negated,
    parse,
    single,
)

READ = [
    ("folder:posters", single("folder", "in", ["posters"])),
    ('folder:posters/1930,"a b"', single("folder", "in", ["posters/1930", "a b"])),
    ("-folder:posters", single("folder", "not in", ["posters"])),
    ("folder!=posters", single("folder", "not in", ["posters"])),
    ("format:png", single("format", "in", ["PNG"])),
    (
        "format:jpg,tif,jp2,heic,webp",
        single("format", "in", ["JPEG", "TIFF", "JPEG2000", "HEIF", "WEBP"]),
    ),
    (
        "format:png,none",
        (either(single("format", "in", ["PNG"]), single("format", "is empty")),),
    ),
    ("cluster:3,-1", single("cluster", "in", {"encoder": "clip", "numbers": [3, -1]})),
    ("cluster@visual:none", single("cluster", "in", {"encoder": "visual", "numbers": [-1]})),
    ("-cluster:3", single("cluster", "not in", {"encoder": "clip", "numbers": [3]})),
    ("duplicate:near", single("duplicate", "in", {"kinds": ["near"]})),
    ("duplicate:semantic", single("duplicate", "in", {"kinds": ["semantic:clip"]})),
    ("duplicate:semantic:visual", single("duplicate", "in", {"kinds": ["semantic:visual"]})),
    ("duplicate:near:ab", single("duplicate", "in", {"groups": ["near:ab"]})),
    ("duplicate:none", single("duplicate", "not in", {"kinds": ["exact", "near"]})),
    ("is:duplicate", single("duplicate", "in", {"kinds": ["exact", "near"]})),
    ("is:unreadable", single("status", "in", ["unreadable"])),
    ("is:damaged", single("status", "in", ["unreadable"])),
    ("est:illisible", single("status", "in", ["unreadable"])),
    ("is:excluded", single("excluded", "is", True)),
    ("excluded:no", single("excluded", "is", False)),
    ("-excluded:yes", negated(Condition("excluded", "is", True))),
    ('author:"Anna B",Bob', single("author", "in", {"authors": ["Anna B", "Bob"]})),
    ("-author:Anna", single("author", "not in", {"authors": ["Anna"]})),
    ("author:none", single("author", "is empty")),
    ("author:any", single("author", "is not empty")),
    ("author@#k3x9:Anna", single("author", "in", {"authors": ["Anna"], "property": "k3x9"})),
    ("-is:missing", single("status", "not in", ["missing"])),
    ("status:ok,missing", single("status", "in", ["ok", "missing"])),
]
OF_PROPERTIES = [
    ("seen:yes", single(OWN["seen"], "is", True)),
    ("seen:faux", single(OWN["seen"], "is", False)),
    ("seen:none", single(OWN["seen"], "is empty")),
    (f"twin:{sha1('a')}", single(OWN["twin"], "in", [sha1("a")])),
    ("author@theme:Anna", single("author", "in", {"authors": ["Anna"], "property": "theme"})),
    ('author@"my notes":A', single("author", "in", {"authors": ["A"], "property": "notes"})),
    ("author@theme:none", single(OWN["theme"], "is empty")),
]


@pytest.mark.parametrize(("text", "where"), READ)
def test_choices_are_the_condition_that_a_panel_sets(text, where):
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.where == where
    assert parsed.phrases == ()


@pytest.mark.parametrize(("text", "where"), OF_PROPERTIES)
def test_choices_of_properties_are_read_and_written_back(text, where):
    parsed = parse(text, state=STATE)
    assert parsed.problems == ()
    assert parsed.where == where
    written = writer.write(View(where), encoder="clip", state=STATE)
    assert parse(written, state=STATE).where == where


@pytest.mark.parametrize(
    ("typed", "matches"),
    [
        ("1930s", ["postcards/1930s", "posters/1930s"]),
        ("WAR", ["posters/1930s/war", "war"]),
        ("war", ["war"]),
        ("1930S/war/", ["posters/1930s/war"]),
        ("posters", ["posters"]),
        ("paris", ["été/Paris"]),
        ("e\u0301te\u0301", ["été"]),
    ],
)
def test_a_folder_is_known_by_its_end(typed, matches):
    parsed = parse(f"folder:{typed}", folders=FOLDERS)
    assert parsed.where == single("folder", "in", matches)


def test_a_format_that_the_corpus_alone_knows_is_none_to_complain_of():
    assert parse("format:psd", formats=["PSD"]).where == single("format", "in", ["PSD"])
    assert parse("format:gif", formats=["PSD"]).problems == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("exact", "exact"),
        ("near", "near"),
        ("semantic", "semantic:clip"),
        ("semantic:visual", "semantic:visual"),
        ("near:ab12", None),
        ("semantic:visual:ab12", None),
    ],
)
def test_a_kind_of_duplicates_is_told_from_the_name_of_a_group(text, kind):
    context = Context("clip", None, TODAY, None, None, ProjectNames())
    assert duplicate_kind(TermValue(text, "bare", (0, len(text))), context) == kind


def test_choices_are_written_with_commas_between_them():
    assert write_choice(Condition("format", "in", ["PNG", "a b"])) == ':PNG,"a b"'
    clusters = {"encoder": "clip", "numbers": [3, -1]}
    assert write_choice(Condition("cluster", "in", clusters)) == ":3,-1"
    assert write_choice(Condition("author", "in", {"authors": ["none"]})) == ':"none"'
    assert write_truth(Condition("excluded", "is", False)) == ":no"
