"""What any view shows, against a plain reading of it on a corpus of odd images."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panoptic_data.annotations.values import PROPOSERS
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.errors import InvalidView
from panoptic_data.media.colour import HUES
from panoptic_data.views.fields import FIELDS, LEVELS, MODES, PERIODS, SORTS, STATUSES
from panoptic_data.views.model import Clause, Condition, Level, Sort, View, from_json, to_json
from tests import plain_views
from tests.plain_views import CAMERAS, COLOURS, DATES, FOLDERS, KINDS, SIDES, SIZES
from tests.synthetic import sha1

PLAIN = plain_views.ReferenceCorpus()
PATHS = [f"{file['source']}/{file['path']}" for file in PLAIN.written]
# Understood alike by Python, which reads them here, and by Rust, which searches.
PATTERNS = (
    "é", "E\u0301", "^posters/.*\\.jpg$", "red|BLUE", "(1930|été)/", r"\bred\b", r"a\+b", r"\d{4}",
    r"\(1\.c", "^$", ".", "[^a-z]red", "στρ", "^leica", "(?:é ?)+$",
)  # fmt: skip
REFUSED = ("(?=a)", r"(a)\1", "(?<!a)b", "(?:a{1000}){1000}", r"\Z", "(?a)x")
POLYGONS = (
    [[-2, -2], [3, -2], [3, 2], [-2, 2]],
    [[-4, -4], [4, 4], [4, -4], [-4, 4]],
    [[0.5, 0.5], [0.6, 0.5], [0.5, 0.6]],
)
days = st.sampled_from([item.date().isoformat() for item in DATES] + ["1930-01-01", "2026-01-01"])
numbers = st.sampled_from([*SIDES, *SIZES, 2, 3, 12, 4800, 47.5, -0.5, 2**40, -(2**70), 1e300])
fragments = st.builds(
    lambda place, start, size, turn: turn(place[start : start + size]) or "e",
    st.sampled_from(PATHS + list(CAMERAS)),
    st.integers(0, 25),
    st.integers(1, 12),
    st.sampled_from([str.upper, str.lower, str]),
)
words = fragments | st.sampled_from(["é", "e\u0301", "É", "ΑΣ", "\u01f0", "%", "_", ".", "[x]/"])
full_texts = words | st.sampled_from(PATHS + list(CAMERAS))
folders = st.sampled_from(
    [
        *FOLDERS,
        *(f"{item}/" for item in FOLDERS),
        *(f"{item}/." for item in FOLDERS),
        "no",
        "posters/19",
    ]
)
some_sha1s = st.lists(st.sampled_from([item["sha1"] for item in PLAIN.images] + [sha1("x")]))
VALUES = {
    "texts": st.lists(st.sampled_from(["JPEG", "PNG", "WEBP", "jpeg"]), min_size=1),
    "folder": st.lists(folders, min_size=1, max_size=3),
    "cluster": st.builds(
        lambda numbers: {"encoder": "visual", "numbers": numbers},
        st.lists(st.integers(-2, 4), min_size=1),
    ),
    "region": st.sampled_from([{"encoder": "visual", "polygon": item} for item in POLYGONS]),
    "selection": some_sha1s,
    "duplicate": st.sampled_from(
        [
            {"kinds": ["near"]},
            {"kinds": [*KINDS], "groups": ["near:1", "exact:0"]},
            {"groups": ["no"]},
        ]
    ),
    "status": st.lists(st.sampled_from(STATUSES), min_size=1),
    "excluded": st.booleans(),
    "author": st.fixed_dictionaries(
        {"authors": st.lists(st.sampled_from([*plain_views.AUTHORS, "no"]), min_size=1)},
        optional={"property": st.sampled_from(["year", "label", "no"])},
    ),
    "proposed": st.fixed_dictionaries(
        {"proposers": st.lists(st.sampled_from(PROPOSERS), min_size=1)},
        optional={"property": st.sampled_from(["year", "label", "no"])},
    ),
    "p:checkbox:seen": st.booleans(),
    **{
        f"p:{kind}:{id}": st.lists(st.sampled_from([*plain_views.TAGS[id], "no"]), min_size=1)
        for kind, id in (("tags", "theme"), ("tag", "sort"))
    },
}


def ends(of):
    pair = st.lists(st.none() | of, min_size=2, max_size=2)
    return pair.filter(lambda item: item != [None, None])


def value(field, op):
    """Values that an operator of a field takes."""
    if op in ("is empty", "is not empty"):
        return st.none()
    if op == "near":
        operation = {"colour": st.sampled_from(COLOURS)}
        return st.fixed_dictionaries(
            operation, optional={"distance": st.sampled_from([0, 10, 31.5])}
        )
    if op == "is" and FIELDS[field].kind == "colour":
        return st.sampled_from(HUES)
    if op == "matches":
        return st.sampled_from(PATTERNS)
    kind = FIELDS[field].kind
    if kind == "text":
        return full_texts if op in ("=", "!=", "begins with") else words
    if kind in ("number", "date"):
        item = numbers if kind == "number" else days
        return ends(item) if op == "between" else item
    return VALUES["texts" if field == "format" else field]


OPERATIONS = [
    (field.name, operator.name)
    for field in (*FIELDS.values(), *(FIELDS[item] for item in plain_views.PROPERTIES))
    for operator in field.operators
    if field.kind != "likeness"
]
conditions = st.sampled_from(OPERATIONS).flatmap(
    lambda operation: st.builds(
        Condition, st.just(operation[0]), st.just(operation[1]), value(*operation)
    )
)
parts = st.recursive(
    conditions,
    lambda inner: (
        st.builds(
            Clause,
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3).map(tuple),
        )
        | st.builds(Clause, st.just("not"), st.tuples(inner))
    ),
    max_leaves=6,
)
sorts = st.builds(Sort, st.sampled_from([*SORTS[:-1], *plain_views.PROPERTIES]), st.booleans())
BY = {
    "folder": st.none() | st.integers(1, 4),
    **dict.fromkeys(("taken_at", "digitised_at"), st.sampled_from(PERIODS)),
    "added": st.sampled_from(PERIODS),
    "cluster": st.just("visual"),
    "duplicate": st.sampled_from(KINDS),
    "p:date:made": st.sampled_from(PERIODS),
    "author": st.none() | st.sampled_from(["year", "label", "no"]),
    "proposed": st.none() | st.sampled_from(["year", "label", "no"]),
    "p:number:year": st.none() | st.sampled_from([1, 7, 0.25, 1e9]),
    **{
        field: st.none() | st.sampled_from([1, 7, 50, 0.1, 250.5, 1e9])
        for field in ("width", "height", "pixels", "size", "copies")
    },
}
levels = st.sampled_from([*LEVELS, *plain_views.PROPERTIES]).flatmap(
    lambda field: st.builds(
        Level,
        st.just(field),
        BY.get(field, st.none()),
        st.sampled_from(["value", "size"]),
        st.booleans(),
    )
)
EVERY_STATUS = Condition("status", "in", list(STATUSES))


def views(at_least=0):
    return st.builds(
        View,
        # Half of the views see damaged and missing images too.
        st.lists(st.just(EVERY_STATUS) | parts, max_size=3).map(tuple),
        st.lists(sorts, max_size=3).map(tuple),
        st.lists(levels, min_size=at_least, max_size=3).map(tuple),
        st.sampled_from(MODES),
    )


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    opened = PLAIN.write(tmp_path_factory.mktemp("plain") / "p")
    return registry.load(opened)


def shown(current, view):
    """What a view shows: sha1s, or places in file mode, in order."""
    result = run_view(current, view)
    if view.mode == "file":
        return current.corpus.files["place"].gather(result.files).to_list()
    return current.sha1s(result.rows)


def plainly(units, view):
    return [item["first"]["place"] if view.mode == "file" else item["sha1"] for item in units]


def listed(groups):
    columns = (groups.depth, groups.start, groups.count, groups.parent)
    return list(zip(*(column.tolist() for column in columns), groups.values, strict=True))


many = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_the_corpus_has_what_is_hard():
    statuses = {item["status"] for item in PLAIN.images}
    assert statuses == set(STATUSES)
    assert any(len({file["holder"] for file in item["files"]}) > 1 for item in PLAIN.images)
    for field in ("taken_at", "camera", "colour", "format", "width", "size", "first", "spot"):
        assert any(item[field] is None for item in PLAIN.images), field
    texts = [item["first"]["text"] for item in PLAIN.files]
    assert len(set(texts)) < len(texts), "two places that differ only in case"


@many
@given(views())
def test_a_view_shows_what_a_plain_reading_shows(current, view):
    units, groups = PLAIN.shown(view)
    assert shown(current, view) == plainly(units, view)
    assert (listed(run_view(current, view).groups) if view.group else []) == groups


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_each_operator_selects_what_a_plain_reading_selects(current, operation, mode, data):
    condition = Condition(*operation, data.draw(value(*operation)))
    view = View((condition, EVERY_STATUS), mode=mode)
    units, _ = PLAIN.shown(view)
    assert shown(current, view) == plainly(units, view)


@many
@given(views(at_least=1))
def test_what_is_asked_is_said_in_json(current, view):
    assert from_json(to_json(view)) == view


@pytest.mark.parametrize("pattern", REFUSED)
@pytest.mark.parametrize("field", ["path", "name", "camera"])
def test_a_pattern_that_python_reads_and_the_search_does_not_is_refused(current, field, pattern):
    view = View((Condition(field, "matches", pattern),))
    from_json(to_json(view))
    with pytest.raises(InvalidView) as caught:
        run_view(current, view)
    assert caught.value.params["field"] == field
