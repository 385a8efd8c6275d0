"""Views of what pictures say of themselves: from files to filters, groups, order and exports."""

import polars as pl
import pytest

from panoptic_data import create_property
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import facets, registry, row_values
from panoptic_data.catalogue.execute import run_view, window
from panoptic_data.catalogue.groups import condition
from panoptic_data.exchange.exports import run
from panoptic_data.exchange.exports.options import Options
from panoptic_data.ingest import images, sources
from panoptic_data.query import parser, writer
from panoptic_data.storage.project import create_project
from panoptic_data.views.model import Condition, Level, Sort, View
from tests.images import encoded, exif, scene

DATES = {
    "year": "1958:00:00 00:00:00",
    "month": "1958:06:00 00:00:00",
    "day": "1958:06:14",
    "time": "1958:06:14 10:11:12",
    "later": "1961:02:03 04:05:06",
    "none": "0000:00:00 00:00:00",
}
PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/" '
    'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:City="{city}">'
    "<dc:description><rdf:Alt><rdf:li>{caption}</rdf:li></rdf:Alt></dc:description>"
    "<dc:creator><rdf:Seq><rdf:li>Aïcha B.</rdf:li></rdf:Seq></dc:creator>"
    "<lr:hierarchicalSubject><rdf:Bag>{keywords}</rdf:Bag></lr:hierarchicalSubject>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def packet(caption="", city="", keywords=()):
    listed = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
    return PACKET.format(caption=caption, city=city, keywords=listed).encode()


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number, (name, text) in enumerate(DATES.items()):
        options = {}
        if name in ("year", "month"):
            keywords = ["Europe|France|Paris", "pluie"] if name == "year" else ["pluie"]
            options["xmp"] = packet(f"Une rue ({name})", "Tours", keywords)
        picture = encoded(scene((64, 48), number), "JPEG", exif=exif(taken=text), **options)
        (folder / f"{name}.jpg").write_bytes(picture)
    project = create_project(folder.parent / "project")
    images.ingest(project, sources.add(project, folder), "r1")
    return project


def names(project, text):
    current = registry.get(project)
    view = parser.to_view(parser.parse(text, state=annotations_of(project).state()))
    rows = window(current, run_view(current, view), 0, 100)
    return [row["name"].removesuffix(".jpg") for row in rows]


def groups(project, level):
    result = run_view(registry.get(project), View(group=(level,)))
    return dict(zip(result.groups.values, result.groups.count.tolist(), strict=True))


def test_dates_are_shown_with_their_precision(project):
    current = registry.get(project)
    rows = window(current, run_view(current, View()), 0, 100)
    assert {row["name"].removesuffix(".jpg"): row["taken_at"] for row in rows} == {
        "year": "1958", "month": "1958-06", "day": "1958-06-14", "time": "1958-06-14T10:11:12",
        "later": "1961-02-03T04:05:06", "none": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("date:1958", {"year", "month", "day", "time"}),
        ("date:1958-06", {"year", "month", "day", "time"}),
        ("date:1958-07", {"year"}),
        ("date:1958-06-14", {"year", "month", "day", "time"}),
        ("date<1958-06-01", {"year"}),
        ("date>1960", {"later"}),
        ("date:none", {"none"}),
        ("caption:rue", {"year", "month"}),
        ("keywords:paris", {"year"}),
        ('keywords="pluie"', {"year", "month"}),
        ("keywords:none", {"day", "time", "later", "none"}),
        ("-keywords:paris keywords:any", {"month"}),
        ("creator:aïcha location:tours", {"year", "month"}),
        ("digitised:any", set()),
    ],
)
def test_what_files_say_is_searched(project, text, expected):
    assert set(names(project, text)) == expected


