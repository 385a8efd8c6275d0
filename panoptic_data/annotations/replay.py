"""What values follow from the log: pure functions on frames of events.

Here: which batches count, what each cell holds after them, which batch an author's undo
takes back. Not here: the log itself (``events``), keeping values in memory (``annotations``).

A cell is a kind, a target and a property. Its events are applied in the order of the log, those
of batches that are switched off left out: "set" puts a value in place of all there was, "add"
and "remove" change one value of several. So a batch that is switched off is as if it had never
been, whatever came after it, and a tag that someone else added in the meantime stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import polars as pl

__all__ = ["CELL", "MARKS", "Walk", "fold", "switched_off"]

CELL = ("kind", "target", "property")
# One value of a cell, and who put it there.
MARKS = pl.Schema(
    [
        ("kind", pl.String()),
        ("target", pl.String()),
        ("property", pl.String()),
        ("value", pl.String()),
        ("author", pl.String()),
        ("at", pl.Datetime("us", "UTC")),
        ("batch", pl.String()),
    ]
)
_OF_MARK = ("author", "at", "batch")


def switched_off(events: pl.DataFrame) -> frozenset[str]:
    """Return the batches that are off after these events; the last word on each counts."""
    words = events.filter(pl.col("kind") == "batch")
    last = words.group_by("target").agg(pl.col("new").last())
    return frozenset(last.filter(pl.col("new") == "false")["target"])


def fold(events: pl.DataFrame, several: Iterable[str]) -> pl.DataFrame:
    """Return what the cells of these events hold after them: rows of ``MARKS``.

    ``events`` come in the order of the log, only those that count. ``several`` are the
    properties whose cells can hold several values (tags); "set" gives those a JSON list.
    A cell without a value has no row.
    """
    if events.is_empty():
        return pl.DataFrame(schema=MARKS)
    lists = pl.col("property").is_in(list(several))
    ordered = events.with_row_index("order")
    single = _last(ordered.filter(~lists))
    many = _union(ordered.filter(lists))
    return pl.concat([single, many])


def _last(events: pl.DataFrame) -> pl.DataFrame:
    last = events.unique(CELL, keep="last", maintain_order=True)
    # "add" and "remove" of a cell that holds one value: a property that changed its type.
    kept = last.filter((pl.col("op") != "remove") & pl.col("new").is_not_null())
    return kept.select(*CELL, pl.col("new").alias("value"), *_OF_MARK)


def _union(events: pl.DataFrame) -> pl.DataFrame:
    """Apply sets, additions and removals: the last word on each value after the last set."""
    if events.is_empty():
        return pl.DataFrame(schema=MARKS)
    is_set = pl.col("op") == "set"
    begun = events.filter(is_set).group_by(CELL).agg(begun=pl.col("order").max())
    alive = events.join(begun, on=CELL, how="left").filter(
        pl.col("begun").is_null() | (pl.col("order") >= pl.col("begun"))
    )
    listed = alive.filter(is_set & pl.col("new").is_not_null())
    words = pl.concat(
        [
            alive.filter(~is_set).select(*CELL, "op", "order", *_OF_MARK, value="new"),
            _exploded(listed).select(*CELL, pl.lit("add").alias("op"), "order", *_OF_MARK, "value"),
        ],
        how="diagonal",
    )
    last = words.sort("order", maintain_order=True).unique([*CELL, "value"], keep="last")
    kept = last.filter((pl.col("op") == "add") & pl.col("value").is_not_null())
    return kept.sort("order", maintain_order=True).select(list(MARKS))


def _exploded(events: pl.DataFrame) -> pl.DataFrame:
    values = events.with_columns(value=pl.col("new").str.json_decode(pl.List(pl.String)))
    return values.explode("value").drop("new")


class Walk:
    """Which of an author's batches undo takes back and redo brings back, as the log goes on."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._undone: list[str] = []

    def step(self, batch: str, undoes: str | None, is_on: bool) -> None:
        """Take in one batch of this author: something new, or one that switches another."""
        if undoes is None:
            self._done.append(batch)
            self._undone.clear()
            return
        gone, grown = (self._undone, self._done) if is_on else (self._done, self._undone)
        if undoes in gone:
            gone.remove(undoes)
        grown.append(undoes)

    def undoable(self, off: Collection[str]) -> str | None:
        """Return the last batch that counts: others may have switched some off."""
        return next((one for one in reversed(self._done) if one not in off), None)

    def redoable(self, off: Collection[str]) -> str | None:
        """Return the last batch that was taken back and still is, unless something new came."""
        return next((one for one in reversed(self._undone) if one in off), None)
