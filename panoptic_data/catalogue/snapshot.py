"""The corpus at one version with its annotations, in memory: columns of values, one a row or file.

Data only, read from the tables when it is first needed. Not here: reading the corpus
(``corpus_reader``), running a view on it (``execute``), keeping it current (``registry``),
thumbnails and vectors (never loaded here).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.properties import EXCLUDED, Property
from panoptic_data.catalogue import embedded, property_columns
from panoptic_data.catalogue.corpus_reader import read_columns
from panoptic_data.catalogue.groups import NOT_EMBEDDED
from panoptic_data.catalogue.view_result import ViewCache
from panoptic_data.errors import InvalidView
from panoptic_data.provenance.stages import digest
from panoptic_data.storage.schema import table_name
from panoptic_data.views.fields import property_of

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.catalogue.corpus import Corpus, Rows
    from panoptic_data.catalogue.property_columns import Authors, Column, Texts
    from panoptic_data.catalogue.view_result import ViewResult
    from panoptic_data.storage.project import Project
    from panoptic_data.views.model import View

__all__ = ["Catalogue", "Projection"]


# Tables of an encoder that a page can show.
_SHOWN = ("projection", "clusters", "cluster_info")


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


class Catalogue:
    """The corpus at one version. Safe to share between threads; its data never change.

    ``versions`` are those of the tables; ``cache`` is for what running views makes (``execute``);
    ``frozen`` is a view with the result that it keeps, whatever the annotations are now.
    """

    def __init__(
        self,
        project: Project,
        versions: Mapping[str, int],
        corpus: Corpus,
        annotations: State,
        table_columns: Mapping[tuple[str, int], Any] | None = None,
    ) -> None:
        self.project = project
        self.versions = versions
        self.corpus = corpus
        self.annotations = annotations
        parts = [f"{name}={number}" for name, number in sorted(versions.items())]
        self.version = digest([*parts, str(annotations.position)])
        self.cache = ViewCache()
        self.frozen: tuple[View, ViewResult] | None = None
        self._table_columns = dict(table_columns or {})
        self._table_lock = threading.RLock()
        self._columns: dict[str, tuple[Any, Column]] = {}

    def __len__(self) -> int:
        return self.corpus.frame.height

    @property
    def frame(self) -> pl.DataFrame:
        """One row an image: sha1, place, format, width, height, taken_at, size, status and more."""
        return self.corpus.frame

    @property
    def encoders(self) -> tuple[str, ...]:
        """Slugs of the encoders that have a projection or clusters, in order."""
        parts = (name.partition("__") for name in self.versions)
        return tuple(sorted({slug for kind, _, slug in parts if kind in _SHOWN and slug}))

    def at_versions(
        self, versions: Mapping[str, int], annotations: State, *, keep_orders: bool
    ) -> Catalogue:
        """Return the catalogue at other versions of the tables, of ``files`` and ``images`` none.

        ``keep_orders``: nothing that a view is ordered or grouped by has changed either.
        """
        columns = self.table_columns(versions)
        other = Catalogue(self.project, versions, self.corpus, annotations, columns)
        other._columns = dict(self._columns)
        if keep_orders:
            is_same = annotations is self.annotations
            other.cache = self.cache.without_results(keep_annotated=is_same)
        return other

    def with_annotations(self, annotations: State) -> Catalogue:
        """Return the catalogue with other annotations, keeping what they do not touch."""
        is_same = annotations.excluded is self.annotations.excluded
        return self._copy(annotations, keep_results=is_same)

    def with_frozen_result(self, view: View, result: ViewResult) -> Catalogue:
        """Return the catalogue in which a view keeps a result that it had before.

        In other groups or another order it shows the same images, with their present values.
        """
        other = self._copy(self.annotations, keep_results=False)
        other.frozen = (view, result)
        return other

    def table_columns(self, versions: Mapping[str, int]) -> dict[tuple[str, int], Any]:
        """Return what was read so far of the tables that have these versions, to be used again."""
        with self._table_lock:
            return {
                key: columns
                for key, columns in self._table_columns.items()
                if versions.get(key[0]) == key[1]
            }

    def property(self, field: str) -> Property:
        """Return the property whose field a view names. Raises InvalidView."""
        id = property_of(field)
        property = self.annotations.properties.get(id) if id else None
        if property is None or property.deleted:
            raise InvalidView(field, "no_property")
        if field.split(":")[1] != property.type:
            raise InvalidView(field, "other_type", name=property.name)
        return property

    def column(self, field: str) -> Column:
        """Return a property's values, one a unit (``field`` as views name it, or EXCLUDED)."""
        if field == EXCLUDED:
            property = Property(EXCLUDED, EXCLUDED, "checkbox")
        else:
            property = self.property(field)
        source = self.annotations.property_values(property.id)
        live = None
        if property.has_tags:
            live = self.annotations.live_tags.get(property.id, frozenset())
        # A column of another type, or of other tags, is of no use and is not kept.
        made_for = (property.type, live)
        before, previous = self._columns.get(property.id, (None, None))
        if before != made_for:
            previous = None
        if previous is not None and previous.source is source:
            return previous
        column = property_columns.update(
            self.project, self.corpus, property, source, live, previous
        )
        self._columns[property.id] = (made_for, column)
        return column

    def authors(self, property: str | None = None) -> Authors:
        """Return who set a value of which image, of all properties or of one (its id)."""
        return property_columns.authors(self.project, self.corpus, self.annotations, property)

    def proposers(self, property: str | None = None) -> Authors:
        """Return who proposed a value of which image, of all properties or of one (its id)."""
        return property_columns.proposers(self.project, self.corpus, self.annotations, property)

    def people(self, field: str, property: str | None = None) -> Authors:
        """Return the names of one of ``WHO_FIELDS``: authors, or who proposed."""
        return self.authors(property) if field == "author" else self.proposers(property)

    def numbers(self, field: str) -> npt.NDArray[np.float64]:
        """Return a field of numbers, one a unit: float64, NaN for none."""
        return self._single(field).numbers if property_of(field) else self.corpus.numbers(field)

    def times(self, field: str) -> npt.NDArray[np.int64]:
        """Return a field of dates, one a unit: microseconds since 1970, ``NO_TIME`` for none."""
        return self._single(field).times if property_of(field) else self.corpus.times(field)

    def spans(self, field: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return when each date of a field begins, and before when it ends, as ``times`` are."""
        if property_of(field):
            return self._single(field).spans
        return self.corpus.spans(field)

    def precisions(self, field: str) -> pl.Series | None:
        """Return how much of each date of a field is known: year, month, …, null for all of it.

        None where all are moments.
        """
        if property_of(field):
            return self._single(field).precisions
        column = embedded.DATES.get(field)
        return self.frame[column] if column else None

    def texts(self, field: str) -> tuple[pl.Series, npt.NDArray[np.int32]]:
        """Return the distinct values of a field of texts, sorted, and each unit's index in them."""
        return self._single(field).distinct if property_of(field) else self.corpus.texts(field)

    def is_of_files(self, field: str) -> bool:
        """Whether a field has a value for each file, not for each image."""
        return bool(property_of(field)) and self.property(field).target == "file"

    def sha1s(self, rows: Rows) -> list[str]:
        """Return the sha1s of some rows, in their order."""
        sha1s: list[str] = self.frame["sha1"].gather(rows).to_list()
        return sha1s

    def rows_of(self, sha1s: Sequence[str]) -> Rows:
        """Return the row of each sha1, in their order; unknown sha1s are left out."""
        sorted_sha1s, rows = self.corpus.by_sha1
        if not len(sorted_sha1s) or not len(sha1s):
            return np.empty(0, dtype=np.uint32)
        wanted = np.array(sha1s, dtype="S40")
        positions = np.minimum(np.searchsorted(sorted_sha1s, wanted), len(sorted_sha1s) - 1)
        known: Rows = rows[positions[sorted_sha1s[positions] == wanted]]
        return known

    def projection(self, encoder: str) -> Projection | None:
        """Return the coordinates of every row, or None before there are any."""
        projection: Projection | None = self._read("projection", encoder)
        return projection

    def clusters(self, encoder: str) -> npt.NDArray[np.int32] | None:
        """Return each row's cluster: (n,) int32, -1 in no cluster, -2 not embedded yet."""
        clusters: npt.NDArray[np.int32] | None = self._read("clusters", encoder)
        return clusters

    def cluster_info(self, encoder: str) -> pl.DataFrame:
        """Return the clusters of the main level: number, size, medoid; largest first."""
        name = table_name("cluster_info", encoder)
        if name not in self.versions:
            return pl.DataFrame(schema={"number": pl.Int32, "size": pl.Int32, "medoid": pl.String})
        info: pl.DataFrame = self._read("cluster_info", encoder)
        return info

    def duplicates(self) -> pl.DataFrame:
        """Return members of duplicate groups: row, group, kind, distance, centre, edits."""
        members: pl.DataFrame = self._read("duplicates", None)
        return members

    def date_range(self) -> tuple[Any, Any] | None:
        """Return the first and last date on which an image was taken, or None."""
        taken = self.frame["taken_at"]
        return None if taken.null_count() == len(taken) else (taken.min(), taken.max())

    def _copy(self, annotations: State, *, keep_results: bool) -> Catalogue:
        columns = self.table_columns(self.versions)
        other = Catalogue(self.project, self.versions, self.corpus, annotations, columns)
        other._columns = dict(self._columns)
        other.cache = self.cache.without_annotations(keep_results=keep_results)
        return other

    def _single(self, field: str) -> Texts:
        single = self.column(field).single
        if single is None:
            raise InvalidView(field, "other_type", name=self.property(field).name)
        return single

    def _read(self, table: str, encoder: str | None) -> Any:
        name = table_name(table, encoder)
        key = (name, self.versions.get(name, 0))
        if key[1] == 0 and encoder is not None:
            return None
        with self._table_lock:
            if key not in self._table_columns:
                self._table_columns[key] = _READERS[table](self, name, key[1])
            return self._table_columns[key]


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
    return aligned["cluster"].fill_null(NOT_EMBEDDED).to_numpy()


def _read_cluster_info(catalogue: Catalogue, name: str, version: int) -> pl.DataFrame:
    columns = ("number", "size", "medoid", "main")
    info = read_columns(catalogue.project.database(), name, version, columns)
    main = info.filter("main").drop("main")
    return main.sort(["size", "number"], descending=[True, False])


def _read_duplicates(catalogue: Catalogue, name: str, version: int) -> pl.DataFrame:
    columns = ("sha1", "group", "kind", "distance", "centre", "edits")
    members = read_columns(catalogue.project.database(), name, version, columns)
    numbered = catalogue.frame.select("sha1", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    return members.join(numbered, on="sha1", how="inner").sort("group", "row")


_READERS: Mapping[str, Any] = {
    "projection": _read_projection,
    "clusters": _read_clusters,
    "cluster_info": _read_cluster_info,
    "duplicates": _read_duplicates,
}
