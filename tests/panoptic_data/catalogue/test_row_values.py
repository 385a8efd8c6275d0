"""The property values of a window of rows, as texts."""

import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from panoptic_data.catalogue.execute import run_view
from panoptic_data.catalogue.row_values import property_texts
from panoptic_data.views.model import View
from tests.synthetic import sha1


@pytest.fixture
def store(opened):
    return annotations_of(opened)


def make(store, name, type, **more):
    property, changes = properties.create(store.state().properties, name, type, **more)
    store.commit(changes, "property")
    return property.id


def texts(opened, *fields, view=None):
    """The texts of all rows of a view, which are blue, red and grey for images."""
    current = registry.get(opened, fresh=True)
    result = run_view(current, view or View())
    return property_texts(current, result, 0, 10, fields)


def test_tags_are_named_in_their_order(opened, store):
    theme = make(store, "Theme", "tags")
    ids = []
    for name in ("War", "Travel"):
        tag, changes = tags.create(store.state().tags, theme, name)
        store.commit(changes, "tag")
        ids.append(tag.id)
    store.commit(edits.add_tags(store.state(), theme, [sha1("red")], ids[::-1]), "set")
    store.commit(edits.add_tags(store.state(), theme, [sha1("grey")], ids[1:]), "set")
    assert texts(opened, f"p:tags:{theme}") == [
        {},
        {theme: "War, Travel"},
        {theme: "Travel"},
    ]


def test_links_are_named_as_the_image_and_what_is_unknown_is_left_out(opened, store):
    link, year = make(store, "Copy of", "image"), make(store, "Year", "number")
    store.commit(edits.set_value(store.state(), link, [sha1("blue")], sha1("red")), "set")
    store.commit(edits.set_value(store.state(), link, [sha1("red")], sha1("elsewhere")), "set")
    store.commit(edits.set_value(store.state(), year, [sha1("grey")], 1931), "set")
    fields = (f"p:image:{link}", f"p:number:{year}", f"p:date:{year}", "p:number:nosuch")
    assert texts(opened, *fields) == [
        {link: "B red.jpg"},
        {link: sha1("elsewhere")},
        {year: "1931"},
    ]
