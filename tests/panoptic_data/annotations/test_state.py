"""States and values of properties: immutable, and the same however they came about."""

import polars as pl
import pytest

from panoptic_data.annotations import edits, log, replay
from panoptic_data.annotations.log import Change
from panoptic_data.annotations.state import PropertyValues, State, advance, from_log, needs_log
from tests.annotating import IMAGES, create_property, create_tag, values_of


def frame(**texts):
    """Return values by target as rows of ``PropertyValues``."""
    rows = [(target, text, "ada", None, "batch", "set") for target, text in texts.items()]
    columns = ("target", "value", "author", "at", "batch", "act")
    schema = {name: replay.VALUE_SCHEMA[name] for name in columns}
    return pl.DataFrame(rows, schema, orient="row")


def texts(values):
    return dict(values.select("target", "value").iter_rows())


def test_replaced_values_leave_the_old_ones_as_they_are():
    before = PropertyValues.from_frame(frame(a="1", b="2"))
    after = before.replaced(["b", "c"], frame(c="3"))
    assert texts(before.frame()) == {"a": "1", "b": "2"}
    assert texts(after.frame()) == {"a": "1", "c": "3"}
    assert texts(after.take(["b", "c", "a", "x"])) == {"a": "1", "c": "3"}
    assert after.take([]).is_empty()


def test_a_large_overlay_is_merged_into_the_base(monkeypatch):
    monkeypatch.setattr("panoptic_data.annotations.state.MAX_OVERLAID", 2)
    values = PropertyValues.from_frame(frame(a="1", b="2"))
    values = values.replaced(["a", "b"], frame(a="3"))
    assert values.overlaid == {"a", "b"}
    values = values.replaced(["c"], frame(c="4"))
    assert (values.overlaid, values.overlay.height) == (frozenset(), 0)
    assert texts(values.frame()) == {"a": "3", "c": "4"}


def test_readers_learn_what_changed_since_a_revision(monkeypatch):
    monkeypatch.setattr("panoptic_data.annotations.state.REVISIONS_KEPT", 2)
    values = PropertyValues.from_frame(frame())
    for target in "abc":
        values = values.replaced([target], frame(**{target: "1"}))
    assert values.changed_since(3) == []
    assert values.changed_since(1) == ["b", "c"]
    assert values.changed_since(0) is None


def test_a_state_advanced_event_by_event_is_that_of_the_whole_log(store):
    theme, year = create_property(store, "Theme", "tags"), create_property(store, "Year", "text")
    war = create_tag(store, theme, "war")
    store.commit(edits.add_tags(store.state(), theme.id, IMAGES, [war.id]), "tag", author="a")
    store.commit(edits.set_value(store.state(), year.id, IMAGES[:2], "1930"), "set", author="a")
    store.undo("a")
    store.commit(edits.remove_tags(store.state(), theme.id, IMAGES[:1], [war.id]), "tag")
    store.redo("a")
    changes, _ = edits.convert(store.state(), year.id, "number")
    store.commit(changes, "convert")
    events = store.log()
    advanced = State()
    for batch in events.partition_by("batch", maintain_order=True):
        end = advanced.position + batch.height
        advanced = advance(advanced, batch, events.head(end) if needs_log(batch) else None)
    whole = from_log(events)
    assert advanced.position == whole.position == events.height
    assert (advanced.properties, advanced.tags) == (whole.properties, whole.tags)
    for prop in (theme, year):
        assert values_of(advanced, prop) == values_of(whole, prop) == values_of(store.state(), prop)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change("image", "a", "note", "set", "x"), False),
        (Change("property", "note", "name", "set", '"Note"'), False),
        (Change("property", "note", "type", "set", '"text"'), True),
        (Change("batch", "b", "active", "set", "false"), True),
    ],
)
def test_the_log_is_needed_to_switch_batches_and_change_types(change, expected):
    events = log.event_rows(log.new_batch([change], "x", author="ada"))
    assert needs_log(events) is expected


def test_a_state_without_events_is_empty():
    state = from_log(pl.DataFrame(schema=log.EVENT_SCHEMA))
    assert (state.position, state.live_properties, state.tags_of("x")) == (0, [], [])
    assert state.values("x").is_empty()
    assert state.excluded.frame().is_empty()
    assert (state.target_kind("x"), state.values_of_target("x")) == ("image", {})
