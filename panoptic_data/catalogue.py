"""One frame of the corpus at one version, in memory, and the order in which a view shows it.

Here: loading it from the tables, keeping it current, running a view on it, counting. Not
here: what a condition selects (``conditions``), thumbnails and vectors (never loaded here).

A row is an image, in the order of its path. What counts as the files of an image are those
that share its status: an image with one readable file is "ok", and its missing copies do not
lend it their folders.
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

from panoptic_data import conditions
from panoptic_data.schema import table_name
from panoptic_data.stages import digest
from panoptic_data.views import STATUSES, Sort, View

if TYPE_CHECKING:
    from panoptic_data.project import Project
    from panoptic_data.tables import Database

__all__ = ["Catalogue", "Found", "Projection", "get", "load"]

Rows = npt.NDArray[np.uint32]

# Versions are looked at no more often than this: a page asks many times a second.
LOOK_EVERY = 1.0
# A reload that takes longer than this happens behind the readers' back.
PATIENCE = 0.3
# A corpus that grows all the time is reloaded for at most a tenth of the time.
REST = 10.0
# One order of a million images takes 4 MB.
REMEMBERED_BYTES = 256 * 2**20
_MAIN_TABLES = ("files", "images", "duplicates")
_ENCODER_TABLES = ("projection", "clusters", "cluster_info")
_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Found:
    """What a view shows: ``rows`` are row numbers in the view's order.

    ``similarity`` runs beside ``rows`` (float32, cosine) when the view asks for likeness.
    """

    rows: Rows
    similarity: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.rows)


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


@dataclass(frozen=True)
class Corpus:
    """The part that ``files`` and ``images`` make. ``frame`` has one row an image.

    ``file_row``, ``file_folder`` (a position in ``folders``) and ``file_text`` (place in lower
    case) have one entry per file that counts.
    """

    frame: pl.DataFrame
    folders: pl.Series
    file_row: Rows
    file_folder: Rows
    file_text: pl.Series

    @cached_property
    def by_sha1(self) -> tuple[npt.NDArray[np.bytes_], Rows]:
        """Sha1s in order, and the row of each."""
        sha1s = self.frame["sha1"].to_numpy().astype("S40")
        order = np.argsort(sha1s)
        return sha1s[order], order.astype(np.uint32)

    @cached_property
    def statuses(self) -> npt.NDArray[np.uint8]:
        """Each row's position in ``views.STATUSES``."""
        return self.frame["status"].to_physical().to_numpy().astype(np.uint8)


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
    corpus = previous.corpus if same and previous is not None else _corpus(database, versions)
    parts = _kept_parts(previous, versions) if same else {}
    return Catalogue(project, versions, corpus, parts)


