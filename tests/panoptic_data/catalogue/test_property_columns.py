"""Values of properties aligned with the rows: read at once, and patched after an edit."""

import numpy as np
import polars as pl
import pytest

from panoptic_data.annotations import edits, properties, tags
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import property_columns, registry
from panoptic_data.catalogue.corpus import NO_TIME
from panoptic_data.catalogue.property_columns import Texts
from tests.synthetic import sha1

MICROSECONDS_A_DAY = 86_400_000_000


@pytest.fixture
def store(opened):
    return annotations_of(opened)


def make(store, name, type, **more):
    property, changes = properties.create(store.state().properties, name, type, **more)
    store.commit(changes, "property")
    return property.id


def test_texts_are_numbers_dates_and_distinct_values():
    numbers = Texts(pl.Series(["3", None, "-0.5"])).numbers
    assert numbers[[0, 2]].tolist() == [3, -0.5]
    assert np.isnan(numbers[1])
    # A year and a month stand for their first days.
    times = Texts(pl.Series(["1970-01-02", "1971", "1970-02", None], dtype=pl.String)).times
    days = [1, 365, 31]
    assert times.tolist() == [*(day * MICROSECONDS_A_DAY for day in days), NO_TIME]
    values, codes = Texts(pl.Series(["b", "a", None, "b"])).distinct
    assert (values.to_list(), codes.tolist()) == (["a", "b"], [1, 0, -1, 1])


def test_a_patched_column_is_the_column_read_anew(opened, store):
    theme = make(store, "Theme", "tags")
    ids = []
    for name in ("War", "Travel", "Sport"):
        tag, changes = tags.create(store.state().tags, theme, name)
        store.commit(changes, "tag")
        ids.append(tag.id)
    store.commit(edits.add_tags(store.state(), theme, [sha1("red"), sha1("grey")], ids[:2]), "set")
    before = registry.get(opened, fresh=True).column(f"p:tags:{theme}")
    store.commit(edits.remove_tags(store.state(), theme, [sha1("grey")], ids[:1]), "set")
    store.commit(edits.add_tags(store.state(), theme, [sha1("blue")], ids[2:]), "set")
    patched = registry.get(opened, fresh=True).column(f"p:tags:{theme}")
    anew = registry.load(opened).column(f"p:tags:{theme}")
    assert patched is not before
    assert len(before.units) == 4
    for tag in ids:
        assert patched.tagged([tag]).tolist() == anew.tagged([tag]).tolist()
    assert patched.filled.tolist() == anew.filled.tolist()
    assert int(patched.filled.sum()) == 3
    assert patched.units.tolist() == sorted(patched.units.tolist())


def test_a_column_is_kept_until_its_values_change(opened, store):
    year, other = make(store, "Year", "number"), make(store, "Other", "number")
    store.commit(edits.set_value(store.state(), year, [sha1("red")], 1930), "set")
    before = registry.get(opened, fresh=True).column(f"p:number:{year}")
    store.commit(edits.set_value(store.state(), other, [sha1("red")], 1), "set")
    assert registry.get(opened, fresh=True).column(f"p:number:{year}") is before
    store.commit(edits.set_value(store.state(), year, [sha1("red")], 1931), "set")
    current = registry.get(opened, fresh=True)
    rows = current.rows_of([sha1("red"), sha1("blue")])
    assert current.numbers(f"p:number:{year}")[rows[0]] == 1931
    assert np.isnan(current.numbers(f"p:number:{year}")[rows[1]])


def test_authors_are_those_of_the_values_that_images_have_now(opened, store):
    year, other = make(store, "Year", "number"), make(store, "Other", "number")
    for author, property, name in (
        ("ana", year, "red"),
        ("bo", year, "red"),
        ("bo", other, "blue"),
        ("ana", other, "grey"),
    ):
        changes = edits.set_value(store.state(), property, [sha1(name)], len(author))
        store.commit(changes, "set", author=author)
    current = registry.get(opened, fresh=True)

    def named(property=None):
        rows, codes, names = current.authors(property)
        images = current.sha1s(rows.astype(np.uint32))
        return {(image, names[code]) for image, code in zip(images, codes.tolist(), strict=True)}

    assert named() == {(sha1("red"), "bo"), (sha1("blue"), "bo"), (sha1("grey"), "ana")}
    assert named(year) == {(sha1("red"), "bo")}
    assert property_columns.authors(opened, current.corpus, store.state(), "nosuch")[2] == []
