"""What values follow from events: the rules, on logs of a few lines."""

import polars as pl
import pytest

from panoptic_data.annotations import log, replay
from panoptic_data.annotations.log import Change


def events(*changes):
    """Return events of the batches b0, b1, …, one change each: (property, op, value)."""
    frames = []
    for number, (property, op, value) in enumerate(changes):
        batch = log.new_batch([Change("image", "a", property, op, value)], "x", author=f"u{number}")
        frames.append(log.event_rows(batch, number))
    return pl.concat(frames)


def folded_values(*changes):
    return sorted(replay.fold(events(*changes), ["tags"])["value"])


@pytest.mark.parametrize(
    ("changes", "values"),
    [
        ([("note", "set", "x"), ("note", "set", "y")], ["y"]),
        ([("note", "set", "x"), ("note", "set", None)], []),
        ([("tags", "add", "s"), ("tags", "add", "t"), ("tags", "remove", "s")], ["t"]),
        ([("tags", "remove", "s"), ("tags", "add", "s"), ("tags", "add", "s")], ["s"]),
        ([("tags", "add", "s"), ("tags", "set", '["t", "u"]')], ["t", "u"]),
        (
            [("tags", "set", '["t", "u"]'), ("tags", "remove", "t"), ("tags", "add", "v")],
            ["u", "v"],
        ),
        ([("tags", "add", "s"), ("tags", "set", None)], []),
        # Of a property that had several values and now has one, the last event counts.
        ([("note", "add", "s"), ("note", "add", "t")], ["t"]),
        ([("note", "add", "s"), ("note", "remove", "s")], []),
    ],
)
def test_events_of_a_cell_are_applied_in_order(changes, values):
    assert folded_values(*changes) == values


def test_a_value_names_who_set_it_last():
    [row] = replay.fold(events(("tags", "add", "s"), ("tags", "add", "s")), ["tags"]).to_dicts()
    assert row["author"] == "u1"
    assert list(row) == list(replay.VALUE_SCHEMA)


def test_no_events_give_no_values():
    assert replay.fold(pl.DataFrame(schema=log.EVENT_SCHEMA), []).schema == replay.VALUE_SCHEMA


def test_the_last_switch_of_a_batch_counts():
    switches = [
        Change("batch", id, "active", "set", on)
        for id, on in (("b", "false"), ("c", "false"), ("b", "true"))
    ]
    rows = log.event_rows(log.new_batch(switches, "undo", author="ada"))
    assert replay.inactive_batches(rows) == {"c"}


def test_undo_goes_back_step_by_step_and_a_new_batch_ends_redo():
    stack = replay.UndoStack()
    stack.push("b1", None, is_on=False)
    stack.push("b2", None, is_on=False)
    assert (stack.undoable(()), stack.redoable(())) == ("b2", None)
    stack.push("u1", "b2", is_on=False)
    assert (stack.undoable({"b2"}), stack.redoable({"b2"})) == ("b1", "b2")
    stack.push("u2", "b2", is_on=True)
    assert (stack.undoable(()), stack.redoable(())) == ("b2", None)
    stack.push("u3", "b2", is_on=False)
    stack.push("b3", None, is_on=False)
    assert (stack.undoable({"b2"}), stack.redoable({"b2"})) == ("b3", None)


def test_undo_skips_what_others_switched_off():
    stack = replay.UndoStack()
    stack.push("b1", None, is_on=False)
    stack.push("b2", None, is_on=False)
    assert stack.undoable({"b2"}) == "b1"
    assert stack.undoable({"b1", "b2"}) is None