class Catalogue:
    """The corpus at one version. Safe to share between threads; never changes what it says."""

    def __init__(
        self,
        project: Project,
        versions: Mapping[str, int],
        corpus: Corpus,
        parts: Mapping[tuple[str, int], Any],
    ) -> None:
        self.project = project
        self.versions = versions
        self.corpus = corpus
        self.version = digest(f"{name}={number}" for name, number in sorted(versions.items()))
        self._parts = dict(parts)
        self._parts_lock = threading.RLock()
        self._found: OrderedDict[str, Found] = OrderedDict()
        self._orders: dict[tuple[Sort, ...], Rows] = {}
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

    def run(self, view: View) -> Found:
        """Return the rows that a view shows, in its order. Raises InvalidView, NoEmbeddings."""
        key = view.key
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

    def window(self, found: Found, start: int, count: int) -> list[dict[str, Any]]:
        """Return some rows of an order as plain values, for a gallery or a list."""
        rows = found.rows[start : start + count]
        chosen = self.frame[rows].with_columns(
            name=pl.col("place").str.replace(r"^.*/", ""),
            taken_at=pl.col("taken_at").dt.strftime("%Y-%m-%dT%H:%M:%S"),
        )
        columns = ("sha1", "name", "place", "width", "height", "format", "taken_at", "copies")
        listed = chosen.select(*columns, "size", "colour", pl.col("status").cast(pl.String))
        values = listed.with_columns(pl.col("format").cast(pl.String)).to_dicts()
        if found.similarity is not None:
            for value, similarity in zip(
                values, found.similarity[start : start + count].tolist(), strict=True
            ):
                value["similarity"] = round(similarity, 4)
        return values

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
        return rows[places[known[places] == asked]]

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
        found = self.run((view or View()).without("folder"))
        return _tree_counts(self.corpus, found.rows)

    def formats(self, view: View | None = None) -> dict[str, int]:
        """Return each format's count of images under a view, most frequent first."""
        found = self.run((view or View()).without("format"))
        counted = self.frame["format"].gather(found.rows).value_counts().drop_nulls()
        ordered = counted.sort(["count", "format"], descending=[True, False])
        return dict(zip(ordered["format"].cast(pl.String), ordered["count"], strict=True))

    def cluster_counts(self, encoder: str, view: View | None = None) -> dict[int, int]:
        """Return each cluster's count of images under a view, largest first, -1 last."""
        clusters = self.clusters(encoder)
        if clusters is None:
            return {}
        found = self.run((view or View()).without("cluster"))
        numbers, counts = np.unique(clusters[found.rows], return_counts=True)
        pairs = [(int(n), int(c)) for n, c in zip(numbers, counts, strict=True) if n >= -1]
        return dict(sorted(pairs, key=lambda pair: (pair[0] < 0, -pair[1], pair[0])))

    def histogram(
        self, column: str, view: View | None = None, bins: int = 40
    ) -> tuple[list[int], list[float]]:
        """Return counts (bins) and edges (bins + 1) of a numeric column under a view."""
        found = self.run((view or View()).without(column))
        values = self.frame[column].gather(found.rows).drop_nulls().to_numpy()
        counts, edges = np.histogram(values, bins) if len(values) else (np.array([]), np.array([]))
        return counts.tolist(), edges.tolist()

    def date_range(self) -> tuple[Any, Any] | None:
        """Return the first and last date on which an image was taken, or None."""
        taken = self.frame["taken_at"]
        return None if taken.null_count() == len(taken) else (taken.min(), taken.max())

    def _run(self, view: View) -> Found:
        mask, similarity = conditions.select(self, view)
        sort = view.sort or ((Sort("similarity", True),) if similarity is not None else ())
        if similarity is None and any(one.field == "similarity" for one in sort):
            sort = tuple(one for one in sort if one.field != "similarity")
        if not sort:
            rows = np.flatnonzero(mask).astype(np.uint32)
        elif similarity is None:
            order = self._order(sort)
            rows = order[mask[order]]
        else:
            chosen = np.flatnonzero(mask).astype(np.uint32)
            rows = chosen[_sorted([self._key(one, similarity)[chosen] for one in sort])]
        return Found(rows, None if similarity is None else similarity[rows])

    def _order(self, sort: tuple[Sort, ...]) -> Rows:
        # Filters change more often than orders: each order is made once for all rows.
        order = self._orders.get(sort)
        if order is None:
            order = _sorted([self._key(one, None) for one in sort]).astype(np.uint32)
            self._orders[sort] = order
        return order

    def _key(self, sort: Sort, similarity: npt.NDArray[np.float32] | None) -> npt.NDArray[np.int64]:
        if sort.field == "similarity" and similarity is not None:
            values = pl.Series((similarity * 1e6).astype(np.float64)).fill_nan(None)
        else:
            values = _sort_values(self.frame, sort.field)
        numbers = values.cast(pl.Int64, strict=False)
        keys = -numbers if sort.descending else numbers
        # What has no value comes last in both directions.
        return keys.fill_null(_LAST).to_numpy()

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
        return catalogue


_holders: dict[Path, _Holder] = {}
_holders_lock = threading.Lock()


def _versions(database: Database) -> dict[str, int]:
    names = [*_MAIN_TABLES]
    names += [n for n in database.names() if n.partition("__")[0] in _ENCODER_TABLES]
    return {name: database.version(name) for name in names}


