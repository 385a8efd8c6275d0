"""The query language, against a table written by hand and views made at random."""

import json
import re
import time
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.annotations.properties import Property
from panoptic_data.annotations.state import PropertyValues, State
from panoptic_data.annotations.tags import Tag
from panoptic_data.annotations.values import TYPES
from panoptic_data.media.colour import HUE_NAMES, HUES
from panoptic_data.media.formats import probe
from panoptic_data.messages import LANGUAGES, keys
from panoptic_data.query import parser, writer
from panoptic_data.query.vocabulary import FORMAT_NAMES, PREFERRED_NAMES, STATUS_NAMES
from panoptic_data.views.fields import FIELDS, LEVELS, PERIODS, SORTS, STATUSES
from panoptic_data.views.model import Clause, Condition, Level, Sort, View, from_json, to_json
from tests.synthetic import sha1

TODAY = date(2026, 3, 15)
FOLDERS = ("posters/1930s", "posters/1930s/war", "postcards/1930s", "été/Paris", "war")

# What a project may define: plain names, names of several words, names that mean something else.
PROPERTIES = {
    "theme": ("Theme", "tags"),
    "kind": ("kind", "tag"),
    "notes": ("My notes", "text"),
    "year": ("year", "number"),
    "made": ("made on", "date"),
    "seen": ("seen", "checkbox"),
    "shade": ("shade", "colour"),
    "twin": ("twin", "image"),
    "link": ("l'adresse", "url"),
    "place": ('odd "name": x)', "path"),
    "folder": ("folder", "text"),
    "p": ("p", "number"),
    "tag": ("Tag", "text"),
    "annee": ("Année", "number"),
    "twice": ("annee", "number"),
}
TAGS = {
    "theme": {
        "war": "war", "civil": "war, civil", "peace": "Peace", "cpp": "c++", "hash": "#war",
        "none": "none", "ete": "Été", "ete2": "ete", "yes": "two words", "same1": "same",
        "same2": "same",
    },
    "kind": {"war2": "War", "photo": "photo"},
}  # fmt: skip
STATE = State(
    properties={
        **{id: Property(id, name, type) for id, (name, type) in PROPERTIES.items()},
        "old": Property("old", "Old", "number", deleted=True),
    },
    tags={
        id: Tag(id, property, name, parents=("war",) if id == "civil" else ())
        for property, tags in TAGS.items()
        for id, name in tags.items()
    }
    | {"lost": Tag("lost", "theme", "lost", deleted=True)},
)
OWN = {id: f"p:{type}:{id}" for id, (_, type) in PROPERTIES.items()}


def parse(text, **known):
    return parser.parse(text, **{"encoder": "clip", "today": TODAY, **known})


def one(field, op, value=None):
    return (Condition(field, op, value),)


def either(*parts):
    return Clause("any", tuple(part for each in parts for part in each))


def no(part):
    return (Clause("not", (part,)),)


def path(word):
    return one("path", "contains", word)


