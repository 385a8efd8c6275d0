"""The sections of the left panel: which are counted, under which conditions."""

from datetime import datetime

from app.components.facets import Item
from app.widgets import described_facets, facet_order, property_facets
from app.widgets.facet_panel import date_histogram, with_choice
from panoptic_data import annotate, create_property
from panoptic_data.catalogue import facets, registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.views import model
from panoptic_data.views.model import Level, Sort, View
from tests import synthetic
from tests.app.page import component, run


def test_counts_of_a_section_leave_its_own_condition_out(corpus):
    view = View().with_condition("folder", ["s/dogs"])
    sections = component(run(view=model.to_address(view)), "facets")["sections"]
    [folders] = [section for section in sections if section["field"] == "folder"]
    assert folders["selected"] == ["s/dogs"]
    assert {item["id"]: item["count"] for item in folders["items"]} == {
        "s": 4,
        "s/cats": 2,
        "s/dogs": 3,
    }


def test_only_open_sections_are_counted(corpus):
    sections = {section["field"]: section for section in component(run(), "facets")["sections"]}
    assert sections["folder"]["open"]
    assert not sections["format"]["open"]
    assert sections["format"]["items"] == []


def test_dates_are_counted_by_month_when_they_lie_close(project):
    days = {"a": datetime(2020, 1, 5), "b": datetime(2020, 1, 20), "c": datetime(2020, 3, 1)}
    rows = [synthetic.image(name, taken_at=day) for name, day in days.items()]
    synthetic.write(project, "images", rows)
    synthetic.write(project, "files", [synthetic.file(f"s/{n}.jpg", n) for n in days])

    histogram = date_histogram(registry.load(project), View())
    assert histogram.counts == [2, 0, 1]
    assert histogram.edges == ["2020-01-01", "2020-02-01", "2020-03-01", "2020-04-01"]


def test_values_are_listed_by_count_or_by_name_as_people_order_them(project):
    names = {"a": "Box 10", "b": "Box 2", "c": "Été", "d": "Box 10", "e": "Zoo", "f": "album"}
    synthetic.write(project, "images", [synthetic.image(name) for name in names])
    synthetic.write(project, "files", [synthetic.file(f"s/{n}.jpg", n) for n in names])
    prop = create_property(project, "Place", "text")
    annotate(project, prop, {synthetic.sha1(name): value for name, value in names.items()})
    catalogue, field = registry.load(project), f"p:text:{prop.id}"
    by_count = list(facets.values(catalogue, View(), field).counts)
    by_name = list(facets.values(catalogue, View(), field, by_name=True).counts)
    assert by_count[0] == "Box 10"
    assert by_name == ["album", "Box 2", "Box 10", "Été", "Zoo"]
    view = View(sort=(Sort(field),), group=(Level(field),))
    groups = run_view(catalogue, view).groups
    assert groups.values == by_name


def test_an_order_is_offered_and_kept(monkeypatch):
    held = {}
    monkeypatch.setattr(facet_order.st, "session_state", held)
    monkeypatch.setattr(facet_order.state, "text", lambda key: key)
    items = [Item("x", "page10", 1), Item("y", "page2", 5), Item("z", "Été", 3)]
    assert [item.id for item in facet_order.ordered("f", items)] == ["y", "z", "x"]
    assert [choice["selected"] for choice in facet_order.choices("f")] == [True, False]
    assert not facet_order.choose("visual")
    assert facet_order.choose(facet_order.choices("f")[1]["id"])
    assert [item.id for item in facet_order.ordered("f", items)] == ["z", "y", "x"]


def test_what_files_say_has_sections_where_any_says_it(project):
    rows = [
        synthetic.image("a", caption="Le port", keywords=["mer|port", "nuit"]),
        synthetic.image("b", caption="Le port"),
        synthetic.image("c"),
    ]
    synthetic.write(project, "images", rows)
    synthetic.write(project, "files", [synthetic.file(f"s/{n}.jpg", n) for n in "abc"])
    catalogue = registry.load(project)
    assert described_facets.fields_with_values(catalogue) == ["keywords", "caption"]
    view = facets.choose(View(), "caption", ["Le port"])
    sections = described_facets.sections(catalogue, view, ("caption",))
    assert [(section.field, section.title) for section in sections] == [
        ("keywords", "Embedded keywords"),
        ("caption", "Caption"),
    ]
    assert sections[0].items == []
    assert sections[1].selected == ["Le port"]
    assert [(item.id, item.count) for item in sections[1].items] == [("Le port", 2), (None, 1)]
    assert with_choice(view, "caption", None, None) == View()
    assert with_choice(View(), "caption", ["Le port"], None) == view


def test_stars_are_listed_from_the_most_and_chosen_as_a_range(project):
    names = "abcde"
    synthetic.write(project, "images", [synthetic.image(name) for name in names])
    synthetic.write(project, "files", [synthetic.file(f"s/{n}.jpg", n) for n in names])
    rating = create_property(project, "Rating", "number")
    stars = dict(zip(names, (5, 3, 3, -1), strict=False))
    annotate(project, rating, {synthetic.sha1(name): value for name, value in stars.items()})
    field = f"p:number:{rating.id}"

    def section(view=View()):  # noqa: B008 - never changed
        current = registry.get(project, fresh=True)
        [only] = property_facets.sections(current, view, {field})
        return only

    assert [(item.id, item.label, item.count) for item in section().items] == [
        ("5", "★★★★★", 1),
        ("3", "★★★☆☆", 2),
        ("-1", "✕ rejected", 1),
    ]
    for listed, values in (("folder", ["s/cats"]), ("format", ["PNG"])):
        other = with_choice(View(), listed, values, None)
        assert other.condition(listed).value == values
    chosen = with_choice(View(), field, ["5", "3"], None)
    assert chosen.where[0].value == [3, 5]
    assert section(chosen).selected == ["5", "4", "3"]
    assert len(run_view(registry.get(project), chosen)) == 3
    assert with_choice(chosen, field, [], None) == View()
    # Other numbers stay a histogram.
    annotate(project, rating, {synthetic.sha1("e"): 80})
    assert section().kind == "range"
