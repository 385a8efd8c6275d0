"""Properties: created, updated, put in order."""

import pytest

from panoptic_data.annotations import properties
from panoptic_data.errors import InvalidProperty
from tests.annotating import create_property, reopened


def test_a_property_is_read_as_it_was_created(store):
    options = {"least": 0, "most": 10, "step": 2, "slider": True}
    year = create_property(
        store, " The  year ", "number", target="file", folder="Dates", options=options
    )
    assert year.name == "The year"
    assert store.state().properties == {year.id: year}
    assert reopened(store).properties == {year.id: year}
    assert (year.has_tags, year.is_multi_valued) == (False, False)


def test_only_numbers_have_options(store):
    assert create_property(store, "Note", "text", options={"least": 1}).options == {}


def test_parts_that_stay_are_not_written(store):
    note = create_property(store, "Note", "text")
    changes = properties.update(store.state().properties, note.id, name="Note", hidden=True)
    assert [(change.property, change.new, change.old) for change in changes] == [
        ("hidden", "true", "false")
    ]


def test_properties_not_named_in_an_order_come_after_it(store):
    for name in ("a", "b", "c"):
        create_property(store, name, "text")
    known = store.state().properties
    last = list(known)[-1]
    store.commit(properties.reorder(known, [last, "unknown"]), "order")
    assert [prop.name for prop in store.state().live_properties] == ["c", "a", "b"]


def test_a_name_is_free_again_when_its_property_is_deleted(store):
    note = create_property(store, "Note", "text")
    with pytest.raises(InvalidProperty) as refused:
        properties.create(store.state().properties, "NOTE", "text")
    assert refused.value.problem == "taken"
    store.commit(properties.update(store.state().properties, note.id, deleted=True), "delete")
    assert create_property(store, "NOTE", "text").name == "NOTE"


def test_parts_without_a_name_or_of_an_unknown_type_are_no_property():
    texts = {"a": {"type": '"text"'}, "b": {"name": '"B"', "type": '"poem"'}}
    assert properties.read(texts) == {}