WHERE = [
    ("folder:posters", one("folder", "in", ["posters"])),
    ('folder:posters/1930,"a b"', one("folder", "in", ["posters/1930", "a b"])),
    ("-folder:posters", one("folder", "not in", ["posters"])),
    ("folder!=posters", one("folder", "not in", ["posters"])),
    ("name:scan", one("name", "contains", "scan")),
    ("name:a,b", (either(one("name", "contains", "a"), one("name", "contains", "b")),)),
    ("-name:scan", one("name", "does not contain", "scan")),
    ("name=scan.jpg", one("name", "=", "scan.jpg")),
    ("name!=scan.jpg", one("name", "!=", "scan.jpg")),
    ("name:img*", one("name", "begins with", "img")),
    ('name:"img 1"*', one("name", "begins with", "img 1")),
    ('name:"img*"', one("name", "contains", "img*")),
    ("-name:img*", no(Condition("name", "begins with", "img"))),
    (r"name:/^a b\/\d(2|3)$/", one("name", "matches", r"^a b/\d(2|3)$")),
    ("path:/home", one("path", "contains", "/home")),
    ("path:/home/me", one("path", "contains", "/home/me")),
    (r'name:"say \"a\" \\ C:\x"', one("name", "contains", r'say "a" \ C:\x')),
    ("name:scan(1)", one("name", "contains", "scan(1)")),
    ("(name:scan(1))", one("name", "contains", "scan(1)")),
    ("camera:none", one("camera", "is empty")),
    ("camera:any", one("camera", "is not empty")),
    ("-camera:none", one("camera", "is not empty")),
    ("camera!=none", one("camera", "is not empty")),
    ('camera:"none"', one("camera", "contains", "none")),
    ("format:png", one("format", "in", ["PNG"])),
    (
        "format:jpg,tif,jp2,heic,webp",
        one("format", "in", ["JPEG", "TIFF", "JPEG2000", "HEIF", "WEBP"]),
    ),
    (
        "format:png,none",
        (either(one("format", "in", ["PNG"]), one("format", "is empty")),),
    ),
    ("width>500", one("width", "between", [501, None])),
    ("width >= 500", one("width", "between", [500, None])),
    ("width< 500", one("width", "between", [None, 499])),
    ("width<=500.5", one("width", "between", [None, 500])),
    ("width>500.5", one("width", "between", [501, None])),
    ("width:500", one("width", "between", [500, 500])),
    ("width=500", one("width", "=", 500)),
    ("width!=500", one("width", "!=", 500)),
    ("-width:500", no(Condition("width", "between", [500, 500]))),
    ("width:>500", one("width", ">", 500)),
    ("width:500..800", one("width", "between", [500, 800])),
    ("width:500..", one("width", "between", [500, None])),
    ("height:..-2.5", one("height", "between", [None, -2.5])),
    (
        "width:500..<1000",
        (Clause("all", (Condition("width", ">=", 500), Condition("width", "<", 1000))),),
    ),
    ("width:none", one("width", "is empty")),
    ("mp>2", one("pixels", "between", [2_000_001, None])),
    ("pixels:0.5..2", one("pixels", "between", [500_000, 2_000_000])),
    ("pixels=640px", one("pixels", "=", 640)),
    ("size>5", one("size", "between", [5_000_001, None])),
    ("size:1.5kB..2GB", one("size", "between", [1500, 2_000_000_000])),
    ("size:1..2GB", one("size", "between", [1_000_000_000, 2_000_000_000])),
    ("size<=300ko", one("size", "between", [None, 300_000])),
    ("copies>1", one("copies", "between", [2, None])),
    ("frames:2", one("frames", "between", [2, 2])),
    ("date>1930", one("taken_at", "between", ["1931-01-01", None])),
    ("date>=1930", one("taken_at", "between", ["1930-01-01", None])),
    ("date:1930", one("taken_at", "between", ["1930-01-01", "1930-12-31"])),
    ("date<1930", one("taken_at", "between", [None, "1929-12-31"])),
    ("date<=1930", one("taken_at", "between", [None, "1930-12-31"])),
    ("date:1932-02", one("taken_at", "between", ["1932-02-01", "1932-02-29"])),
    ("date:02/1932", one("taken_at", "between", ["1932-02-01", "1932-02-29"])),
    ("date:1930-05-12", one("taken_at", "between", ["1930-05-12", "1930-05-12"])),
    ("date:12/5/1930", one("taken_at", "between", ["1930-05-12", "1930-05-12"])),
    ("date=1930-05-12", one("taken_at", "=", "1930-05-12")),
    ("date!=1930-05-12", one("taken_at", "!=", "1930-05-12")),
    ("date!=1930", no(Condition("taken_at", "between", ["1930-01-01", "1930-12-31"]))),
    ("date:>1930", one("taken_at", ">", "1930-12-31")),
    ("date:1930s", one("taken_at", "between", ["1930-01-01", "1939-12-31"])),
    ("date:1930..1935-06", one("taken_at", "between", ["1930-01-01", "1935-06-30"])),
    ("date:..1930s", one("taken_at", "between", [None, "1939-12-31"])),
    ("date:none", one("taken_at", "is empty")),
    ("date>9999", one("taken_at", ">", "9999-12-31")),
    ("added:today", one("added", "between", ["2026-03-15", "2026-03-15"])),
    ("added:yesterday", one("added", "between", ["2026-03-14", "2026-03-14"])),
    ("added:7d", one("added", "between", ["2026-03-09", "2026-03-15"])),
    ("added:yesterday..", one("added", "between", ["2026-03-14", None])),
    ("colour:red", one("colour", "is", "red")),
    ("color:#C0392B", one("colour", "near", {"colour": "#c0392b"})),
    ("colour:#c0392b~10", one("colour", "near", {"colour": "#c0392b", "distance": 10})),
    ("colour:red,blue", (either(one("colour", "is", "red"), one("colour", "is", "blue")),)),
    ("-colour:red", no(Condition("colour", "is", "red"))),
    ("colour:any", one("colour", "is not empty")),
    ("cluster:3,-1", one("cluster", "in", {"encoder": "clip", "numbers": [3, -1]})),
    ("cluster@visual:none", one("cluster", "in", {"encoder": "visual", "numbers": [-1]})),
    ("-cluster:3", one("cluster", "not in", {"encoder": "clip", "numbers": [3]})),
    ('means:"a red dress"', one("text", "means", {"encoder": "clip", "text": "a red dress"})),
    ("like:cat", one("like", "at least", {"encoder": "clip", "query": "cat"})),
    ("like@visual:a", one("like", "at least", {"encoder": "visual", "query": "a"})),
    (
        'like:"2*\\"a b\\" - dog"~0.61',
        one("like", "at least", {"encoder": "clip", "query": '2*"a b" - dog', "threshold": 0.61}),
    ),
    (
        'comme:chat~-0.5,"a b"~99.5%',
        (
            either(
                one("like", "at least", {"encoder": "clip", "query": "chat", "threshold": -0.5}),
                one("like", "at least", {"encoder": "clip", "query": "a b", "percentile": 99.5}),
            ),
        ),
    ),
    (
        'like:cat~top50 like:"a b"~TOP5~99%',
        (
            *one("like", "at least", {"encoder": "clip", "query": "cat", "count": 50}),
            *one(
                "like",
                "at least",
                {"encoder": "clip", "query": "a b", "count": 5, "percentile": 99},
            ),
        ),
    ),
    ("duplicate:near", one("duplicate", "in", {"kinds": ["near"]})),
    ("duplicate:semantic", one("duplicate", "in", {"kinds": ["semantic:clip"]})),
    ("duplicate:semantic:visual", one("duplicate", "in", {"kinds": ["semantic:visual"]})),
    ("duplicate:near:ab", one("duplicate", "in", {"groups": ["near:ab"]})),
    ("duplicate:none", one("duplicate", "not in", {"kinds": ["exact", "near"]})),
    ("is:duplicate", one("duplicate", "in", {"kinds": ["exact", "near"]})),
    ("is:damaged", one("status", "in", ["unreadable"])),
    ("is:excluded", one("excluded", "is", True)),
    ("excluded:no", one("excluded", "is", False)),
    ("-excluded:yes", no(Condition("excluded", "is", True))),
    ('author:"Anna B",Bob', one("author", "in", {"authors": ["Anna B", "Bob"]})),
    ("-author:Anna", one("author", "not in", {"authors": ["Anna"]})),
    ("author:none", one("author", "is empty")),
    ('author:any', one("author", "is not empty")),
    ("author@#k3x9:Anna", one("author", "in", {"authors": ["Anna"], "property": "k3x9"})),
    ("p:number:k3x9>5", one("p:number:k3x9", ">", 5)),
    ("p:tags:k3x9:#a,#b", one("p:tags:k3x9", "in", ["a", "b"])),
    ("-is:missing", one("status", "not in", ["missing"])),
    ("status:ok,missing", one("status", "in", ["ok", "missing"])),
    ("NOT folder:a", one("folder", "not in", ["a"])),
    ("NOT -folder:a", one("folder", "in", ["a"])),
    ("-(folder:a)", no(Condition("folder", "in", ["a"]))),
    ("width=5 | width=6", (either(one("width", "=", 5), one("width", "=", 6)),)),
    # OR binds more tightly than what stands beside it.
    (
        "camera:none width=1 OR width=2",
        (*one("camera", "is empty"), either(one("width", "=", 1), one("width", "=", 2))),
    ),
    (
        "(width=1 AND height=2) OR width=2",
        (
            either(
                (Clause("all", (*one("width", "=", 1), *one("height", "=", 2))),),
                one("width", "=", 2),
            ),
        ),
    ),
    ("a OR b", (either(path("a"), path("b")),)),
    ('-"red dress"', one("path", "does not contain", "red dress")),
    ("-(a b)", no(Clause("all", (*path("a"), *path("b"))))),
    ("width:5,", one("width", "between", [5, 5])),
    ("sort:date width:5", one("width", "between", [5, 5])),
]  # fmt: skip

