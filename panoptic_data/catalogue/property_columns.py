"""Values of properties aligned with the rows of the catalogue: arrays that views are run on.

Here: putting a property's values in the order of the images (or files), and patching that after
an edit. Not here: the values themselves (``annotations``), what a view does with them
(``filters``, ``grouping``, ``execute``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.edtf import bounds
from panoptic_data.annotations.properties import Property
from panoptic_data.annotations.proposals import proposer_of
from panoptic_data.annotations.state import PropertyValues
from panoptic_data.catalogue.corpus import NO_TIME, Corpus
from panoptic_data.catalogue.spelling import naturally_sorted
from panoptic_data.storage.sql import literals

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.storage.project import Project

__all__ = ["Authors", "Column", "Texts", "authors", "proposers", "update"]

NO_VALUE = -1
# More changed values than this are aligned again with all the others.
PATCHED_AT_MOST = 5_000
# A date without its last parts stands for its first moment, which has these.
_FIRST = "0000-01-01T00:00:00"
# The source to which a file was moved may be read before the one that it left.
AT_ONCE = timedelta(hours=1)
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400_000_000
_NEVER_BEGAN = NO_TIME + 1
Positions = npt.NDArray[np.int64]
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

        A date that is only a year or a month stands for its first day, as does one that is not
        known (``edtf``); of one that begins at no day, its last counts.
        """
        begins, ends = self.spans
        return np.where(begins == _NEVER_BEGAN, ends - _DAY, begins)

    @cached_property
    def spans(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The moments at which each date begins, and before which it ends: (n,) int64 each.

        ``NO_TIME`` both for none. A date that is known to the day is a moment; one that is a year
        or a month lasts as long, and one that is not known (``edtf``) may mean all days between,
        from the first or to the last of all where an end is open.
        """
        begins = self._moments()
        ends = np.where(begins == NO_TIME, NO_TIME, begins + 1)
        lasts = pl.DataFrame({"at": pl.Series(begins).cast(pl.Datetime("us"))})
        for precision, lasting in (("year", "1y"), ("month", "1mo")):
            is_so = (self.precisions == precision).fill_null(False).to_numpy() & (begins != NO_TIME)
            after = lasts.filter(is_so).select(pl.col("at").dt.offset_by(lasting)).to_series()
            ends[is_so] = after.cast(pl.Int64).to_numpy()
        is_open = self.texts.str.contains("[?~%X/]").fill_null(False)
        if not is_open.any():
            return begins, ends
        begins = begins.copy()
        for text, units in _units_by_text(self.texts, is_open).items():
            begin, end = _span(text)
            begins[units], ends[units] = begin, end
        return begins, ends

    @cached_property
    def precisions(self) -> pl.Series:
        """How much of each date is known: "year" or "month", null for more than these.

        Of a date that has two ends that of the first which it has.
        """
        lengths = self.texts.str.len_chars()
        unknown = self.texts.str.contains("[?~%X/]").fill_null(False).arg_true()
        if len(unknown):
            ends = self.texts.gather(unknown).str.replace(r"^\.\./", "").str.split("/").list.first()
            known = ends.str.replace_all(r"[?~%]|(?:-XX)+", "").str.len_chars()
            lengths = lengths.scatter(unknown, known)
        by_length = {len("1936"): "year", len("1936-05"): "month"}
        return lengths.replace_strict(by_length, default=None, return_dtype=pl.String)

    def _moments(self) -> npt.NDArray[np.int64]:
        full = self.texts.to_frame("text").select(
            pl.when(pl.col("text").str.len_chars() < len(_FIRST))
            .then(pl.col("text") + pl.lit(_FIRST).str.slice(pl.col("text").str.len_chars()))
            .otherwise("text")
        )["text"]
        times = full.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)
        return times.cast(pl.Int64).fill_null(NO_TIME).to_numpy()

    @cached_property
    def distinct(self) -> tuple[pl.Series, npt.NDArray[np.int32]]:
        """The values that occur, sorted, and each unit's index in them (-1: none)."""
        values = naturally_sorted(self.texts.drop_nulls().unique())
        codes = self.texts.cast(pl.Enum(values)).to_physical().cast(pl.Int32).fill_null(NO_VALUE)
        return values, codes.to_numpy()


def _units_by_text(texts: pl.Series, chosen: pl.Series) -> dict[str, npt.NDArray[np.int64]]:
    positions = pl.DataFrame({"text": texts}).with_row_index("unit").filter(chosen)
    groups = positions.group_by("text").agg(pl.col("unit"))
    return {text: np.array(units, dtype=np.int64) for text, units in groups.iter_rows()}


def _span(text: str) -> tuple[int, int]:
    """Return when a date that is not known begins, and before when it ends, in microseconds."""
    first, last = bounds(text)
    begin = _NEVER_BEGAN if first is None else _microseconds(first)
    return begin, _microseconds(last or date.max) + _DAY


def _microseconds(day: date) -> int:
    return (day.toordinal() - _EPOCH) * _DAY


@dataclass(frozen=True)
class Column:
    """One property, aligned with the catalogue's rows.

    ``by_file``: units are files, else images. Tags are pairs (``units``, ``tags``), both int32,
    sorted by unit; ``tags`` are indices into ``ids``. Other types have ``single``.
    """

    source: PropertyValues
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
        codes = [self._code_of[id] for id in ids if id in self._code_of]
        if not codes:
            return mask
        wanted = np.zeros(len(self.ids), dtype=bool)
        wanted[codes] = True
        mask[self.units[wanted[self.tags]]] = True
        return mask

    @cached_property
    def _code_of(self) -> dict[str, int]:
        return {id: code for code, id in enumerate(self.ids)}

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
    property: Property,
    source: PropertyValues,
    live: frozenset[str] | None,
    previous: Column | None,
) -> Column:
    """Return a property's values aligned with the rows of a corpus.

    ``live`` are the tags that are not deleted (None for other types), ``previous`` the column
    as it was before: only what changed since is aligned.
    """
    by_file = property.target == "file"
    size = corpus.files.height if by_file else corpus.frame.height
    changed = source.changed_since(previous.source.revision) if previous is not None else None
    if previous is None or changed is None or len(changed) > PATCHED_AT_MOST:
        values = source.frame()
        units = _units(project, corpus, values["target"], by_file)
        return _column(source, by_file, size, units, values["value"], live)
    if not changed:
        return previous
    values = source.take(changed)
    touched = _units(project, corpus, pl.Series(changed, dtype=pl.String), by_file)
    units = _units(project, corpus, values["target"], by_file)
    patch = _column(source, by_file, size, units, values["value"], live)
    return _patched(previous, patch, touched[touched >= 0], source)


