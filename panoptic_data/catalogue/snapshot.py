"""One frame of the corpus at one version, in memory, and the order in which a view shows it.

Here: keeping it current, running a view on it, counting. Not here: how it is read (``corpus``),
what a condition selects (``conditions``), thumbnails and vectors (never loaded here).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.properties import EXCLUDED, Property
from panoptic_data.annotations.state import State
from panoptic_data.annotations.store import annotations_of
from panoptic_data.catalogue import filters
from panoptic_data.catalogue import grouping as groups
from panoptic_data.catalogue import property_columns as columns
from panoptic_data.catalogue.corpus import (
    NO_TIME,
    Corpus,
    Rows,
    folded,
    folder_counts,
    read,
    read_columns,
)
from panoptic_data.catalogue.grouping import Groups
from panoptic_data.catalogue.ordering import dense, of_likeness, sort_values, sorted_by, turned
from panoptic_data.catalogue.property_columns import Column
from panoptic_data.errors import InvalidView
from panoptic_data.media.colour import hues, lab
from panoptic_data.provenance.stages import digest
from panoptic_data.storage.schema import table_name
from panoptic_data.views.fields import property_of
from panoptic_data.views.model import SORTS, Level, Sort, View
from panoptic_data.views.model import conditions as conditions_of

if TYPE_CHECKING:
    from panoptic_data.storage.project import Project
    from panoptic_data.storage.tables import Database

__all__ = ["Catalogue", "Found", "Projection", "get", "load"]

# Versions are looked at no more often than this: a page asks many times a second.
LOOK_EVERY = 1.0
# A reload that takes longer than this happens behind the readers' back.
PATIENCE = 0.3
# A corpus that grows all the time is reloaded for at most a tenth of the time.
REST = 10.0
# As many as ``search`` tells apart.
SIMILARITY_DIGITS = 6
# One order of a million images takes 4 MB.
REMEMBERED_BYTES = 256 * 2**20
# The values of a million images at one level of groups take 4 MB as well.
REMEMBERED_LEVELS = 24
# What a row of a window says of its image.
WINDOW = (
    "sha1",
    "name",
    "place",
    "width",
    "height",
    "format",
    "taken_at",
    "copies",
    "size",
    "colour",
    "status",
    "camera",
    "frames",
    "added",
)
_MAIN_TABLES = ("files", "images", "duplicates")
_ENCODER_TABLES = ("projection", "clusters", "cluster_info")


@dataclass(frozen=True)
class Found:
    """What a view shows: ``rows`` are the images' row numbers in the view's order.

    ``similarity`` runs beside ``rows`` (float32, cosine) when the view asks for likeness;
    ``files`` too in mode "file" (positions in ``Corpus.files``; an image's row then comes once
    for each). ``groups`` says where each group begins when the view has groups.
    """

    rows: Rows
    similarity: npt.NDArray[np.float32] | None = None
    files: npt.NDArray[np.intp] | None = None
    groups: Groups | None = None
    # Whether no value of a property was asked for.
    is_fixed: bool = True
    # How often an image is there again, in another group.
    again: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def images(self) -> int:
        """How many images (files, in mode "file") there are, in however many groups each."""
        return len(self.rows) - self.again

    @property
    def nbytes(self) -> int:
        """How much memory it takes, about."""
        parts = (self.rows, self.similarity, self.files, self.groups)
        return sum(part.nbytes for part in parts if part is not None)


@dataclass(frozen=True)
class Projection:
    """Coordinates of every row under one encoder: (n,) float32, NaN where not placed yet."""

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]
    by_y: npt.NDArray[np.intp]

    @property
    def placed(self) -> npt.NDArray[np.bool_]:
        """Which rows have coordinates."""
        return ~np.isnan(self.x)


def get(project: Project, *, fresh: bool = False) -> Catalogue:
    """Return the catalogue of a project, shared by the whole process and kept current.

    A small corpus is current within a second of a change; a large one is reloaded in the
    background while readers keep the last. ``fresh`` waits until it is current.
    """
    with _holders_lock:
        holder = _holders.setdefault(project.root, _Holder(project))
    return holder.current(fresh)


def load(project: Project, previous: Catalogue | None = None) -> Catalogue:
    """Read the catalogue at the tables' current versions, reusing what did not change."""
    database = project.database()
    versions = _versions(database)
    if previous is not None and previous.versions == versions:
        return previous
    same = previous is not None and all(
        versions[name] == previous.versions[name] for name in ("files", "images")
    )
    corpus = previous.corpus if same and previous is not None else read(project, versions)
    parts = _kept_parts(previous, versions) if same else {}
    return Catalogue(project, versions, corpus, parts, annotations_of(project).state())


