"""Reviewing groups of duplicates: which are still open, what merging some of them would do.

A group is open while at least two of its images are in the corpus and in the current view, unless
just these were marked as no duplicates (``merge.apart_changes``). Images that the view does not
show are ignored, so that no image leaves unseen. Copies of one file are one image, of which nothing
can leave: they are listed with their paths. Not here: finding groups (``detect``), which image to
keep (``keepers``), what it takes over (``merge``).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import polars as pl
from cachetools import LRUCache, TTLCache

from panoptic_data.annotations.log import APART_PREFIX, CHANGE_SCHEMA
from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.catalogue.execute import run_view
from panoptic_data.duplicates import keepers
from panoptic_data.duplicates.altered import altered, steps
from panoptic_data.duplicates.merge import merge_changes
from panoptic_data.ingest import file_times
from panoptic_data.ingest.links import FILE_COLUMNS, located
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = [
    "COPIES",
    "ORDERS",
    "MergePlan",
    "OpenGroups",
    "copies_of",
    "keeper_criteria",
    "kinds",
    "open_groups",
    "plan_merge",
    "shown_mask",
]

COPIES = "exact"
# Largest first, most similar first, by the path of the keeper.
ORDERS = ("size", "alike", "folder")
CACHED = 12
# Files may be removed by hand at any time.
LOOKED_UP_SECONDS = 30.0

_OLDEST = pl.Schema({"sha1": pl.String(), "oldest": pl.Int64()})


@dataclass(frozen=True)
class OpenGroups:
    """The open groups of one kind.

    ``frame`` has one row per group: group, keeper, others (in the order in which they would be
    kept), reason, count (of images; of files of one image that are there), distance (the greatest
    of an image to its nearest other), step (the distance from which it is merged where many are:
    greater where colours or frame differ, see ``altered``), bytes (that removing all copies but
    one would free), place (path of the keeper), row (of the keeper). ``distances`` has
    the distance of each image: sha1, distance.
    """

    kind: str
    frame: pl.DataFrame
    distances: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def leaving(self) -> int:
        """How many images leave the corpus if all groups are merged."""
        if self.kind == COPIES:
            return 0
        return int(self.frame["count"].sum()) - self.frame.height

    @cached_property
    def bytes(self) -> int:
        """What removing all copies but one of each file would free on the disk."""
        return int(self.frame["bytes"].sum())

    def ordered(self, order: str) -> pl.DataFrame:
        """Return the groups in one of ``ORDERS``."""
        by, descending = _BY[order]
        return self._orders.setdefault(
            order, self.frame.sort(*by, descending=list(descending), nulls_last=True)
        )

    @cached_property
    def _orders(self) -> dict[str, pl.DataFrame]:
        return {}


_BY: Mapping[str, tuple[tuple[str, ...], tuple[bool, ...]]] = {
    "size": (("count", "bytes", "row", "group"), (True, True, False, False)),
    "alike": (("step", "row", "group"), (False, False, False)),
    "folder": (("row", "group"), (False, False)),
}


@dataclass(frozen=True)
class MergePlan:
    """What merging would do: how many ``groups`` and ``leaving`` images, and the changes.

    ``disagreeing`` counts groups with values that the keeper cannot take over; ``lost`` lists them
    (property, keeper, sha1, value). ``digest`` is that of the images of each group: plans of equal
    digests merge the same images into the same keepers.
    """

    groups: int = 0
    leaving: int = 0
    disagreeing: int = 0
    changes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CHANGE_SCHEMA))
    lost: pl.DataFrame = field(default_factory=pl.DataFrame)
    digest: str = ""


def kinds(current: Catalogue) -> list[str]:
    """Return the kinds of duplicates in the corpus, open or not: exact, near, then semantic."""
    unique = current.duplicates()["kind"].unique().to_list()
    return sorted(unique, key=lambda kind: (kind != COPIES, kind != "near", kind))


def open_groups(
    current: Catalogue, kind: str, view: View | None = None, first: str = keepers.CRITERIA[0]
) -> OpenGroups:
    """Return the open groups of a kind, of the images that a view shows; cached per catalogue.

    ``first`` (of ``keepers.CRITERIA``) has priority in choosing keepers. Raises InvalidView and
    whatever else running a view raises.
    """
    filters = View(where=view.where) if view is not None else View()
    if kind == COPIES:
        # Which of them are there changes without the tables.
        return _copies(current, filters)
    key = (kind, filters.key, first)
    with _lock:
        cache = _caches.setdefault(current, LRUCache(CACHED))
        if key in cache:
            return cache[key]
    groups = _ranked(current, kind, filters, first)
    with _lock:
        cache[key] = groups
    return groups


_lock = threading.Lock()
# Dropped together with their catalogue.
_caches: WeakKeyDictionary[Catalogue, LRUCache[tuple[str, ...], OpenGroups]] = WeakKeyDictionary()


def plan_merge(
    state: State, groups: OpenGroups, max_distance: float | None = None, *, agreeing: bool = True
) -> MergePlan:
    """Return what merging groups within a distance (None: all) would do, by suggested keepers.

    With ``agreeing`` groups are left out whose values the keeper cannot all take over.
    """
    frame = groups.frame if groups.kind != COPIES else groups.frame.clear()
    if max_distance is not None:
        # Distances are stored in single precision.
        frame = frame.filter(pl.col("step") <= pl.lit(max_distance, pl.Float32))
    changes, lost = merge_changes(state, _others_by_keeper(frame))
    disagreeing = set(lost["keeper"].to_list())
    if agreeing and disagreeing:
        frame = frame.filter(~pl.col("keeper").is_in(list(disagreeing)))
        changes, _ = merge_changes(state, _others_by_keeper(frame))
    leaving = int(frame["count"].sum()) - frame.height
    return MergePlan(frame.height, leaving, len(disagreeing), changes, lost, _digest(frame))


def _digest(groups: pl.DataFrame) -> str:
    digest = hashlib.blake2b(digest_size=10)
    for keeper, others in sorted(_others_by_keeper(groups).items()):
        digest.update(" ".join([keeper, *sorted(others)]).encode() + b"\n")
    return digest.hexdigest()


def copies_of(project: Project, sha1s: Sequence[str]) -> pl.DataFrame:
    """Return the files of images that are there now, one row a path.

    Columns: sha1, path, kept (absolute paths on this machine), is_kept, is_copy, bytes, modified
    (nanoseconds; null: unknown). ``kept`` is a file that is no link, the oldest of these, of
    equally old ones the first by path; it comes first. ``is_copy``: removing this path would free
    its bytes and break nothing; it is not another path of the kept file, no link, and has no other
    name on its disk.
    """
    columns = ["sha1", *FILE_COLUMNS, "size", "mtime_ns"]
    files = project.database().frame("files", columns, "status = 'ok'")
    files = files.filter(pl.col("sha1").is_in(pl.Series(sha1s, dtype=pl.String).implode()))
    there = located(project, files).filter(pl.col("physical").is_not_null())
    ranked = there.select(
        "sha1",
        "physical",
        "is_link",
        has_others=(pl.len().over("sha1", "physical") > 1) | (pl.col("names") > 1),
        path="absolute",
        bytes="size",
        modified=_known_time(),
    ).sort("sha1", "is_link", "modified", "path", nulls_last=True)
    with_kept = ranked.with_columns(
        kept=pl.col("path").first().over("sha1"), file=pl.col("physical").first().over("sha1")
    )
    is_other = pl.col("physical") != pl.col("file")
    return with_kept.select(
        "sha1",
        "path",
        "kept",
        is_kept=pl.col("path") == pl.col("kept"),
        is_copy=is_other & ~pl.col("is_link") & ~pl.col("has_others"),
        bytes="bytes",
        modified="modified",
    )


def keeper_criteria(current: Catalogue, rows: npt.NDArray[np.integer]) -> pl.DataFrame:
    """Return the columns of ``keepers.CRITERIA_SCHEMA`` for the images in some rows."""
    images = current.frame[rows].select("sha1", "width", "height", "size", "place")
    annotated = np.zeros(len(current), dtype=np.int64)
    for property in current.annotations.live_properties:
        if property.target != "image":
            continue
        column = current.column(property_field(property.type, property.id))
        if column.units is None:
            annotated += column.filled
        else:
            annotated += np.bincount(column.units, minlength=len(current))
    pixels = pl.col("width").cast(pl.Int64) * pl.col("height").cast(pl.Int64)
    criteria = images.select(
        "sha1",
        pixels=pixels,
        annotated=pl.Series(annotated[rows]),
        bytes=pl.col("size").cast(pl.Int64),
        place=pl.col("place").cast(pl.String),
    )
    with_age = criteria.join(_oldest_files(current), on="sha1", how="left")
    return with_age.select(list(keepers.CRITERIA_SCHEMA))


def _others_by_keeper(frame: pl.DataFrame) -> dict[str, list[str]]:
    return dict(frame.select("keeper", "others").iter_rows())


def _copies(current: Catalogue, view: View) -> OpenGroups:
    """Return the images that have several files."""
    rows = run_view(current, view).rows
    files = current.duplicates().filter(pl.col("kind") == COPIES)
    files = files.filter(_is_shown(current, rows, files))
    groups = files.select("group", "row").unique().sort("group")
    images = current.frame[groups["row"].to_numpy()].select("sha1", "place")
    named = pl.concat([groups, images], how="horizontal")
    copies = _looked_up(current, named["sha1"].to_list())
    frame = named.join(copies, on="sha1", how="inner", maintain_order="left").select(
        "group",
        keeper="sha1",
        others=pl.lit([], pl.List(pl.String)),
        reason=pl.lit("first"),
        count="count",
        distance=pl.lit(0.0, pl.Float32),
        step=pl.lit(0.0, pl.Float32),
        bytes="bytes",
        place="place",
        row="row",
    )
    return OpenGroups(
        COPIES, frame, pl.DataFrame(schema={"sha1": pl.String, "distance": pl.Float32})
    )


def _looked_up(current: Catalogue, sha1s: Sequence[str]) -> pl.DataFrame:
    """Return how many files of each image are there now, where several are: sha1, count, bytes.

    ``bytes`` is what removing all but one would free.
    """
    # Listed again and again while a person works through the groups.
    key = (current.project.database().uri, current.versions["files"], tuple(sha1s))
    with _lock:
        known = _looked_up_cache.get(key)
    if known is None:
        copies = copies_of(current.project, sha1s)
        freed = pl.col("bytes").filter("is_copy").sum().cast(pl.Int64)
        counted = copies.group_by("sha1").agg(
            count=pl.len(), copies=pl.col("is_copy").sum(), bytes=freed
        )
        known = counted.filter(pl.col("copies") > 0).drop("copies")
        with _lock:
            _looked_up_cache[key] = known
    return known


def _ranked(current: Catalogue, kind: str, view: View, first: str) -> OpenGroups:
    rows = run_view(current, view).rows
    members = current.duplicates().filter(pl.col("kind") == kind)
    members = members.filter(_is_shown(current, rows, members))
    members = members.filter(pl.len().over("group") > 1)
    sha1s = current.frame["sha1"].gather(members["row"])
    members = members.with_columns(sha1=sha1s)
    members = members.join(_apart_groups(current.annotations, members), on="group", how="anti")
    criteria = keeper_criteria(current, members["row"].unique().to_numpy())
    chosen = keepers.choose_keepers(
        members.select("group", "sha1"), criteria, first, _altered(current, members)
    )
    distances = members.group_by("group").agg(distance=pl.col("distance").max())
    distances = distances.join(steps(members), on="group")
    frame = chosen.join(distances, on="group", how="left", maintain_order="left").join(
        members.select("sha1", "group", "row"),
        left_on=["keeper", "group"],
        right_on=["sha1", "group"],
        how="left",
        maintain_order="left",
    )
    frame = frame.with_columns(
        count=pl.col("others").list.len() + 1,
        bytes=pl.lit(0, pl.Int64),
        place=current.frame["place"].gather(frame["row"]),
    )
    return OpenGroups(kind, frame, members.select("sha1", "distance"))


def _altered(current: Catalogue, members: pl.DataFrame) -> pl.DataFrame | None:
    """Return which images of groups are grey or recoloured beside another one."""
    if not members["edits"].explode().is_in(["recoloured"]).any():
        return None
    database, version = current.project.database(), current.versions["images"]
    grey = database.frame("images", ["sha1"], "mode IN ('1', 'L', 'LA')", version)["sha1"]
    colours = current.frame["colour"].gather(members["row"])
    is_grey = pl.col("sha1").is_in(grey.implode())
    return altered(members.with_columns(colour=colours, is_grey=is_grey))


def shown_mask(current: Catalogue, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Return which images are in a view of these rows and in the corpus: (n,) bool.

    A view can show excluded images.
    """
    mask = np.zeros(len(current), dtype=bool)
    mask[rows] = True
    if EXCLUDED in current.annotations.values_by_property:
        mask &= ~current.column(EXCLUDED).filled
    return mask


