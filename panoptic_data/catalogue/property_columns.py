"""Values of properties beside the rows of the catalogue: arrays that views are run on.

Here: bringing a property's values into the order of the images (or files), and patching that
after an edit. Not here: the values themselves (``annotations``), what a view asks of them
(``conditions``, ``groups``, ``orders``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.properties import Property
from panoptic_data.annotations.state import PropertyValues
from panoptic_data.catalogue.corpus import NO_TIME, Corpus

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["Authors", "Column", "Texts", "authors", "update"]

NONE = -1
# More changed cells than this are brought anew with all the others.
PATCHED_AT_MOST = 5_000
# What a date lacks at its end is that of the first moment it stands for.
_FIRST = "0000-01-01T00:00:00"
# The source to which a file was moved may be read before the one that it left.
AT_ONCE = timedelta(hours=1)
Places = npt.NDArray[np.int64]
# Rows (m,) int64, for each the index of an author in the names (m,) int32, the names, sorted.
Authors = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], list[str]]


@dataclass(frozen=True)
class Texts:
    """Single values: ``texts`` has one canonical text a unit (image or file), null for none."""

    texts: pl.Series

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """As numbers: (n,) float64, NaN where there is none."""
        return self.texts.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()

    @cached_property
    def times(self) -> npt.NDArray[np.int64]:
        """The first moment of each date: (n,) int64 microseconds, ``NO_TIME`` for none.

        A year or a month that was all one knew stands for its first day.
        """
        full = self.texts.to_frame("text").select(
            pl.when(pl.col("text").str.len_chars() < len(_FIRST))
            .then(pl.col("text") + pl.lit(_FIRST).str.slice(pl.col("text").str.len_chars()))
            .otherwise("text")
        )["text"]
        times = full.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)
        return times.cast(pl.Int64).fill_null(NO_TIME).to_numpy()

    @cached_property
    def distinct(self) -> tuple[pl.Series, npt.NDArray[np.int32]]:
        """The values that occur, sorted, and each unit's place in them (-1: none)."""
        values = self.texts.drop_nulls().unique().sort()
        places = self.texts.cast(pl.Enum(values)).to_physical().cast(pl.Int32).fill_null(NONE)
        return values, places.to_numpy()