class Catalogue:
    """The corpus at one version. Safe to share between threads; never changes what it says."""

    def __init__(
        self,
        project: Project,
        versions: Mapping[str, int],
        corpus: Corpus,
        parts: Mapping[tuple[str, int], Any],
        state: State,
    ) -> None:
        self.project = project
        self.versions = versions
        self.corpus = corpus
        self.annotations = state
        marks = [f"{name}={number}" for name, number in sorted(versions.items())]
        self.version = digest([*marks, str(state.position)])
        self._parts = dict(parts)
        self._columns: dict[str, tuple[Any, Column]] = {}
        self._parts_lock = threading.RLock()
        self._found: OrderedDict[str, Found] = OrderedDict()
        self._orders: dict[tuple[Sort, bool], npt.NDArray[Any]] = {}
        self._ranks: dict[str, npt.NDArray[np.int64]] = {}
        self._codes: OrderedDict[tuple[str, Any, bool], groups.Coded] = OrderedDict()
        self._held: tuple[View, Found] | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self.corpus.frame.height

    @property
    def frame(self) -> pl.DataFrame:
        """One row an image: sha1, place, format, width, height, taken_at, size, status and more."""
        return self.corpus.frame

    @property
    def encoders(self) -> tuple[str, ...]:
        """Slugs of the encoders that have a projection or clusters, in order."""
        slugs = {name.partition("__")[2] for name in self.versions if "__" in name}
        return tuple(sorted(slugs))

    def annotated(self, state: State) -> Catalogue:
        """Return the catalogue with other annotations: what they do not touch is kept."""
        other = Catalogue(self.project, self.versions, self.corpus, {}, state)
        with self._parts_lock:
            other._parts = dict(self._parts)
        same = state.excluded is self.annotations.excluded
        with self._lock:
            other._columns = dict(self._columns)
            # Copies first: other threads add to these while they are looked through.
            orders, ranks = dict(self._orders), dict(self._ranks)
            other._orders = {key: it for key, it in orders.items() if _is_fixed(key[0].field)}
            other._ranks = {key: it for key, it in ranks.items() if _is_fixed(key)}
            kept = ((key, it) for key, it in self._codes.items() if _is_fixed(key[0]))
            other._codes = OrderedDict(kept)
            if same:
                plain = ((key, it) for key, it in self._found.items() if it.is_fixed)
                other._found = OrderedDict(plain)
        for name in ("lab", "hues"):
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    def holding(self, view: View, found: Found) -> Catalogue:
        """Return the catalogue in which a view shows what was found before.

        In other groups or another order it shows the same images, with their values of now.
        """
        other = self.annotated(self.annotations)
        other._found = OrderedDict()
        other._held = (view, found)
        return other

    def property(self, field: str) -> Property:
        """Return the property whose field a view names. Raises InvalidView."""
        id = property_of(field)
        one = self.annotations.properties.get(id) if id else None
        if one is None or one.deleted:
            raise InvalidView(field, "no_property")
        if field.split(":")[1] != one.type:
            raise InvalidView(field, "other_type", name=one.name)
        return one

    def column(self, field: str) -> Column:
        """Return a property's values beside the rows (``field`` as views name it, or an id)."""
        if field == EXCLUDED:
            one = Property(EXCLUDED, EXCLUDED, "checkbox")
        else:
            one = self.property(field)
        cells = self.annotations.property_values(one.id)
        live = self.annotations.live_tags.get(one.id, frozenset()) if one.has_tags else None
        # A column of another type, or of other tags, is of no use and is not kept.
        made_for = (one.type, live)
        before, known = self._columns.get(one.id, (None, None))
        if before != made_for:
            known = None
        if known is not None and known.cells is cells:
            return known
        made = columns.brought(self.project, self.corpus, one, cells, live, known)
        self._columns[one.id] = (made_for, made)
        return made

    def numbers(self, field: str) -> npt.NDArray[np.float64]:
        """Return a field of numbers, one a unit: float64, NaN where there is none."""
        return self._single(field).numbers if property_of(field) else self.corpus.numbers(field)

    def times(self, field: str) -> npt.NDArray[np.int64]:
        """Return a field of dates, one a unit: microseconds since 1970, ``NO_TIME`` for none."""
        return self._single(field).times if property_of(field) else self.corpus.times(field)

    def texts(self, field: str) -> tuple[pl.Series, npt.NDArray[np.int32]]:
        """Return the values of a field of texts, sorted, and each unit's place in them."""
        return self._single(field).distinct if property_of(field) else self.corpus.texts(field)

    def is_of_files(self, field: str) -> bool:
        """Whether a field has a value for each file, not for each image."""
        return bool(property_of(field)) and self.property(field).target == "file"

    def _single(self, field: str) -> columns.Texts:
        single = self.column(field).single
        if single is None:
            raise InvalidView(field, "other_type", name=self.property(field).name)
        return single

    def run(self, view: View) -> Found:
        """Return the rows that a view shows, in its order. Raises InvalidView, NoEmbeddings."""
        key = view.key
        if self._held is not None and self._held[0].key == key:
            return self._held[1]
        with self._lock:
            found = self._found.get(key)
            if found is not None:
                self._found.move_to_end(key)
                return found
        found = self._run(view)
        with self._lock:
            self._found[key] = found
            _forget(self._found)
        return found

    def warm(self) -> None:
        """Make ahead what the first views would wait for: orders, maps, clusters."""
        _ = self.corpus.by_sha1
        for encoder in self.encoders:
            self.projection(encoder)
            self.clusters(encoder)
        for field in SORTS:
            if field != "similarity":
                self._order(Sort(field), by_file=False)

    def window(self, found: Found, start: int, count: int) -> list[dict[str, Any]]:
        """Return some rows of an order as plain values, for a gallery or a list."""
        rows = found.rows[start : start + count]
        chosen = self.frame[rows]
        if found.files is not None:
            # A file is shown as one, whatever else holds the same image.
            places = self.corpus.files["place"].gather(found.files[start : start + count])
            chosen = chosen.with_columns(places.alias("place"), copies=pl.lit(1))
        chosen = chosen.with_columns(
            pl.col("format", "status").cast(pl.String),
            name=pl.col("place").str.replace(r"^.*/", ""),
            taken_at=pl.col("taken_at").dt.strftime("%Y-%m-%dT%H:%M:%S"),
            added=pl.col("added").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        values = chosen.select(WINDOW).to_dicts()
        if found.similarity is not None:
            for value, similarity in zip(
                values, found.similarity[start : start + count].tolist(), strict=True
            ):
                value["similarity"] = round(similarity, SIMILARITY_DIGITS)
        return values

    @cached_property
    def lab(self) -> npt.NDArray[np.float32]:
        """Each row's dominant colour in CIELAB: (n, 3) float32, NaN where there is none."""
        return lab(self.frame["colour"])

    @cached_property
    def hues(self) -> npt.NDArray[np.int8]:
        """Each row's place in ``colour.HUES``: (n,) int8, -1 where there is no colour."""
        return hues(self.lab).astype(np.int8)

    def sha1s(self, rows: Rows) -> list[str]:
        """Return the sha1s of some rows, in their order."""
        chosen: list[str] = self.frame["sha1"].gather(rows).to_list()
        return chosen

    def rows_of(self, sha1s: Sequence[str]) -> Rows:
        """Return the row of each sha1, in their order; unknown sha1s are left out."""
        known, rows = self.corpus.by_sha1
        if not len(known) or not len(sha1s):
            return np.empty(0, dtype=np.uint32)
        asked = np.array(sha1s, dtype="S40")
        places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        found: Rows = rows[places[known[places] == asked]]
        return found

    def index_of(self, found: Found, sha1: str, near: int = 0) -> int | None:
        """Return the place of an image in an order, or None where it is not in it.

        Of several, in groups that it shares, the one nearest to a place.
        """
        rows = self.rows_of([sha1])
        places = np.flatnonzero(found.rows == rows[0]) if len(rows) else rows
        if not len(places):
            return None
        return int(places[np.argmin(np.abs(places.astype(np.int64) - near))])

    def projection(self, encoder: str) -> Projection | None:
        """Return the coordinates of every row, or None before there are any."""
        projection: Projection | None = self._part("projection", encoder)
        return projection

    def clusters(self, encoder: str) -> npt.NDArray[np.int32] | None:
        """Return each row's cluster: (n,) int32, -1 in no cluster, -2 not embedded yet."""
        clusters: npt.NDArray[np.int32] | None = self._part("clusters", encoder)
        return clusters

    def cluster_info(self, encoder: str) -> pl.DataFrame:
        """Return the clusters of the main level: number, size, medoid; largest first."""
        name = table_name("cluster_info", encoder)
        if name not in self.versions:
            return pl.DataFrame(schema={"number": pl.Int32, "size": pl.Int32, "medoid": pl.String})
        info: pl.DataFrame = self._part("cluster_info", encoder)
        return info

    def duplicates(self) -> pl.DataFrame:
        """Return members of duplicate groups: row, group, kind, distance."""
        members: pl.DataFrame = self._part("duplicates", None)
        return members

    def folders(self, view: View | None = None) -> dict[str, int]:
        """Return each folder's count of images under a view, with all below it, in order."""
        found = self.run(_beside(view, "folder"))
        return folder_counts(self.corpus, found.rows)

    def formats(self, view: View | None = None) -> dict[str, int]:
        """Return each format's count of images under a view, most frequent first."""
        found = self.run(_beside(view, "format"))
        values, places = self.corpus.texts("format")
        # Those without a format are counted first: their place is -1.
        counts = np.bincount(places[found.rows] + 1, minlength=len(values) + 1)[1:].tolist()
        pairs = [(name, count) for name, count in zip(values, counts, strict=True) if count]
        return dict(sorted(pairs, key=lambda pair: -pair[1]))

    def cluster_counts(self, encoder: str, view: View | None = None) -> dict[int, int]:
        """Return each cluster's count of images under a view, largest first, -1 last."""
        clusters = self.clusters(encoder)
        if clusters is None:
            return {}
        found = self.run(_beside(view, "cluster"))
        # Numbers begin with -2, which stands for what is not embedded yet.
        counts = np.bincount(clusters[found.rows] + 2).tolist()
        pairs = [(number - 2, count) for number, count in enumerate(counts) if count and number]
        return dict(sorted(pairs, key=lambda pair: (pair[0] < 0, -pair[1], pair[0])))

    def histogram(
        self, column: str, view: View | None = None, bins: int = 40
    ) -> tuple[list[int], list[float]]:
        """Return counts (bins) and edges (bins + 1) of a numeric column under a view."""
        found = self.run(_beside(view, column))
        values = self.numbers(column)
        values = values[found.files if self.is_of_files(column) else found.rows]
        values = values[~np.isnan(values)]
        counts, edges = np.histogram(values, bins) if len(values) else (np.array([]), np.array([]))
        return counts.tolist(), edges.tolist()

    def date_range(self) -> tuple[Any, Any] | None:
        """Return the first and last date on which an image was taken, or None."""
        taken = self.frame["taken_at"]
        return None if taken.null_count() == len(taken) else (taken.min(), taken.max())

    def _run(self, view: View) -> Found:
        mask, similarity = self._selected(view)
        by_file = view.mode == "file"
        by_likeness = (Sort("similarity", True),) if similarity is not None else ()
        sort = view.sort or by_likeness
        if similarity is None:
            sort = tuple(one for one in sort if one.field != "similarity")
        units = self._ordered(mask, sort, similarity, by_file)
        arranged: Groups | None = None
        count, again = len(units), 0
        if view.group:
            coded = [self._coded(level, by_file) for level in view.group]
            units, chosen = groups.chosen(coded, units)
            order, arranged = groups.arrange(view.group, chosen)
            again, units = len(units) - count, units[order]
        rows = self.corpus.file_row[units] if by_file else units
        return Found(
            rows.astype(np.uint32, copy=False),
            None if similarity is None else similarity[rows],
            units if by_file else None,
            arranged,
            _is_without_annotations(view),
            again,
        )

    def _selected(self, view: View) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32] | None]:
        """Return which units a view shows, and each row's similarity if it asks for likeness."""
        if self._held is None:
            return filters.select(self, view)
        held, found = self._held
        if (held.where, held.mode) != (view.where, view.mode):
            return filters.select(self, view)
        mask = np.zeros(len(self) if found.files is None else self.corpus.files.height, dtype=bool)
        mask[found.rows if found.files is None else found.files] = True
        if found.similarity is None:
            return mask, None
        similarity = np.full(len(self), np.nan, dtype=np.float32)
        similarity[found.rows] = found.similarity
        return mask, similarity

    def _coded(self, level: Level, by_file: bool) -> groups.Coded:
        """Return the value of every unit at a level, made once: how it is ordered comes after."""
        key = (level.field, level.by, by_file)
        with self._lock:
            known = self._codes.get(key)
            if known is not None:
                self._codes.move_to_end(key)
                return known
        known = groups.codes(self, level, by_file)
        with self._lock:
            self._codes[key] = known
            if len(self._codes) > REMEMBERED_LEVELS:
                self._codes.popitem(last=False)
        return known

    def _ordered(
        self,
        mask: npt.NDArray[np.bool_],
        sort: tuple[Sort, ...],
        similarity: npt.NDArray[np.float32] | None,
        by_file: bool,
    ) -> npt.NDArray[Any]:
        """Return the units of a mask in their order: images, or files in mode "file"."""
        if len(sort) <= 1 and all(one.field != "similarity" for one in sort):
            order = self._order(sort[0] if sort else Sort("path"), by_file)
            shown: npt.NDArray[Any] = order[mask[order]]
            return shown
        base = self._order(Sort("path"), by_file)
        units = base[mask[base]]
        ranks = [self._ranks_of(units, one, similarity, by_file) for one in sort]
        ordered: npt.NDArray[Any] = units[sorted_by(ranks)]
        return ordered

    def _ranks_of(
        self,
        units: npt.NDArray[Any],
        sort: Sort,
        similarity: npt.NDArray[np.float32] | None,
        by_file: bool,
    ) -> npt.NDArray[np.int64]:
        if sort.field == "similarity" and similarity is not None:
            rows = self.corpus.file_row[units] if by_file else units
            return of_likeness(similarity[rows], sort.descending)
        ranks: npt.NDArray[np.int64] = self._unit_ranks(sort, by_file)[units]
        return ranks

    def _order(self, sort: Sort, by_file: bool) -> npt.NDArray[Any]:
        # Filters change more often than orders: each order is made once for all rows.
        order = self._orders.get((sort, by_file))
        if order is None:
            ranks = self._unit_ranks(sort, by_file)
            if by_file:
                base = self.corpus.files_by_place
                order = base[sorted_by([ranks[base]])]
            else:
                order = sorted_by([ranks]).astype(np.uint32)
            self._orders[sort, by_file] = order
        return order

    def _unit_ranks(self, sort: Sort, by_file: bool) -> npt.NDArray[np.int64]:
        if self.is_of_files(sort.field):
            ranks = self._rank(sort)
            return ranks if by_file else self._of_first_file(ranks)
        if not by_file:
            return self._rank(sort)
        if sort.field not in ("path", "name"):
            return self._rank(sort)[self.corpus.file_row]
        return turned(self._file_ranks(sort.field), sort.descending)

    def _of_first_file(self, ranks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        found = np.full(len(self), len(ranks) + 1, dtype=np.int64)
        # Backwards: the first file of an image is written last.
        found[self.corpus.file_row[::-1]] = ranks[::-1]
        return found

    def _file_ranks(self, field: str) -> npt.NDArray[np.int64]:
        rank = self._ranks.get(f"file {field}")
        if rank is None:
            corpus = self.corpus
            rank = dense(corpus.files["by_place"] if field == "path" else corpus.file_names)
            self._ranks[f"file {field}"] = rank
        return rank

    def _rank(self, sort: Sort) -> npt.NDArray[np.int64]:
        """Return each row's place in an order, equal where values are; no value comes last."""
        rank = self._ranks.get(sort.field)
        if rank is None:
            rank = dense(self._sort_values(sort.field))
            self._ranks[sort.field] = rank
        return turned(rank, sort.descending)

    def _sort_values(self, field: str) -> pl.Series:
        if property_of(field):
            return self._property_values(field)
        if field == "name":
            return self.corpus.names
        if field == "camera":
            return folded(self.frame["camera"])
        return sort_values(self.frame, field)

    def _property_values(self, field: str) -> pl.Series:
        """Return what a sort by a property looks at; of tags, the first in their order."""
        one, column = self.property(field), self.column(field)
        if column.single is not None:
            if one.type == "number":
                return pl.Series(column.single.numbers).fill_nan(None)
            if one.type == "date":
                times = pl.Series(column.single.times)
                return times.set(times == NO_TIME, None)
            return folded(column.single.texts)
        place = {tag.id: number for number, tag in enumerate(self.annotations.tags_of(one.id))}
        rank = np.array([place[id] for id in column.ids] or [0])[column.tags]
        first = np.full(column.size, len(place), dtype=np.int64)
        assert column.units is not None
        np.minimum.at(first, column.units, rank)
        return pl.Series(first).set(pl.Series(first == len(place)), None)

    def _part(self, table: str, encoder: str | None) -> Any:
        name = table_name(table, encoder)
        key = (name, self.versions.get(name, 0))
        if key[1] == 0 and encoder is not None:
            return None
        with self._parts_lock:
            if key not in self._parts:
                self._parts[key] = _READERS[table](self, name, key[1])
            return self._parts[key]


class _Holder:
    """The catalogue of one project and when it was last looked at."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._catalogue: Catalogue | None = None
        self._lock = threading.Lock()
        self._looked = 0.0
        self._cost = 0.0
        self._loaded = 0.0

    def current(self, fresh: bool) -> Catalogue:
        catalogue = self._of_tables(fresh)
        state = annotations_of(self._project).state(fresh=fresh)
        if state is catalogue.annotations:
            return catalogue
        annotated = catalogue.annotated(state)
        # Another thread may have loaded newer tables meanwhile: those are not put back.
        if self._catalogue is catalogue:
            self._catalogue = annotated
        return annotated

    def _of_tables(self, fresh: bool) -> Catalogue:
        catalogue = self._catalogue
        if catalogue is None or fresh:
            with self._lock:
                return self._reload()
        if time.monotonic() - self._looked < LOOK_EVERY or not self._lock.acquire(blocking=False):
            return catalogue
        if self._cost < PATIENCE:
            try:
                return self._reload()
            finally:
                self._lock.release()
        return self._reload_behind(catalogue)

    def _reload_behind(self, catalogue: Catalogue) -> Catalogue:
        self._looked = time.monotonic()
        is_resting = self._looked - self._loaded < REST * self._cost
        if is_resting or _versions(self._project.database()) == catalogue.versions:
            self._lock.release()
            return catalogue
        threading.Thread(target=self._reload_and_release, daemon=True).start()
        return catalogue

    def _reload_and_release(self) -> None:
        try:
            self._reload()
        finally:
            self._lock.release()

    def _reload(self) -> Catalogue:
        began = time.monotonic()
        catalogue = load(self._project, self._catalogue)
        self._looked = time.monotonic()
        if catalogue is not self._catalogue:
            self._cost = self._looked - began
            self._loaded = self._looked
            self._catalogue = catalogue
            if self._cost > PATIENCE:
                threading.Thread(target=catalogue.warm, daemon=True).start()
        return catalogue


_holders: dict[Path, _Holder] = {}
_holders_lock = threading.Lock()


def _versions(database: Database) -> dict[str, int]:
    names = [*_MAIN_TABLES]
    names += [n for n in database.names() if n.partition("__")[0] in _ENCODER_TABLES]
    return {name: database.version(name) for name in names}


def _is_fixed(field: str) -> bool:
    """Whether a field does not depend on annotations (``_ranks`` has "file name" as well)."""
    return property_of(field) is None and field not in (EXCLUDED, "author")


def _beside(view: View | None, field: str) -> View:
    """Return what counts of a field are made under: in groups an image may count for several."""
    return (view or View()).without(field).grouped_by()


def _is_without_annotations(view: View) -> bool:
    fields = [one.field for one in conditions_of(view)]
    fields += [one.field for one in view.sort] + [one.field for one in view.group]
    return all(map(_is_fixed, fields))


def _kept_parts(
    previous: Catalogue | None, versions: Mapping[str, int]
) -> dict[tuple[str, int], Any]:
    if previous is None:
        return {}
    with previous._parts_lock:
        return {
            key: part for key, part in previous._parts.items() if versions.get(key[0]) == key[1]
        }


def _read_projection(catalogue: Catalogue, name: str, version: int) -> Projection:
    placed = read_columns(catalogue.project.database(), name, version, ("sha1", "x", "y"))
    aligned = catalogue.frame.select("sha1").join(
        placed, on="sha1", how="left", maintain_order="left"
    )
    x, y = (aligned[axis].fill_null(float("nan")).to_numpy() for axis in ("x", "y"))
    return Projection(x, y, np.argsort(y, kind="stable"))


def _read_clusters(catalogue: Catalogue, name: str, version: int) -> npt.NDArray[np.int32]:
    clusters = read_columns(catalogue.project.database(), name, version, ("sha1", "cluster"))
    aligned = catalogue.frame.select("sha1").join(
        clusters, on="sha1", how="left", maintain_order="left"
    )
    return aligned["cluster"].fill_null(-2).to_numpy()


def _read_cluster_info(catalogue: Catalogue, name: str, version: int) -> pl.DataFrame:
    columns = ("number", "size", "medoid", "main")
    info = read_columns(catalogue.project.database(), name, version, columns)
    main = info.filter("main").drop("main")
    return main.sort(["size", "number"], descending=[True, False])


def _read_duplicates(catalogue: Catalogue, name: str, version: int) -> pl.DataFrame:
    columns = ("sha1", "group", "kind", "distance")
    members = read_columns(catalogue.project.database(), name, version, columns)
    numbered = catalogue.frame.select("sha1", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    return members.join(numbered, on="sha1", how="inner").sort("group", "row")


_READERS: Mapping[str, Any] = {
    "projection": _read_projection,
    "clusters": _read_clusters,
    "cluster_info": _read_cluster_info,
    "duplicates": _read_duplicates,
}


def _forget(remembered: OrderedDict[str, Found]) -> None:
    held = sum(found.nbytes for found in remembered.values())
    while held > REMEMBERED_BYTES and len(remembered) > 1:
        held -= remembered.popitem(last=False)[1].nbytes