FRENCH = [
    ("dossier:affiches", "folder:affiches"),
    ("chemin:a OU nom:b", "path:a OR name:b"),
    ("NON appareil:aucun ET largeur>500", "camera:any width>500"),
    ("hauteur:1..2 poids>5Mo", "height:1..2 size>5MB"),
    ("ajouté:hier", "added:yesterday"),
    ("ajoute:aujourd'hui", "added:today"),
    ("ajoute:7j", "added:7d"),
    ("couleur:bleu", "colour:blue"),
    ("exemplaires:2 pages:3", "copies:2 frames:3"),
    ("groupe:3", "cluster:3"),
    ("doublon:near", "duplicate:near"),
    ("état:illisible", "status:unreadable"),
    ("est:doublon est:absent", "is:duplicate is:missing"),
    ("sens:bateau", "means:bateau"),
    ("tri:-date,nom", "sort:-date,name"),
    ("grouper:mois(date),-dossier(2):taille", "group:month(date),-folder(2):size"),
    ("mode:fichier", "mode:file"),
    ("Largeur>500", "width>500"),
    ("exclu:oui auteur:Anna", "excluded:yes author:Anna"),
    ("est:exclu NON exclu:non", "is:excluded -excluded:no"),
]

# With the project's properties and tags; (text, where) as above.
OF_PROPERTIES = [
    ("theme:war", one(OWN["theme"], "in", ["war"])),
    ("THEME:Été", one(OWN["theme"], "in", ["ete"])),
    ("theme:ETE", one(OWN["theme"], "in", ["ete2"])),
    ('theme:"war, civil"', one(OWN["theme"], "in", ["civil"])),
    ("theme:war,peace", one(OWN["theme"], "in", ["war", "peace"])),
    ("theme!=war", one(OWN["theme"], "not in", ["war"])),
    ("-theme:war", one(OWN["theme"], "not in", ["war"])),
    ("theme:war+peace", one(OWN["theme"], "all of", ["war", "peace"])),
    ("theme:war+", one(OWN["theme"], "all of", ["war"])),
    (
        'theme:"c++",war+"two words"',
        (either(one(OWN["theme"], "in", ["cpp"]), one(OWN["theme"], "all of", ["war", "yes"])),),
    ),
    (
        "kind:war+photo",
        (Clause("all", (*one(OWN["kind"], "in", ["war2"]), *one(OWN["kind"], "in", ["photo"]))),),
    ),
    ("theme:none", one(OWN["theme"], "is empty")),
    ("theme:any", one(OWN["theme"], "is not empty")),
    ('theme:"none"', one(OWN["theme"], "in", ["none"])),
    ('theme:"#war"', one(OWN["theme"], "in", ["hash"])),
    ("theme:#lost", one(OWN["theme"], "in", ["lost"])),
    ("theme:same", one(OWN["theme"], "in", ["same1", "same2"])),
    (
        "tag:war",
        (either(one(OWN["theme"], "in", ["war"]), one(OWN["kind"], "in", ["war2"])),),
    ),
    ("etiquette:photo", one(OWN["kind"], "in", ["photo"])),
    ("-tag:peace", one(OWN["theme"], "not in", ["peace"])),
    (
        "tag:peace+photo",
        (Clause("all", (*one(OWN["theme"], "in", ["peace"]), *one(OWN["kind"], "in", ["photo"]))),),
    ),
    ("tag:any", (either(*((Condition(OWN[it], "is not empty"),) for it in ("theme", "kind"))),)),
    ("year>1930", one(OWN["year"], ">", 1930)),
    ("year > 1930.5", one(OWN["year"], ">", 1930.5)),
    ("year>=1930", one(OWN["year"], "between", [1930, None])),
    ("year<=1930", one(OWN["year"], "between", [None, 1930])),
    ("year:1912..1920", one(OWN["year"], "between", [1912, 1920])),
    ("year=1912", one(OWN["year"], "=", 1912)),
    (
        "year:0..<0.5",
        (Clause("all", (*one(OWN["year"], ">=", 0), *one(OWN["year"], "<", 0.5))),),
    ),
    ("made-on:1912..1920", one(OWN["made"], "between", ["1912-01-01", "1920-12-31"])),
    ('"Made on">1930', one(OWN["made"], "between", ["1931-01-01", None])),
    ("seen:yes", one(OWN["seen"], "is", True)),
    ("seen:faux", one(OWN["seen"], "is", False)),
    ("seen:none", one(OWN["seen"], "is empty")),
    ("shade:rouge", one(OWN["shade"], "is", "red")),
    ("shade:#c0392b~5", one(OWN["shade"], "near", {"colour": "#c0392b", "distance": 5})),
    (f"twin:{sha1('a')}", one(OWN["twin"], "in", [sha1("a")])),
    ("my-notes:war", one(OWN["notes"], "contains", "war")),
    ("my_notes:war*", one(OWN["notes"], "begins with", "war")),
    ('"my notes":/w.r/', one(OWN["notes"], "matches", "w.r")),
    ('-"my notes":"a b"', one(OWN["notes"], "does not contain", "a b")),
    ('"my notes" = war', one(OWN["notes"], "=", "war")),
    ("l'adresse:http://a.org", one(OWN["link"], "contains", "http://a.org")),
    (r'"odd \"name\": x)":a', one(OWN["place"], "contains", "a")),
    ("folder:a", one("folder", "in", ["a"])),
    ('"folder":a', one(OWN["folder"], "contains", "a")),
    ('"tag":a', one(OWN["tag"], "contains", "a")),
    ("p>5", one(OWN["p"], ">", 5)),
    ("annee:5", one(OWN["twice"], "between", [5, 5])),
    ("Année:5", one(OWN["annee"], "between", [5, 5])),
    ("author@theme:Anna", one("author", "in", {"authors": ["Anna"], "property": "theme"})),
    ('author@"my notes":A', one("author", "in", {"authors": ["A"], "property": "notes"})),
    ("author@theme:none", one(OWN["theme"], "is empty")),
    ("12:30 year:5", one(OWN["year"], "between", [5, 5])),
]