@dataclass(frozen=True)
class Column:
    """One property beside the catalogue's rows.

    ``by_file``: units are files, else images. Tags are pairs (``units``, ``tags``), both int32,
    sorted by unit; ``tags`` are places in ``ids``. Other types have ``single``.
    """

    cells: PropertyValues
    by_file: bool
    size: int
    single: Texts | None = None
    units: npt.NDArray[np.int32] | None = None
    tags: npt.NDArray[np.int32] | None = None
    ids: tuple[str, ...] = ()

    def tagged(self, ids: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Which units have one of these tags: (size,) bool."""
        assert self.units is not None
        assert self.tags is not None
        mask = np.zeros(self.size, dtype=bool)
        places = [self._places[id] for id in ids if id in self._places]
        if not places:
            return mask
        wanted = np.zeros(len(self.ids), dtype=bool)
        wanted[places] = True
        mask[self.units[wanted[self.tags]]] = True
        return mask

    @cached_property
    def _places(self) -> dict[str, int]:
        return {id: place for place, id in enumerate(self.ids)}

    @cached_property
    def filled(self) -> npt.NDArray[np.bool_]:
        """Which units have a value: (size,) bool."""
        if self.single is not None:
            return self.single.texts.is_not_null().to_numpy()
        mask = np.zeros(self.size, dtype=bool)
        mask[self.units] = True
        return mask


def update(
    project: Project,
    corpus: Corpus,
    one: Property,
    cells: PropertyValues,
    live: frozenset[str] | None,
    known: Column | None,
) -> Column:
    """Return a property's values beside the rows of a corpus.

    ``live`` are the tags that are not deleted (None for other types), ``known`` the column as it
    was before: only what changed since is brought.
    """
    by_file = one.target == "file"
    size = corpus.files.height if by_file else corpus.frame.height
    changed = cells.changed_since(known.cells.revision) if known is not None else None
    if known is None or changed is None or len(changed) > PATCHED_AT_MOST:
        values = cells.frame()
        units = _units(project, corpus, values["target"], by_file)
        return _column(cells, by_file, size, units, values["value"], live)
    if not changed:
        return known
    values = cells.take(changed)
    touched = _units(project, corpus, pl.Series(changed, dtype=pl.String), by_file)
    units = _units(project, corpus, values["target"], by_file)
    patch = _column(cells, by_file, size, units, values["value"], live)
    return _patched(known, patch, touched[touched >= 0], cells)


def authors(project: Project, corpus: Corpus, state: State, property: str | None) -> Authors:
    """Return who set a value of which image: rows, indices into the names, the names, sorted.

    Each image comes once for each author of a value that it has now; with a property (its id)
    only that one's values count. A value of a file counts for its image.
    """
    ids = [shown.id for shown in state.live_properties if property in (None, shown.id)]
    parts = []
    for id in ids:
        values = state.values(id)
        by_file = state.properties[id].target == "file"
        units = _units(project, corpus, values["target"], by_file)
        if by_file:
            units = np.append(corpus.file_row.astype(np.int64), NONE)[units]
        parts.append(pl.DataFrame({"row": units, "author": values["author"]}))
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32), []
    pairs = pl.concat(parts).filter(pl.col("row") >= 0).unique(maintain_order=True)
    names = pairs["author"].unique().sort()
    codes = pairs["author"].cast(pl.Enum(names)).to_physical().cast(pl.Int32)
    return pairs["row"].to_numpy(), codes.to_numpy(), names.to_list()


def _column(
    cells: PropertyValues,
    by_file: bool,
    size: int,
    units: Places,
    values: pl.Series,
    live: frozenset[str] | None,
) -> Column:
    here = units >= 0
    if live is None:
        texts = pl.Series([None], dtype=pl.String).new_from_index(0, size)
        texts = texts.scatter(units[here], values.filter(pl.Series(here)))
        return Column(cells, by_file, size, Texts(texts))
    is_live = values.is_in(list(live)).to_numpy() if len(values) else np.zeros(0, dtype=bool)
    kept = here & is_live
    names = values.filter(pl.Series(kept))
    ids = names.unique().sort()
    tags = names.cast(pl.Enum(ids)).to_physical().cast(pl.Int32).to_numpy()
    order = np.argsort(units[kept], kind="stable")
    return Column(
        cells,
        by_file,
        size,
        units=units[kept][order].astype(np.int32),
        tags=tags[order],
        ids=tuple(ids.to_list()),
    )


def _patched(known: Column, patch: Column, touched: Places, cells: PropertyValues) -> Column:
    """Return a column with the units that were touched as a patch has them."""
    if known.single is not None:
        assert patch.single is not None
        texts = known.single.texts.clone()
        texts = texts.scatter(touched, patch.single.texts.gather(touched))
        return Column(cells, known.by_file, known.size, Texts(texts))
    assert known.units is not None
    assert known.tags is not None
    assert patch.units is not None
    assert patch.tags is not None
    is_touched = np.zeros(known.size, dtype=bool)
    is_touched[touched] = True
    kept = ~is_touched[known.units]
    ids = (*known.ids, *(id for id in patch.ids if id not in known.ids))
    place = {id: number for number, id in enumerate(ids)}
    moved = np.array([place[id] for id in patch.ids] or [0], dtype=np.int32)
    units, tags = known.units[kept], known.tags[kept]
    at = np.searchsorted(units, patch.units, side="right")
    return Column(
        cells,
        known.by_file,
        known.size,
        units=np.insert(units, at, patch.units),
        tags=np.insert(tags, at, moved[patch.tags]),
        ids=ids,
    )


def _units(project: Project, corpus: Corpus, targets: pl.Series, by_file: bool) -> Places:
    """Return the row of each target (of each file, its position), -1 where there is none."""
    if not by_file:
        return corpus.rows_of_sha1(targets)
    units = corpus.positions_of_files(targets)
    lost = np.flatnonzero(units < 0)
    if len(lost):
        units[lost] = _moved(project, corpus, targets.gather(lost), units)
    return units


def _moved(project: Project, corpus: Corpus, targets: pl.Series, taken: Places) -> Places:
    """Return where files went that are no longer at their place: to one of the same content.

    A file that was moved or renamed is a path that vanished and one with the same bytes that
    was met no sooner. One with values of its own is not taken for another.
    """
    database = project.database()
    columns = ["file_id", "sha1", "status", "changed_at"]
    lost = pl.from_arrow(database.take("files", targets.to_list(), columns))
    assert isinstance(lost, pl.DataFrame)
    lost = lost.filter((pl.col("status") == "missing") & pl.col("sha1").is_not_null())
    found = np.full(len(targets), NONE, dtype=np.int64)
    if lost.is_empty():
        return found
    sha1s = ", ".join(f"'{one}'" for one in lost["sha1"].unique())
    where = f"status = 'ok' AND sha1 IN ({sha1s})"
    alive = database.frame("files", ["file_id", "sha1", "first_seen", "path"], where)
    pairs = lost.join(alive, on="sha1", suffix="_now").filter(
        pl.col("first_seen") >= pl.col("changed_at") - AT_ONCE
    )
    places = {id: place for place, id in enumerate(targets.to_list())}
    free = set(range(corpus.files.height)).difference(taken.tolist())
    for id, now in pairs.sort("file_id", "path").select("file_id", "file_id_now").iter_rows():
        position = int(corpus.positions_of_files(pl.Series([now]))[0])
        if found[places[id]] == NONE and position in free:
            found[places[id]] = position
            free.discard(position)
    return found