def _kept_parts(
    previous: Catalogue | None, versions: Mapping[str, int]
) -> dict[tuple[str, int], Any]:
    if previous is None:
        return {}
    with previous._parts_lock:
        return {
            key: part for key, part in previous._parts.items() if versions.get(key[0]) == key[1]
        }


def _corpus(database: Database, versions: Mapping[str, int]) -> Corpus:
    files = _files(database, versions["files"])
    images = _read(
        database,
        "images",
        versions["images"],
        ("sha1", "format", "width", "height", "taken_at", "colour"),
    )
    # A file may be known to be damaged before, and an image outlive, its other half.
    merged = images.join(_by_image(files, images), on="sha1", how="full", coalesce=True)
    frame = (
        merged.with_columns(
            status=pl.col("status").fill_null("missing").cast(pl.Enum(STATUSES)),
            place=pl.col("place").fill_null(""),
            copies=pl.col("copies").fill_null(0),
            pixels=pl.col("width").cast(pl.Int64) * pl.col("height"),
            format=pl.col("format").cast(pl.Enum(images["format"].unique().drop_nulls().sort())),
        )
        .sort(pl.col("text").fill_null(""), "place", "sha1")
        .drop("text")
        .rechunk()
    )
    return _with_files(frame, files)


def _files(database: Database, version: int) -> pl.DataFrame:
    columns = ("source", "path", "folder", "sha1", "size", "status", "first_seen")
    files = _read(database, "files", version, columns).filter(pl.col("sha1").is_not_null())
    place = pl.concat_str("source", "path", separator="/")
    return files.select(
        "sha1",
        "size",
        "first_seen",
        status=pl.col("status").cast(pl.Enum(STATUSES)),
        place=place,
        # Some file systems spell é as e and an accent: one spelling to search in.
        text=place.str.normalize("NFC").str.to_lowercase(),
        folder=pl.when(pl.col("folder") == "")
        .then(pl.col("source"))
        .otherwise(pl.concat_str("source", "folder", separator="/")),
    )


def _by_image(files: pl.DataFrame, images: pl.DataFrame) -> pl.DataFrame:
    known = files.join(images.select("sha1"), on="sha1", how="semi")
    # Missing files whose image was never read have nothing to show.
    damaged = files.join(images.select("sha1"), on="sha1", how="anti").filter(
        pl.col("status") == "unreadable"
    )
    ordered = pl.concat([known, damaged]).sort("status", "text", "place")
    first = ordered.unique("sha1", keep="first", maintain_order=True)
    best = first.select("sha1", "status")
    counts = ordered.join(best, on=["sha1", "status"], how="semi").group_by("sha1")
    counted = counts.agg(copies=pl.len(), added=pl.col("first_seen").min())
    return first.select("sha1", "status", "place", "text", "size").join(
        counted, on="sha1", how="left"
    )


