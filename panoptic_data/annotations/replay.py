"""What values follow from the log: pure functions on frames of events.

Here: which batches count, what each cell holds after them, which batch an author's undo
takes back. Not here: the log itself (``log``), the state of a whole project (``state``).

A cell is a kind, a target and a property. Its events are applied in the order of the log, without
those of inactive batches: "set" replaces all values, "add" and "remove" change one value of
several. So a batch that is switched off is as if it had never been written, whatever came after
it, and a tag that someone else added in the meantime stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import polars as pl

__all__ = ["CELL_KEY", "VALUE_SCHEMA", "UndoStack", "fold", "inactive_batches"]

CELL_KEY = ("kind", "target", "property")
"""The columns that identify a cell."""

VALUE_SCHEMA = pl.Schema(
    [
        ("kind", pl.String()),
        ("target", pl.String()),
        ("property", pl.String()),
        ("value", pl.String()),
        ("author", pl.String()),
        ("at", pl.Datetime("us", "UTC")),
        ("batch", pl.String()),
        ("act", pl.String()),
    ]
)
"""One value of a cell, who put it there, when, in which batch and by which act of it."""

_ORIGIN = ("author", "at", "batch", "act")


def inactive_batches(events: pl.DataFrame) -> frozenset[str]:
    """Return the batches that are switched off after these events; the last switch counts.

    A batch that switches others can be switched off itself: then its switches do not count.
    """
    switches = events.filter(pl.col("kind") == "batch")
    if switches["target"].is_in(switches["batch"].implode()).any():
        return _inactive_nested(switches)
    last = switches.group_by("target").agg(pl.col("new").last())
    return frozenset(last.filter(pl.col("new") == "false")["target"])


def _inactive_nested(switches: pl.DataFrame) -> frozenset[str]:
    """Return the batches that are off where switches are switched: from the last to the first."""
    is_on: dict[str, bool] = {}
    for batch, target, new in switches.select("batch", "target", "new").reverse().iter_rows():
        if is_on.get(batch, True):
            is_on.setdefault(target, new == "true")
    return frozenset(batch for batch, on in is_on.items() if not on)


def fold(events: pl.DataFrame, multi_valued: Iterable[str]) -> pl.DataFrame:
    """Return what the cells of these events hold after them: columns ``VALUE_SCHEMA``.

    ``events`` come in the order of the log, only those of active batches. ``multi_valued`` are
    the properties whose cells can hold several values (tags); "set" gives those a JSON list.
    A cell without a value has no row.
    """
    if events.is_empty():
        return pl.DataFrame(schema=VALUE_SCHEMA)
    is_multi_valued = pl.col("property").is_in(list(multi_valued))
    ordered = events.with_row_index("order")
    single = _fold_single(ordered.filter(~is_multi_valued))
    multiple = _fold_multiple(ordered.filter(is_multi_valued))
    return pl.concat([single, multiple])


def _fold_single(events: pl.DataFrame) -> pl.DataFrame:
    last = events.unique(CELL_KEY, keep="last", maintain_order=True)
    # "add" and "remove" of a cell that holds one value: a property that changed its type.
    filled = last.filter((pl.col("op") != "remove") & pl.col("new").is_not_null())
    return filled.select(*CELL_KEY, pl.col("new").alias("value"), *_ORIGIN)


def _fold_multiple(events: pl.DataFrame) -> pl.DataFrame:
    """Apply sets, additions and removals: the last event on each value since the last set."""
    if events.is_empty():
        return pl.DataFrame(schema=VALUE_SCHEMA)
    is_set = pl.col("op") == "set"
    last_set = events.filter(is_set).group_by(CELL_KEY).agg(last_set=pl.col("order").max())
    effective = events.join(last_set, on=CELL_KEY, how="left").filter(
        pl.col("last_set").is_null() | (pl.col("order") >= pl.col("last_set"))
    )
    lists = effective.filter(is_set & pl.col("new").is_not_null())
    operations = pl.concat(
        [
            effective.filter(~is_set).select(*CELL_KEY, "op", "order", *_ORIGIN, value="new"),
            _exploded(lists).select(
                *CELL_KEY, pl.lit("add").alias("op"), "order", *_ORIGIN, "value"
            ),
        ],
        how="diagonal",
    )
    last = operations.sort("order", maintain_order=True).unique([*CELL_KEY, "value"], keep="last")
    added = last.filter((pl.col("op") == "add") & pl.col("value").is_not_null())
    return added.sort("order", maintain_order=True).select(list(VALUE_SCHEMA))


def _exploded(events: pl.DataFrame) -> pl.DataFrame:
    values = events.with_columns(value=pl.col("new").str.json_decode(pl.List(pl.String)))
    return values.explode("value").drop("new")


class UndoStack:
    """Which of an author's batches undo takes back and redo restores, as the log goes on."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._undone: list[str] = []

    def copy(self) -> UndoStack:
        """Return one that goes on by itself."""
        copied = UndoStack()
        copied._done, copied._undone = list(self._done), list(self._undone)
        return copied

    def push(self, batch: str, undoes: str | None, is_on: bool) -> None:
        """Add one batch of this author: a new one, or one that switches the batch ``undoes``."""
        if undoes is None:
            self._done.append(batch)
            self._undone.clear()
            return
        source, destination = (self._undone, self._done) if is_on else (self._done, self._undone)
        if undoes in source:
            source.remove(undoes)
        destination.append(undoes)

    def undoable(self, inactive: Collection[str]) -> str | None:
        """Return the last batch that is active: others may have switched some off."""
        return next((batch for batch in reversed(self._done) if batch not in inactive), None)

    def redoable(self, inactive: Collection[str]) -> str | None:
        """Return the last batch that was undone and still is, unless a new one came after."""
        return next((batch for batch in reversed(self._undone) if batch in inactive), None)