def test_periods_are_no_finer_than_the_dates_in_them(project):
    assert groups(project, Level("taken_at", "year")) == {"1958": 4, "1961": 1, None: 1}
    assert groups(project, Level("taken_at", "month")) == {
        "1958": 1, "1958-06": 3, "1961-02": 1, None: 1,
    }  # fmt: skip
    assert groups(project, Level("taken_at", "day")) == {
        "1958": 1, "1958-06": 1, "1958-06-14": 2, "1961-02-03": 1, None: 1,
    }  # fmt: skip
    assert groups(project, Level("taken_at", "week")) == {
        "1958": 1, "1958-06": 1, "1958-W24": 2, "1961-W05": 1, None: 1,
    }  # fmt: skip
    assert condition(Level("taken_at", "day"), "1958-06").value == ["1958-06-01", "1958-06-30"]


def test_groups_by_keyword_hold_what_has_it(project):
    level = Level("keywords")
    assert groups(project, level) == {"Europe|France|Paris": 1, "pluie": 2, None: 4}
    assert condition(level, "pluie") == Condition("keywords", "=", "pluie")
    assert groups(project, Level("location")) == {"Tours": 2, None: 4}


def test_order_by_date_and_by_caption(project):
    current = registry.get(project)
    view = View(sort=(Sort("taken_at"), Sort("caption")))
    rows = window(current, run_view(current, view), 0, 3)
    assert [row["name"] for row in rows] == ["year.jpg", "month.jpg", "day.jpg"]


def test_exports_keep_precision_and_hold_captions_where_they_are_named(project, tmp_path):
    options = Options(columns=("taken_at", "caption", "keywords"))
    run.export(project, "csv", tmp_path / "out.csv", View(), options=options)
    table = pl.read_csv(tmp_path / "out.csv", infer_schema=False).sort("path")
    by_name = {row["path"].rpartition("/")[2]: row for row in table.to_dicts()}
    assert by_name["year.jpg"]["taken_at"] == "1958"
    assert by_name["month.jpg"]["taken_at"] == "1958-06"
    assert by_name["year.jpg"]["caption"] == "Une rue (year)"
    assert by_name["year.jpg"]["keywords"] == '"Europe|France|Paris", pluie'


def test_a_property_of_a_field_s_name_goes_first(project, tmp_path):
    own = create_project(tmp_path / "own")
    create_property(own, "Caption", "text")
    state = annotations_of(own).state()
    ours = parser.to_view(parser.parse("caption:x", state=state)).where[0]
    theirs = parser.to_view(parser.parse("embedded_caption:x", state=state)).where[0]
    assert (ours.field.partition(":")[0], theirs.field) == ("p", "caption")
    assert writer.write(View((theirs,)), state=state) == "embedded_caption:x"
    assert parser.to_view(parser.parse("caption:x")).where[0].field == "caption"


def test_what_files_say_is_counted_by_value_as_a_choice_of_it_finds(project):
    current = registry.get(project)
    counts = facets.described(current, View(), "keywords")
    assert (counts.counts, counts.empty) == ({"pluie": 2, "Europe|France|Paris": 1}, 4)
    counts = facets.described(current, View(), "creator", by_name=True)
    assert (counts.counts, counts.empty) == ({"Aïcha B.": 2}, 4)
    for field in ("keywords", "creator", "location", "caption"):
        for value, count in facets.described(current, View(), field).counts.items():
            view = facets.choose(View(), field, [value])
            assert facets.chosen(view, field) == [value]
            assert len(run_view(current, view)) == count
            # A section does not count under its own choice.
            assert facets.described(current, view, field) == facets.described(
                current, View(), field
            )
    view = facets.choose(View(), "rights", [None])
    assert len(run_view(current, view)) == len(DATES)


def test_rows_say_what_files_say(project):
    current = registry.get(project)
    result = run_view(current, View(sort=(Sort("name"),)))
    fields = ["caption", "keywords", "digitised_at", "nothing"]
    texts = row_values.described_texts(current, result, 0, 10, fields)
    rows = {
        row["name"]: text for row, text in zip(window(current, result, 0, 10), texts, strict=True)
    }
    assert rows["year.jpg"]["keywords"] == "Europe › France › Paris, pluie"
    assert rows["month.jpg"]["caption"] == "Une rue (month)"
    assert rows["none.jpg"] == {}
