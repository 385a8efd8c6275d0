"""Groups of duplicates as people clear them: which are still open, what merging some would do.

A group is open while at least two of its images are in the corpus and in the view that is asked
of, unless people said of just these that they are no duplicates (``keeping.apart``). What the
view does not show counts for nothing, so that nothing leaves that was not seen. Copies of one
file are one image: of these nothing can leave, they are listed with their places. Not here:
finding groups (``duplicates``), who stays and takes over what (``keeping``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import polars as pl

from panoptic_data.annotations.log import APART_PREFIX, CHANGE_SCHEMA
from panoptic_data.annotations.properties import EXCLUDED
from panoptic_data.catalogue.execute import run_view
from panoptic_data.duplicates import merge
from panoptic_data.views.fields import property_field
from panoptic_data.views.model import View

if TYPE_CHECKING:
    from panoptic_data.annotations.state import State
    from panoptic_data.catalogue.snapshot import Catalogue
    from panoptic_data.storage.project import Project

__all__ = ["COPIES", "ORDERS", "Groups", "Plan", "copies", "facts", "kinds", "opened", "plan"]

COPIES = "exact"
# Largest first, most alike first, by the path of the image to keep.
ORDERS = ("size", "alike", "folder")
HELD = 12

_OLDEST = pl.Schema({"sha1": pl.String(), "oldest": pl.Int64()})


@dataclass(frozen=True)
class Groups:
    """The open groups of one kind.

    ``frame`` has one row a group: group, keeper, others (in the order in which they would be
    kept), reason, count (of images; of copies of one file), distance (the greatest of its images
    to the nearest other), bytes (what copies take up beyond one), place (of the keeper).
    ``distances`` has the distance of each image: sha1, distance.
    """

    kind: str
    frame: pl.DataFrame
    distances: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def leaving(self) -> int:
        """How many images would leave the corpus if all groups were merged."""
        if self.kind == COPIES:
            return 0
        return int(self.frame["count"].sum()) - self.frame.height

    @cached_property
    def bytes(self) -> int:
        """What copies of files take up on disk beyond one of each."""
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
    "alike": (("distance", "row", "group"), (False, False, False)),
    "folder": (("row", "group"), (False, False)),
}


@dataclass(frozen=True)
class Plan:
    """What merging some groups would do: how many ``groups``, ``leaving`` images, and the changes.

    ``disagreeing`` groups have values that the keeper cannot take over, ``lost`` says which
    (property, keeper, sha1, value).
    """

    groups: int = 0
    leaving: int = 0
    disagreeing: int = 0
    changes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CHANGE_SCHEMA))
    lost: pl.DataFrame = field(default_factory=pl.DataFrame)


def kinds(current: Catalogue) -> list[str]:
    """Return the kinds of duplicates that were found, open or not: exact, near, then semantic."""
    found = current.duplicates()["kind"].unique().to_list()
    return sorted(found, key=lambda kind: (kind != COPIES, kind != "near", kind))


def opened(
    current: Catalogue, kind: str, view: View | None = None, first: str = merge.FIRSTS[0]
) -> Groups:
    """Return the open groups of a kind, of the images that a view shows; kept while that is so.

    ``first`` is what decides before all else which image to keep, of ``keeping.FIRSTS``.
    Raises InvalidView and what else running a view raises.
    """
    asked = View(where=view.where) if view is not None else View()
    key = (kind, asked.key, first)
    with _lock:
        known = _held.setdefault(current, OrderedDict())
        if key in known:
            known.move_to_end(key)
            return known[key]
    made = _copied(current, asked) if kind == COPIES else _ranked(current, kind, asked, first)
    with _lock:
        known[key] = made
        while len(known) > HELD:
            known.popitem(last=False)
    return made


_lock = threading.Lock()
# What was made of a catalogue goes with it.
_held: WeakKeyDictionary[Catalogue, OrderedDict[tuple[str, ...], Groups]] = WeakKeyDictionary()


def plan(state: State, groups: Groups, most: float | None = None, *, agreeing: bool = True) -> Plan:
    """Return what merging groups of at most a distance would do, each by its suggested keeper.

    With ``agreeing`` groups are left alone whose values the keeper cannot all take over.
    """
    chosen = groups.frame if groups.kind != COPIES else groups.frame.clear()
    if most is not None:
        # Distances are written in single precision.
        chosen = chosen.filter(pl.col("distance") <= pl.lit(most, pl.Float32))
    keep = _pairs(chosen)
    changes, lost = merge.merged(state, keep)
    disagreeing = set(lost["keeper"].to_list())
    if agreeing and disagreeing:
        chosen = chosen.filter(~pl.col("keeper").is_in(list(disagreeing)))
        changes, _ = merge.merged(state, _pairs(chosen))
    leaving = int(chosen["count"].sum()) - chosen.height
    return Plan(chosen.height, leaving, len(disagreeing), changes, lost)


def copies(project: Project, sha1s: Sequence[str]) -> pl.DataFrame:
    """Return the files of images, one row each: sha1, path, kept, is_kept, bytes, modified.

    ``path`` and ``kept`` are whole paths on this machine. ``kept`` is the oldest of those that hold
    the same bytes, of equally old ones the first by path; it comes first.
    """
    columns = ["sha1", "source", "path", "size", "mtime_ns"]
    database = project.database()
    files = database.frame("files", columns, "status = 'ok'")
    files = files.filter(pl.col("sha1").is_in(pl.Series(sha1s, dtype=pl.String).implode()))
    roots = database.frame("sources", ["name", "uri"])
    placed = files.join(roots, left_on="source", right_on="name", how="left").select(
        "sha1",
        path=pl.concat_str(pl.col("uri").fill_null(pl.col("source")), "path", separator="/"),
        bytes="size",
        modified="mtime_ns",
    )
    first = pl.col("path").first().over("sha1")
    ranked = placed.sort("sha1", "modified", "path").with_columns(kept=first)
    return ranked.with_columns(is_kept=pl.col("path") == pl.col("kept"))


def facts(current: Catalogue, at: npt.NDArray[np.integer]) -> pl.DataFrame:
    """Return what ``keeping.keepers`` decides by, of the images in some rows.

    As ``keeping.facts`` says it, but of what is in memory.
    """
    frame = current.frame[at].select("sha1", "width", "height", "size", "place")
    annotated = np.zeros(len(current), dtype=np.int64)
    for one in current.annotations.live_properties:
        if one.target != "image":
            continue
        column = current.column(property_field(one.type, one.id))
        if column.units is None:
            annotated += column.filled
        else:
            annotated += np.bincount(column.units, minlength=len(current))
    pixels = pl.col("width").cast(pl.Int64) * pl.col("height").cast(pl.Int64)
    known = frame.select(
        "sha1",
        pixels=pixels,
        annotated=pl.Series(annotated[at]),
        bytes=pl.col("size").cast(pl.Int64),
        place=pl.col("place").cast(pl.String),
    )
    return known.join(_oldest(current), on="sha1", how="left").select(list(merge.FACTS))


def _pairs(frame: pl.DataFrame) -> dict[str, list[str]]:
    return dict(frame.select("keeper", "others").iter_rows())


def _copied(current: Catalogue, asked: View) -> Groups:
    """Return the images that several files hold."""
    rows = run_view(current, asked).rows
    files = current.duplicates().filter(pl.col("kind") == COPIES)
    found = files.filter(_shown(current, rows, files)).group_by("group", "row").agg(count=pl.len())
    of_images = current.frame[found["row"].to_numpy()]
    frame = pl.concat([found, of_images.select("sha1", "size", "place")], how="horizontal")
    frame = frame.filter(pl.col("count") > 1).select(
        "group",
        keeper="sha1",
        others=pl.lit([], pl.List(pl.String)),
        reason=pl.lit("first"),
        count="count",
        distance=pl.lit(0.0, pl.Float32),
        bytes=(pl.col("size").fill_null(0).cast(pl.Int64) * (pl.col("count") - 1)),
        place="place",
        row="row",
    )
    return Groups(COPIES, frame, pl.DataFrame(schema={"sha1": pl.String, "distance": pl.Float32}))


def _ranked(current: Catalogue, kind: str, asked: View, first: str) -> Groups:
    rows = run_view(current, asked).rows
    members = current.duplicates().filter(pl.col("kind") == kind)
    members = members.filter(_shown(current, rows, members))
    members = members.filter(pl.len().over("group") > 1)
    sha1s = current.frame["sha1"].gather(members["row"])
    members = members.with_columns(sha1=sha1s)
    members = members.join(_settled(current.annotations, members), on="group", how="anti")
    known = facts(current, members["row"].unique().to_numpy())
    kept = merge.keepers(members.select("group", "sha1"), known, first)
    of_groups = members.group_by("group").agg(distance=pl.col("distance").max())
    frame = kept.join(of_groups, on="group", how="left", maintain_order="left").join(
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
    return Groups(kind, frame, members.select("sha1", "distance"))


def _shown(current: Catalogue, rows: npt.NDArray[np.integer], members: pl.DataFrame) -> pl.Series:
    """Whether a view shows each image, and it is in the corpus: a view can be one of others."""
    mask = np.zeros(len(current), dtype=bool)
    mask[rows] = True
    if EXCLUDED in current.annotations.values_by_property:
        mask &= ~current.column(EXCLUDED).filled
    return pl.Series(mask[members["row"].to_numpy()], dtype=pl.Boolean)


def _settled(state: State, members: pl.DataFrame) -> pl.DataFrame:
    """Return the groups whose images were all said to be no duplicates of each other: group."""
    none = members.select("group").clear()
    found = [none]
    for name, cells in state.values_by_property.items():
        if not name.startswith(APART_PREFIX):
            continue
        said = cells.frame().select("target", "value")
        both = members.join(said, left_on="sha1", right_on="target", how="left")
        alike = (pl.col("value").n_unique() == 1) & (pl.col("value").null_count() == 0)
        found.append(both.group_by("group").agg(all=alike).filter("all").select("group"))
    return pl.concat(found).unique()


def _oldest(current: Catalogue) -> pl.DataFrame:
    """Return when the oldest file of each image was written: sha1, oldest (nanoseconds)."""
    database = current.project.database()
    key, version = database.uri, current.versions["files"]
    with _lock:
        known = _oldest_of.get(key)
    if known is not None and known[0] == version:
        return known[1]
    files = database.frame("files", ["sha1", "mtime_ns"], "status = 'ok'", version)
    made = files.group_by("sha1").agg(oldest=pl.col("mtime_ns").min()).cast(_OLDEST)
    with _lock:
        _oldest_of[key] = (version, made)
        while len(_oldest_of) > HELD:
            _oldest_of.pop(next(iter(_oldest_of)))
    return made


_oldest_of: dict[str, tuple[int, pl.DataFrame]] = {}