def authors(project: Project, corpus: Corpus, state: State, property: str | None) -> Authors:
    """Return who set a value of which image: rows, indices into the names, the names, sorted.

    Each image comes once for each author of a value that it has now; with a property (its id)
    only that one's values count. A value of a file counts for its image.
    """
    return _named_by(project, corpus, state, property, pl.col("author"))


def proposers(project: Project, corpus: Corpus, state: State, property: str | None) -> Authors:
    """Return who proposed a value of which image, of ``values.PROPOSERS``, as ``authors`` does.

    Values of which that is not known do not count.
    """
    return _named_by(project, corpus, state, property, proposer_of(pl.col("act")))


def _named_by(
    project: Project, corpus: Corpus, state: State, property: str | None, name: pl.Expr
) -> Authors:
    ids = [shown.id for shown in state.live_properties if property in (None, shown.id)]
    parts = []
    for id in ids:
        values = state.values(id)
        by_file = state.properties[id].target == "file"
        units = _units(project, corpus, values["target"], by_file)
        if by_file:
            units = np.append(corpus.file_row.astype(np.int64), NO_VALUE)[units]
        parts.append(pl.DataFrame({"row": units}).hstack(values.select(name=name)))
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32), []
    pairs = pl.concat(parts).filter((pl.col("row") >= 0) & pl.col("name").is_not_null())
    pairs = pairs.unique(maintain_order=True)
    names = naturally_sorted(pairs["name"].unique())
    codes = pairs["name"].cast(pl.Enum(names)).to_physical().cast(pl.Int32)
    return pairs["row"].to_numpy(), codes.to_numpy(), names.to_list()