# Text, language-independent key, and what the span of the problem holds.
PROBLEMS = [
    ("foldr:x", "field", "foldr"),
    ("like:cat~2", "least", "cat~2"),
    ('like:"cat"~101%', "least", '"cat"~101%'),
    ("like:cat~top0", "least", "cat~top0"),
    ("like:cat~top5~top6", "least", "cat~top5~top6"),
    ("like:cat~0.5~99%", "least", "cat~0.5~99%"),
    ("http://example.org", "field_none", "http"),
    ("width@clip:5", "field", "width@clip"),
    ("folder:1930", "folder", "1930"),
    ("folder:zzz", "folder_none", "zzz"),
    ("format:pgn", "format", "pgn"),
    ("format:zzz", "format_none", "zzz"),
    ("status:mising", "status", "mising"),
    ("status:zzz", "status_none", "zzz"),
    ("colour:bleue", "colour", "bleue"),
    ("colour:#12345", "colour_none", "#12345"),
    ("is:damagd", "is", "damagd"),
    ("is:zzz", "is_none", "zzz"),
    ("mode:fil", "mode", "fil"),
    ("mode:zzz", "mode_none", "zzz"),
    ("sort:widht", "sort", "widht"),
    ("sort:zzz", "sort_none", "zzz"),
    ("group:foldr", "group", "foldr"),
    ("group:()", "group_none", "()"),
    ("group:folder:siz", "order", "folder:siz"),
    ("group:folder:zzz", "order_none", "folder:zzz"),
    ("cat width:", "no_value", "width:"),
    ('name:""', "no_value", 'name:""'),
    ("width>1,2", "one_value", "2"),
    ("name>a", "sign", "name>a"),
    ("sort<a", "sign", "sort<a"),
    ("width:wide", "number", "wide"),
    ("width:1e999999999", "number", "1e999999999"),
    ("width:5000000000000000000", "number", "5000000000000000000"),
    ("size>5TB", "size", "5TB"),
    ("date:1930-02-30", "date", "1930-02-30"),
    ("date:0000", "date", "0000"),
    ("date:spring", "date", "spring"),
    ("added:0d", "date", "0d"),
    ("width:..", "range", ".."),
    ("width:5..<", "range", "5..<"),
    ("date:..", "range", ".."),
    ("cluster:x", "cluster", "x"),
    ("them:war", "field", "them"),
    ("my-note:war", "field", "my-note"),
    ('"zzz":war', "field_none", '"zzz"'),
    ("theme:peac", "tag", "peac"),
    ("tag:peac", "tag", "peac"),
    ("theme:zzzzz", "tag_none", "zzzzz"),
    ("author@them:Anna", "property", "author@them:Anna"),
    ("author@zzz:Anna", "property_none", "author@zzz:Anna"),
    ("excluded:maybe", "truth", "maybe"),
    ("twin:abc", "image", "abc"),
    ("sort:yaer", "sort", "yaer"),
    ("theme>war", "sign", "theme>war"),
    ("duplicate:twin", "duplicate", "twin"),
    ("name:/(/", "pattern", "name:/(/"),
    ("group:folder(1.5)", "by", "folder(1.5)"),
    ('name:"ab', "quote", '"'),
    ("cat (a b", "open", "("),
    ("a ) b", "close", ")"),
    ("a ( ) b", "nothing", "( )"),
    ("a OR", "or", "OR"),
    ("| a", "or", "|"),
    ("a OR OR b", "or", "OR"),
    ("(a OR)", "or", "OR"),
    ("a NOT", "not", "NOT"),
    ("-sort:date", "denied", "sort:date"),
    ("(" * 30 + "a", "too_deep", "(" * 10 + "a"),
    ("-(b " * 12 + "a" + ")" * 12, "too_deep", ")" * 12),
]