def _is_shown(
    current: Catalogue, rows: npt.NDArray[np.integer], members: pl.DataFrame
) -> pl.Series:
    return pl.Series(shown_mask(current, rows)[members["row"].to_numpy()], dtype=pl.Boolean)


def _apart_groups(state: State, members: pl.DataFrame) -> pl.DataFrame:
    """Return the groups whose images were all marked as no duplicates of each other: group."""
    parts = [members.select("group").clear()]
    for name, values in state.values_by_property.items():
        if not name.startswith(APART_PREFIX):
            continue
        marks = values.frame().select("target", "value")
        marked = members.join(marks, left_on="sha1", right_on="target", how="left")
        is_same = (pl.col("value").n_unique() == 1) & (pl.col("value").null_count() == 0)
        parts.append(marked.group_by("group").agg(all=is_same).filter("all").select("group"))
    return pl.concat(parts).unique()


def _known_time() -> pl.Expr:
    """Return the modification time; null for one that no file can have had."""
    time = pl.col("mtime_ns")
    is_known = time.is_between(file_times.EARLIEST, file_times.LATEST, closed="none")
    return pl.when(is_known).then(time)


def _oldest_files(current: Catalogue) -> pl.DataFrame:
    """Return the modification time of each image's oldest file: sha1, oldest (nanoseconds)."""
    database = current.project.database()
    key, version = database.uri, current.versions["files"]
    with _lock:
        cached = _oldest_cache.get(key)
    if cached is not None and cached[0] == version:
        return cached[1]
    files = database.frame("files", ["sha1", "mtime_ns"], "status = 'ok'", version)
    oldest = files.group_by("sha1").agg(oldest=_known_time().min()).cast(_OLDEST)
    with _lock:
        _oldest_cache[key] = (version, oldest)
    return oldest


_looked_up_cache: TTLCache[tuple[str, int, tuple[str, ...]], pl.DataFrame] = TTLCache(
    CACHED, LOOKED_UP_SECONDS
)
_oldest_cache: LRUCache[str, tuple[int, pl.DataFrame]] = LRUCache(CACHED)