def _column(
    source: PropertyValues,
    by_file: bool,
    size: int,
    units: Positions,
    values: pl.Series,
    live: frozenset[str] | None,
) -> Column:
    has_unit = units >= 0
    if live is None:
        texts = pl.Series([None], dtype=pl.String).new_from_index(0, size)
        texts = texts.scatter(units[has_unit], values.filter(pl.Series(has_unit)))
        return Column(source, by_file, size, Texts(texts))
    is_live = values.is_in(list(live)).to_numpy() if len(values) else np.zeros(0, dtype=bool)
    is_used = has_unit & is_live
    names = values.filter(pl.Series(is_used))
    ids = names.unique().sort()
    tags = names.cast(pl.Enum(ids)).to_physical().cast(pl.Int32).to_numpy()
    order = np.argsort(units[is_used], kind="stable")
    return Column(
        source,
        by_file,
        size,
        units=units[is_used][order].astype(np.int32),
        tags=tags[order],
        ids=tuple(ids.to_list()),
    )


def _patched(previous: Column, patch: Column, touched: Positions, source: PropertyValues) -> Column:
    """Return a column with the units that were touched as a patch has them."""
    if previous.single is not None:
        assert patch.single is not None
        texts = previous.single.texts.clone()
        texts = texts.scatter(touched, patch.single.texts.gather(touched))
        return Column(source, previous.by_file, previous.size, Texts(texts))
    assert previous.units is not None
    assert previous.tags is not None
    assert patch.units is not None
    assert patch.tags is not None
    is_touched = np.zeros(previous.size, dtype=bool)
    is_touched[touched] = True
    is_kept = ~is_touched[previous.units]
    ids = (*previous.ids, *(id for id in patch.ids if id not in previous.ids))
    code_of = {id: number for number, id in enumerate(ids)}
    new_codes = np.array([code_of[id] for id in patch.ids] or [0], dtype=np.int32)
    units, tags = previous.units[is_kept], previous.tags[is_kept]
    positions = np.searchsorted(units, patch.units, side="right")
    return Column(
        source,
        previous.by_file,
        previous.size,
        units=np.insert(units, positions, patch.units),
        tags=np.insert(tags, positions, new_codes[patch.tags]),
        ids=ids,
    )


def _units(project: Project, corpus: Corpus, targets: pl.Series, by_file: bool) -> Positions:
    """Return the row of each target (of each file, its position), -1 where there is none."""
    if not by_file:
        return corpus.rows_of_sha1s(targets)
    units = corpus.positions_of_files(targets)
    is_lost = np.flatnonzero(units < 0)
    if len(is_lost):
        units[is_lost] = _moved(project, corpus, targets.gather(is_lost), units)
    return units


def _moved(project: Project, corpus: Corpus, targets: pl.Series, taken: Positions) -> Positions:
    """Return where files went that are no longer at their place: to one of the same content.

    A file that was moved or renamed is a path that vanished and one with the same bytes that
    was met no sooner. One with values of its own is not taken for another.
    """
    database = project.database()
    columns = ["file_id", "sha1", "status", "changed_at"]
    missing = pl.from_arrow(database.take("files", targets.to_list(), columns))
    assert isinstance(missing, pl.DataFrame)
    missing = missing.filter((pl.col("status") == "missing") & pl.col("sha1").is_not_null())
    positions = np.full(len(targets), NO_VALUE, dtype=np.int64)
    if missing.is_empty():
        return positions
    sha1s = literals(missing["sha1"].unique())
    where = f"status = 'ok' AND sha1 IN ({sha1s})"
    alive = database.frame("files", ["file_id", "sha1", "first_seen", "path"], where)
    pairs = missing.join(alive, on="sha1", suffix="_now").filter(
        pl.col("first_seen") >= pl.col("changed_at") - AT_ONCE
    )
    index_of = {id: index for index, id in enumerate(targets.to_list())}
    free = set(range(corpus.files.height)).difference(taken.tolist())
    for id, now in pairs.sort("file_id", "path").select("file_id", "file_id_now").iter_rows():
        position = int(corpus.positions_of_files(pl.Series([now]))[0])
        if positions[index_of[id]] == NO_VALUE and position in free:
            positions[index_of[id]] = position
            free.discard(position)
    return positions