@pytest.mark.parametrize(("text", "where"), WHERE)
def test_each_term_is_the_condition_that_a_panel_sets(text, where):
    parsed = parse(text)
    assert parsed.problems == ()
    assert parsed.where == where
    assert parsed.phrases == ()


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


@pytest.mark.parametrize(("french", "english"), FRENCH)
def test_french_and_english_say_the_same(french, english):
    assert parse(french).problems == ()
    assert parse(french) == parse(english)
    assert parse(french) != parse("")


def test_order_groups_and_mode_are_said_beside_the_terms():
    parsed = parse("sort:date,-size sort:mp group:month(date),-folder(2):size mode:file")
    assert parsed.sort == (Sort("taken_at"), Sort("size", True), Sort("pixels"))
    assert parsed.group == (Level("taken_at", "month"), Level("folder", 2, "size", True))
    assert parsed.mode == "file"
    assert parse("").mode is None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("folder", Level("folder")),
        ("width", Level("width")),
        ("width(500)", Level("width", 500)),
        ("mp(0.5)", Level("pixels", 500_000)),
        ("size(5MB)", Level("size", 5_000_000)),
        ("date", Level("taken_at", "year")),
        ("month", Level("taken_at", "month")),
        ("decade(added)", Level("added", "decade")),
        ("added(week)", Level("added", "week")),
        ("cluster", Level("cluster", "clip")),
        ("cluster(visual)", Level("cluster", "visual")),
        ("duplicate(exact)", Level("duplicate", "exact")),
        ("duplicate(semantic)", Level("duplicate", "semantic:clip")),
        ("colour", Level("colour")),
        ("excluded", Level("excluded")),
        ("author", Level("author")),
        ("author(theme)", Level("author", "theme")),
        ("auteur(#k3x9)", Level("author", "k3x9")),
        ("theme", Level(OWN["theme"])),
        ('"my notes"', Level(OWN["notes"])),
        ("-my-notes:size", Level(OWN["notes"], None, "size", True)),
        ("made-on", Level(OWN["made"], "year")),
        ('decade("made on")', Level(OWN["made"], "decade")),
        ("month(made-on)", Level(OWN["made"], "month")),
        ('"year"(0.5)', Level(OWN["year"], 0.5)),
        ("year", Level("taken_at", "year")),
        (r'"odd \"name\": x)":taille', Level(OWN["place"], None, "size")),
        ("month(p:date:zzz):size", Level("p:date:zzz", "month", "size")),
    ],
)
def test_each_level_of_groups(text, level):
    parsed = parse(f"group:{text}", state=STATE)
    assert (parsed.problems, parsed.group) == ((), (level,))


def test_orders_by_properties():
    parsed = parse('sort:-year,"My notes",my-notes,-"odd \\"name\\": x)",p:number:zzz', state=STATE)
    assert parsed.problems == ()
    assert parsed.sort == (
        Sort(OWN["year"], True),
        Sort(OWN["notes"]),
        Sort(OWN["notes"]),
        Sort(OWN["place"], True),
        Sort("p:number:zzz"),
    )


def test_free_words_are_left_to_the_page():
    parsed = parse('cat width:5 "red dress" 12:30 - a|b (c)')
    assert parsed.phrases == ("cat", "red dress", "12:30", "-")
    assert parsed.words == "cat red dress 12:30 -"
    assert parsed.where == (
        *one("width", "between", [5, 5]),
        either(path("a"), path("b")),
        *path("c"),
    )
    view = parser.to_view(parse('cat "red dress" mode:file'), "name")
    assert view == View(
        (*one("name", "contains", "cat"), *one("name", "contains", "red dress")), mode="file"
    )