def _with_files(frame: pl.DataFrame, files: pl.DataFrame) -> Corpus:
    numbered = frame.select("sha1", "status", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    counting = files.join(numbered, on=["sha1", "status"], how="inner").sort("row", "text")
    folders = counting["folder"].unique().sort()
    return Corpus(
        frame=frame,
        folders=folders,
        file_row=counting["row"].to_numpy(),
        file_folder=counting["folder"].cast(pl.Enum(folders)).to_physical().to_numpy(),
        file_text=counting["text"].rechunk(),
    )


def _read(database: Database, name: str, version: int, columns: Sequence[str]) -> pl.DataFrame:
    return database.frame(name, columns, version=version or None)


def _read_projection(catalogue: Catalogue, name: str, version: int) -> Projection:
    placed = _read(catalogue.project.database(), name, version, ("sha1", "x", "y"))
    aligned = catalogue.frame.select("sha1").join(
        placed, on="sha1", how="left", maintain_order="left"
    )
    x, y = (aligned[axis].fill_null(float("nan")).to_numpy() for axis in ("x", "y"))
    return Projection(x, y, np.argsort(y, kind="stable"))


def _read_clusters(catalogue: Catalogue, name: str, version: int) -> npt.NDArray[np.int32]:
    clusters = _read(catalogue.project.database(), name, version, ("sha1", "cluster"))
    aligned = catalogue.frame.select("sha1").join(
        clusters, on="sha1", how="left", maintain_order="left"
    )
    return aligned["cluster"].fill_null(-2).to_numpy()


def _read_cluster_info(catalogue: Catalogue, name: str, version: int) -> pl.DataFrame:
    columns = ("number", "size", "medoid", "main")
    info = _read(catalogue.project.database(), name, version, columns)
    main = info.filter("main").drop("main")
    return main.sort(["size", "number"], descending=[True, False])


def _read_duplicates(catalogue: Catalogue, name: str, version: int) -> pl.DataFrame:
    columns = ("sha1", "group", "kind", "distance")
    members = _read(catalogue.project.database(), name, version, columns)
    numbered = catalogue.frame.select("sha1", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    return members.join(numbered, on="sha1", how="inner").sort("group", "row")


_READERS: Mapping[str, Any] = {
    "projection": _read_projection,
    "clusters": _read_clusters,
    "cluster_info": _read_cluster_info,
    "duplicates": _read_duplicates,
}


def _sort_values(frame: pl.DataFrame, field: str) -> pl.Series:
    if field == "path":
        return pl.Series(np.arange(frame.height))
    if field == "name":
        name = frame["place"].str.replace(r"^.*/", "").str.to_lowercase()
        return name.rank("dense")
    if field == "colour":
        return _hue(frame["colour"])
    if field in ("taken_at", "added"):
        return frame[field].to_physical()
    if field == "format":
        return frame["format"].to_physical()
    return frame[field]


def _hue(colours: pl.Series) -> pl.Series:
    """Rank colours as a rainbow, greys before it by lightness; null stays null."""
    distinct = colours.drop_nulls().unique().sort()
    ranks = pl.Series([_rainbow(one) for one in distinct], dtype=pl.Int64)
    return colours.replace_strict(distinct, ranks, default=None, return_dtype=pl.Int64)


def _rainbow(colour: str) -> int:
    import colorsys

    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    # Below this a hue is noise to the eye.
    is_grey = saturation < 0.12 or not 0.06 < lightness < 0.96
    return int(lightness * 1000) if is_grey else 1000 + int(hue * 360) * 1000 + int(lightness * 999)


def _sorted(keys: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.intp]:
    if len(keys) == 1:
        return np.argsort(keys[0], kind="stable")
    return np.lexsort(tuple(reversed(keys)))


def _forget(remembered: OrderedDict[str, Found]) -> None:
    held = sum(found.rows.nbytes for found in remembered.values())
    while held > REMEMBERED_BYTES and len(remembered) > 1:
        held -= remembered.popitem(last=False)[1].rows.nbytes


def _tree_counts(corpus: Corpus, rows: Rows) -> dict[str, int]:
    """Count distinct images per folder and per folder above it."""
    wanted = np.zeros(corpus.frame.height, dtype=bool)
    wanted[rows] = True
    chosen = wanted[corpus.file_row]
    pairs = pl.DataFrame({"row": corpus.file_row[chosen], "folder": corpus.file_folder[chosen]})
    pairs = pairs.unique()
    # Most images have one folder: these are added up; the others are counted once per folder above.
    alone = pairs.filter(pl.col("row").is_unique())
    several = pairs.filter(~pl.col("row").is_unique())
    names = corpus.folders.to_list()
    counts = dict.fromkeys(sorted({up for name in names for up in _upwards(name)}), 0)
    for number, count in alone.group_by("folder").len().iter_rows():
        for up in _upwards(names[number]):
            counts[up] += count
    for _, numbers in several.group_by("row").agg("folder").iter_rows():
        for up in {up for number in numbers for up in _upwards(names[number])}:
            counts[up] += 1
    return counts


def _upwards(folder: str) -> list[str]:
    parts = folder.split("/")
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
