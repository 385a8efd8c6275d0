"""The fields of views: those of every corpus, and of properties."""

import pytest

from panoptic_data.annotations.values import TYPES
from panoptic_data.views.fields import (
    FIELDS,
    LEVELS,
    SORTS,
    is_property,
    is_sort,
    property_field,
    property_of,
)
from panoptic_data.views.model import (
    from_json,
)
from tests.view_examples import EXAMPLES, OF_PROPERTIES


def test_every_field_has_an_example_here():
    assert set(EXAMPLES) == set(FIELDS) | set(OF_PROPERTIES)
    assert {field.split(":")[1] for field in OF_PROPERTIES} == set(TYPES)


def test_sorting_by_every_published_key_is_accepted():
    sorts = [{"field": field, "descending": True} for field in SORTS]
    view = from_json({"version": 1, "sort": sorts})
    assert [item.field for item in view.sort] == list(SORTS)


def test_a_property_is_a_field_by_its_type_and_id():
    field = property_field("number", "k3x9")
    assert field == "p:number:k3x9"
    assert property_of(field) == "k3x9"
    assert (FIELDS[field].kind, FIELDS[field].op) == ("number", "between")
    assert is_property(field)
    assert is_sort(field)
    assert field in LEVELS
    assert field not in set(FIELDS)


@pytest.mark.parametrize("name", ["p:zzz:k3x9", "p:number:", "p:number:K", "eval", None, 1, []])
def test_other_names_are_no_fields(name):
    assert name not in FIELDS
    assert FIELDS.get(name) is None
    assert FIELDS.get(name, "none") == "none"
    assert not is_sort(name)


def test_each_level_says_what_it_is_made_by():
    assert LEVELS["taken_at"]("month")
    assert not LEVELS["taken_at"](None)
    assert LEVELS["folder"](2)
    assert LEVELS["p:date:k3x9"]("year")
    assert LEVELS["p:number:k3x9"](None)
    assert not LEVELS["p:text:k3x9"]("year")
    with pytest.raises(KeyError):
        LEVELS["selection"]