@pytest.mark.parametrize(
    ("typed", "found"),
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
def test_a_folder_is_known_by_its_end(typed, found):
    parsed = parse(f"folder:{typed}", folders=FOLDERS)
    assert parsed.where == one("folder", "in", found)


def test_a_format_that_the_corpus_alone_knows_is_none_to_complain_of():
    assert parse("format:psd", formats=["PSD"]).where == one("format", "in", ["PSD"])
    assert parse("format:gif", formats=["PSD"]).problems == ()


def test_what_depends_on_an_encoder_says_so_where_there_is_none():
    for text in ("cluster:3", "group:cluster", "means:cat", "like:cat", "duplicate:semantic"):
        assert [one.key for one in parser.parse(text).problems] == ["encoder"]
    assert parser.parse("cluster@visual:3 means@clip:cat").problems == ()
    assert parse("means:cat", reader="words").where[0].value["encoder"] == "words"
    assert parse("like:cat", reader="words").where[0].value["encoder"] == "words"
    assert parse("like:image:ab12", reader="words").where[0].value["encoder"] == "clip"


@pytest.mark.parametrize(("text", "key", "spanned"), PROBLEMS)
def test_what_is_not_understood_is_said_and_shown(text, key, spanned):
    parsed = parse(text, folders=FOLDERS, formats=["PNG", "JPEG"], state=STATE)
    problem = parsed.problems[0]
    start, end = problem.span
    assert problem.key == key
    assert text[start:end].endswith(spanned)
    said = {problem.message(language) for language in LANGUAGES}
    assert len(said) == 2
    assert not any("{" in text for text in said)


def test_every_problem_is_met_above():
    met = {key for _, key, _ in PROBLEMS} | {"encoder"}
    assert {f"query.{key}" for key in met} == {one for one in keys("en") if "query." in one}


def test_a_search_that_cannot_be_read_says_so_in_its_own_words():
    for text, part in (('like:"cat -" width:5', "“-”"), ("like:img:x", "“img:x”")):
        parsed = parse(text)
        [problem] = parsed.problems
        assert problem.key.startswith("invalid_expression.")
        assert part in problem.message("en")
        assert problem.message("fr") != problem.message("en")
        assert not any(part.field == "like" for part in parsed.where)


def test_what_is_understood_holds_beside_what_is_not():
    parsed = parse("foldr:a width:5 sort:zzz cat")
    assert len(parsed.problems) == 2
    assert parsed.where == one("width", "between", [5, 5])
    assert parsed.words == "cat"


def test_the_closest_names_are_suggested():
    assert "folder?" in parse("foldr:x").problems[0].message("en")
    assert "dossier ?" in parse("dosier:x").problems[0].message("fr")
    assert "1930s" in parse("folder:1930", folders=FOLDERS).problems[0].message("en")
    for text, name in (
        ("them:x", "Theme?"),
        ("theme:peac", "Peace?"),
        ('"my note":x', '"My notes"?'),
    ):
        assert name in parse(text, state=STATE).problems[0].message("en")


def test_of_many_tags_the_closest_are_found_in_time():
    tags = {f"t{at}": Tag(f"t{at}", "theme", f"tag number {at}") for at in range(30_000)}
    state = State(properties=STATE.properties, tags=tags)
    begun = time.process_time()
    assert parse('theme:"tag nunber 7"', state=state).problems[0].key == "tag"
    assert parse('theme:"tag number 29999"', state=state).where[0].value == ["t29999"]
    assert time.process_time() - begun < 5


SNIPPETS = st.sampled_from(
    [
        *'()"|-,:=<>*/\\~#@. ', "..", " OR ", " NOT ", "AND ", "folder:", "name:", "width", "date",
        "size>", "group:", "sort:-", "is:", "cluster:", "colour:#", "1930", "9999", "0001", "5MB",
        "99999d", "none", "/a/", "..<", "é", "means:", "duplicate:", "semantic:", "mode:", "theme:",
        "war", "+", '"my notes"', "tag:", "year", "p:tags:zzz:", "author@", "excluded:", "yes",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(st.one_of(SNIPPETS, st.text(max_size=2))).map("".join))


@given(TEXTS, st.booleans())
def test_no_text_raises_and_what_it_says_is_a_view(text, knows):
    known = {"folders": FOLDERS, "formats": ["PNG"], "state": STATE}
    parsed = parse(text, **known) if knows else parser.parse(text)
    view = parser.to_view(parsed)
    assert from_json(json.dumps(to_json(view))) == view
    for problem in parsed.problems:
        start, end = problem.span
        assert 0 <= start < end <= len(text)
        assert problem.message("fr") != problem.message("en")


@given(TEXTS)
def test_what_was_typed_can_be_written_again(text):
    view = parser.to_view(parse(text, state=STATE))
    assert writer.unwritable(view, STATE) == ()
    written = writer.write(view, encoder="clip", state=STATE)
    assert parser.to_view(parse(written, state=STATE)) == view


def test_deep_and_long_texts_are_read_in_time():
    long = ("(" * 100_000, "-" * 100_000, "NOT " * 20_000, '"' * 99_999, "a_" * 50_000)
    for text in (*long, "a-" * 50_000, '"a' * 50_000, "theme:" + "a+" * 50_000, 'sort:"' * 5_000):
        parse(text, state=STATE)
    assert len(parse("a " * 20_000, state=STATE).phrases) == 20_000


NUMBERS = st.one_of(
    st.integers(-(10**9), 10**12), st.floats(-1e9, 1e12, allow_nan=False).map(lambda x: round(x, 6))
)
DATES = st.one_of(
    st.dates(),
    st.builds(date, st.integers(1, 9999), st.sampled_from([1, 12]), st.sampled_from([1, 31])),
).map(date.isoformat)
WORDS = st.one_of(
    st.sampled_from(["none", "ANY", "a b", "/a/", "a*", '\\"', "-a"]), st.text(min_size=1)
)
SLUGS = st.sampled_from(["clip", "clip-vit-b.32_x", "visual"])


QUERIES = st.sampled_from(
    ["cat", 'cat - "a, b~c"', "image:ab12", "2*crop:ab12@0,0,0.5,1 - cat", "a~b", "a) (b", '"\\\\"']
)


def lists(values):
    return st.lists(values, min_size=1, max_size=3)


def ends(values):
    halves = st.tuples(st.none() | values, st.none() | values).map(list)
    return halves.filter(lambda pair: pair != [None, None])


def values_of(field, op):
    kind = FIELDS[field].kind
    if op.startswith("is "):
        return st.none()
    if op == "is":
        return st.booleans() if kind == "truth" else st.sampled_from(HUES)
    if op == "between":
        return ends(NUMBERS if kind == "number" else DATES)
    if op == "matches":
        return st.from_regex(r"\A[a-z ./|()\[\]\\d^$+]{1,9}\Z").filter(is_pattern)
    by_kind = {"number": NUMBERS, "date": DATES, "tags": TAG_IDS, "link": SHA1S}
    return CHOICES.get("colour" if kind == "colour" else field, by_kind.get(kind, WORDS))


def is_pattern(text):
    return FIELDS["name"].operator("matches").check(text) is None and "\\/" not in text


def colour(distance):
    return st.fixed_dictionaries(
        {"colour": st.from_regex(r"\A#[0-9a-f]{6}\Z")},
        optional={"distance": distance},
    )


TAG_IDS = lists(st.sampled_from([id for tags in TAGS.values() for id in tags] + ["lost", "zzz"]))
SHA1S = lists(st.sampled_from([sha1("a"), sha1("b")]))
CHOICES = {
    "author": st.fixed_dictionaries(
        {"authors": lists(WORDS)}, optional={"property": st.sampled_from([*PROPERTIES, "zzz"])}
    ),
    "folder": lists(st.text()),
    "format": lists(st.sampled_from(sorted(set(FORMAT_NAMES.values())))),
    "status": lists(st.sampled_from(STATUSES)),
    "cluster": st.fixed_dictionaries({"encoder": SLUGS, "numbers": lists(st.integers(-1, 10**6))}),
    "duplicate": st.one_of(
        st.fixed_dictionaries({"kinds": lists(st.sampled_from(["exact", "near", "semantic:a-b"]))}),
        st.fixed_dictionaries(
            {"groups": lists(st.sampled_from([f"near:{sha1('a')}", f"semantic:a-b:{sha1('a')}"]))}
        ),
    ),
    "text": st.fixed_dictionaries({"encoder": SLUGS, "text": WORDS}),
    "like": st.one_of(
        st.fixed_dictionaries(
            {"encoder": SLUGS, "query": QUERIES}, optional={"count": st.integers(1, 10**6)}
        ),
        st.fixed_dictionaries({"encoder": SLUGS, "query": QUERIES, "threshold": st.floats(-1, 1)}),
        st.fixed_dictionaries(
            {"encoder": SLUGS, "query": QUERIES, "percentile": st.floats(0, 100)},
            optional={"count": st.integers(1, 10**6)},
        ),
    ),
    "colour": colour(st.floats(0, 500).map(lambda x: round(x, 6))),
}
# Of properties that are here, that were deleted, that were never here, that had another type.
OWN_FIELDS = [
    *OWN.values(),
    "p:number:old",
    *(f"p:{type}:{id}" for type in TYPES for id in ("zzz", "theme")),
]
SAYABLE = [
    (field.name, operator.name)
    for field in (*FIELDS.values(), *map(FIELDS.__getitem__, OWN_FIELDS))
    for operator in field.operators
    if field.name not in ("region", "similar", "selection")
]
CONDITIONS = st.sampled_from(SAYABLE).flatmap(
    lambda asked: st.builds(Condition, st.just(asked[0]), st.just(asked[1]), values_of(*asked))
)
PARTS = st.recursive(
    CONDITIONS,
    lambda parts: st.one_of(
        st.builds(
            Clause,
            st.sampled_from(["all", "any"]),
            st.lists(parts, min_size=2, max_size=3).map(tuple),
        ),
        st.builds(Clause, st.just("not"), st.tuples(parts)),
    ),
    max_leaves=6,
)
WIDTHS = st.none() | st.floats(0.001, 1e9).map(lambda x: round(x, 6))
LEVEL_BYS = {
    "folder": st.none() | st.integers(1, 9),
    **dict.fromkeys(("taken_at", "added"), st.sampled_from(PERIODS)),
    **dict.fromkeys(("width", "height", "pixels", "size", "copies"), WIDTHS),
    "cluster": SLUGS,
    "duplicate": st.sampled_from(["exact", "near", "semantic:a-b"]),
}
LEVEL_BYS |= {
    field: WIDTHS if FIELDS[field].kind == "number" else st.sampled_from(PERIODS)
    for field in OWN_FIELDS
    if FIELDS[field].kind in ("number", "date")
} | {"author": st.sampled_from([None, *PROPERTIES, "zzz"])}
LEVEL = st.sampled_from([*sorted(LEVELS), *OWN_FIELDS]).flatmap(
    lambda field: st.builds(
        Level,
        st.just(field),
        LEVEL_BYS.get(field, st.none()),
        st.sampled_from(["value", "size"]),
        st.booleans(),
    )
)
VIEWS = st.builds(
    View,
    st.lists(PARTS, max_size=4).map(tuple),
    st.lists(
        st.builds(Sort, st.sampled_from([*SORTS, *OWN_FIELDS]), st.booleans()), max_size=3
    ).map(tuple),
    st.lists(LEVEL, max_size=3).map(tuple),
    st.sampled_from(["image", "file"]),
)


@given(VIEWS, st.sampled_from([None, "clip"]), st.sampled_from([None, STATE]))
def test_a_view_is_read_back_as_it_was_written(view, encoder, state):
    written = writer.write(view, encoder=encoder, state=state)
    assert writer.unwritable(view, state) == (), written
    parsed = parser.parse(written, encoder=encoder, state=state)
    assert parsed.problems == ()
    assert parser.to_view(parsed) == view


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("width>500", "width>500"),
        ("width>=500", "width>=500"),
        ("width<=500", "width<=500"),
        ("width<500", "width<500"),
        ("size>5", "size>5MB"),
        ("size:1500..300000 mp>=2", "size:1.5GB..300GB mp>=2"),
        ("date>1930", "date>=1931"),
        ("date:1930..1939", "date:1930s"),
        ("date:1930..1935", "date:1930..1935"),
        ("date:1930-05-01..1930-05-12", "date:1930-05-01..1930-05-12"),
        ("date:1930-05-01..1930-05-31", "date:1930-05"),
        ("a | b", "path:a OR path:b"),
        ("c (a|b)", "(path:a OR path:b) path:c"),
        ("NOT (width=1 height=2)", "-(width=1 height=2)"),
        ("NOT dossier:a,b", "-folder:a,b"),
        ("cluster:3 group:cluster", "cluster:3 group:cluster"),
        ("cluster@visual:3", "cluster@visual:3"),
        ("theme:WAR,peace+ete", "Theme:war OR Theme:Peace+ete"),
        ('theme:"#war"+"c++"', 'Theme:"#war"+"c++"'),
        ("theme:#same1", "Theme:#same1"),
        ("my-notes:x year>1930 year>=1930", '"My notes":x year>1930 year>=1930'),
        ('"folder":x folder:x', '"folder":x folder:x'),
        ("seen:oui -exclu:oui", "seen:yes -(excluded:yes)"),
        ('sort:-year,my-notes group:"year"(10)', 'sort:-year,"My notes" group:"year"(10)'),
        ("group:mois(made-on)", 'group:month("made on")'),
        ("p:number:old>5 p:text:theme:x", "p:number:old>5 p:text:theme:x"),
        ("author@theme:Anna group:author(theme)", "author@Theme:Anna group:author(Theme)"),
    ],
)
def test_a_view_is_written_as_people_would(typed, written):
    view = parser.to_view(parse(typed, state=STATE))
    assert writer.write(view, encoder="clip", state=STATE) == written


