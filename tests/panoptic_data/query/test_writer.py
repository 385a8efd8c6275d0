"""Views written as text: read back as they were, and as people would write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_data.annotations.values import PROPOSERS, TYPES
from panoptic_data.media.colour import HUES
from panoptic_data.query import parser, writer
from panoptic_data.query.vocabulary import FORMAT_NAMES
from panoptic_data.views.fields import FIELDS, LEVELS, PERIODS, SORTS, STATUSES, WHO_FIELDS
from panoptic_data.views.model import Clause, Condition, Level, Sort, View
from tests.synthetic import sha1
from tests.typed_views import (
    OWN,
    PROPERTIES,
    STATE,
    TAGS,
    parse,
)

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
    "proposed": st.fixed_dictionaries(
        {"proposers": lists(st.sampled_from(PROPOSERS))},
        optional={"property": st.sampled_from([*PROPERTIES, "zzz"])},
    ),
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
    "part": lists(st.sampled_from(["image:ab12", "crop:ab12@0.1,0,0.5,1", f"image:{sha1('a')}"])),
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
    lambda query: st.builds(Condition, st.just(query[0]), st.just(query[1]), values_of(*query))
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
    **dict.fromkeys(("taken_at", "digitised_at", "added"), st.sampled_from(PERIODS)),
    **dict.fromkeys(("width", "height", "pixels", "size", "copies"), WIDTHS),
    "cluster": SLUGS,
    "duplicate": st.sampled_from(["exact", "near", "semantic:a-b"]),
}
LEVEL_BYS |= {
    field: WIDTHS if FIELDS[field].kind == "number" else st.sampled_from(PERIODS)
    for field in OWN_FIELDS
    if FIELDS[field].kind in ("number", "date")
} | dict.fromkeys(WHO_FIELDS, st.sampled_from([None, *PROPERTIES, "zzz"]))

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
