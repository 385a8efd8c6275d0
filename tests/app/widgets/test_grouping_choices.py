"""What images can be grouped by, and in which ways."""

import pytest

from app.session import state
from app.widgets.grouping_choices import grouping_choices
from panoptic_data.annotations import properties
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import registry
from tests import synthetic


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setattr(state, "language", lambda: "en")


def by_field(project):
    catalogue = registry.load(project)
    return {choice["id"]: choice for choice in grouping_choices(catalogue, [])}


def test_a_corpus_is_grouped_by_what_it_has(corpus, project):
    choices = by_field(corpus)
    assert {"folder", "format", "colour", "camera", "added", "width", "copies"} <= set(choices)
    # No dates, no clusters, no duplicates, no properties.
    assert not {"taken_at", "cluster", "duplicate", "author"} & set(choices)
    assert [by["value"] for by in choices["folder"]["bys"]] == [None, 1, 2, 3]
    assert [by["value"] for by in choices["pixels"]["bys"]] == [None, 1_000_000, 5_000_000]
    synthetic.write(project, "images", [synthetic.image("e", taken_at=synthetic.AT)])
    synthetic.write(project, "files", [synthetic.file("s/e.jpg", "e")])
    periods = [by["value"] for by in by_field(project)["taken_at"]["bys"]]
    assert periods[0] == "year"
    assert sorted(periods) == ["century", "day", "decade", "month", "week", "year"]


def test_properties_come_with_their_own_ways_and_their_authors(corpus):
    store = annotations_of(corpus)
    for name, type, options in (("Size", "number", {"step": 5}), ("Theme", "tags", {})):
        _, changes = properties.create(store.state().properties, name, type, options=options)
        store.commit(changes, "property")
    choices = {choice["label"]: choice for choice in by_field(corpus).values()}
    assert [by["value"] for by in choices["Size"]["bys"]] == [None, 0.1, 1.0, 5.0, 10.0, 100.0]
    assert choices["Theme"]["bys"] == []
    [authors] = [choice for choice in choices.values() if choice["id"] == "author"]
    ids = [property.id for property in store.state().properties.values()]
    assert [by["value"] for by in authors["bys"]] == [None, *ids]