def test_what_cannot_be_said_is_told_and_left_out():
    region = Condition("region", "inside", {"encoder": "clip", "polygon": [[0, 0], [1, 0], [0, 1]]})
    similar = Condition("similar", "at least", {"encoder": "a", "sha1s": [], "threshold": 0.5})
    chosen = Condition("selection", "in", [sha1("a")])
    wide = Condition("width", "=", 5)
    nested = Clause("any", (wide, region))
    group = Level("duplicate", "one (odd")
    view = View((region, wide, similar, nested, chosen), group=(group, Level("folder")))
    assert writer.unwritable(view) == (region, similar, nested, chosen, group)
    assert writer.write(view) == "width=5 group:folder"
    assert writer.unwritable(View((Clause("all", (wide,)),))) == ()
    assert writer.write(View((Clause("all", (wide,)),))) == "width=5"


def test_every_example_of_the_docs_is_understood():
    text = (Path(__file__).parents[3] / "docs" / "views.md").read_text(encoding="utf-8")
    tables = re.split(r"\n##+ ", text)
    named = {table.partition("\n")[0]: table for table in tables}
    examples = re.findall(r"`([^`]+)` *(?:\||, (?=`))", named["Dates"])
    for row in re.findall(r"^\|.*\|$", named["Fields"], re.MULTILINE)[2:]:
        examples += re.findall(r"`([^`]+)`", row.rpartition(" | ")[2])
    examples += re.findall(r"`((?:sort|group|mode):[^`]+)`", named["Order, groups, mode"])
    examples.append(text.partition("```\n")[2].partition("```")[0])
    assert len(examples) > 50
    for example in examples:
        assert parse(example).problems == (), example
        assert parse(example) != parse("")
    rows = re.findall(r"^\|.*\|$", named["Properties and tags"], re.MULTILINE)[2:]
    own = [one for row in rows for one in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
    assert len(own) > 15
    for example in own:
        assert parse(example, state=STATE).problems == (), example
        assert parse(example, state=STATE) != parse("")
    view = json.loads(text.partition("```json\n")[2].partition("```")[0])
    assert writer.unwritable(from_json(view)) == ()


def test_the_words_name_what_there_is():
    assert set(PREFERRED_NAMES) == set(FIELDS) - {"region", "similar", "selection"}
    assert set(HUE_NAMES.values()) == set(HUES)
    assert set(STATUS_NAMES.values()) == set(STATUSES)
    said = probe.__doc__.partition("One of ")[2].partition(".")[0]
    assert set(FORMAT_NAMES.values()) == set(said.split(", "))
